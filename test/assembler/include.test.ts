import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type AssembleResult, assemble, formatDiagnostics, includeFrom } from '../../src/assembler/index.js';
import { REST } from './support.js';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'fp4sim-include-')));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const FILES: Readonly<Record<string, string>> = {
  'project/constants.inc': '.equ N, 64\n',
  'project/parts/ring.inc': '.include "names.inc"\n.macro ring name\n.barrier \\name[STAGES]\n.endm\n',
  'project/parts/names.inc': '.equ STAGES, 4\n',
  'project/parts/wrong.inc': '\n  .equ X, missing\n',
  'project/self.inc': '.include "self.inc"\n',
  'project/a.inc': '.include "parts/b.inc"\n',
  'project/parts/b.inc': '.include "../a.inc"\n',
  'project/out.inc': '.include "../library/common.inc"\n',
  'project/bomb0.inc': `${'.equ X\n'.repeat(10)}`,
  ...Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [
      `project/bomb${i + 1}.inc`,
      `.include "bomb${i}.inc"\n`.repeat(10),
    ]),
  ),
  'library/common.inc': '.equ COMMON, 1\n',
  'secret.txt': 'password\n',
};
for (const [name, text] of Object.entries(FILES)) {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}
symlinkSync(join(root, 'secret.txt'), join(root, 'project/link.inc'));
symlinkSync(join(root, 'project/constants.inc'), join(root, 'project/inner-link.inc'));
symlinkSync('/dev/zero', join(root, 'project/zero.inc'));
symlinkSync(join(root, 'project'), join(root, 'alias'));

const MAIN = join(root, 'project', 'main.s');

function included(text: string, folders: readonly string[] = [], main = MAIN): AssembleResult {
  return assemble(`${text}\n${REST}`, main, { include: includeFrom(main, folders) });
}

/** What is printed, without the folder. */
function printed({ diagnostics, texts }: AssembleResult): string {
  return formatDiagnostics(diagnostics, texts).replaceAll(root, '');
}

describe('.include', () => {
  it.each([
    ['beside the program', '.include "constants.inc"\n.acc x, N x N'],
    ['in a folder below', '.include "parts/ring.inc"\n ring full\n.acc x, STAGES x 1'],
    ['through a link that stays within', '.include "inner-link.inc"\n.acc x, N x N'],
    ['twice, for what may be twice', '.if 0\n.endif\n.include "parts/ring.inc"'],
  ])('reads a file %s', (_, text) => {
    const result = included(text);
    expect(printed(result)).toBe('');
    expect(result.program).toBeDefined();
  });

  it('looks in the folders that are given, and they may be read', () => {
    expect(included('.include "common.inc"', [join(root, 'library')]).program).toBeDefined();
    expect(included('.include "../library/common.inc"', [join(root, 'library')]).program).toBeDefined();
  });

  it('takes the program through a link for what it is', () => {
    const main = join(root, 'alias', 'main.s');
    expect(included('.include "constants.inc"', [], main).program).toBeDefined();
  });

  it('does not read a file in lines that are skipped', () => {
    expect(included('.if 0\n.include "nowhere.inc"\n.endif').program).toBeDefined();
  });

  it.each([
    ['outside the folder', '../library/common.inc', 'it lies outside the folders that may be read'],
    ['through a link that leads outside', 'link.inc', 'it lies outside the folders that may be read'],
    ['that is a device', 'zero.inc', 'it lies outside the folders that may be read'],
    ['by an absolute path', join(root, 'project/constants.inc'), 'the path is absolute'],
    ['that is not there', 'nowhere.inc', 'there is no such file'],
    ['that is a folder', 'parts', 'it is not a file'],
    ['with an empty name', '', 'it is not a file'],
    ['with a NUL in its name', 'a\\0b', 'there is no such file'],
    ['with an endless name', 'x'.repeat(5000), 'there is no such file'],
    ['that includes itself', 'self.inc', '"self.inc" includes itself'],
    ['that includes itself through another', 'a.inc', '"../a.inc" includes itself'],
    ['outside, from within another', 'out.inc', 'it lies outside the folders that may be read'],
  ])('refuses a file %s', (_, path, message) => {
    const result = included(`.include "${path}"`);
    expect(result.program).toBeUndefined();
    expect(result.diagnostics).toHaveLength(1);
    expect(result.diagnostics[0]?.message).toContain(message);
    expect(result.diagnostics[0]?.hint).toBeDefined();
    expect(printed(result)).not.toContain('password');
  });

  it('ends with a diagnostic when files include files without end', () => {
    const { diagnostics } = included('.include "bomb10.inc"');
    expect(diagnostics[0]?.message).toMatch(/expansion makes more than \d+ lines/);
  });

  it('names the place in the included file and who included it', () => {
    expect(printed(included('.include "parts/wrong.inc"'))).toMatchInlineSnapshot(`
      "/project/parts/wrong.inc:2:11: error: unknown name "missing"
         2 |   .equ X, missing
           |           ^^^^^^^
           = in a file included at /project/main.s:1:1
           = hint: declare it with .equ or .param above
      "
    `);
  });
});
