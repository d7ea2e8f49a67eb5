/**
 * Collecting what is wrong with a text, and printing it:
 *
 *   gemm.s:3:3: error: unknown instruction "ad"
 *      3 |   ad r1, r2, 3
 *        |   ^^
 *        = hint: did you mean "add"?
 */
import { nearest } from '../numerics/index.js';
import { inSource, type LineSpan, splitLines } from './expansion/source-line.js';
import type { Diagnostic, Span } from './program.js';
import { describeUses } from './uses.js';

/** Diagnostics that are shown; the rest are counted. */
export const DIAGNOSTIC_LIMIT = 100;
/** Diagnostics that are kept before the first ones by place are chosen; bounds the memory a hostile text can take. */
const KEPT_LIMIT = 20_000;
/** Candidates that a suggestion is looked for among; bounds the time a hostile text can take. */
const CANDIDATE_LIMIT = 1_000;
/** Characters of a source line that are printed. */
const LINE_WIDTH = 140;

/** A hint, or how to find one: only the hints of diagnostics that are shown are computed. */
export type Hint = string | undefined | (() => string | undefined);

interface Complaint {
  readonly span: Span;
  readonly message: string;
  readonly hint: Hint;
}

/** Receives errors in any order and hands them out by place, at most `DIAGNOSTIC_LIMIT` and a line about the rest. */
export class DiagnosticList {
  readonly #complaints: Complaint[] = [];
  #end: Complaint | undefined;
  #count = 0;

  /** Errors so far. */
  get count(): number {
    return this.#count;
  }

  /** Adds an error. Returns undefined, so that a function can complain and give up in one statement. */
  error(span: Span, message: string, hint?: Hint): undefined {
    this.#count++;
    if (this.#complaints.length < KEPT_LIMIT) this.#complaints.push({ span, message, hint });
  }

  /** The error that ended the assembly; it is shown before all others. */
  endWith(span: Span, message: string, hint: Hint): void {
    this.#count++;
    this.#end = { span, message, hint };
  }

  /** By line and column; after the last one that is shown, how many more there are. */
  toDiagnostics(): Diagnostic[] {
    const ordered = this.#complaints
      .map((complaint) => ({ ...complaint, path: pathOf(complaint.span) }))
      .sort((a, b) => comparePaths(a.path, b.path));
    const first = this.#end === undefined ? [] : [this.#end];
    const most = DIAGNOSTIC_LIMIT - first.length;
    const shown = [...first, ...ordered.slice(0, most)].map(finish);
    const next = ordered[most];
    if (next !== undefined) {
      const more = this.#count - DIAGNOSTIC_LIMIT;
      shown.push({
        severity: 'error',
        span: inSource(next.span),
        message: `${more} more ${more === 1 ? 'error is' : 'errors are'} not shown`,
      });
    }
    return shown;
  }
}

function finish({ span, message, hint }: Complaint): Diagnostic {
  const text = typeof hint === 'function' ? hint() : hint;
  const { expanded } = span as LineSpan;
  return {
    severity: 'error',
    span: inSource(span),
    message,
    ...(expanded === undefined ? {} : { expanded: expanded.text.trim() }),
    ...(text === undefined ? {} : { hint: text }),
  };
}

/** Lines and columns from the program's own text inwards, so that an error in an expansion is told at its use. */
function pathOf(span: Span): number[] {
  const path = [span.line, span.column];
  for (let { use } = span; use !== undefined; use = use.span.use)
    path.unshift(use.span.line, use.span.column);
  return path;
}

function comparePaths(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? Number.NEGATIVE_INFINITY);
}

/** `line 3`, or `line 3 of ring.inc` as seen from another file. */
export function lineOf({ file, line }: Span, from: Span): string {
  return file === from.file ? `line ${line}` : `line ${line} of ${file}`;
}

/** `did you mean "X"?` for a near candidate; else the candidates if they are few; else `otherwise`. */
export function suggestion(
  name: string,
  candidates: Iterable<string>,
  otherwise?: string,
): string | undefined {
  const list: string[] = [];
  for (const candidate of candidates) {
    if (list.push(candidate) === CANDIDATE_LIMIT) break;
  }
  const near = name.length > 64 ? undefined : (nearest(name, list) ?? completion(name, list));
  if (near !== undefined) return `did you mean "${near}"?`;
  return list.length > 0 && list.length <= 16 ? `known: ${list.join(', ')}` : otherwise;
}

/** The only candidate that goes on where `name` ends. */
function completion(name: string, candidates: readonly string[]): string | undefined {
  const [first, ...others] = name.length < 3 ? [] : candidates.filter((c) => c.startsWith(name));
  return others.length === 0 ? first : undefined;
}

/** A piece of the text for use in a message: quoted, clipped, without control characters. */
export function quoted(text: string): string {
  return `"${printable(text.length > 48 ? `${text.slice(0, 45)}...` : text)}"`;
}

/**
 * Diagnostics as text: place, message, source line, caret underline, hint.
 *
 * @param texts the text of the file, or the texts by file name; a diagnostic of another file has no source line
 */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  texts: string | ReadonlyMap<string, string>,
): string {
  const lines = new Map<string, readonly string[]>();
  const linesOf = (file: string): readonly string[] => {
    let found = lines.get(file);
    if (found === undefined) {
      const text = typeof texts === 'string' ? texts : texts.get(file);
      found = text === undefined ? [] : splitLines(text);
      lines.set(file, found);
    }
    return found;
  };
  return diagnostics.map((diagnostic) => format(diagnostic, linesOf(diagnostic.span.file))).join('');
}

function format({ severity, span, message, hint, expanded }: Diagnostic, lines: readonly string[]): string {
  const gutter = ' '.repeat(Math.max(4, String(span.line).length));
  const place = `${printable(span.file)}:${span.line}:${span.column}`;
  const parts = [`${place}: ${severity}: ${printable(message)}`];
  const line = lines[span.line - 1];
  if (line !== undefined) {
    const { text, column } = excerpt(line, span.column);
    const length = Math.max(1, Math.min(span.length, text.length - column + 1));
    parts.push(`${String(span.line).padStart(gutter.length)} | ${text}`.trimEnd());
    parts.push(`${gutter} | ${' '.repeat(column - 1)}${'^'.repeat(length)}`);
  }
  if (expanded !== undefined) parts.push(`${gutter} = expanded: ${printable(expanded.slice(0, LINE_WIDTH))}`);
  for (const use of describeUses(span)) parts.push(`${gutter} = ${printable(use)}`);
  if (hint !== undefined) parts.push(`${gutter} = hint: ${printable(hint)}`);
  return `${parts.join('\n')}\n`;
}

/** The part of a line that is printed, and the column within it. */
function excerpt(line: string, column: number): { text: string; column: number } {
  const from = column <= LINE_WIDTH - 40 ? 0 : column - 60;
  const clipped = line.slice(from, from + LINE_WIDTH);
  return { text: printable(clipped), column: column - from };
}

/** Every control character and lone surrogate replaced by one character of width 1; tabs become spaces. */
function printable(text: string): string {
  return text.replaceAll('\t', ' ').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\u{fffd}');
}
