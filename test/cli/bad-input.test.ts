import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CliResult, fp4sim, scratchFolder } from '../support/cli.js';
import { exchange, SMALL_GEMM } from '../support/programs.js';

/** Runs a program text; checks what every error has in common. */
function runText(text: string, ...args: string[]): CliResult {
  const folder = scratchFolder();
  const file = join(folder, 'bad.s');
  writeFileSync(file, text);
  const result = fp4sim(['run', file, ...args]);
  expect(result.status).toBe(2);
  expect(result.stdout).toBe('');
  expect(result.stderr).not.toMatch(/\n\s+at /);
  return result;
}

const changed = (passage: string, replacement: string): string => exchange(SMALL_GEMM, passage, replacement);

describe('a program with errors', () => {
  it('has all of them reported, each with its place, in one go', () => {
    const text = changed('mov r10, 0', 'mvo r10, 0')
      .replace('mul r1, r1, 32', 'mul r1, r1,')
      .replace('mma acc, As[r10], Bs[r10], r5', 'mma acc, Ax[r10], Bs[r10], r5');
    const { stderr } = runText(text);
    expect(stderr).toMatch(/bad\.s:\d+:\d+: error: .*mvo/);
    expect(stderr).toContain('mov');
    expect(stderr).toMatch(/Ax/);
    expect(stderr.match(/error:/g)!.length).toBeGreaterThanOrEqual(3);
    expect(stderr).toContain('^');
  });

  it.each([
    ['wrong operand kind', 'mma acc, As[r10], Bs[r10], r5', 'mma As[r10], acc, Bs[r10]', /accumulator/],
    ['wrong operand count', 'add r3, r3, 64', 'add r3, r3', /operand/],
    ['duplicate label', '.next:  loop', '.step:  loop', /\.step/],
    ['unknown name', 'ld.tile As[r10], A[r1, r3]', 'ld.tile As[r10], AA[r1, r3]', /AA/],
    ['zero-sized tile', '.smem As, nvfp4, 32x64', '.smem As, nvfp4, 0x64', /As|0/],
    [
      'shape not a multiple of the block',
      '.smem As, nvfp4, 32x64',
      '.smem As, nvfp4, 32x40',
      /multiple of .*16/,
    ],
    ['unknown format', '.smem As, nvfp4', '.smem As, nvpf4', /did you mean "nvfp4"/],
  ])('%s', (_what, passage, replacement, message) => {
    const { stderr } = runText(changed(passage, replacement));
    expect(stderr).toMatch(/bad\.s:\d+:\d+: error:/);
    expect(stderr).toMatch(message);
  });

  it('that does not fit or misbehaves is told with place and hint', () => {
    expect(runText(changed('.smem As, nvfp4, 32x64, stages=2', '.smem As, nvfp4, 4096x1024')).stderr).toMatch(
      /bad\.s:\d+:\d+: As takes .* bytes/,
    );
    expect(runText(changed('mma.commit empty[r10]', 'mma.commit'), '--set', 'K=512').stderr).toMatch(
      /trap deadlock at cycle \d+: every stream waits[\s\S]*producer: bar\.wait at line \d+[\s\S]*hint:/,
    );
    expect(runText(SMALL_GEMM, '--max-cycles', '50').stderr).toMatch(
      /trap max-cycles[\s\S]*hint: raise --max-cycles/,
    );
  });
});

describe('bad tensors', () => {
  const NPY = (text: string): Buffer => {
    const header = text.padEnd(117);
    return Buffer.concat([
      Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]),
      Buffer.from(`${header}\n`),
    ]);
  };
  const HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (32, 128), }";

  function runWithTensor(bytes: Uint8Array, name = 't.npy', reference = `"${name}"`): CliResult {
    const folder = scratchFolder();
    writeFileSync(join(folder, name), bytes);
    writeFileSync(join(folder, 'p.s'), changed('normal(1)', reference));
    const result = fp4sim(['run', 'p.s'], folder);
    expect(result.status).toBe(2);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    return result;
  }

  it.each<[string, Uint8Array, RegExp]>([
    ['truncated', Buffer.concat([NPY(HEADER), Buffer.alloc(100)]), /t\.npy/],
    [
      'a header that lies about its length',
      Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 255, 255, 1]),
      /t\.npy/,
    ],
    [
      'another shape',
      Buffer.concat([NPY(HEADER.replace('128', '64')), Buffer.alloc(32 * 64 * 4)]),
      /declared 32x128, but .* holds 32x64/,
    ],
    ['another dtype', Buffer.concat([NPY(HEADER.replace('<f4', '<c8')), Buffer.alloc(32 * 128 * 8)]), /c8/],
    ['not a tensor file', Buffer.from('hello, world, this is text'), /t\.npy/],
    ['empty', Buffer.alloc(0), /t\.npy/],
  ])('%s', (_what, bytes, message) => {
    expect(runWithTensor(bytes).stderr).toMatch(message);
  });

  it('a safetensors file that lies about its sizes, or lacks the key', () => {
    const file = (header: string, data: number): Buffer => {
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      return Buffer.concat([length, Buffer.from(header), Buffer.alloc(data)]);
    };
    const honest = '{"x":{"dtype":"F32","shape":[32,128],"data_offsets":[0,16384]}}';
    expect(runWithTensor(file(honest, 100), 't.safetensors', '"t.safetensors"#x').stderr).toMatch(
      /t\.safetensors/,
    );
    expect(runWithTensor(file(honest, 16384), 't.safetensors', '"t.safetensors"#y').stderr).toMatch(
      /no tensor "y"/,
    );
    const lying = Buffer.alloc(16);
    lying.writeBigUInt64LE(2n ** 60n);
    expect(runWithTensor(lying, 't.safetensors', '"t.safetensors"#x').stderr).toMatch(/t\.safetensors/);
  });
});

describe('bad paths and usage', () => {
  it.each<[string[], RegExp]>([
    [['run', 'no/such/program.s'], /cannot read no\/such\/program\.s: no such file/],
    [['run', 'programs'], /cannot read programs: it is a folder/],
    [['run', 'programs/gemm_nvfp4.s', '--set', 'Q=1'], /Q/],
    [['run', 'programs/gemm_nvfp4.s', '--set', 'M'], /NAME=VALUE/],
    [['run', 'programs/gemm_nvfp4.s', '--machine', 'fp4cor'], /did you mean "fp4core"/],
    [['run', 'programs/gemm_nvfp4.s', '--set', 'K=100'], /K must be a multiple/],
    [['run', 'programs/gemm_nvfp4.s', '-o', 'out.csv'], /\.npy or \.safetensors/],
    [['run', 'programs/gemm_nvfp4.s', '--max-cycles', '0'], /above 0/],
    [['disasm', 'programs/gemm_nvfp4.s'], /gemm_nvfp4\.s/],
    [['formats', 'nvfp5'], /did you mean "nvfp4"/],
    [['machines', 'hoper'], /machine/],
    [['rum'], /unknown command/],
    [['run'], /missing required argument/],
  ])('%j', (args, message) => {
    const { status, stderr } = fp4sim(args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('an output that cannot be written leaves nothing behind', () => {
    const folder = scratchFolder();
    const file = join(folder, 'p.s');
    writeFileSync(file, SMALL_GEMM);
    mkdirSync(join(folder, 'd.npy'));
    const { status, stderr } = fp4sim(['run', file, '-o', join(folder, 'd.npy')]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/cannot write .*d\.npy/);
    expect(readdirSync(folder).sort()).toEqual(['d.npy', 'p.s']);
    expect(fp4sim(['run', file, '-o', join(folder, 'no', 'd.npy')]).stderr).toMatch(
      /cannot write .*no such file or folder/,
    );
  });

  it('a program that may not be read', () => {
    const file = join(scratchFolder(), 'p.s');
    writeFileSync(file, SMALL_GEMM);
    chmodSync(file, 0o000);
    const { status, stderr } = fp4sim(['run', file]);
    // The superuser reads everything; anybody else is told.
    if (process.getuid?.() === 0) expect(status).toBe(0);
    else expect(stderr).toMatch(/permission denied/);
  });
});
