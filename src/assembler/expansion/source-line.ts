/**
 * Lines of source text, before and after parameters are replaced by their values.
 *
 * While a program is assembled, places in a line that was expanded count columns of the expanded text; `inSource` turns
 * them into places of the text that somebody wrote.
 */
import type { Span, Use } from '../program.js';

/** Where a line comes from. */
export interface LineOrigin {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly use?: Use;
  /** How it came about, if parameters in it were replaced. */
  readonly expanded?: ExpandedText;
}

export interface SourceLine {
  readonly text: string;
  readonly origin: LineOrigin;
}

/** A text with parameters replaced. */
export interface ExpandedText {
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** How the text before this replacement came about. */
  readonly before: ExpandedText | undefined;
}

/** Characters of the new text, and those of the old text that they stand for; from 0. */
interface Piece {
  readonly at: number;
  readonly length: number;
  readonly from: number;
  readonly fromLength: number;
}

/** A place of a line that is being assembled. */
export interface LineSpan extends Span {
  readonly expanded?: ExpandedText;
}

/** Lines of a text, without their ends: LF, CR LF or CR. */
export function splitLines(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}

/** The lines of a file; the end of the last line does not begin another. */
export function linesOf(text: string, file: string, use?: Use): SourceLine[] {
  const lines = splitLines(text);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, i) => ({
    text: line,
    origin: { file, line: i + 1, ...(use === undefined ? {} : { use }) },
  }));
}

/** A place in a line, by the offset of its first character. */
export function placeIn(origin: LineOrigin, offset: number, length: number): LineSpan {
  return { ...origin, column: offset + 1, length: Math.max(1, length) };
}

/** A string literal, a comment, or the reference to a parameter: `\name`, `\@`, `\()`. */
const TOKEN = /"(?:[^"\\\r\n]|\\[^\r\n])*"?|(?:;|\/\/).*|\\(?:@|\(\)|[A-Za-z_][A-Za-z0-9_]*)/g;
/** Within a string a backslash can also stand before another. */
const IN_STRING = /\\\\|\\(?:@|\(\)|[A-Za-z_][A-Za-z0-9_]*)/g;

/**
 * The line with each reference to a parameter that has a value replaced by it. Within a string too, where other
 * escapes stay; not in comments. A line that would be longer than `limit` is cut off there.
 */
export function substitute(
  { text, origin }: SourceLine,
  values: ReadonlyMap<string, string>,
  use: Use,
  limit: number,
): SourceLine {
  if (!text.includes('\\')) return { text, origin: { ...origin, use } };
  let result = '';
  let copied = 0;
  const pieces: Piece[] = [];
  const copyUpTo = (end: number): void => {
    if (end > copied) {
      pieces.push({ at: result.length, length: end - copied, from: copied, fromLength: end - copied });
    }
    result += text.slice(copied, end);
    copied = end;
  };
  for (const { at, reference } of references(text)) {
    const value = values.get(reference.slice(1));
    if (value === undefined) continue;
    copyUpTo(at);
    pieces.push({ at: result.length, length: value.length, from: at, fromLength: reference.length });
    result += value;
    copied = at + reference.length;
    if (result.length > limit) break;
  }
  if (copied === 0) return { text, origin: { ...origin, use } };
  copyUpTo(text.length);
  const expanded = { text: result, pieces, before: origin.expanded };
  return { text: result, origin: { ...origin, use, expanded } };
}

function* references(text: string): Iterable<{ at: number; reference: string }> {
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token.startsWith('\\')) yield { at: index, reference: token };
    if (!token.startsWith('"')) continue;
    for (const inner of token.matchAll(IN_STRING)) yield { at: index + inner.index, reference: inner[0] };
  }
}

/** The place in the text that was written; its uses too. */
export function inSource(span: LineSpan): Span {
  const { expanded, use, file, line } = span;
  let [start, end] = [span.column - 1, span.column - 1 + span.length];
  for (let text = expanded; text !== undefined; text = text.before) {
    [start, end] = [before(text, start, false), before(text, end, true)];
  }
  return {
    file,
    line,
    column: start + 1,
    length: Math.max(1, end - start),
    ...(use === undefined ? {} : { use: useInSource(use) }),
  };
}

/** The offset in the old text; within a replaced piece its beginning or, of the end of a place, its end. */
function before({ pieces }: ExpandedText, offset: number, isEnd: boolean): number {
  const piece =
    pieces.find(
      ({ at, length }) => (isEnd ? offset > at : offset >= at) && offset <= at + length - (isEnd ? 0 : 1),
    ) ?? pieces.at(-1)!;
  const { at, length, from, fromLength } = piece;
  if (length === fromLength) return from + offset - at;
  return isEnd || offset >= at + length ? from + fromLength : from;
}

const settled = new WeakMap<Use, Use>();

/** One value for each use, which many places share. */
function useInSource(use: Use): Use {
  let found = settled.get(use);
  if (found === undefined) {
    found = { ...use, span: inSource(use.span) };
    settled.set(use, found);
    settled.set(found, found);
  }
  return found;
}
