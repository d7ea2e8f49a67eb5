/** The file formats by name. To add one: a record here. */
import { createHexLines } from '../../kernels/index.js';
import { ConfigurationError, suggest } from '../../numerics/index.js';
import { type Columns, type PlacedField, valueAt } from '../layout.js';
import { BLOCK_VECTORS, type BlockRange } from '../unit.js';
import type { ByteSink, EncodedSet, Encoder, FileFormat } from './encoder.js';
import { parquetEncoder } from './parquet.js';

/** Bytes of a field in a binary record: whole bytes, least significant first. */
export const bytesOfField = ({ width }: Pick<PlacedField, 'width'>) => Math.ceil(width / 8);

function lineEncoder({ layout }: EncodedSet, sink: ByteSink): Encoder {
  const writer = createHexLines(layout, BLOCK_VECTORS);
  return { write: (columns, { count }) => sink.write(writer.lines(columns, count)), end: () => {} };
}

/** The same lines under a header of comments, which `$readmemh` passes over. */
function commentedEncoder(set: EncodedSet, sink: ByteSink): Encoder {
  const { unit, layout } = set;
  const names = layout.fields.map(({ name, width }) => `${name}[${width}]`);
  const header = [`${unit.summary}; class ${set.class.name}: ${set.class.summary}`, names.join(' ')];
  let begun = false;
  const lines = lineEncoder(set, sink);
  return {
    ...lines,
    write: (columns, range) => {
      // Only before the first vector of all, so that shards put together are the whole file.
      if (!begun && range.first === 0)
        sink.write(Buffer.from(`${header.map((line) => `// ${line}`).join('\n')}\n`));
      begun = true;
      lines.write(columns, range);
    },
  };
}

function jsonLinesEncoder({ layout, class: { name } }: EncodedSet, sink: ByteSink): Encoder {
  const line = (columns: Columns, i: number, number: number) => {
    const fields = layout.fields.map(
      (field) => `"${field.name}":"${valueAt(columns, field, i).toString(16).padStart(field.digits, '0')}"`,
    );
    return `{"class":"${name}","vector":${number},${fields.join(',')}}\n`;
  };
  return {
    write: (columns, { first, count }) => {
      const lines = Array.from({ length: count }, (_, i) => line(columns, i, first + i));
      sink.write(Buffer.from(lines.join('')));
    },
    end: () => {},
  };
}

function binaryEncoder({ layout }: EncodedSet, sink: ByteSink): Encoder {
  const record = layout.fields.reduce((sum, field) => sum + bytesOfField(field), 0);
  const buffer = Buffer.alloc(record * BLOCK_VECTORS);
  const write = (columns: Columns, { count }: BlockRange) => {
    let offset = 0;
    for (const field of layout.fields) {
      for (let byte = 0; byte < bytesOfField(field); byte++, offset++) {
        const column = columns[field.column + (byte >> 2)]!;
        const shift = 8 * (byte & 3);
        for (let i = 0, at = offset; i < count; i++, at += record) buffer[at] = column[i]! >>> shift;
      }
    }
    sink.write(buffer.subarray(0, record * count));
  };
  return { write, end: () => {} };
}

const RECORDS: readonly FileFormat[] = [
  {
    name: 'mem',
    extension: '.mem',
    summary: 'a line a vector, hexadecimal fields joined by _, for $readmemh',
    encoder: lineEncoder,
  },
  {
    name: 'tv',
    extension: '.tv',
    summary: 'the same under a comment that names the fields',
    encoder: commentedEncoder,
  },
  {
    name: 'jsonl',
    extension: '.jsonl',
    summary: 'a JSON object a line, fields as hexadecimal text',
    encoder: jsonLinesEncoder,
  },
  {
    name: 'bin',
    extension: '.bin',
    summary: 'records of whole bytes, fields in order, least significant byte first',
    encoder: binaryEncoder,
  },
  {
    name: 'parquet',
    extension: '.parquet',
    summary: 'a column a field: INT64 up to 63 bits, else hexadecimal text',
    encoder: parquetEncoder,
  },
];

export const FILE_FORMATS: ReadonlyMap<string, FileFormat> = new Map(RECORDS.map((f) => [f.name, f]));

/** The formats named in a list. Throws `ConfigurationError` for an unknown one. */
export function fileFormats(names: readonly string[]): FileFormat[] {
  return [...new Set(names)].map((name) => {
    const format = FILE_FORMATS.get(name);
    if (format === undefined)
      throw new ConfigurationError(`unknown file format "${name}"`, suggest(name, FILE_FORMATS.keys()));
    return format;
  });
}
