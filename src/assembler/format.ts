/**
 * Program text in one layout; what it means stays the same, comments stay where they are.
 *
 *   .equ STAGES, 4                          ; comments of neighbouring lines stand below each other
 *   .stream loader
 *           mov         r10, 0
 *   .step:  bar.wait    empty[r10], r11
 *           loop        r4, .step
 *   .endstream
 *
 * Works on lines and tokens, so it needs no program around a text: files that are only included can be formatted too.
 * A line is changed only if it has the same tokens afterwards, and parameters touch what they touched. Not done: breaking or joining lines, sorting.
 */
import type { IToken } from 'chevrotain';
import { splitLines } from './expansion/source-line.js';
import { recordOf } from './instructions.js';
import {
  BinaryOperator,
  Colon,
  Comma,
  DottedWord,
  Equals,
  endsOperand,
  isOperator,
  Key,
  LeftBracket,
  LeftParenthesis,
  Question,
  Reference,
  RightBracket,
  RightParenthesis,
  tokenize,
  UnaryOperator,
  Word,
} from './lexer.js';
import { LINE_LIMIT } from './reader.js';

/** Column of a mnemonic, from 0; labels stand before it. */
const MNEMONIC_COLUMN = 8;
/** Characters that a mnemonic and the spaces behind it take, at least. */
const MNEMONIC_WIDTH = 12;
/** First column of a comment behind a statement. */
const COMMENT_COLUMN = 40;

/** A line in parts; joined, they are the line. */
interface Layout {
  readonly code: string;
  /** With its sign; empty if there is none. */
  readonly comment: string;
}

/** The text in the project's layout. Formatting it again changes nothing. */
export function formatProgram(text: string): string {
  const layouts = splitLines(text.replace(/^\uFEFF/, '')).map(layoutOf);
  const columns = commentColumns(layouts);
  const lines = layouts.map((layout, i) => joined(layout, columns[i]!));
  const kept = lines.filter((line, i) => line !== '' || (i > 0 && lines[i - 1] !== ''));
  while (kept.at(-1) === '') kept.pop();
  return kept.length === 0 ? '' : `${kept.join('\n')}\n`;
}

function layoutOf(line: string): Layout {
  const asIs = { code: line.trimEnd(), comment: '' };
  if (line.length > LINE_LIMIT) return asIs;
  const { tokens, comment } = tokenize(line);
  const text = comment?.image.trimEnd() ?? '';
  if (tokens.length === 0)
    return { code: line.startsWith(text) ? '' : ' '.repeat(MNEMONIC_COLUMN), comment: text };
  const code = codeOf(tokens, line);
  return isSame(tokenize(code).tokens, tokens) ? { code, comment: text } : asIs;
}

function isSame(a: readonly IToken[], b: readonly IToken[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ image, tokenType }, i) => image === b[i]!.image && tokenType === b[i]!.tokenType) &&
    a.every((_, i) => !isJoint(b, i) || touch(a[i - 1]!, a[i]!))
  );
}

/** Whether a token touches the one before it, and one of the two is a parameter: together they are one piece of text. */
function isJoint(tokens: readonly IToken[], i: number): boolean {
  if (i === 0 || !touch(tokens[i - 1]!, tokens[i]!)) return false;
  return tokens[i]!.tokenType === Reference || tokens[i - 1]!.tokenType === Reference;
}

function joined({ code, comment }: Layout, column: number): string {
  if (comment === '') return code.trimEnd();
  if (code.trim() === '') return `${code}${comment}`;
  return `${code.padEnd(column - 2)}  ${comment}`;
}

/** Where the comment of each line stands: behind the longest of the neighbouring lines that have one too. */
function commentColumns(layouts: readonly Layout[]): number[] {
  const columns: number[] = [];
  for (let first = 0; first < layouts.length; first = columns.length) {
    let column = COMMENT_COLUMN;
    let end = first;
    for (; end < layouts.length && hasBoth(layouts[end]!); end++) {
      column = Math.max(column, layouts[end]!.code.length + 2);
    }
    columns.push(...Array<number>(Math.max(1, end - first)).fill(column));
  }
  return columns;
}

const hasBoth = ({ code, comment }: Layout): boolean => comment !== '' && code.trim() !== '';

/** Labels, then a directive at the left edge or an instruction in its columns. */
function codeOf(tokens: readonly IToken[], line: string): string {
  const { labels, rest } = splitLabels(tokens);
  const label = labels.map((group) => tight(group)).join(' ');
  if (rest.length === 0) return label;
  const head = wordOf(rest);
  const word = tight(head);
  const operands = rest.slice(head.length);
  const text = isText(word) ? asWritten(operands, line) : spaced(operands);
  if (head[0]?.tokenType === DottedWord) {
    return `${label === '' ? '' : `${label} `}${text === '' ? word : `${word} ${text}`}`;
  }
  const before = label === '' ? ' '.repeat(MNEMONIC_COLUMN) : `${label} `.padEnd(MNEMONIC_COLUMN);
  return before + (text === '' ? word : `${word} `.padEnd(MNEMONIC_WIDTH) + text);
}

/** Whether what follows a word is pieces of text, whose spaces may matter: those of a macro. */
function isText(word: string): boolean {
  return word === '.macro' || (!word.startsWith('.') && recordOf(word) === undefined);
}

function asWritten(tokens: readonly IToken[], line: string): string {
  const last = tokens.at(-1);
  return last === undefined ? '' : line.slice(tokens[0]!.startOffset, last.startOffset + last.image.length);
}

/** The tokens of each label with its colon, and what is behind them. */
function splitLabels(tokens: readonly IToken[]): { labels: IToken[][]; rest: readonly IToken[] } {
  const labels: IToken[][] = [];
  for (let rest = tokens; ; ) {
    const length = wordOf(rest).length;
    if (length === 0 || rest[length]?.tokenType !== Colon) return { labels, rest };
    labels.push(rest.slice(0, length + 1));
    rest = rest.slice(length + 1);
  }
}

/** The word that a list of tokens begins with, with the parameters that are part of it. */
function wordOf(tokens: readonly IToken[]): readonly IToken[] {
  // A dot of its own joins a word to a parameter: `quant.\format`.
  const isPart = ({ tokenType, image }: IToken): boolean =>
    tokenType === Word || tokenType === DottedWord || tokenType === Reference || image === '.';
  let length = 0;
  while (length < tokens.length && isPart(tokens[length]!)) {
    if (length > 0 && !touch(tokens[length - 1]!, tokens[length]!)) break;
    length++;
  }
  return tokens.slice(0, length);
}

const touch = (a: IToken, b: IToken): boolean => a.startOffset + a.image.length === b.startOffset;

function tight(tokens: readonly IToken[]): string {
  return tokens.map(({ image }) => image).join('');
}

/** Tokens with the spaces between them. */
function spaced(tokens: readonly IToken[]): string {
  let text = '';
  tokens.forEach((token, i) => {
    text += (i > 0 && isSpaceBetween(tokens, i) ? ' ' : '') + token.image;
  });
  return text;
}

const TIGHT_BEFORE = new Set([Comma, RightParenthesis, RightBracket, Key, Equals]);
const TIGHT_BEHIND = new Set([LeftParenthesis, LeftBracket, Equals]);

/** Whether a space stands before the token at `i`. */
function isSpaceBetween(tokens: readonly IToken[], i: number): boolean {
  const [last, next] = [tokens[i - 1]!, tokens[i]!];
  if (TIGHT_BEFORE.has(next.tokenType) || TIGHT_BEHIND.has(last.tokenType)) return false;
  if (isSign(tokens, i - 1)) return isOperator(next, BinaryOperator) && !touch(last, next);
  if (isSign(tokens, i)) return true;
  if (isOperator(next, BinaryOperator) || isOperator(last, BinaryOperator)) return true;
  if ([Question, Colon, Comma].some((type) => type === next.tokenType || type === last.tokenType))
    return true;
  if (next.tokenType === LeftParenthesis || next.tokenType === LeftBracket)
    return !touch(last, next) && !endsOperand(last);
  // Two operands side by side: a shape, or text of a macro. Whether they touch may matter.
  return !touch(last, next);
}

/** Whether an operator stands before its operand: it does not follow one. */
function isSign(tokens: readonly IToken[], i: number): boolean {
  return isOperator(tokens[i]!, UnaryOperator) && !endsOperand(tokens[i - 1]);
}
