import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNpy, readSafetensors } from '../../src/formats/index.js';
import type { RunResult } from '../../src/machine/index.js';
import { fp4sim, scratchFolder } from '../support/cli.js';
import { SMALL_GEMM } from '../support/programs.js';

const GEMM = 'programs/gemm_nvfp4.s';

function withProgram(text: string = SMALL_GEMM): { folder: string; file: string } {
  const folder = scratchFolder();
  const file = join(folder, 'small.s');
  writeFileSync(file, text);
  return { folder, file };
}

describe('fp4sim run', () => {
  it('runs the NVFP4 GEMM on real tensors at 256³ with 0 mismatches', () => {
    const { status, stdout, stderr } = fp4sim(['run', GEMM, '--json']);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as RunResult;
    expect(result.macs).toBe(256 ** 3);
    expect(result.outputs[0]?.verification).toMatchObject({ compared: 65536, mismatches: 0 });
    expect(result.configuration).toContain('mma=blackwell-mxf4nvf4');
  });

  it('prints the same bytes twice, and whatever the host offers in threads', () => {
    const { file } = withProgram();
    const first = fp4sim(['run', file, '--json']).stdout;
    expect(fp4sim(['run', file, '--json']).stdout).toBe(first);
    process.env.UV_THREADPOOL_SIZE = '1';
    expect(fp4sim(['run', file, '--json']).stdout).toBe(first);
    delete process.env.UV_THREADPOOL_SIZE;
  });

  it('prints a report for people without colour codes in a pipe', () => {
    const { stdout } = fp4sim(['run', withProgram().file]);
    expect(stdout).toMatch(/small\.s on fp4core: [\d,]+ cycles/);
    expect(stdout).toContain('every compared output equals the exact oracle, bit for bit');
    expect(stdout).not.toContain('\u001b');
  });

  it('writes outputs whose values are those of the run', () => {
    const { folder, file } = withProgram();
    expect(fp4sim(['run', file, '-o', join(folder, 'd.npy')]).status).toBe(0);
    expect(fp4sim(['run', file, '-o', join(folder, 'd.safetensors')]).status).toBe(0);
    const npy = readNpy(readFileSync(join(folder, 'd.npy')), 'd.npy');
    const { tensors } = readSafetensors(readFileSync(join(folder, 'd.safetensors')), 'd.safetensors');
    expect(npy.shape).toEqual([32, 32]);
    expect(Buffer.from(npy.bytes).equals(Buffer.from(tensors.get('D')!.bytes))).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['d.npy', 'd.safetensors', 'small.s']);
  });

  it('says so when the outputs were not checked', () => {
    expect(fp4sim(['run', withProgram().file, '--no-check']).stdout).toContain(
      'not compared with the oracle',
    );
  });

  it('runs an object file to the same result as its text', () => {
    const { folder, file } = withProgram();
    const object = join(folder, 'small.fp4o');
    expect(fp4sim(['asm', file, '-o', object]).status).toBe(0);
    const [text, words] = [file, object].map(
      (f) => JSON.parse(fp4sim(['run', f, '--json']).stdout) as RunResult,
    );
    expect(words?.cycles).toBe(text?.cycles);
    expect(words?.outputs[0]?.sha256).toBe(text?.outputs[0]?.sha256);
  });
});

describe('fp4sim asm and disasm', () => {
  it('round-trips a program through an object file and its text', () => {
    const { folder, file } = withProgram();
    const [object, again] = [join(folder, 'a.fp4o'), join(folder, 'b.fp4o')];
    fp4sim(['asm', file, '-o', object]);
    const { stdout, status } = fp4sim(['disasm', object]);
    expect(status).toBe(0);
    const copy = join(folder, 'copy.s');
    writeFileSync(copy, stdout);
    fp4sim(['asm', copy, '-o', again]);
    expect(fp4sim(['disasm', again]).stdout).toBe(stdout);
  });

  it('lists addresses, words and source', () => {
    const { stdout } = fp4sim(['asm', withProgram().file, '--listing']);
    expect(stdout).toMatch(/[0-9a-f]{16}.*mma acc, As\[r10\], Bs\[r10\], r5/);
  });
});

describe('fp4sim machines and formats', () => {
  it('list what there is, and show one in full', () => {
    expect(fp4sim(['machines']).stdout).toContain('fp4core');
    expect(fp4sim(['machines', 'fp4core']).stdout).toMatch(
      /mma\.rate\.mac\.latencyCycles +5 +cycles +netlist of nvfp4-fused35:/,
    );
    expect(fp4sim(['formats']).stdout).toMatch(/nvfp4 +16 +e2m1/);
    expect(fp4sim(['formats', 'e2m1']).stdout).toMatch(/0x7 +0111 +6/);
    expect(JSON.parse(fp4sim(['formats', '--json']).stdout)).toHaveProperty('elements');
  });
});

describe('help', () => {
  it.each(['run', 'asm', 'disasm', 'machines', 'formats'])('%s --help has an example', (command) => {
    const { stdout, status } = fp4sim([command, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain(`$ fp4sim ${command}`);
  });
});
