import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../rtl-model/systemverilog/index.js';
import { coverageOfFolder, type UnitCoverage } from '../../src/vectors/index.js';
import { requireTool } from '../support/tools.js';
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

// Every design: scripts/nightly.mjs.
describe.each([
  ['nvfp4-exact', 640],
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

const tools = requireTool('verilator');
describe.skipIf(!tools.present)(`the covergroups ${tools.reason}`, () => {
  it('are SystemVerilog that Verilator parses', () => {
    const { covergroups, stem, points } = coverageOf('nvfp4-exact', { level: 0, classes: ['uniform'] });
    expect(covergroups.match(/^ {2}covergroup /gm)!.length).toBe(points.length);
    const cwd = mkdtempSync(join(tmpdir(), 'fp4sim-'));
    try {
      const name = `${stem.replaceAll('-', '_')}_coverage_pkg`;
      writeFileSync(
        join(cwd, 'coverage.sv'),
        `${covergroups}\nmodule top;\n  import ${name}::*;\nendmodule\n`,
      );
      const lint = ['--lint-only', '-Wno-COVERIGN', '-Wno-MULTITOP', '--top-module', 'top', 'coverage.sv'];
      expect(runProgram('verilator', lint, { cwd }).output).toBe('');
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});
