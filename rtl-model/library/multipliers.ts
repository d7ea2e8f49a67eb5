/** Products beyond the unsigned `times`: a signed factor, and a factor that is one of a few constants. */
import { concat, fromBits, type Word } from '../hdl/index.js';
import { sumOf } from './compressors.js';

/**
 * Where the ones go that negative digits owe.
 * - `row`: all of them together are one more row, and what the inverted signs owe is another;
 * - `between-rows`: into places below the next row, which are empty, and above each row: as many rows as digits, which
 *   saves a level of adders.
 */
export type BoothOnes = 'row' | 'between-rows';

/**
 * a × b modulo 2^width for a in two's complement and b unsigned; by default as wide as both together.
 *
 * b is read as digits −2 … 2 of radix 4, which takes about half the rows of an AND array. A negative digit's row is
 * inverted and owes a one. The sign bit of a row of n + 1 bits at place p counts −2^(n + p): it is inverted as well, and
 * all of them together owe −(2^n + 2^(n + 2) + …), one constant.
 * Source: A. D. Booth, "A signed binary multiplication technique", 1951; O. L. MacSorley, Proc. IRE 49, 1961.
 */
export function signedTimesUnsigned(
  a: Word,
  b: Word,
  width = a.width + b.width,
  { ones = 'row' }: { readonly ones?: BoothOnes } = {},
): Word {
  return sumOf(ones === 'row' ? rowsAndOnes(a, b, width) : rowsWithOnes(a, b, width));
}

function rowsAndOnes(a: Word, b: Word, width: number): Word[] {
  const zero = a.context.constant(1, 0);
  const [single, double] = [a.signExtend(a.width + 1), concat(a, zero)];
  const digits = boothDigits(b);
  const rows = digits.map((digit, d) => {
    const chosen = timesDigit(single, double, digit);
    const row = concat(chosen.bit(-1).not(), chosen.truncate(a.width));
    return atWidth(row, width).shiftLeft(2 * d);
  });
  const ones = fromBits(digits.flatMap(({ negative }) => [negative, zero]));
  const owed = digits.reduce((sum, _, d) => sum - (1n << BigInt(a.width + 2 * d)), 0n);
  const constant = a.context.constant(width, BigInt.asUintN(width, owed));
  return [...rows, atWidth(ones, width), constant];
}

/** Once or twice a number, or neither, less the one that a negative digit owes. */
function timesDigit(single: Word, double: Word, { one, two, negative }: BoothDigit): Word {
  return gate(single, one).or(gate(double, two)).xor(negative.repeat(single.width));
}

/**
 * Modulo 2^(n + 2·digits), −(2^n + 2^(n + 2) + …) = 2^n + 2^(n + 1) + 2^(n + 3) + …: a one above every row's sign, and one
 * more at the sign of the first, where ¬s + 1 + 2 is the three bits ¬s s s. The highest digit of an unsigned number is
 * never negative and owes nothing.
 */
function rowsWithOnes(a: Word, b: Word, width: number): Word[] {
  const { context } = a;
  const digits = boothDigits(b);
  const widest = a.width + 2 * digits.length;
  if (width > widest) {
    throw new RangeError(`a product of ${width} bits with ones between rows: at most ${widest}`);
  }
  const chosen = digits.map((digit) =>
    timesDigit(a.signExtend(a.width + 1), concat(a, context.constant(1, 0)), digit),
  );
  return chosen.map((row, d) => {
    const [sign, rest] = [row.bit(-1), row.truncate(a.width)];
    if (d === 0) return atWidth(concat(sign.not(), sign, sign, rest), width);
    const below = concat(context.constant(1, 0), digits[d - 1]!.negative);
    const packed = concat(context.constant(1, 1), sign.not(), rest, below);
    return atWidth(packed, width).shiftLeft(2 * (d - 1));
  });
}

/** A digit one ∓ two of radix 4: its magnitude as two gates, and its sign. */
interface BoothDigit {
  readonly one: Word;
  readonly two: Word;
  readonly negative: Word;
}

/** The digits of an unsigned word, lowest first. */
function boothDigits(word: Word): BoothDigit[] {
  const zero = word.context.constant(1, 0);
  const bit = (i: number) => (i < 0 || i >= word.width ? zero : word.bit(i));
  return Array.from({ length: Math.floor(word.width / 2) + 1 }, (_, d) => {
    const [below, low, high] = [bit(2 * d - 1), bit(2 * d), bit(2 * d + 1)];
    const one = below.xor(low);
    return { one, two: high.xor(low).and(one.not()), negative: high };
  });
}

const gate = (word: Word, enable: Word) => word.and(enable.repeat(word.width));
const atWidth = (word: Word, width: number) =>
  word.width > width ? word.truncate(width) : word.zeroExtend(width);

/**
 * word × (select ? factors[1] : factors[0]), unsigned, as wide as the largest product. Factors are positive integers.
 * One row a bit that either factor has; rows of only one of them are gated.
 */
export function timesOneOf(select: Word, word: Word, factors: readonly [number, number]): Word {
  const [low, high] = factors;
  const width = word.width + bitLength(Math.max(low, high));
  const rows: Word[] = [];
  for (let place = 0; 2 ** place <= Math.max(low, high); place++) {
    const [inLow, inHigh] = [(low >> place) & 1, (high >> place) & 1];
    if (inLow + inHigh === 0) continue;
    const gate = inHigh ? select : select.not();
    const row = inLow === inHigh ? word : word.and(gate.repeat(word.width));
    rows.push(row.zeroExtend(width).shiftLeft(place));
  }
  return sumOf(rows);
}

/** Bits of a positive integer. */
function bitLength(x: number): number {
  return Math.floor(Math.log2(x)) + 1;
}
