/** Syntax errors as messages: what was expected, what stands there, what to do. */
import type { IParserErrorMessageProvider, IToken } from 'chevrotain';
import { EOF } from './chevrotain.js';
import { quoted } from './diagnostics.js';
import { type LineOrigin, placeIn } from './expansion/source-line.js';
import { Colon, DottedWord, Equals, NumberLiteral, SpecialWord, StringLiteral, Word } from './lexer.js';
import type { Span } from './program.js';

/** What is wrong with a line. */
export interface LineProblem {
  readonly span: Span;
  readonly message: string;
  readonly hint: string;
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
export function spanOf({ startOffset, image }: IToken, origin: LineOrigin): Span {
  return placeIn(origin, startOffset, image.length);
}

/** A syntax error of the parser as a problem with a hint. */
export function explain(
  message: string,
  token: IToken,
  tokens: readonly IToken[],
  origin: LineOrigin,
): LineProblem {
  const previous = token.tokenType === EOF ? tokens.at(-1) : tokens[tokens.indexOf(token) - 1];
  if (previous === undefined || (previous.tokenType === Colon && message.startsWith('unexpected'))) {
    const hint = 'a line holds labels, then an instruction or a directive';
    return { span: spanOf(token, origin), message: `a statement cannot begin with ${found(token)}`, hint };
  }
  const hint = hintFor(message, token, previous);
  if (token.tokenType !== EOF) return { span: spanOf(token, origin), message, hint };
  const behind = spanOf(previous, origin);
  return { span: { ...behind, column: behind.column + behind.length, length: 1 }, message, hint };
}

const OPERAND_TOKENS = [Word, NumberLiteral, StringLiteral, SpecialWord, DottedWord];

/** Hints by what was expected. */
const EXPECTED: readonly (readonly [beginning: string, hint: string])[] = [
  ['expected a value', 'a value is a number, a name, a string or an expression in brackets'],
  ['expected ")"', 'close the bracket'],
  ['expected "]"', 'close the bracket'],
  ['expected ":"', 'a condition is written c ? a : b'],
];

function hintFor(message: string, token: IToken, previous: IToken): string {
  if (token.tokenType === Equals) return 'compare with ==; only directives take name=value';
  if (OPERAND_TOKENS.includes(token.tokenType) && OPERAND_TOKENS.includes(previous.tokenType)) {
    const isAdjacent = previous.startOffset + previous.image.length === token.startOffset;
    return isAdjacent && previous.tokenType === NumberLiteral
      ? `${quoted(previous.image + token.image)} is not a number`
      : 'operands are separated by commas';
  }
  return EXPECTED.find(([beginning]) => message.startsWith(beginning))?.[1] ?? 'the statement ends before it';
}
