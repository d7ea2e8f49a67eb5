/** Products beyond the unsigned `times`: a signed factor, and a factor that is one of a few constants. */
import { concat, type Word } from '../hdl/index.js';
import { sumOf } from './compressors.js';

/** a × b for a in two's complement (at least 2 bits) and b unsigned; two's complement, width of a + width of b. */
export function signedTimesUnsigned(a: Word, b: Word): Word {
  const below = a.width - 1;
  const unsigned = a.truncate(below).times(b);
  // The sign bit weighs −2^below: b moves there when it is set.
  const correction = b.and(a.bit(-1).repeat(b.width)).zeroExtend(b.width + 1);
  const high = unsigned
    .slice(below, b.width)
    .zeroExtend(b.width + 1)
    .minus(correction);
  return concat(high, unsigned.truncate(below));
}

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
