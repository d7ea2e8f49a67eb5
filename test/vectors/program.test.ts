/** Vectors of a whole tensor core from a program's run: read from the files alone, and computed again by the oracle. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createOracle, semanticOf } from '../../src/dot/index.js';
import { formatCatalogue, formatNamed } from '../../src/formats/index.js';
import type { Manifest, ManifestUnit } from '../../src/vectors/index.js';
import { fp4sim, scratchFolder } from '../support/cli.js';

type Row = Readonly<Record<string, string>>;

function rowsOf(folder: string, { fields, classes }: ManifestUnit): Row[] {
  const text = readFileSync(join(folder, classes[0]!.files[0]!.file), 'utf8').trimEnd();
  return text.split('\n').map((line) => {
    const parts = line.split('_');
    return Object.fromEntries(fields.map(({ name }, i) => [name, parts[i]!]));
  });
}

/** Codes of `digits` hexadecimal digits each, the lowest first. */
const codesOf = (text: string, digits: number) =>
  Uint8Array.from({ length: text.length / digits }, (_, i) => {
    const end = text.length - i * digits;
    return Number.parseInt(text.slice(end - digits, end), 16);
  });

/** The 32-bit words of a field, the lowest first. */
const wordsOf = (text: string) => text.match(/.{8}/g)!.reverse();

function made(program: string, ...args: readonly string[]) {
  const folder = join(scratchFolder(), 'tiles');
  const run = fp4sim(['vectors', '--from', `programs/${program}.s`, ...args, '-o', folder]);
  expect([run.stderr, run.status]).toEqual(['', 0]);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  const [mma, b] = manifest.units as [ManifestUnit, ManifestUnit];
  return { folder, manifest, mma, b };
}

describe.each([
  ['gemm_nvfp4', 'nvfp4', 1],
  ['gemm_fp8', 'tensor_e4m3', 2],
] as const)('tiles of %s', (program, formatName, digits) => {
  it('have in D what the oracle gives for A, B and C, and go on where the product before ended', () => {
    const { folder, mma, b } = made(program, '--count', '6');
    const rows = rowsOf(folder, mma);
    const columns = rowsOf(folder, b);
    expect(mma.format).toBe(formatName);
    const semantic = semanticOf(mma.policy.replace(/-\d+x\d+x\d+$/, ''));
    const format = formatNamed(formatCatalogue(), formatName);
    const oracle = createOracle(semantic, format, format);
    const sideOf = (row: Row, side: string) =>
      [codesOf(row[side]!, digits), codesOf(row[`${side}_sf`] ?? '', 2)] as const;
    const last = new Map<string, string>();
    let [compared, continued] = [0, 0];
    rows.forEach((row, i) => {
      const place = `${row.accumulator} ${row.row}`;
      expect(row.c).toBe(row.fresh === '1' ? '0'.repeat(row.c!.length) : last.get(place));
      last.set(
        place,
        wordsOf(row.c!)
          .map((_, j) => row[`d${j}`])
          .reverse()
          .join(''),
      );
      columns.forEach((column, j) => {
        // Some elements of every row, others in the next.
        if (column.product !== row.product || (i * 7 + j) % 61 !== 0) return;
        const element = Number.parseInt(column.col!, 16);
        const c = Number.parseInt(wordsOf(row.c!)[element]!, 16);
        if (row.fresh === '0') continued++;
        const found = oracle.dot(...sideOf(row, 'a'), ...sideOf(column, 'b'), c);
        expect([i, j, found.toString(16).padStart(8, '0')]).toEqual([i, j, row[`d${element}`]]);
        compared++;
      });
    });
    expect(compared).toBeGreaterThan(300);
    expect(continued).toBeGreaterThan(100);
  });
});

describe('fp4sim vectors --from', () => {
  it('is made again by --check where the program is, and told where that gives other tiles', () => {
    const { folder, mma } = made('gemm_nvfp4', '--count', '2');
    expect(fp4sim(['vectors', '--check', folder]).stdout).toMatch(/sound; .* 256 vectors made again/);
    const { file, sha256 } = mma.classes[0]!.files[0]!;
    const text = readFileSync(join(folder, file), 'utf8');
    const other = `${text.slice(0, -2)}${text.at(-2) === '0' ? '1' : '0'}\n`;
    writeFileSync(join(folder, file), other);
    const path = join(folder, 'manifest.json');
    const hash = createHash('sha256').update(other).digest('hex');
    writeFileSync(path, readFileSync(path, 'utf8').replace(sha256, hash));
    const { status, stdout } = fp4sim(['vectors', '--check', folder]);
    expect(stdout).toContain(`${file}: vector 127 is made differently now`);
    expect(stdout).toContain('1 problem;');
    expect(status).toBe(1);
  });

  it('is verified, and its hashes checked, from the folder alone', () => {
    const { folder, mma, manifest } = made('gemm_nvfp4', '--count', '2', '--set', 'M=128');
    expect(manifest).toMatchObject({ kind: 'program', settings: { seed: 1, count: 2, M: 128 } });
    expect(manifest.command).toContain('--from programs/gemm_nvfp4.s --level 1 --count 2 --seed 1');
    const moved = readFileSync(join(folder, 'manifest.json'), 'utf8');
    writeFileSync(join(folder, 'manifest.json'), moved.replaceAll('programs/gemm_nvfp4.s', 'gone.s'));
    const checked = fp4sim(['vectors', '--check', folder]).stdout;
    expect(checked).toContain('gone.s is not here: its vectors are not made again');
    expect(checked).toMatch(/sound; 4 files, \d+ bytes hashed, 0 vectors made again/);
    const lines = rowsOf(folder, mma).map((row) =>
      Array.from({ length: 64 }, (_, j) => row[`d${63 - j}`]).join(''),
    );
    const answers = join(scratchFolder(), 'answers.txt');
    writeFileSync(answers, lines.join('\n'));
    expect(fp4sim(['verify', folder, '--response', answers]).status).toBe(0);
    // The lowest digit of column 5 of row 3 of the second product.
    const at = lines[67]!.length - 8 * 5 - 1;
    lines[67] = `${lines[67]!.slice(0, at)}${lines[67]![at] === '0' ? '1' : '0'}${lines[67]!.slice(at + 1)}`;
    writeFileSync(answers, lines.join('\n'));
    const { status, stdout } = fp4sim(['verify', folder, '--response', answers]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/vector 67, line 68 of the response\n {2}d5: expected/);
    expect(stdout).toContain('product 1, row 3, accumulator 1, fresh 1');
    expect(stdout).toMatch(/a: -?[\d.]+ .* × 0?\.?\d+/);
  });

  it('makes the same bytes again by the command of its manifest', () => {
    const { folder, manifest } = made('gemm_fp8', '--count', '1');
    const again = join(scratchFolder(), 'again');
    const [, ...command] = manifest.command.replace('FOLDER', again).split(' ');
    expect(fp4sim(command).status).toBe(0);
    for (const file of readdirSync(folder))
      expect(readFileSync(join(again, file))).toEqual(readFileSync(join(folder, file)));
  });

  it.each([
    [['nvfp4-exact', '--from', 'programs/gemm_nvfp4.s'], 'both nvfp4-exact and --from'],
    [['nvfp4-exact', '--set', 'M=64'], '--set gives parameters of a program'],
    [['--from', 'programs/nothing.s'], 'no such file'],
    [['--from', 'programs/hopper/load.s'], 'multiplies no tiles'],
    [['--from', 'programs/gemm_nvfp4.s', '--level', '3'], 'no vectors of level 3'],
    [['--from', 'programs/gemm_nvfp4.s', '--stages'], 'no vectors of programs/gemm_nvfp4.s as stages'],
    [['--from', 'programs/gemm_nvfp4.s', '--count', '0'], 'above 0'],
  ])('refuses %s', (args, message) => {
    const { status, stderr } = fp4sim(['vectors', ...args, '-o', join(scratchFolder(), 'set')]);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
