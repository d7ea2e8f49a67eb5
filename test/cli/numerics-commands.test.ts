import { copyFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FormatErrorRow } from '../../src/compare/index.js';
import type { WitnessResult } from '../../src/conform/index.js';
import { loadMatrix, readSafetensors } from '../../src/formats/index.js';
import { fp4sim, ROOT, scratchFolder } from '../support/cli.js';

const SAMPLE = 'programs/data/lm_sample.safetensors';

describe('fp4sim conform', () => {
  it('agrees with the committed witnesses and shows a row for each', () => {
    const { status, stdout } = fp4sim(['conform', '--vectors', 'test/data/dot', '--json']);
    expect(status).toBe(0);
    const rows = JSON.parse(stdout) as WitnessResult[];
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.every(({ compared, mismatches }) => compared > 0 && mismatches === 0)).toBe(true);
  });

  it('exits with 1 on a witness that disagrees, and shows the mismatch decoded', () => {
    const folder = join(scratchFolder(), 'vectors');
    cpSync(join(ROOT, 'test/data/dot'), folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      if (!name.endsWith('.fpv')) continue;
      const bytes = readFileSync(join(folder, name));
      bytes[bytes.length - 2]! ^= 1; // a bit of the last expected result
      writeFileSync(join(folder, name), bytes);
    }
    const { status, stdout } = fp4sim(['conform', '--vectors', folder]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/s8\.fpv[\s\S]*0x[0-9a-f]+/);
  });

  it('refuses files it does not understand, truncated ones and folders without witnesses', () => {
    const folder = scratchFolder();
    expect(fp4sim(['conform', '--vectors', folder])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no witness'),
    });
    copyFileSync(join(ROOT, SAMPLE), join(folder, 'notes.bin'));
    expect(fp4sim(['conform', '--vectors', folder])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('notes.bin'),
    });
    const cut = scratchFolder();
    writeFileSync(join(cut, 's8.fpv'), readFileSync(join(ROOT, 'test/data/dot/s8.fpv')).subarray(0, 1000));
    expect(fp4sim(['conform', '--vectors', cut])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('s8.fpv'),
    });
    expect(fp4sim(['conform', '--vectors', 'no/such'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('no such folder'),
    });
  });
});

describe('fp4sim quantize and dequantize', () => {
  it.each([
    ['nvfp4', [], 0.1],
    ['if4', ['--nibble-order', 'high-first', '--scale-layout', 'blackwell'], 0.085],
    ['mxfp4', ['--like', 'torchao'], 0.14],
    ['hif4', [], 0.09],
    ['nvfp4', ['--like', 'transformer-engine', '--policy', 'mse'], 0.095],
  ])('%s %j comes back within the error of the format', (format, options, bound) => {
    const folder = scratchFolder();
    const [packed, values] = [join(folder, 'q.safetensors'), join(folder, 'v.npy')];
    const source = `${SAMPLE}#qkv.weight`;
    expect(fp4sim(['quantize', source, '--format', format, ...options, '-o', packed])).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(fp4sim(['dequantize', packed, '-o', values]).status).toBe(0);
    const [before, after] = [loadMatrix(join(ROOT, SAMPLE), 'qkv.weight').data, loadMatrix(values).data];
    const noise = Math.sqrt(before.reduce((sum, x, i) => sum + (x - after[i]!) ** 2, 0));
    const signal = Math.sqrt(before.reduce((sum, x) => sum + x * x, 0));
    expect(noise / signal).toBeLessThan(bound);
    expect(noise).toBeGreaterThan(0);
  });

  it('record the full policy in the file', () => {
    const file = join(scratchFolder(), 'q.safetensors');
    fp4sim([
      'quantize',
      `${SAMPLE}#qkv.weight`,
      '--format',
      'nvfp4',
      '--like',
      'fouroversix',
      '--policy',
      'mae',
      '-o',
      file,
    ]);
    const { metadata } = readSafetensors(readFileSync(file), file);
    const policy = [...metadata].find(([name]) => name.endsWith('policy'))?.[1];
    expect(policy).toMatch(/rule=mae,.*sum-order=eight-lanes/);
  });

  it.each<[string[], RegExp]>([
    [['--format', 'nvpf4'], /did you mean "nvfp4"/],
    [['--format', 'nvfp4', '--policy', 'msee'], /mse/],
    [['--format', 'nvfp4', '--like', 'torcha'], /did you mean "torchao"/],
    [['--format', 'nvfp4', '--policy', 'tilling=16x16'], /did you mean "tiling"/],
  ])('%j is refused with a hint', (options, message) => {
    const folder = scratchFolder();
    const { status, stderr } = fp4sim([
      'quantize',
      `${SAMPLE}#qkv.weight`,
      ...options,
      '-o',
      join(folder, 'q.safetensors'),
    ]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a K that is not a multiple of the block is an error, or padded', () => {
    const folder = scratchFolder();
    const out = join(folder, 'q.safetensors');
    const refused = fp4sim(['quantize', 'normal:4x40:1', '--format', 'nvfp4', '-o', out]);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringMatching(/multiple[\s\S]*hint:/) });
    expect(fp4sim(['quantize', 'normal:4x40:1', '--format', 'nvfp4', '--pad', '-o', out]).status).toBe(0);
  });
});

describe('fp4sim error', () => {
  it('measures formats on a tensor, as JSON and as a picture', () => {
    const plot = join(scratchFolder(), 'e.svg');
    const formats = 'mxfp4:static_6,nvfp4,nvfp4:mse,if4';
    const { stdout, status } = fp4sim([
      'error',
      '--formats',
      formats,
      '--source',
      'normal:256x256:1',
      '--json',
      '--plot',
      plot,
    ]);
    expect(status).toBe(0);
    const rows = JSON.parse(stdout) as FormatErrorRow[];
    expect(rows.map(({ format }) => format)).toEqual(formats.split(','));
    const errors = rows.map(({ mse }) => mse);
    expect(errors).toEqual([...errors].sort((a, b) => b - a)); // better from left to right
    expect(rows[0]?.policy).toContain('rule=static_6');
    expect(readFileSync(plot, 'utf8')).toMatch(/^<svg[\s\S]*nvfp4:mse[\s\S]*<\/svg>/);
  });

  it('names what it does not know', () => {
    expect(fp4sim(['error', '--formats', 'nvfp', '--source', 'normal:16x16:1']).stderr).toContain('nvfp4');
    expect(fp4sim(['error', '--formats', 'nvfp4', '--source', 'norml:16x16:1']).stderr).toContain('normal');
    expect(fp4sim(['error', '--formats', ',', '--source', 'normal:16x16:1']).status).toBe(2);
  });
});

describe('fp4sim dot', () => {
  it('shows where each bit went', () => {
    const { stdout } = fp4sim([
      'dot',
      '--semantic',
      'hopper-wgmma-fp8',
      '--format',
      'e4m3',
      '-a',
      '448 0.001953125',
      '-b',
      '448 1',
    ]);
    expect(stdout).toMatch(/448 × 448 = 200704 +exponent 16/);
    expect(stdout).toMatch(/last place kept 2\^3/);
    expect(stdout).toMatch(/0\.001953125 → 0, dropped 0\.001953125/);
    expect(stdout).toContain('D = 0x48440000 = 200704');
  });

  it('warns when IF4 data meets a semantic that ignores the sign bit', () => {
    const { stderr, status } = fp4sim(['dot', '--format', 'if4', '--random', '3']);
    expect(status).toBe(0);
    expect(stderr).toMatch(/warning: .*sign bit/);
    expect(fp4sim(['dot', '--semantic', 'exact', '--format', 'if4', '--random', '3']).stderr).toBe('');
  });

  it.each<[string[], RegExp]>([
    [['-a', '6.5'], /e2m1 does not hold 6\.5[\s\S]*nearest value is 6/],
    [['-a', '0x1f'], /more than the 4 bits/],
    [['-a', 'six'], /neither a number nor a 0x code/],
    [['--semantic', 'blackwel-mxf4nvf4'], /did you mean "blackwell-mxf4nvf4"/],
    [['--format', 'e4m3'], /e4m3|block/],
    [['--a-scales', '1 1 1 1 1'], /room for 4/],
  ])('%j is refused', (args, message) => {
    const { status, stderr } = fp4sim(['dot', ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('formats that a user defines', () => {
  const DEFINITION = [
    'formats:',
    '  - name: e3m0x',
    '    exponent-bits: 3',
    '    fraction-bits: 0',
    '  - kind: block',
    '    name: myfp4',
    '    block-size: 8',
    '    elements: [e3m0x]',
    '    scale: ue4m3',
    '    tensor-scale: fp32',
  ].join('\n');

  it('are quantised to and decoded like any other', () => {
    const folder = scratchFolder();
    const [define, packed, values] = ['my.yaml', 'q.safetensors', 'v.npy'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    writeFileSync(define, DEFINITION);
    expect(fp4sim(['formats', 'myfp4', '--define', define]).stdout).toContain('blocks of 8 along K');
    expect(
      fp4sim(['quantize', 'normal:16x64:1', '--format', 'myfp4', '--define', define, '-o', packed]).status,
    ).toBe(0);
    expect(fp4sim(['dequantize', packed, '--define', define, '-o', values]).status).toBe(0);
    expect(loadMatrix(values)).toMatchObject({ rows: 16, cols: 64 });
    expect(fp4sim(['dequantize', packed, '-o', values])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('myfp4'),
    });
  });

  it.each([
    ['exponent-bits: 3', 'exponent-bits: 30', /exponent-bits/],
    ['scale: ue4m3', 'scale: ue4m4', /ue4m4/],
    ['name: myfp4', 'name: nvfp4', /already a format/],
    ['block-size: 8', 'block-size: -1', /block-size/],
    ['formats:', 'formats: [', /YAML/],
  ])('that make no sense are refused: "%s" → "%s"', (passage, replacement, message) => {
    const define = join(scratchFolder(), 'my.yaml');
    writeFileSync(define, DEFINITION.replace(passage, replacement));
    const { status, stderr } = fp4sim(['formats', '--define', define]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('fp4sim policies and semantics', () => {
  it('list every value with its meaning, and every semantic with its evidence', () => {
    expect(fp4sim(['policies']).stdout).toMatch(/rule \(default static_6\)[\s\S]*transformer-engine/);
    expect(fp4sim(['semantics']).stdout).toMatch(/hopper-wgmma-fp8 +32 +silicon/);
    expect(JSON.parse(fp4sim(['semantics', '--json']).stdout)).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'exact' })]),
    );
  });
});
