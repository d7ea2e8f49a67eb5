/**
 * Sums of numbers given as sign and magnitude, without a negation per number.
 *
 * −m is the inverse of m plus one, and the sign bit of a two's complement word counts −2^w = (1 − 1)·2^w − 2^w: so a
 * number becomes the row { ¬sign, magnitude ⊕ sign }, all rows together owe the constant −n·2^w, and each negative
 * number owes a one. Every carry row of a carry-save adder has a free lowest place, which takes these ones.
 */
import { type AdderArchitecture, concat, type Word } from '../hdl/index.js';
import { carrySaveAdd } from './compressors.js';

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
  const rows = terms.map(({ sign, magnitude }) =>
    concat(sign.not(), magnitude.xor(sign.repeat(w))).zeroExtend(width),
  );
  const owed = terms.map(({ sign }) => sign);
  const constant = BigInt.asUintN(width, -BigInt(terms.length) << BigInt(w)) >> 1n;
  rows.push(concat(first.sign.context.constant(width - 1, constant), owed.pop()!));
  const [left, right] = compressWithCarries(rows, owed);
  const carryIn = owed.pop() ?? first.sign.context.constant(1, 0);
  return left!.plus(right!, { ...options, carryIn });
}

/** Rows reduced to two; ones are taken off the end of `carries` into the free places of carry rows. */
function compressWithCarries(rows: readonly Word[], carries: Word[]): Word[] {
  let current = [...rows];
  while (current.length > 2) {
    const next: Word[] = [];
    for (let i = 0; i + 2 < current.length; i += 3) {
      const { sum, carry } = carrySaveAdd(current[i]!, current[i + 1]!, current[i + 2]!);
      const one = carries.pop();
      next.push(sum, one === undefined ? carry : concat(carry.slice(1, carry.width - 1), one));
    }
    next.push(...current.slice(current.length - (current.length % 3)));
    current = next;
  }
  return current;
}
