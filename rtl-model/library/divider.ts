/**
 * IEEE 754 division, rounded to nearest even: a restoring array of one row a quotient bit. Divisors that are constants
 * fold at the gate level.
 *
 * Not modelled: NaN operands, exception flags. Finite / 0 is infinity, finite / infinity is zero.
 */
import { type FloatFormat, widthOf } from '../../src/formats/index.js';
import { concat, defineModule, memoizedModule, type Word } from '../hdl/index.js';
import { decodeFloat } from './decoders.js';
import { roundAndPack } from './float.js';
import { leadingZeroCount } from './leading-zeros.js';
import { infinityOf } from './pack.js';

/** quotient = RNE(a / b), subnormals kept. Ports a, b → quotient, each of the format's width. */
export const floatDivider = memoizedModule((format: FloatFormat) =>
  defineModule({
    name: `${format.name.replaceAll('-', '_')}_divide`,
    summary: `quotient = RNE(a / b) in ${format.name}; subnormals are kept`,
    inputs: { a: widthOf(format), b: widthOf(format) },
    body: (_, { a, b }) => ({ quotient: divideFloats(format, a, b) }),
  }),
);

/** The divider as a generator inside another module. */
export function divideFloats(format: FloatFormat, a: Word, b: Word): Word {
  const [left, right] = [normalized(format, a), normalized(format, b)];
  const sign = left.sign.xor(right.sign);
  const { quotient, remainder } = divideSignificands(left.significand, right.significand);
  const exponent = left.exponent.minus(right.exponent).plus(format.bias);
  // The quotient's top bit weighs 1; what is left of the dividend counts as sticky.
  const magnitude = concat(quotient, remainder.anyOne());
  const finite = roundAndPack(format, { subnormals: 'keep' }, sign, exponent, magnitude);
  const zero = concat(sign, a.context.constant(widthOf(format) - 1, 0));
  const regular = left.isZero.or(right.isInfinity).choose(zero, finite);
  return right.isZero.or(left.isInfinity).choose(infinityOf(format, sign), regular);
}

/** Fields of a code with the hidden bit on top, and a biased exponent in two's complement. */
function normalized(format: FloatFormat, code: Word) {
  const fields = decodeFloat(format, code);
  const { count } = leadingZeroCount(fields.significand);
  const width = format.exponentBits + 3;
  return {
    ...fields,
    significand: fields.significand.shiftLeft(count),
    exponent: fields.exponent.zeroExtend(width).minus(count.zeroExtend(width)),
  };
}

/**
 * floor(a · 2^(w+1) / b) of normalised significands of w bits, w + 2 bits; and the remainder. The quotient lies between
 * 2^w and 2^(w+2).
 */
function divideSignificands(a: Word, b: Word): { quotient: Word; remainder: Word } {
  const wide = a.width + 1;
  const divisor = b.zeroExtend(wide);
  const bits: Word[] = [];
  let rest = a.zeroExtend(wide);
  for (let i = 0; i < a.width + 2; i++) {
    const fits = rest.lessThan(divisor).not();
    bits.push(fits);
    const left = fits.choose(rest.minus(divisor), rest);
    rest = concat(left.truncate(wide - 1), a.context.constant(1, 0));
  }
  return { quotient: concat(...bits), remainder: rest };
}
