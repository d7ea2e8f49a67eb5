/** Bytes of a file or a pipe as lines, without holding more than a piece of it. */
import { ConfigurationError } from '../../numerics/index.js';

/** Pieces of a file in order. A piece is used up before the next one is asked for. */
export type ByteSource = Iterable<Uint8Array>;

export interface NumberedLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Nothing ends the line: it is the last one, and perhaps cut off. */
  readonly isOpen: boolean;
}

/** A line longer than this is no line of vectors: a binary file, most likely. */
const LONGEST_LINE = 1 << 20;

/** What a text in UTF-8 may begin with, and one in UTF-16 does. */
const [UTF_8_MARK, UTF_16_MARKS] = ['\u00ef\u00bb\u00bf', ['\u00ff\u00fe', '\u00fe\u00ff']];

/** The lines of a text; LF or CRLF, the last one with or without. Throws `ConfigurationError` for UTF-16. */
export function* linesOf(source: ByteSource, name: string): Generator<NumberedLine> {
  let rest = '';
  let number = 0;
  let isBegun = false;
  for (const bytes of source) {
    const text = Buffer.from(bytes).toString('latin1');
    const lines = (rest + (isBegun ? text : withoutMark(text, name))).split('\n');
    isBegun = true;
    rest = lines.pop()!;
    for (const line of lines) yield { number: ++number, text: withoutReturn(line), isOpen: false };
    if (rest.length > LONGEST_LINE)
      throw new ConfigurationError(`${name}: line ${number + 1} does not end`, 'is it a binary file?');
  }
  if (rest !== '') yield { number: number + 1, text: withoutReturn(rest), isOpen: true };
}

function withoutMark(text: string, name: string): string {
  if (UTF_16_MARKS.some((mark) => text.startsWith(mark)))
    throw new ConfigurationError(
      `${name} is text in UTF-16`,
      'write it as UTF-8 or ASCII (in PowerShell: | Out-File -Encoding ascii)',
    );
  return text.startsWith(UTF_8_MARK) ? text.slice(UTF_8_MARK.length) : text;
}

const withoutReturn = (text: string) => (text.endsWith('\r') ? text.slice(0, -1) : text);

/** Lines that carry a vector: neither empty nor a comment. */
export function* vectorLines(source: ByteSource, name: string): Generator<NumberedLine> {
  for (const { number, text, isOpen } of linesOf(source, name)) {
    const content = text.replace(/\/\/.*$/, '').trim();
    if (content !== '') yield { number, text: content, isOpen };
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
