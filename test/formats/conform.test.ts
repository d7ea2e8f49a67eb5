import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { conformFormats } from '../../src/conform/formats/index.js';
import type { WitnessResult } from '../../src/conform/result.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import { scratchFolder } from '../support/cli.js';
import { hasShared, shared } from '../support/shared.js';

const SUBSET = join(import.meta.dirname, '..', 'data', 'formats');

function expectAllEqual(results: readonly WitnessResult[]): void {
  for (const row of results) {
    expect(row.compared, row.what).toBeGreaterThan(0);
    expect(row.firstMismatches, `${row.file}: ${row.what}`).toEqual([]);
    expect(row.mismatches).toBe(0);
    for (const { reason } of row.skipped) expect(reason).toMatch(/^(oob_mask|both scales are NaN)/);
  }
}

/** A folder with a copy of some files of the subset. */
function copyOf(...names: string[]): string {
  const folder = scratchFolder();
  for (const name of names) cpSync(join(SUBSET, name), join(folder, name));
  return folder;
}

function thrownBy(action: () => unknown): Error | undefined {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

describe('what other codebases printed', () => {
  it('is reproduced: the committed subset', () => {
    const results = conformFormats(SUBSET);
    expect(results.length).toBeGreaterThan(80);
    expectAllEqual(results);
  });

  it.skipIf(!hasShared)('is reproduced: all of ../shared/vectors', () => {
    const results = conformFormats(shared('vectors'));
    expect(results.length).toBe(93);
    expectAllEqual(results);
    expect(results.reduce((sum, { compared }) => sum + compared, 0)).toBe(19_092_778);
  });
});

describe('a folder of witnesses', () => {
  it('without files gives no rows', () => {
    expect(conformFormats(scratchFolder())).toEqual([]);
  });

  it('shows a wrong code decoded, and counts it once', () => {
    const folder = copyOf('codec_tables.json');
    const path = join(folder, 'codec_tables.json');
    const tables = JSON.parse(readFileSync(path, 'utf8'));
    tables.e2m1[3] = '40000000';
    writeFileSync(path, JSON.stringify(tables));
    const row = conformFormats(folder).find(({ what }) => what.includes('e2m1'));
    expect(row?.mismatches).toBe(1);
    expect(row?.firstMismatches).toEqual(['e2m1 code 0x03: theirs 2, ours 1.5']);
  });

  it('shows a flipped rounding', () => {
    const folder = copyOf('rounding.json', 'rounding.bin.gz');
    const path = join(folder, 'rounding.bin.gz');
    const data = gunzipSync(readFileSync(path));
    const column = JSON.parse(readFileSync(join(folder, 'rounding.json'), 'utf8')).find(
      ({ name }: { name: string }) => name === 'ao_e2m1',
    );
    data[column.offset + 5]! ^= 1;
    writeFileSync(path, gzipSync(data));
    const wrong = conformFormats(folder).filter(({ mismatches }) => mismatches > 0);
    expect(wrong.map(({ mismatches }) => mismatches)).toEqual([1]);
  });

  it.each([
    ['a truncated gzip file', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 1000))],
    [
      'a column that ends early',
      (path: string) => writeFileSync(path, gzipSync(gunzipSync(readFileSync(path)).subarray(0, 1000))),
    ],
    ['a missing data file', (path: string) => rmSync(path)],
  ])('is refused with %s', (_name, harm) => {
    const folder = copyOf('rounding.json', 'rounding.bin.gz');
    harm(join(folder, 'rounding.bin.gz'));
    expect(() => conformFormats(folder)).toThrow(ConfigurationError);
  });

  it.each([
    ['an unknown type', 'codec_tables.json', /"e2m1"/g, '"e9m9"', /unknown type "e9m9"/],
    ['an unknown cast', 'rounding.json', /ao_e2m3/g, 'ao_e2m9', /unknown cast "ao_e2m9"/],
    [
      'an unknown format',
      'quant_index.json',
      /"dtype":"nvint4"/g,
      '"dtype":"nvint9"',
      /unknown format "nvint9"/,
    ],
    ['an unknown option', 'quant_index.json', /"rht"/g, '"rth"', /unknown option rth=true/],
    ['an unknown rule', 'quant_index.json', /"scale_rule":"mae"/g, '"scale_rule":"mea"', /"mea" is no value/],
    ['an unknown field', 'quant_index.json', /"amax_f32"/g, '"bmax_f32"', /unknown field "bmax_f32"/],
    ['an unknown peer', 'peer_index.json', /"te.nvfp4"/g, '"te.nvfp9"', /unknown entry "te.nvfp9"/],
    ['a shape of another size', 'quant_index.json', /"shape":\[128,128\]/g, '"shape":[128,64]', /expected/],
    ['a longer file promised', 'quant_index.json', /"raw_bytes":\d+/, '"raw_bytes":1', /the index says 1/],
    ['no JSON', 'peer_index.json', /^\[/, '(', /is not JSON/],
    ['a missing member', 'peer_index.json', /"file"/, '"elif"', /file/],
  ])('is refused with %s', (_name, index, pattern, replacement, message) => {
    const folder = scratchFolder();
    cpSync(SUBSET, folder, { recursive: true });
    const path = join(folder, index);
    const text = readFileSync(path, 'utf8');
    const changed = text.replace(pattern, replacement);
    expect(changed).not.toBe(text);
    writeFileSync(path, changed);
    const error = thrownBy(() => conformFormats(folder));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error?.message).toMatch(message);
  });

  it('is refused with a data file that no index lists', () => {
    const folder = copyOf('codec_tables.json');
    cpSync(join(SUBSET, 'peer.te.nvfp4.bin.gz'), join(folder, 'peer.te.nvfp4.bin.gz'));
    expect(() => conformFormats(folder)).toThrow(/listed in no index/);
  });

  it('is refused if a mask hides more elements than its index says', () => {
    const folder = scratchFolder();
    cpSync(SUBSET, folder, { recursive: true });
    const path = join(folder, 'quant_index.json');
    const text = readFileSync(path, 'utf8').replace('"oob_elements":16384', '"oob_elements":16383');
    writeFileSync(path, text);
    expect(() => conformFormats(folder)).toThrow(/marks 16384 elements, the index says 16383/);
  });
});
