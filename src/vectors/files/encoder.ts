/** File formats of vectors: each turns batches of columns into bytes. One record a format. */
import type { Columns, Layout } from '../layout.js';
import type { BlockRange, VectorClass, VectorUnit } from '../unit.js';

/** Where bytes go: a file, a pipe. `write` has taken the bytes when it returns: the caller reuses its buffer. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

/** What is written with one encoder. */
export interface EncodedSet {
  readonly unit: VectorUnit;
  readonly class: VectorClass;
  readonly layout: Layout;
}

export interface Encoder {
  write(columns: Columns, range: BlockRange): void;
  /** After the last batch. */
  end(): void;
}

export interface FileFormat {
  readonly name: string;
  /** Of file names, with the dot. */
  readonly extension: string;
  readonly summary: string;
  encoder(set: EncodedSet, sink: ByteSink): Encoder;
}
