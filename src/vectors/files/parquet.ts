/**
 * Parquet by hyparquet-writer, a row group a block of vectors, so that memory does not grow with the file.
 *
 * A parquet file ends with its index: parts of a set are files of their own and are not put together byte by byte.
 */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { type Columns, type PlacedField, valueAt } from '../layout.js';
import type { ByteSink, EncodedSet, Encoder } from './encoder.js';

/** Widest fields kept as numbers. */
const [INT32_BITS, INT64_BITS] = [31, 63];

/** A writer that hands its bytes on whenever a row group is complete. */
class SinkWriter extends ByteWriter {
  readonly #sink: ByteSink;

  constructor(sink: ByteSink) {
    super();
    this.#sink = sink;
  }

  flush(): void {
    this.#sink.write(this.getBytes());
    this.index = 0;
  }

  override finish(): void {
    this.flush();
  }
}

const kindOf = ({ width }: PlacedField) =>
  width <= INT32_BITS ? 'INT32' : width <= INT64_BITS ? 'INT64' : 'BYTE_ARRAY';

function schemaElement(field: PlacedField) {
  const type = kindOf(field);
  const text = type === 'BYTE_ARRAY' ? ({ converted_type: 'UTF8' } as const) : {};
  return { name: field.name, type, repetition_type: 'REQUIRED', ...text } as const;
}

function columnData(field: PlacedField, columns: Columns, count: number): unknown[] {
  const convert: Record<ReturnType<typeof kindOf>, (value: bigint) => unknown> = {
    INT32: Number,
    INT64: (value) => value,
    BYTE_ARRAY: (value) => value.toString(16).padStart(field.digits, '0'),
  };
  const kind = kindOf(field);
  return Array.from({ length: count }, (_, i) => convert[kind](valueAt(columns, field, i)));
}

export function parquetEncoder({ layout, class: { name } }: EncodedSet, sink: ByteSink): Encoder {
  const writer = new ParquetWriter({
    writer: new SinkWriter(sink),
    schema: [{ name: 'vectors', num_children: layout.fields.length }, ...layout.fields.map(schemaElement)],
    kvMetadata: [{ key: 'class', value: name }],
    createdBy: 'fp4sim',
  });
  return {
    write: (columns, { count }) => {
      const data = layout.fields.map((field) => ({
        name: field.name,
        data: columnData(field, columns, count),
      }));
      writer.write({ columnData: data, rowGroupSize: count });
    },
    end: () => {
      writer.finish();
    },
  };
}
