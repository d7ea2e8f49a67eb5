/**
 * One line of text to tokens. Every character belongs to a token: what fits no other becomes `Unexpected`, so the
 * lexer itself never fails.
 *
 * The separator of a shape needs care, because `x` is a letter. On the line of a directive, after the first comma and
 * outside brackets:
 *   - a word that begins with x and follows the end of an operand is split behind the x: `256x128`, `M x K`, `(M*2)xK`;
 *   - a word that is not a constant but has a constant before an x and a constant, a number or the end of the word and
 *     an operand behind it is split there: `MxK`, `Mx128`, `Mx K`.
 */
import type { IToken, TokenType } from 'chevrotain';
import { createToken, Lexer } from './chevrotain.js';

const NUMBER = /0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[bB][01]+(?:_[01]+)*|[0-9]+(?:_[0-9]+)*/;
const NUMBER_ONLY = new RegExp(`^(?:${NUMBER.source})$`);
const WORD_ONLY = /^[A-Za-z_][A-Za-z0-9_]*$/;

const token = (name: string, pattern: RegExp | string, label: string, categories: TokenType[] = []) =>
  createToken({ name, pattern, label, categories });

export const UnaryOperator = createToken({ name: 'UnaryOperator', pattern: Lexer.NA, label: 'an operator' });
export const BinaryOperator = createToken({
  name: 'BinaryOperator',
  pattern: Lexer.NA,
  label: 'an operator',
});

const COMMENTS = 'comments';
const Space = createToken({ name: 'Space', pattern: /[ \t\f\v\uFEFF]+/, group: Lexer.SKIPPED });
const Comment = createToken({ name: 'Comment', pattern: /(?:;|\/\/)[^\r\n]*/, group: COMMENTS });
export const NumberLiteral = token('Number', NUMBER, 'a number');
/** A mnemonic with its suffixes, or a name. */
export const Word = token('Word', /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*/, 'a name');
/** A directive or a local label. */
export const DottedWord = token('DottedWord', /\.[A-Za-z_][A-Za-z0-9_]*/, 'a local label');
export const StringLiteral = token('String', /"(?:[^"\\\r\n]|\\[^\r\n])*"/, 'a string');
const UnterminatedString = token('UnterminatedString', /"(?:[^"\\\r\n]|\\[^\r\n])*\\?/, 'a string');
export const Key = token('Key', /#(?:[A-Za-z0-9_./-]+|"(?:[^"\\\r\n]|\\[^\r\n])*")/, 'a key');
/** `\name`, `\@` or `\()`; still there only where no such parameter has a value. */
export const Reference = token('Reference', /\\(?:@|\(\)|[A-Za-z_][A-Za-z0-9_]*)/, 'a parameter');
export const Comma = token('Comma', ',', '","');
export const Colon = token('Colon', ':', '":"');
export const Question = token('Question', '?', '"?"');
export const LeftParenthesis = token('LeftParenthesis', '(', '"("');
export const RightParenthesis = token('RightParenthesis', ')', '")"');
export const LeftBracket = token('LeftBracket', '[', '"["');
export const RightBracket = token('RightBracket', ']', '"]"');
export const Equals = token('Equals', '=', '"="');
/** Made by `splitShapes` only. */
export const ShapeSeparator = createToken({ name: 'ShapeSeparator', pattern: Lexer.NA, label: '"x"' });
const Unexpected = token('Unexpected', /[^\x20-\x7e]+|[\s\S]/, 'a character');

const binary = (name: string, pattern: string) => token(name, pattern, `"${pattern}"`, [BinaryOperator]);
const unary = (name: string, pattern: string) => token(name, pattern, `"${pattern}"`, [UnaryOperator]);
const both = (name: string, pattern: string) =>
  token(name, pattern, `"${pattern}"`, [UnaryOperator, BinaryOperator]);

/** Longer operators before those that begin like them. */
const OPERATORS = [
  binary('ShiftLeft', '<<'),
  binary('ShiftRight', '>>'),
  binary('AtMost', '<='),
  binary('AtLeast', '>='),
  binary('Equal', '=='),
  binary('Unequal', '!='),
  binary('LogicalAnd', '&&'),
  binary('LogicalOr', '||'),
  binary('Less', '<'),
  binary('Greater', '>'),
  binary('And', '&'),
  binary('Or', '|'),
  binary('ExclusiveOr', '^'),
  both('Plus', '+'),
  both('Minus', '-'),
  binary('Times', '*'),
  binary('Divide', '/'),
  binary('Remainder', '%'),
  unary('Not', '!'),
  unary('Complement', '~'),
];

export const endsOperand = (last: IToken | undefined): boolean =>
  last !== undefined &&
  (last.tokenType === NumberLiteral ||
    last.tokenType === Word ||
    last.tokenType === RightParenthesis ||
    last.tokenType === RightBracket);

/** Whether the last token of a line so far stands where a mnemonic does: behind labels only. */
const isMnemonic = (matched: readonly IToken[]): boolean =>
  matched.length % 2 === 1 && matched.every(({ tokenType }, i) => i % 2 === 0 || tokenType === Colon);

const SPECIAL = /%[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*/y;

/** `%core`; behind an operand the percent sign is the remainder operator. */
export const SpecialWord = createToken({
  name: 'SpecialWord',
  label: 'a special register',
  line_breaks: false,
  start_chars_hint: ['%'],
  pattern: {
    exec(text: string, offset: number, matched: IToken[]) {
      if (endsOperand(matched.at(-1)) && !isMnemonic(matched)) return null;
      SPECIAL.lastIndex = offset;
      return SPECIAL.exec(text);
    },
  },
});

/** In the order in which the lexer tries them. */
export const TOKENS: readonly TokenType[] = [
  Space,
  Comment,
  NumberLiteral,
  Word,
  DottedWord,
  StringLiteral,
  UnterminatedString,
  Key,
  SpecialWord,
  Reference,
  ...OPERATORS,
  Comma,
  Colon,
  Question,
  LeftParenthesis,
  RightParenthesis,
  LeftBracket,
  RightBracket,
  Equals,
  ShapeSeparator,
  UnaryOperator,
  BinaryOperator,
  Unexpected,
];

/** Made on first use: analysing the patterns takes 20 ms. */
let lexer: InstanceType<typeof Lexer> | undefined;

/** Tokens of one line, and its comment; a token's `startOffset` counts characters of the line from 0. */
export function tokenize(line: string): { tokens: IToken[]; comment: IToken | undefined } {
  lexer ??= new Lexer([...TOKENS], { positionTracking: 'onlyOffset', skipValidations: true });
  const { tokens, groups } = lexer.tokenize(line);
  return { tokens, comment: groups[COMMENTS]?.[0] };
}

/** Whether a token belongs to a class of operators. */
export function isOperator({ tokenType }: IToken, category: TokenType): boolean {
  return tokenType.CATEGORIES?.includes(category) ?? false;
}

/** Why a token cannot be part of any statement, or undefined if it can. */
export function lexicalProblem({ tokenType, image }: IToken): { message: string; hint: string } | undefined {
  if (tokenType === UnterminatedString)
    return { message: 'the string is not closed', hint: 'close it with " on the same line' };
  if (tokenType === Reference) {
    const hint = 'parameters have values within their macro or repetition; \\@ within any macro';
    return { message: `there is no parameter ${image.slice(0, 64)} here`, hint };
  }
  if (tokenType !== Unexpected) return undefined;
  const code = image.codePointAt(0)!;
  const name =
    code > 0x20 && code < 0x7f ? `"${image[0]}"` : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return { message: `unexpected character ${name}`, hint: 'comments begin with ; or //, texts stand in "…"' };
}

/** The tokens of a directive's line with the separators of shapes split off; see the head of this file. */
export function splitShapes(tokens: readonly IToken[], isConstant: (name: string) => boolean): IToken[] {
  const result: IToken[] = [];
  let depth = 0;
  let pastName = false;
  for (const [i, token] of tokens.entries()) {
    if (token.tokenType === LeftParenthesis || token.tokenType === LeftBracket) depth++;
    if (token.tokenType === RightParenthesis || token.tokenType === RightBracket) depth--;
    if (token.tokenType === Comma) pastName = true;
    const isCandidate = pastName && depth === 0 && token.tokenType === Word;
    const at = isCandidate ? separatorOf(token.image, result.at(-1), tokens[i + 1], isConstant) : -1;
    if (at < 0) result.push(token);
    else result.push(...pieces(token, at));
  }
  return result;
}

/** Position of the x that separates a shape within a word, or −1. */
function separatorOf(
  word: string,
  previous: IToken | undefined,
  next: IToken | undefined,
  isConstant: (name: string) => boolean,
): number {
  if (endsOperand(previous)) {
    const right = word.slice(1);
    const isSplit =
      word.startsWith('x') && (right === '' || NUMBER_ONLY.test(right) || WORD_ONLY.test(right));
    return isSplit ? 0 : -1;
  }
  if (word.length > 256 || isConstant(word)) return -1;
  const operandFollows = next?.tokenType === NumberLiteral || next?.tokenType === Word;
  for (let at = word.indexOf('x', 1); at > 0; at = word.indexOf('x', at + 1)) {
    const right = word.slice(at + 1);
    const isRight = right === '' ? operandFollows : isConstant(right) || NUMBER_ONLY.test(right);
    if (isRight && isConstant(word.slice(0, at))) return at;
  }
  return -1;
}

function pieces(token: IToken, at: number): IToken[] {
  const piece = (type: TokenType, from: number, to: number): IToken => ({
    ...token,
    image: token.image.slice(from, to),
    startOffset: token.startOffset + from,
    endOffset: token.startOffset + to - 1,
    tokenType: type,
    tokenTypeIdx: type.tokenTypeIdx!,
  });
  const end = token.image.length;
  const right = NUMBER_ONLY.test(token.image.slice(at + 1)) ? NumberLiteral : Word;
  return [
    ...(at > 0 ? [piece(Word, 0, at)] : []),
    piece(ShapeSeparator, at, at + 1),
    ...(at + 1 < end ? [piece(right, at + 1, end)] : []),
  ];
}

/** The number that a literal stands for; infinite or inexact values are the caller's to refuse. */
export function numberOf(image: string): number {
  return Number(image.replaceAll('_', ''));
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '0': '\0',
  '"': '"',
  '\\': '\\',
};

/** The text of a string literal with its quotes, or where (from 0) an unknown escape stands. */
export function stringOf(image: string): { value: string } | { problemAt: number } {
  let value = '';
  const body = image.slice(1, -1);
  for (let i = 0; i < body.length; i++) {
    if (body[i] !== '\\') {
      value += body[i];
      continue;
    }
    const hex = /^\\x([0-9a-fA-F]{2})|^\\u\{([0-9a-fA-F]{1,6})\}/.exec(body.slice(i, i + 12));
    const plain = ESCAPES[body[i + 1]!];
    const code = hex === null ? undefined : Number.parseInt(hex[1] ?? hex[2]!, 16);
    if (code !== undefined && code <= 0x10ffff) value += String.fromCodePoint(code);
    else if (plain !== undefined) value += plain;
    else return { problemAt: i + 1 };
    i += hex === null ? 1 : hex[0].length - 1;
  }
  return { value };
}

/** A string literal with the given text, in the one spelling that the disassembler uses. */
export function quoteString(value: string): string {
  const body = value.replace(/["\\]|[^\x20-\x7e]/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
  return `"${body}"`;
}
