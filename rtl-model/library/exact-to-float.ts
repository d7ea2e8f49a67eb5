/** From an integer that a format holds exactly to its code, without a rounder. */
import type { FloatFormat } from '../../src/formats/index.js';
import { concat, type Word } from '../hdl/index.js';
import { normalize } from './leading-zeros.js';

/**
 * The code of ±magnitude × 2^unitExponent, which must be a normal number of the format or zero, with at most
 * fractionBits + 1 significant bits. Zero keeps the sign.
 */
export function exactToFloat(format: FloatFormat, sign: Word, magnitude: Word, unitExponent: number): Word {
  return exactToFloatAt(
    format,
    sign,
    magnitude,
    sign.context.constant(format.exponentBits, topCode(format, magnitude, unitExponent)),
  );
}

/** The same where the biased exponent of the magnitude's top bit is a word of the format's exponent width. */
export function exactToFloatAt(format: FloatFormat, sign: Word, magnitude: Word, top: Word): Word {
  const { exponentBits, fractionBits } = format;
  const { value, count, isZero } = normalize(magnitude);
  const below = value.truncate(value.width - 1);
  const missing = fractionBits - below.width;
  if (missing < 0) throw new RangeError(`${magnitude.width} bits do not fit ${format.name} exactly`);
  const fraction = missing === 0 ? below : concat(below, sign.context.constant(missing, 0));
  const exponent = top.minus(count.zeroExtend(exponentBits));
  return concat(sign, isZero.choose(0, exponent), fraction);
}

function topCode(format: FloatFormat, magnitude: Word, unitExponent: number): number {
  return magnitude.width - 1 + unitExponent + format.bias;
}
