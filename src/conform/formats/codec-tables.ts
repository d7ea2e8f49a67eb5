/** Witness: the value of every code of the small formats, as ml_dtypes prints them. `codec_tables.json`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  codecOf,
  E2M1,
  E2M3,
  E3M2,
  E3M4,
  E4M3,
  E4M3_FNUZ,
  E4M3_IEEE,
  E5M2,
  E5M2_FNUZ,
  E8M0,
  type ElementFormat,
} from '../../formats/index.js';
import { bitsToFloat32, ConfigurationError, hex, suggest } from '../../numerics/index.js';
import { readJson } from '../dot/files.js';
import { Tally, type WitnessResult } from '../result.js';
import { parsed } from './archive.js';

export const CODEC_TABLES = 'codec_tables.json';
const SOURCE = 'ml_dtypes 0.6.0';

/** The record of each of their type names. */
const FORMATS: ReadonlyMap<string, ElementFormat> = new Map<string, ElementFormat>([
  ['e2m1', E2M1],
  ['float8_e4m3fn', E4M3],
  ['float8_e8m0fnu', E8M0],
  ['float8_e5m2', E5M2],
  ['float8_e4m3fnuz', E4M3_FNUZ],
  ['float8_e5m2fnuz', E5M2_FNUZ],
  ['float6_e2m3fn', E2M3],
  ['float6_e3m2fn', E3M2],
  ['float8_e3m4', E3M4],
  ['float8_e4m3', E4M3_IEEE],
]);

const schema = z.record(z.string(), z.array(z.string().regex(/^[0-9a-f]{8}$/i)));

/** One row for every table; none if the folder has no such file. */
export function conformCodecTables(folder: string): WitnessResult[] {
  const path = join(folder, CODEC_TABLES);
  if (!existsSync(path)) return [];
  const tables = parsed(schema, readJson(path), CODEC_TABLES);
  return Object.entries(tables).map(([name, table]) => conformTable(name, table));
}

function conformTable(name: string, table: readonly string[]): WitnessResult {
  const format = FORMATS.get(name);
  if (format === undefined) {
    throw new ConfigurationError(`${CODEC_TABLES}: unknown type "${name}"`, suggest(name, FORMATS.keys()));
  }
  const { decode, width } = codecOf(format);
  if (table.length !== 2 ** width) {
    throw new ConfigurationError(
      `${CODEC_TABLES}: ${name} has ${table.length} codes, ${format.name} has ${2 ** width}`,
    );
  }
  const tally = new Tally();
  table.forEach((digits, code) => {
    const theirs = bitsToFloat32(Number.parseInt(digits, 16));
    const ours = decode(code);
    tally.compare(
      Object.is(ours, theirs),
      () => `${name} code 0x${hex(code, 2)}: theirs ${theirs}, ours ${ours}`,
    );
  });
  return tally.result(CODEC_TABLES, SOURCE, `values of ${name} = ${format.name}`);
}
