/** `fp4sim designs`, `emit`, `sim` and `prove`, as a user runs them. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DESIGNS } from '../../rtl-model/designs/index.js';
import { yosysFlavour } from '../../rtl-model/proof/index.js';
import { fp4sim, MAIN, ROOT, scratchFolder } from '../support/cli.js';
import { requireTool, type ToolName } from '../support/tools.js';
import { readVcd, valueAt } from '../support/vcd.js';

interface Sheet {
  readonly name: string;
  readonly latencyCycles: number;
  readonly gates: number;
  readonly flipFlops: number;
  readonly stages: readonly {
    name: string;
    flipFlops: number;
    registers: { name: string; width: number }[];
  }[];
  readonly ports: readonly { name: string; width: number; meaning: string }[];
}

describe('fp4sim designs', () => {
  it('lists every design of the registry', () => {
    const { stdout, status } = fp4sim(['designs']);
    expect(status).toBe(0);
    for (const name of DESIGNS.keys()) expect(stdout).toMatch(new RegExp(`^ +${name} `, 'm'));
  });

  it('shows one in full', () => {
    const { stdout } = fp4sim(['designs', 'nvfp4-exact']);
    for (const text of [
      /formats +a nvfp4, w nvfp4/,
      /semantic +exact/,
      /models +the dot semantic/,
      /not modelled +an addend C/,
      /latency +3 cycles/,
      /size +[\d,]+ gates, 142 flip-flops/,
      /acc +output +58 +result in units of 2\^-20/,
      /s2_scale +52 +s2_term 48, s2_valid 1/,
    ]) {
      expect(stdout).toMatch(text);
    }
  });

  it('gives every sheet as JSON: each port explained, each register in a stage', () => {
    const sheets = JSON.parse(fp4sim(['designs', '--json']).stdout) as Sheet[];
    expect(sheets.map(({ name }) => name)).toEqual([...DESIGNS.keys()]);
    for (const { name, ports, stages, flipFlops, latencyCycles } of sheets) {
      for (const port of ports) expect(port.meaning, `${name}.${port.name}`).not.toBe('');
      expect(
        stages.reduce((sum, stage) => sum + stage.flipFlops, 0),
        name,
      ).toBe(flipFlops);
      expect(latencyCycles, name).toBeGreaterThan(0);
    }
  });

  it('ends quietly when nobody reads on', () => {
    const command = `set -o pipefail; ${process.execPath} ${MAIN} designs --json | head -1`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '[\n', stderr: '' });
  });
});

describe('fp4sim emit', () => {
  const emitted = (...args: string[]) => {
    const folder = join(scratchFolder(), 'rtl');
    const result = fp4sim(['emit', ...args, '-o', folder]);
    return { folder, ...result };
  };

  it('writes one file a module and a list of them in order', () => {
    const { folder, status, stdout } = emitted('nvfp4-exact');
    expect(status).toBe(0);
    expect(stdout).toMatch(/rtl: \d+ modules, top nvfp4_exact_16, nvfp4_exact_16\.f\n/);
    const list = readFileSync(join(folder, 'nvfp4_exact_16.f'), 'utf8');
    const names = list.split('\n').filter((line) => line !== '' && !line.startsWith('//'));
    expect(readdirSync(folder).sort()).toEqual([...names, 'nvfp4_exact_16.f'].sort());
    expect(names.at(-1)).toBe('nvfp4_exact_16.sv');
    for (const file of names) {
      const text = readFileSync(join(folder, file), 'utf8');
      expect(text.match(/^module /gm)).toHaveLength(1);
      expect(text).toContain(`module ${file.replace('.sv', '')} (`);
    }
    const top = readFileSync(join(folder, 'nvfp4_exact_16.sv'), 'utf8');
    expect(top).toMatch(/^\/\/ nvfp4-exact: NVFP4 block dot products/);
    expect(top).toContain('// Not modelled: an addend C');
  });

  const TOOLS: [ToolName, (top: string) => string[]][] = [
    ['verilator', (top) => ['--lint-only', '-Wall', '--top-module', top, '-F', `${top}.f`]],
    ['iverilog', (top) => ['-g2012', '-Wall', '-s', top, '-o', '/dev/null', '-c', `${top}.f`]],
    [
      'yosys',
      (top) => ['-q', '-p', `read_verilog -sv *.sv; hierarchy -check -top ${top}; proc; check -assert`],
    ],
  ];
  const VARIANTS: [string, string[]][] = [
    ['if4_exact49_32_fp32', ['if4-exact49', '--lanes', '32', '--readout', 'fp32']],
    ['nvfp4_exact_4_predecoded_unpipelined', ['nvfp4-exact', '--lanes', '4', '--predecode', '--no-pipeline']],
    ['nvfp4_lanes_2', ['nvfp4-lanes', '--lanes', '2']],
  ];
  it.skipIf(!requireTool('verilator', 'iverilog', 'yosys').present).each(VARIANTS)(
    'is accepted without a word by three tools: %s',
    (top, args) => {
      const { folder } = emitted(...args);
      for (const [tool, toolArgs] of TOOLS) {
        const { status, stdout, stderr } = spawnSync(tool, toolArgs(top), { cwd: folder, encoding: 'utf8' });
        expect({ tool, status, output: stdout + stderr }).toEqual({ tool, status: 0, output: '' });
      }
    },
  );

  it('refuses a folder with something in it, and with --force keeps what is not its own', () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const refused = fp4sim(['emit', 'hif4-exact', '-o', folder]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/is not empty\nhint: name another folder, or add --force/);
    expect(readdirSync(folder)).toEqual(['notes.txt']);
    expect(fp4sim(['emit', 'hif4-exact', '-o', folder, '--force']).status).toBe(0);
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
    expect(existsSync(join(folder, 'hif4_exact_16.sv'))).toBe(true);
  });

  it('leaves nothing behind when the disk is full', () => {
    const folder = scratchFolder();
    // A limit on the size of files stands for a full disk: writing fails in the middle.
    const command = `ulimit -f 4; ${process.execPath} ${MAIN} emit nvfp4-lanes -o ${join(folder, 'rtl')}`;
    const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: cannot write .*rtl: /);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says why a folder cannot be written', () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'file'), '');
    expect(fp4sim(['emit', 'nvfp4-exact', '-o', join(folder, 'file')]).stderr).toMatch(/it is a file/);
    expect(fp4sim(['emit', 'nvfp4-exact', '-o', join(folder, 'no', 'rtl')]).stderr).toMatch(
      /cannot write .*no such file or folder/,
    );
  });
});

describe('fp4sim sim', () => {
  it('compares results with the oracle, the same for the same seed', () => {
    const args = ['sim', 'if4-exact49', '--vectors', '5000', '--seed', '3', '--json'];
    const { status, stdout } = fp4sim(args);
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as { vectors: number; results: number; mismatches: number };
    expect(report).toMatchObject({ configuration: expect.stringContaining('if4-exact49 lanes=16'), seed: 3 });
    expect(report.vectors).toBeGreaterThanOrEqual(5000);
    expect(report.results).toBeGreaterThan(500);
    expect(report.mismatches).toBe(0);
    expect(fp4sim(args).stdout).toBe(stdout);
  });

  it.each(['nvfp4-fused35', 'quant-nvfp4', 'hadamard16'])('takes units as well: %s', (name) => {
    const { status, stdout } = fp4sim(['sim', name, '--vectors', '600']);
    expect(stdout).toMatch(/: \d{3} vectors, \d{3} results, 0 mismatches\n.* vectors\/s/);
    expect(status).toBe(0);
  });

  it('writes a waveform, and beside it what viewers need', () => {
    const folder = scratchFolder();
    const file = join(folder, 'mac.vcd');
    const { stdout, status } = fp4sim(['sim', 'nvfp4-exact', '--vectors', '300', '--vcd', file]);
    expect(status).toBe(0);
    const { signals, version, timescale, endTime } = readVcd(readFileSync(file, 'utf8'));
    expect(version).toContain('nvfp4-exact lanes=16');
    expect(timescale).toBe('1ns');
    const done = signals.get('nvfp4_exact_16.ports.done')!;
    expect(done.changes.filter(({ value }) => value === '1').length).toBeGreaterThan(10);
    expect(signals.get('nvfp4_exact_16.s2_scale.s2_term')!.width).toBe(48);
    expect(valueAt(signals.get('nvfp4_exact_16.operands.a_0_value')!, endTime)).toMatch(/^-?[\d.]+$/);
    for (const wanted of ['e2m1.gtkwave.txt', '.surfer/mappings/ue4m3.txt']) {
      expect(stdout).toContain(`wrote ${join(folder, wanted)}`);
      expect(existsSync(join(folder, wanted))).toBe(true);
    }
  });
});

describe.skipIf(yosysFlavour() === undefined)('fp4sim prove', () => {
  it('proves the parts of a design', () => {
    const { stdout, status } = fp4sim(['prove', 'nvfp4-fp32']);
    expect(stdout).toMatch(/^proved +[\d.]+ s {2}lane nvfp4_fp32_16/m);
    expect(stdout).toMatch(/2 of 2 proved, 0 refuted, 0 not proved, by Yosys \(\w+\)\n$/);
    expect(status).toBe(0);
  });

  it('proves a design against another one, with the npm package alone', () => {
    const against = ['--against', 'nvfp4-exact:lanes=2,pipeline=false'];
    const { stdout, status } = fp4sim([
      'prove',
      'nvfp4-exact',
      '--lanes',
      '2',
      ...against,
      '--yosys',
      'package',
      '--json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      yosys: 'package',
      proved: true,
      results: [{ status: 'proved' }],
    });
    expect(status).toBe(0);
  });

  it('does not call proved what runs out of time', () => {
    const { stdout, status } = fp4sim([
      'prove',
      'mxfp4-exact',
      '--against',
      'mxfp4-exact:pipeline=false',
      '--timeout',
      '1',
    ]);
    expect(stdout).toMatch(/^not proved .*\n +out of time/m);
    expect(status).toBe(1);
  });
});

describe('bad requests', () => {
  it.each<[string[], RegExp]>([
    [['designs', 'nvfp4-exakt'], /unknown design "nvfp4-exakt"\nhint: did you mean "nvfp4-exact"\?/],
    [['sim', 'if4-lane'], /did you mean "if4-lanes"/],
    [['emit', 'nvfp4-exact'], /required option '-o, --output <dir>'/],
    [
      ['emit', 'nvfp4-exact', '--lnaes', '4', '-o', 'x'],
      /unknown option '--lnaes'\n\(Did you mean --lanes\?\)/,
    ],
    [
      ['emit', 'nvfp4-exact', '--lanes', '12', '-o', 'x'],
      /12 lanes do not fit blocks of 16\nhint: expected 1 to 256/,
    ],
    [['emit', 'if4-lanes', '--lanes', '24', '-o', 'x'], /24 lanes cannot be added in pairs/],
    [['emit', 'nvfp4-exact', '--lanes', 'many', '-o', 'x'], /expected a whole number/],
    [['emit', 'nvfp4-fused35', '--lanes', '32', '-o', 'x'], /has no option "lanes"\nhint: it takes: none/],
    [['emit', 'nvfp4-exact', '--readout', 'fp64', '-o', 'x'], /Allowed choices are register, fp32/],
    [['sim', 'nvfp4-exact', '--vectors', '0'], /above 0/],
    [['sim', 'nvfp4-exact', '--vcd', 'no/such/folder/x.vcd'], /cannot write .*no such file or folder/],
    [['prove', 'nvfp4-exact', '--against', 'nvfp4-exakt'], /did you mean "nvfp4-exact"/],
    [['prove', 'nvfp4-exact', '--against', 'if4-exact49'], /cannot be compared: port a_sf has 7 and 8 bits/],
    [['prove', 'nvfp4-exact', '--against', 'nvfp4-exact:pipelin=false'], /has no option "pipelin"/],
    [['prove', 'nvfp4-exact', '--against', 'nvfp4-exact:lanes=x'], /"x" is no value for the option lanes/],
    [['prove', 'nvfp4-exact', '--against', 'nvfp4-exact:lanes'], /"lanes" in .* is no setting/],
    [['prove', 'hadamard16'], /nothing about hadamard16 is within reach of a proof/],
  ])('%j', (args, message) => {
    const { status, stderr, stdout } = fp4sim(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(existsSync(join(ROOT, 'x'))).toBe(false);
  });
});

describe('help', () => {
  it.each(['designs', 'emit', 'sim', 'prove'])('%s --help has an example', (command) => {
    const { stdout, status } = fp4sim([command, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain(`$ fp4sim ${command}`);
  });
});
