import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFolder, runProgram } from '../../rtl-model/systemverilog/index.js';
import { coverageOfFolder, type UnitCoverage } from '../../src/vectors/index.js';
import { make } from './support.js';

function coverageOf(...args: Parameters<typeof make>): UnitCoverage {
  const { folder, manifest } = make(...args);
  return coverageOfFolder(manifest, (file) => [folder.bytes(file)])[0]!;
}

const open = ({ points }: UnitCoverage) =>
  points.flatMap(({ name, bins }) =>
    bins
      .filter((bin) => bin.hits === 0 && bin.unreachable === undefined)
      .map((bin) => `${name}: ${bin.name}`),
  );

// Every design: bench/vectors/coverage.ts, at night.
describe.each([
  ['nvfp4-exact', 640],
  ['if4-exact49', 1530],
  ['fp8-fused13', 120],
  ['int8-exact', 70],
])('level 1 of %s', (name, least) => {
  const report = coverageOf(name);

  it('reaches every bin that can be reached', () => {
    expect(open(report)).toEqual([]);
    expect(report.covered).toBe(report.reachable);
    expect(report.reachable).toBeGreaterThan(least);
  });

  it('says of the others why nothing reaches them', () => {
    const reasons = report.points.flatMap(({ bins }) => bins.map(({ unreachable }) => unreachable));
    expect(new Set(reasons).size).toBeGreaterThan(1);
    for (const reason of reasons) if (reason !== undefined) expect(reason.length).toBeGreaterThan(20);
  });
});

describe('coverage', () => {
  it('of plain random vectors is not complete: the model asks for more', () => {
    const report = coverageOf('nvfp4-exact', { level: 3, classes: ['uniform'], count: 8192 });
    const missing = open(report);
    expect(missing).toContain('reserved-codes: a e2m1 8');
    expect(missing).toContain('scale-codes: a 7f');
    expect(missing.some((bin) => bin.startsWith('accumulator-width'))).toBe(true);
  });

  it('counts a bin as often as it is hit', () => {
    const report = coverageOf('nvfp4-exact', { level: 1, classes: ['reserved-element-pairs'] });
    const point = report.points.find(({ name }) => name === 'reserved-codes')!;
    // 31 pairs with −0 in each of 16 lanes; −0 is on either side in 16 of them.
    expect(point.bins.map(({ hits }) => hits)).toEqual([256, 256]);
  });
});

describe('the covergroups', () => {
  it.each([
    ['nvfp4-exact', 'uniform', 'dot products'],
    ['quant-if4', 'normal', 'blocks'],
    ['hadamard16', 'ties', 'blocks'],
  ])(
    'of %s have a group a point, a value a bin, and names that SystemVerilog takes',
    (name, set, counted) => {
      const { covergroups, points, ...report } = coverageOf(name, { level: 0, classes: [set] });
      expect(report.counted).toBe(counted);
      const groups = covergroups.split(/^ {2}covergroup /m).slice(1);
      expect(new Set(groups.map((text) => text.split('_cg')[0])).size).toBe(points.length);
      expect(groups.length).toBe(points.length);
      groups.forEach((text, i) => {
        const { bins, reachable } = points[i]!;
        expect(text).toMatch(/^[a-z]\w*_cg with function sample\(int number\);\n/);
        const [values, ignored] = [
          /^ {6}bins b\d+ = \{(\d+)\};/gm,
          /^ {6}ignore_bins b\d+ = \{(\d+)\};/gm,
        ].map((pattern) => [...text.matchAll(pattern)].map((match) => Number(match[1])));
        expect(values!.length).toBe(reachable);
        expect([...values!, ...ignored!].sort((x, y) => x - y)).toEqual(bins.map((_, n) => n));
        expect(text.match(/\bendgroup\b/g)).toEqual(['endgroup']);
      });
    },
  );

  // slang comes from PyPI: a matter of the network.
  it.skipIf(process.env.FP4SIM_COCOTB !== '1')(
    'compile in slang',
    () => {
      const { covergroups } = coverageOf('nvfp4-exact', { level: 0, classes: ['uniform'] });
      const name = /^package (\w+);/m.exec(covergroups)![1];
      const user = `module user; import ${name}::*; element_pairs_cg pairs = new; initial pairs.sample(3); endmodule\n`;
      const script = `from pyslang import ast, syntax
compilation = ast.Compilation()
compilation.addSyntaxTree(syntax.SyntaxTree.fromFile('cover.sv'))
print([str(one.code) for one in compilation.getAllDiagnostics()])`;
      inFolder((folder) => {
        runProgram('python3', ['-m', 'venv', join(folder, 'python')]);
        runProgram(join(folder, 'python', 'bin', 'pip'), ['install', '--quiet', 'pyslang']);
        const diagnostics = (text: string) => {
          writeFileSync(join(folder, 'cover.sv'), text);
          return runProgram(join(folder, 'python', 'bin', 'python'), ['-c', script], { cwd: folder }).output;
        };
        expect(diagnostics(`${covergroups}${user}`)).toBe('[]\n');
        expect(diagnostics(`${covergroups}${user.replace('element_pairs_cg', 'no_such_cg')}`)).toContain(
          'DiagCode',
        );
      });
    },
    120_000,
  );
});
