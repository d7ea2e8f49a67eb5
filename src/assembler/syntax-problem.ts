/** Syntax errors as messages: what was expected, what stands there, what to do. */
import type { IParserErrorMessageProvider, IToken } from 'chevrotain';
import { EOF } from './chevrotain.js';
import { quoted } from './diagnostics.js';
import { Colon, DottedWord, Equals, NumberLiteral, SpecialWord, StringLiteral, Word } from './lexer.js';
import type { Span } from './program.js';

/** Where the tokens of a line come from. */
export interface LineOrigin {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** What is wrong with a line. */
export interface LineProblem {
  readonly span: Span;
  readonly message: string;
  readonly hint?: string;
}

const found = (token: IToken): string =>
  token.tokenType === EOF ? 'the end of the line' : quoted(token.image);

/** What the parser calls its errors. */
export const MESSAGES: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) => `expected ${expected.LABEL}, found ${found(actual)}`,
  buildNoViableAltMessage: ({ actual }) => `expected a value, found ${found(actual[0]!)}`,
  buildEarlyExitMessage: ({ actual }) => `expected more, found ${found(actual[0]!)}`,
  buildNotAllInputParsedMessage: ({ firstRedundant }) => `unexpected ${found(firstRedundant)}`,
};

/** The place of a token. */
export function spanOf({ startOffset, image }: IToken, { file, line }: LineOrigin): Span {
  return { file, line, column: startOffset + 1, length: Math.max(1, image.length) };
}

/** A syntax error of the parser as a problem with a hint. */
export function explain(
  message: string,
  token: IToken,
  tokens: readonly IToken[],
  origin: LineOrigin,
): LineProblem {
  const last = tokens.at(-1)!;
  if (token.tokenType === EOF) {
    const behind = spanOf(last, origin);
    return { span: { ...behind, column: behind.column + behind.length, length: 1 }, message };
  }
  const span = spanOf(token, origin);
  const previous = tokens[tokens.indexOf(token) - 1];
  if (previous === undefined || (previous.tokenType === Colon && message.startsWith('unexpected'))) {
    const hint = 'a line holds labels, then an instruction or a directive';
    return { span, message: `a statement cannot begin with ${found(token)}`, hint };
  }
  const hint = hintFor(token, previous);
  return { span, message, ...(hint === undefined ? {} : { hint }) };
}

const OPERAND_TOKENS = [Word, NumberLiteral, StringLiteral, SpecialWord, DottedWord];

function hintFor(token: IToken, previous: IToken): string | undefined {
  if (token.tokenType === Equals) return 'compare with ==; only directives take name=value';
  if (!OPERAND_TOKENS.includes(token.tokenType) || !OPERAND_TOKENS.includes(previous.tokenType)) {
    return undefined;
  }
  const isAdjacent = previous.startOffset + previous.image.length === token.startOffset;
  if (isAdjacent && previous.tokenType === NumberLiteral) {
    return `${quoted(previous.image + token.image)} is not a number`;
  }
  return 'operands are separated by commas';
}
