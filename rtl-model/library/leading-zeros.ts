/**
 * Leading-zero count as a tree of halves, and normalisation built on it.
 * Source: V. G. Oklobdzija, "An Algorithmic and Novel Design of a Leading Zero Detector Circuit", IEEE TVLSI 1994.
 */
import { concat, type Word } from '../hdl/index.js';

/** Width of a count 0 … 2^n − 1 of a word: bits needed for any position in it. */
export function indexWidth(width: number): number {
  return Math.max(1, Math.ceil(Math.log2(width)));
}

/**
 * How many zeros stand above the most significant one. `count` has `indexWidth(width)` bits and is only meaningful
 * when `isZero` is 0.
 */
export function leadingZeroCount(word: Word): { count: Word; isZero: Word } {
  const bits = indexWidth(word.width);
  const zeros = 2 ** bits - word.width;
  // Ones below the word: they are never the first one unless the word is zero.
  const padded = zeros === 0 ? word : concat(word, word.context.constant(zeros, -1));
  const { count, none } = countHalves(padded);
  return { count, isZero: zeros === 0 ? none : word.isZero() };
}

function countHalves(word: Word): { count: Word; none: Word } {
  const half = word.width / 2;
  if (half < 1) throw new RangeError('a leading-zero count needs a power of two of at least 2 bits');
  const [high, low] = [word.slice(half, half), word.truncate(half)];
  if (half === 1) return { count: high.not(), none: high.or(low).not() };
  const [upper, lower] = [countHalves(high), countHalves(low)];
  return {
    count: concat(upper.none, upper.none.choose(lower.count, upper.count)),
    none: upper.none.and(lower.none),
  };
}

/** The word shifted left until its most significant bit is 1, and by how much; zero stays zero. */
export function normalize(word: Word): { value: Word; count: Word; isZero: Word } {
  const { count, isZero } = leadingZeroCount(word);
  return { value: word.shiftLeft(count), count, isZero };
}
