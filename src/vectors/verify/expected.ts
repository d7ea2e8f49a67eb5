/** The vectors of a folder read back, block by block, from whichever of their files reads fastest. */
import { ConfigurationError } from '../../numerics/index.js';
import { bytesOfField } from '../files/formats.js';
import { type Columns, createColumns, type Layout, setValue } from '../layout.js';
import type { ManifestClass, ManifestFile } from '../manifest.js';
import { BLOCK_VECTORS } from '../unit.js';
import { type ByteSource, linesOf, recordsOf, vectorLines } from './source.js';

/** File formats that are read back, best first. */
const READABLE = ['mem', 'tv', 'bin', 'jsonl'] as const;

export interface VectorBlock {
  readonly columns: Columns;
  /** Number of the first vector in the file. */
  readonly first: number;
  readonly count: number;
}

/** The file of a class to read. Throws `ConfigurationError` if there is none. */
export function readableFile({ name, files }: ManifestClass): ManifestFile {
  for (const format of READABLE) {
    const file = files.find((candidate) => candidate.format === format);
    if (file !== undefined) return file;
  }
  throw new ConfigurationError(
    `class ${name} has no file that is read back`,
    `make the vectors in one of ${READABLE.join(', ')} too`,
  );
}

/** The vectors of a file. The columns are reused. Throws `ConfigurationError` on what is no vector. */
export function* readVectors(
  source: ByteSource,
  { file, format }: ManifestFile,
  layout: Layout,
): Generator<VectorBlock> {
  const columns = createColumns(layout, BLOCK_VECTORS);
  let [first, count] = [0, 0];
  for (const values of vectorsIn(source, format, layout, file)) {
    layout.fields.forEach((field, i) => {
      setValue(columns, field, count, values[i]!);
    });
    if (++count < BLOCK_VECTORS) continue;
    yield { columns, first, count };
    first += count;
    count = 0;
  }
  if (count > 0) yield { columns, first, count };
}

function vectorsIn(
  source: ByteSource,
  format: string,
  layout: Layout,
  file: string,
): Iterable<readonly bigint[]> {
  if (format === 'bin') return binaryVectors(source, layout, file);
  return format === 'jsonl' ? jsonVectors(source, layout, file) : textVectors(source, layout, file);
}

function* textVectors(source: ByteSource, { fields }: Layout, file: string): Generator<bigint[]> {
  for (const { number, text } of vectorLines(source, file)) {
    const parts = text.split('_');
    if (parts.length !== fields.length || !/^[0-9a-f_]+$/.test(text))
      throw new ConfigurationError(`${file}:${number} is no vector of this set`);
    yield parts.map((part) => BigInt(`0x${part}`));
  }
}

function* jsonVectors(source: ByteSource, { fields }: Layout, file: string): Generator<bigint[]> {
  for (const { number, text } of linesOf(source, file)) {
    try {
      const row = JSON.parse(text) as Record<string, string>;
      yield fields.map(({ name }) => BigInt(`0x${row[name]}`));
    } catch {
      throw new ConfigurationError(`${file}:${number} is no vector of this set`);
    }
  }
}

function* binaryVectors(source: ByteSource, { fields }: Layout, file: string): Generator<bigint[]> {
  const size = fields.reduce((sum, field) => sum + bytesOfField(field), 0);
  for (const record of recordsOf(source, size, file)) {
    let byte = 0;
    yield fields.map((field) => {
      const end = byte + bytesOfField(field);
      let value = 0n;
      for (let i = end - 1; i >= byte; i--) value = (value << 8n) | BigInt(record[i]!);
      byte = end;
      return value;
    });
  }
}
