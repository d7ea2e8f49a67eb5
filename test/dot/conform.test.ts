import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { conformDot, conformMmaSim, conformSilicon, isDotWitness } from '../../src/conform/dot/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';

const COMMITTED = join(import.meta.dirname, '..', 'data', 'dot');
const ADA = 'mma.ada.mma.k32.e4m3.e4m3.f32.bin.gz';
const SEGMENTS = 'if4_mac_segments.jsonl.gz';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fp4sim-conform-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A committed witness copied into the folder, changed on the way. */
function put(name: string, change: (data: Buffer) => Buffer = (data) => data): void {
  writeFileSync(join(folder, name), change(readFileSync(join(COMMITTED, name))));
}

/** The index with the Ada operation only. */
function putIndex(change: (operation: Record<string, unknown>) => unknown = (operation) => operation): void {
  const index = JSON.parse(readFileSync(join(COMMITTED, 'mma_index.json'), 'utf8')) as Record<
    string,
    unknown
  >[];
  const ada = index.filter(({ name }) => String(name).startsWith('ada.')).map(change);
  writeFileSync(join(folder, 'mma_index.json'), JSON.stringify(ada));
}

function unpacked(change: (data: Buffer) => Buffer): (data: Buffer) => Buffer {
  return (data) => gzipSync(change(gunzipSync(data)));
}

function expectError(part: string, ...more: string[]): void {
  try {
    conformDot(folder);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    for (const text of [part, ...more]) expect((error as ConfigurationError).message).toContain(text);
    return;
  }
  expect.fail(`no error about ${part}`);
}

test('a folder without witnesses has no rows, and file names are told apart', () => {
  expect(conformDot(folder)).toEqual([]);
  expect(['mma_index.json', ADA, SEGMENTS, 'other.fpv'].every(isDotWitness)).toBe(true);
  expect(['quant_index.json', 'mma.txt', 'README.md'].some(isDotWitness)).toBe(false);
});

describe('MMA-Sim files', () => {
  test('a folder with other contents works', () => {
    putIndex((operation) => ({ ...operation, calls: (operation.calls as unknown[]).slice(2, 4) }));
    put(ADA);
    expect(conformDot(folder)).toMatchObject([{ file: ADA, compared: 2 * 16 * 8, mismatches: 0 }]);
  });

  test('one changed result is one mismatch, shown decoded', () => {
    putIndex();
    put(
      ADA,
      unpacked((data) => {
        data[1280 + 4 * 9] = data[1280 + 4 * 9]! ^ 0x80; // D of call 0, row 1, column 1
        return data;
      }),
    );
    const [row] = conformMmaSim(folder);
    expect(row).toMatchObject({ mismatches: 1, compared: 896 });
    expect(row!.firstMismatches).toHaveLength(1);
    expect(row!.firstMismatches[0]).toContain('call 0, row 1, column 1');
    expect(row!.firstMismatches[0]).toMatch(/theirs 0x[0-9a-f]{8} \(.*ours 0x[0-9a-f]{8}/);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['an unknown operation', { name: 'tpu.mxu.k128' }, 'unknown operation "tpu.mxu.k128"'],
    ['an unknown element format', { a: 'e4m4' }, 'unknown element format "e4m4"'],
    ['another K', { k: 64 }, 'K = 64, expected 32'],
    ['a shape that the data does not have', { m: 32 }, 'call 0: A has 512 bytes; its shape needs 1024'],
    ['a missing field', { m: undefined }, 'm'],
    ['an unknown type', { c_dtype: 'torch.float64' }, 'c_dtype'],
    ['unequal types of C and D', { c_dtype: 'torch.float16' }, 'torch.float16 to torch.float32'],
    ['data that is not there', { file: 'gone.bin.gz' }, 'gone.bin.gz'],
  ])('%s in the index is an error that names it', (_, change, message) => {
    putIndex((operation) => ({ ...operation, ...change }));
    put(ADA);
    expectError(message);
  });

  test('truncated files are errors', () => {
    putIndex();
    put(ADA, (data) => data.subarray(0, data.length / 2));
    expectError(ADA, 'not a whole gzip file');
    put(
      ADA,
      unpacked((data) => data.subarray(0, data.length - 1)),
    );
    expectError('call 6', 'the file at');
    writeFileSync(join(folder, 'mma_index.json'), '[{"name": ');
    expectError('mma_index.json is not JSON');
  });
});

describe('MAC segments', () => {
  const lines = (change: (lines: string[]) => string[]): ((data: Buffer) => Buffer) =>
    unpacked((data) => Buffer.from(change(data.toString().split('\n')).join('\n')));

  test('one changed result is one mismatch', () => {
    put(
      SEGMENTS,
      lines((all) => [all[0]!.replace(/"acc":"......../, '"acc":"3f800000'), ...all.slice(1)]),
    );
    const rows = conformDot(folder);
    expect(rows.map(({ mismatches }) => mismatches)).toEqual([1, 0]);
    expect(rows[0]!.firstMismatches[0]).toContain('line 1 (mode 0, 1 blocks)');
  });

  test.each<[string, (all: string[]) => string[], string]>([
    ['a cut line', (all) => [...all.slice(0, 3), all[3]!.slice(0, 40)], 'the last line is cut off'],
    ['a line that is not JSON', (all) => ['{]', ...all.slice(1)], 'line 1 is not JSON'],
    ['an unknown format', (all) => [all[0]!.replace('if4', 'if5'), ...all.slice(1)], 'line 1: fmt'],
    [
      'missing cycles',
      (all) => [...all.slice(0, 2), all[2]!.replace('"len":2', '"len":3'), ...all.slice(3)],
      'line 3',
    ],
    ['no segments', () => [''], 'holds no segments'],
  ])('%s is an error that names the place', (_, change, message) => {
    put(SEGMENTS, lines(change));
    expectError(SEGMENTS, message);
  });
});

describe('recorded silicon', () => {
  const header =
    (word: number, value: number): ((data: Buffer) => Buffer) =>
    (data) => {
      data.writeUInt32LE(value, 4 * word);
      return data;
    };

  test('one changed answer is one mismatch of its instruction', () => {
    put('e4m3.fpv', (data) => {
      data[data.length - 1] = data[data.length - 1]! ^ 0x80;
      return data;
    });
    const rows = conformSilicon(folder);
    expect(rows.map(({ what, mismatches }) => [what, mismatches])).toEqual([
      ['wgmma.e4m3.f32 = hopper-wgmma-fp8', 0],
      ['mma.e4m3.f32 = hopper-mma-fp8', 1],
    ]);
    expect(rows[1]!.firstMismatches[0]).toContain('class fuzz, tile 0, output 511');
  });

  test.each<[string, (data: Buffer) => Buffer, string]>([
    ['a file that begins with something else', header(0, 0), 's8.fpv at byte 0: no FPV1 record'],
    ['an unknown instruction', header(1, 99), 'unknown instruction kind 99'],
    ['an unknown flag', header(2, 0x206), 'unknown flags'],
    ['an unknown class', header(3, 15), 'unknown class 15'],
    ['no steps', header(4, 0), '0 steps'],
    ['more tiles than there are', header(5, 1000), 'the file has'],
    ['a cut record', (data) => data.subarray(0, data.length - 4), 'the file has'],
    ['a cut header', (data) => Buffer.concat([data, Buffer.from('FPV1')]), 'header is cut off'],
    ['an empty file', () => Buffer.alloc(0), 's8.fpv is empty'],
  ])('%s is an error that names the place', (_, change, message) => {
    put('s8.fpv', change);
    expectError('s8.fpv', message);
  });

  test('a folder that was copied whole gives the same rows', () => {
    cpSync(join(COMMITTED, 's8.fpv'), join(folder, 's8.fpv'));
    expect(conformSilicon(folder).map(({ compared }) => compared)).toEqual([3584, 3584]);
  });
});
