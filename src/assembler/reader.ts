/**
 * A line to a statement: lex, split shapes, parse. A statement never crosses a line, so a bad line cannot hide the next
 * one; at most one syntax error a line is reported, and the names that a bad line would have declared are kept.
 */
import type { IToken } from 'chevrotain';
import type { BrokenNode, Statement } from './ast.js';
import type { DiagnosticList } from './diagnostics.js';
import { type LineOrigin, placeIn, type SourceLine } from './expansion/source-line.js';
import { LineParser } from './grammar.js';
import {
  Colon,
  DottedWord,
  LeftBracket,
  LeftParenthesis,
  lexicalProblem,
  Question,
  RightBracket,
  RightParenthesis,
  splitShapes,
  tokenize,
  Word,
} from './lexer.js';
import { type LineProblem, spanOf } from './syntax-problem.js';

/** Characters that a text may have. */
export const TEXT_LIMIT = 2 ** 23;
/** Characters of one line; also keeps the lexer's patterns within their stack. */
export const LINE_LIMIT = 2 ** 16;
/** Tokens on one line. */
const TOKEN_LIMIT = 1024;
/** Brackets and conditional operators open at once: bounds the recursion of the parser and of evaluation. */
const DEPTH_LIMIT = 64;

let parser: LineParser | undefined;

/** The tokens of a line. */
export interface LineTokens {
  readonly tokens: readonly IToken[];
  /** False if the line cannot be parsed for a reason that has been reported. */
  readonly isWhole: boolean;
}

/**
 * The tokens of a line, comments left out.
 *
 * @param isConstant whether a word is a constant that an earlier line has defined; decides how `MxK` is read on the
 *   line of a directive. Absent: shapes are not looked for.
 */
export function tokensOf(
  { text, origin }: SourceLine,
  diagnostics: DiagnosticList,
  isConstant?: (name: string) => boolean,
): LineTokens {
  if (text.length > LINE_LIMIT) {
    const message = `the line has ${text.length} characters, more than ${LINE_LIMIT}`;
    diagnostics.error(placeIn(origin, 0, 1), message, 'split it');
    return { tokens: [], isWhole: false };
  }
  const lexed = tokenize(text).tokens;
  const tokens = isConstant !== undefined && isDirectiveLine(lexed) ? splitShapes(lexed, isConstant) : lexed;
  const problem = tokenProblem(tokens, origin);
  if (problem !== undefined) diagnostics.error(problem.span, problem.message, problem.hint);
  return { tokens, isWhole: problem === undefined };
}

/** What the tokens of a line say; undefined for none. At most one error is reported. */
export function statementOf(
  { tokens, isWhole }: LineTokens,
  origin: LineOrigin,
  diagnostics: DiagnosticList,
): Statement | undefined {
  if (!isWhole) return salvage(tokens, origin);
  if (tokens.length === 0) return undefined;
  parser ??= new LineParser();
  const { statement, problems } = parser.parseLine([...tokens], origin);
  for (const { span, message, hint } of problems) diagnostics.error(span, message, hint);
  return problems.length === 0 ? statement : salvage(tokens, origin);
}

/** The first token behind the labels of a line. */
export function statementStart(tokens: readonly IToken[]): number {
  let at = 0;
  while (isLabelWord(tokens[at]) && tokens[at + 1]?.tokenType === Colon) at += 2;
  return at;
}

const isLabelWord = (token: IToken | undefined): boolean =>
  token?.tokenType === Word || token?.tokenType === DottedWord;

function isDirectiveLine(tokens: readonly IToken[]): boolean {
  return tokens[statementStart(tokens)]?.tokenType === DottedWord;
}

/** What a line with a syntax error would have declared. */
function salvage(tokens: readonly IToken[], origin: LineOrigin): Statement {
  const start = statementStart(tokens);
  const labels = tokens
    .slice(0, start)
    .filter(isLabelWord)
    .map((token) => ({ name: token.image, span: spanOf(token, origin) }));
  const [first, second] = tokens.slice(start);
  const body: BrokenNode = {
    kind: 'broken',
    directive: first?.tokenType === DottedWord ? first.image : undefined,
    declares: second?.tokenType === Word ? second.image : undefined,
    span: first === undefined ? placeIn(origin, 0, 1) : spanOf(first, origin),
  };
  return { labels, body };
}

/** A token that cannot be parsed, or a line that is too much for the parser. */
function tokenProblem(tokens: readonly IToken[], origin: LineOrigin): LineProblem | undefined {
  const beyond = tokens[TOKEN_LIMIT];
  if (beyond !== undefined) {
    const message = `the line has more than ${TOKEN_LIMIT} words and signs`;
    return { span: spanOf(beyond, origin), message, hint: 'split it' };
  }
  let depth = 0;
  for (const token of tokens) {
    const problem = lexicalProblem(token);
    if (problem !== undefined) return { span: spanOf(token, origin), ...problem };
    depth = Math.max(0, depth + depthChange(token));
    if (depth > DEPTH_LIMIT) {
      const message = `more than ${DEPTH_LIMIT} brackets and conditions within each other`;
      return { span: spanOf(token, origin), message, hint: 'name a part with .equ' };
    }
  }
  return undefined;
}

/** A conditional counts as never closed: a bound that needs no grammar. */
function depthChange({ tokenType }: IToken): number {
  if (tokenType === RightParenthesis || tokenType === RightBracket) return -1;
  if (tokenType === LeftParenthesis || tokenType === LeftBracket || tokenType === Question) return 1;
  return 0;
}
