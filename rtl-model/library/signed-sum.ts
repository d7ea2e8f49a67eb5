/**
 * Sums of numbers given as sign and magnitude, without a negation per number.
 *
 * The inverse of a magnitude m of w bits is 2^w − 1 − m. With every negative number's magnitude inverted, all rows are
 * unsigned, and together they owe (2^w − 1) for each negative number: c − c·2^w for c of them, which is one more row,
 * because ¬c at place w is −c·2^w − 2^w. Counting the signs first takes fewer adders than a sign bit and a one a number.
 */
import { type AdderArchitecture, concat, type Word } from '../hdl/index.js';
import { onesCount, sumOf } from './compressors.js';

/** value = sign ? −magnitude : magnitude; −0 is 0. */
export interface SignMagnitude {
  /** One bit. */
  readonly sign: Word;
  readonly magnitude: Word;
}

/**
 * The sum of at least one number, as a two's complement word of `width` bits (modulo 2^width). All magnitudes have
 * one width w < `width`.
 */
export function sumSignMagnitude(
  terms: readonly SignMagnitude[],
  width: number,
  options: { adder?: AdderArchitecture } = {},
): Word {
  const [first] = terms;
  if (first === undefined) throw new RangeError('a sum needs at least one term');
  const w = first.magnitude.width;
  const rows = terms.map(({ sign, magnitude }) => magnitude.xor(sign.repeat(w)).zeroExtend(width));
  const negatives = onesCount(concat(...terms.map(({ sign }) => sign)));
  const place = first.sign.context.constant(width, 1n << BigInt(w));
  return sumOf([...rows, ...countRows(negatives, w, width), place], options);
}

/** c and ¬c·2^w: one row where they do not overlap, two otherwise. */
function countRows(count: Word, w: number, width: number): Word[] {
  const at = (word: Word, bits: number) => (word.width > bits ? word.truncate(bits) : word.zeroExtend(bits));
  const high = at(count, width - w).not();
  if (count.width <= w) return [concat(high, at(count, w))];
  return [at(count, width), concat(high, count.context.constant(w, 0))];
}
