import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INSTRUCTIONS } from '../../isa/index.js';
import { DIRECTIVES, type LanguageWords } from '../../src/assembler/index.js';
import { fp4sim, scratchFolder } from '../support/cli.js';
import { exchange, SMALL_GEMM } from '../support/programs.js';

const SIZES = '.param M, 32\n.param N, 32\n.param K, 128\n';

/** A folder with a program that includes its sizes from a folder beside it. */
function withInclude(): { folder: string; file: string; library: string } {
  const folder = scratchFolder();
  const library = join(folder, 'library');
  const file = join(folder, 'work', 'small.s');
  for (const path of [library, join(folder, 'work')]) mkdirSync(path);
  writeFileSync(join(library, 'sizes.inc'), SIZES);
  writeFileSync(file, exchange(SMALL_GEMM, SIZES, '.include "sizes.inc"\n'));
  return { folder, file, library };
}

describe('included files', () => {
  it('are found in the folders of -I, for every command that assembles', () => {
    const { file, library } = withInclude();
    for (const command of [['run', '--no-check'], ['asm'], ['check']]) {
      expect(fp4sim([...command, file, '-I', library]).status, command[0]).toBe(0);
      const without = fp4sim([...command, file]);
      expect(without.status).toBe(2);
      expect(without.stderr).toMatch(
        /small\.s:3:10: error: cannot include "sizes\.inc": there is no such file/,
      );
      expect(without.stderr).not.toMatch(/\n\s+at /);
    }
  });

  it('appear in the listing, and their parameters can be set', () => {
    const { file, library } = withInclude();
    const { stdout } = fp4sim(['asm', file, '-I', library, '--listing', '--set', 'M=64']);
    expect(stdout).toMatch(/sizes\.inc:1 {2}\| \.param M, 32\n/);
  });
});

describe('fp4sim check', () => {
  it('assembles every file and reports all that is wrong', () => {
    const folder = scratchFolder();
    const [good, bad] = [join(folder, 'good.s'), join(folder, 'bad.s')];
    writeFileSync(good, SMALL_GEMM);
    writeFileSync(bad, SMALL_GEMM.replaceAll('xor ', 'xro '));
    expect(fp4sim(['check', good])).toMatchObject({
      status: 0,
      stdout: '1 of 1 programs assemble\n',
      stderr: '',
    });
    const { status, stdout, stderr } = fp4sim(['check', bad, good]);
    expect(status).toBe(2);
    expect(stdout).toBe('1 of 2 programs assemble\n');
    expect(stderr.match(/bad\.s:\d+:\d+: error: unknown instruction "xro"/g)).toHaveLength(5);
  });
});

describe('a trap in a macro', () => {
  it('names the line in the macro and the use', () => {
    const folder = scratchFolder();
    const file = join(folder, 'trap.s');
    writeFileSync(
      file,
      `.macro misuse\n  mov r9, -1\n  bar.expect stored, r9\n.endm\n${exchange(SMALL_GEMM, 'mov r13, 1', 'misuse')}`,
    );
    const { status, stderr } = fp4sim(['run', file]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/trap\.s:3:3: trap barrier-misuse at cycle \d+/);
    expect(stderr).toMatch(/in macro "misuse", used at .*trap\.s:\d+:9/);
  });
});

describe('fp4sim fmt', () => {
  it('prints, checks and rewrites', () => {
    const file = join(scratchFolder(), 'a.s');
    const [before, after] = ['.equ A ,1\n', '.equ A, 1\n'];
    writeFileSync(file, before);
    expect(fp4sim(['fmt', file]).stdout).toBe(after);
    expect(fp4sim(['fmt', '--check', file])).toMatchObject({
      status: 1,
      stdout: `${file}: is not formatted\n`,
    });
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(fp4sim(['fmt', '--write', file])).toMatchObject({ status: 0, stdout: `${file}: formatted\n` });
    expect(readFileSync(file, 'utf8')).toBe(after);
    expect(fp4sim(['fmt', '--check', file])).toMatchObject({ status: 0, stdout: '' });
  });

  it('refuses what is no text', () => {
    const file = join(scratchFolder(), 'a.s');
    writeFileSync(file, SMALL_GEMM);
    expect(fp4sim(['asm', file, '-o', `${file}.fp4o`]).status).toBe(0);
    const { status, stderr } = fp4sim(['fmt', '--write', `${file}.fp4o`]);
    expect(status).toBe(2);
    expect(stderr).toContain('is an object file');
    expect(fp4sim(['fmt', join(file, 'none.s')]).status).toBe(2);
    expect(fp4sim(['fmt', '--write', '--check', file]).status).toBe(2);
  });
});

describe('fp4sim isa', () => {
  it('lists everything, and shows one word in full', () => {
    const { stdout } = fp4sim(['isa']);
    for (const { mnemonic } of INSTRUCTIONS) expect(stdout).toContain(`  ${mnemonic}`);
    for (const name of DIRECTIVES.keys()) expect(stdout).toContain(`  ${name}`);
    expect(fp4sim(['isa', 'mma']).stdout).toMatch(
      /\.blackwell_mxf4nvf4[\s\S]*accumulator +an accumulator[\s\S]*example: mma/,
    );
    expect(fp4sim(['isa', '.rept']).stdout).toContain('.rept COUNT[, NAME]');
    expect(fp4sim(['isa', 'mna'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('did you mean "mma"'),
    });
  });

  it('gives an editor every suffix as it is written', () => {
    const words = JSON.parse(fp4sim(['isa', '--json']).stdout) as LanguageWords;
    expect(words.instructions).toHaveLength(INSTRUCTIONS.length);
    const mma = words.instructions.find(({ mnemonic }) => mnemonic === 'mma')!;
    for (const value of mma.suffixes[0]!.values) expect(value).toMatch(/^\.[a-z0-9_]+$/);
    expect(words.formats).toContain('nvfp4');
  });
});
