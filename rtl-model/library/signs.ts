/** Two's complement and sign-magnitude. */
import type { Word } from '../hdl/index.js';

/** sign ? −magnitude : magnitude, modulo 2^width: inverted bits plus a carry in. */
export function negateIf(sign: Word, magnitude: Word): Word {
  const inverted = magnitude.xor(sign.repeat(magnitude.width));
  return inverted.plus(0, { carryIn: sign });
}

/** Sign and magnitude of a two's complement word; the most negative value has magnitude 2^(width−1). */
export function toSignMagnitude(word: Word): { sign: Word; magnitude: Word } {
  const sign = word.bit(-1);
  return { sign, magnitude: negateIf(sign, word) };
}
