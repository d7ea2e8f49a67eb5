/** Products beyond the unsigned `times`: a signed factor, and a factor that is one of a few constants. */
import { concat, fromBits, type Word } from '../hdl/index.js';
import { sumOf } from './compressors.js';

/**
 * a × b modulo 2^width for a in two's complement and b unsigned; by default as wide as both together.
 *
 * b is read as digits −2 … 2 of radix 4, which takes about half the rows of an AND array. A negative digit's row is
 * inverted and owes a one. The sign bit of a row of n + 1 bits at place p counts −2^(n + p): it is inverted as well, and
 * all of them together owe one constant.
 * Source: A. D. Booth, "A signed binary multiplication technique", 1951; O. L. MacSorley, Proc. IRE 49, 1961.
 */
export function signedTimesUnsigned(a: Word, b: Word, width = a.width + b.width): Word {
  const zero = a.context.constant(1, 0);
  const [single, double] = [a.signExtend(a.width + 1), concat(a, zero)];
  const digits = boothDigits(b);
  const rows = digits.map(({ one, two, negative }, d) => {
    const chosen = gate(single, one).or(gate(double, two)).xor(negative.repeat(single.width));
    const row = concat(chosen.bit(-1).not(), chosen.truncate(a.width));
    return atWidth(row, width).shiftLeft(2 * d);
  });
  const ones = fromBits(digits.flatMap(({ negative }) => [negative, zero]));
  const owed = digits.reduce((sum, _, d) => sum - (1n << BigInt(a.width + 2 * d)), 0n);
  const constant = a.context.constant(width, BigInt.asUintN(width, owed));
  return sumOf([...rows, atWidth(ones, width), constant]);
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
