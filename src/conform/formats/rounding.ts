/**
 * Witness: the same float32 inputs cast to small formats by several codebases. `rounding.json` lists the columns of
 * `rounding.bin.gz`; the column `x_f32` holds the inputs. Columns of bytes hold codes, columns of words the bits of
 * the rounded float32.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CASTS, type Cast, type CodeCast, codecOf, type ValueCast } from '../../formats/index.js';
import { bitsToFloat32, ConfigurationError, hex, suggest } from '../../numerics/index.js';
import { littleEndian, readGzip, readJson } from '../dot/files.js';
import { Tally, type WitnessResult } from '../result.js';
import { numberText, parsed, sliceOf } from './archive.js';

export const ROUNDING_INDEX = 'rounding.json';
export const ROUNDING_DATA = 'rounding.bin.gz';
const INPUTS = 'x_f32';

const columnSchema = z.object({
  name: z.string(),
  dtype: z.enum(['uint8', 'uint32']),
  count: z.int().nonnegative(),
  offset: z.int().nonnegative(),
});
type Column = z.infer<typeof columnSchema>;

/** One row for every column; none if the folder has no index. */
export function conformRounding(folder: string): WitnessResult[] {
  const path = join(folder, ROUNDING_INDEX);
  if (!existsSync(path)) return [];
  const columns = parsed(z.array(columnSchema), readJson(path), ROUNDING_INDEX);
  const data = readGzip(join(folder, ROUNDING_DATA));
  const inputs = columns.find(({ name }) => name === INPUTS);
  if (inputs?.dtype !== 'uint32') {
    throw new ConfigurationError(`${ROUNDING_INDEX}: the column ${INPUTS} of uint32 is missing`);
  }
  const x = wordsOf(data, inputs);
  return columns.filter((column) => column !== inputs).map((column) => conformColumn(data, column, x));
}

function conformColumn(data: Buffer, column: Column, x: Uint32Array): WitnessResult {
  const cast = castOf(column);
  if (column.count !== x.length) {
    throw new ConfigurationError(
      `${ROUNDING_INDEX}: ${column.name} has ${column.count} values for ${x.length} inputs`,
    );
  }
  const words = wordsOf(data, column);
  const tally = cast.kind === 'code' ? conformCodes(cast, x, words) : conformValues(cast, x, words);
  const what = `${column.name}: float32 to ${cast.element.name} (${cast.kind}s)`;
  return tally.result(ROUNDING_DATA, cast.source, what);
}

function castOf({ name, dtype }: Column): Cast {
  const cast = CASTS.get(name);
  if (cast === undefined) {
    throw new ConfigurationError(`${ROUNDING_INDEX}: unknown cast "${name}"`, suggest(name, CASTS.keys()));
  }
  const expected = cast.kind === 'code' ? 'uint8' : 'uint32';
  if (dtype === expected) return cast;
  throw new ConfigurationError(`${ROUNDING_INDEX}: ${name} holds ${dtype}, expected ${expected}`);
}

function wordsOf(data: Buffer, { name, dtype, count, offset }: Column): Uint32Array {
  const width = dtype === 'uint8' ? 1 : 4;
  const bytes = sliceOf(data, [offset, count * width], `${ROUNDING_DATA}: ${name}`);
  return width === 1 ? Uint32Array.from(bytes) : littleEndian(bytes, 0, count, 4);
}

function conformCodes({ name, element, encode }: CodeCast, x: Uint32Array, codes: Uint32Array): Tally {
  const { decode } = codecOf(element);
  const tally = new Tally();
  for (let i = 0; i < x.length; i++) {
    const value = bitsToFloat32(x[i]!);
    const [ours, theirs] = [encode(x[i]!, value), codes[i]!];
    tally.compare(ours === theirs, () => {
      const text = (code: number): string => `0x${hex(code, 2)} (${decode(code)})`;
      return `${name}(${value}): theirs ${text(theirs)}, ours ${text(ours)}`;
    });
  }
  return tally;
}

function conformValues({ name, round }: ValueCast, x: Uint32Array, results: Uint32Array): Tally {
  const tally = new Tally();
  for (let i = 0; i < x.length; i++) {
    const value = bitsToFloat32(x[i]!);
    const [ours, theirs] = [round(value), bitsToFloat32(results[i]!)];
    tally.compare(
      Object.is(ours, theirs),
      () => `${name}(${value}): theirs ${numberText(theirs)}, ours ${numberText(ours)}`,
    );
  }
  return tally;
}
