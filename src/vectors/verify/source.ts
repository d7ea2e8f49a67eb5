/** Bytes of a file or a pipe as lines, without holding more than a piece of it. */
import { ConfigurationError } from '../../numerics/index.js';

/** Pieces of a file in order. A piece is used up before the next one is asked for. */
export type ByteSource = Iterable<Uint8Array>;

export interface NumberedLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** A line longer than this is no line of vectors: a binary file, most likely. */
const LONGEST_LINE = 1 << 20;

/** The lines of a text; LF or CRLF, the last one with or without. */
export function* linesOf(source: ByteSource, name: string): Generator<NumberedLine> {
  let rest = '';
  let number = 0;
  for (const bytes of source) {
    const lines = (rest + Buffer.from(bytes).toString('latin1')).split('\n');
    rest = lines.pop()!;
    for (const text of lines) yield { number: ++number, text: withoutReturn(text) };
    if (rest.length > LONGEST_LINE)
      throw new ConfigurationError(`${name}: line ${number + 1} does not end`, 'is it a binary file?');
  }
  if (rest !== '') yield { number: number + 1, text: withoutReturn(rest) };
}

const withoutReturn = (text: string) => (text.endsWith('\r') ? text.slice(0, -1) : text);

/** Lines that carry a vector: neither empty nor a comment. */
export function* vectorLines(source: ByteSource, name: string): Generator<NumberedLine> {
  for (const { number, text } of linesOf(source, name)) {
    const content = text.replace(/\/\/.*$/, '').trim();
    if (content !== '') yield { number, text: content };
  }
}

/** Records of a fixed number of bytes. Throws `ConfigurationError` if the last one is cut off. */
export function* recordsOf(source: ByteSource, size: number, name: string): Generator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for (const bytes of source) {
    rest = Buffer.concat([rest, bytes]);
    let at = 0;
    for (; at + size <= rest.length; at += size) yield rest.subarray(at, at + size);
    rest = Buffer.from(rest.subarray(at));
  }
  if (rest.length > 0) {
    throw new ConfigurationError(`${name} ends within a record: ${rest.length} of ${size} bytes are left`);
  }
}
