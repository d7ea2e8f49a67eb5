/**
 * From an exact sign and magnitude to a code of an IEEE 754 format, with one rounding of any mode and fewer fraction
 * bits than the format has if wanted. Beside `roundAndPack` (RNE, IEEE zeros) this is what accumulators use: a zero
 * result is +0, and a magnitude of 2^(emax+1) or more is infinity in every rounding mode.
 */
import type { FloatFormat } from '../../src/formats/index.js';
import type { RoundingMode } from '../../src/numerics/index.js';
import { concat, type Word } from '../hdl/index.js';
import { leadingZeroCount } from './leading-zeros.js';
import { roundsUp } from './rounding.js';
import { jam, shiftRightJam } from './shifters.js';

/** How a result is brought into its register. */
export interface PackRule {
  /** Of the code: an `ieee` format with subnormals. */
  readonly format: FloatFormat;
  /** Fraction bits that survive; the code's remaining fraction bits are zero. */
  readonly fractionBits: number;
  readonly rounding: RoundingMode;
}

/** Result of `packFloat`. */
export interface Packed {
  readonly code: Word;
  readonly isInfinity: Word;
}

/**
 * The code of ±magnitude × 2^k, rounded once.
 *
 * `exponent`: the biased exponent that the number would have if the magnitude's top bit were 1, in two's complement.
 * The magnitude needs no normalisation; one or-ed into its lowest bit by jamming counts as sticky.
 */
export function packFloat(rule: PackRule, sign: Word, exponent: Word, magnitude: Word): Packed {
  const { format, fractionBits, rounding } = rule;
  const { exponentBits } = format;
  const kept = fractionBits + 3;
  const wide = magnitude.width < kept ? widened(magnitude, kept) : magnitude;
  const { count, isZero } = leadingZeroCount(wide);
  const normal = wide.shiftLeft(count).named('normalized');
  const bits = Math.max(exponent.width, count.width + 1, exponentBits + 1) + 1;
  const top = exponent.signExtend(bits).minus(count.zeroExtend(bits)).named('normal_exponent');
  // Below the normal range (top < 1) the magnitude moves right by 1 − top and the exponent code is 0.
  const tiny = top.lessThanSigned(1).or(isZero).named('tiny');
  const narrowed = narrow(normal, kept);
  const denormal = shiftRightJam(narrowed, saturated(top.negate().plus(1), kept));
  const ready = tiny.choose(denormal, narrowed);
  const up = roundsUp(rounding, { sign, odd: ready.bit(2), guard: ready.bit(1), sticky: ready.bit(0) });
  const exponentCode = tiny.choose(0, top.truncate(exponentBits + 1));
  // A carry out of the fraction moves into the exponent, which is exactly the next larger number.
  const rounded = concat(exponentCode, ready.slice(2, fractionBits))
    .plus(0, { carryIn: up })
    .named('rounded');
  const largest = 2 ** exponentBits - 1;
  const beyond = tiny.not().and(top.lessThanSigned(largest).not());
  const isInfinity = beyond.or(
    rounded
      .slice(fractionBits, exponentBits + 1)
      .lessThan(largest)
      .not(),
  );
  const body = rounded.truncate(exponentBits + fractionBits);
  const limit = sign.context.constant(exponentBits + fractionBits, largest * 2 ** fractionBits);
  const chosen = isInfinity.choose(limit, body);
  const rest = format.fractionBits - fractionBits;
  const padding = rest === 0 ? [] : [sign.context.constant(rest, 0)];
  return { code: concat(sign.and(chosen.anyOne()), chosen, ...padding), isInfinity };
}

/** Infinity of the format, with a sign. */
export function infinityOf(format: FloatFormat, sign: Word): Word {
  const { context } = sign;
  return concat(sign, context.constant(format.exponentBits, -1), context.constant(format.fractionBits, 0));
}

/** Zeros appended below. */
function widened(word: Word, width: number): Word {
  return concat(word, word.context.constant(width - word.width, 0));
}

/** The top `kept` bits; whatever lies below is or-ed into the lowest of them. */
function narrow(word: Word, kept: number): Word {
  if (word.width === kept) return word;
  const drop = word.width - kept;
  return jam(word.slice(drop, kept), word.truncate(drop).anyOne());
}

/** A shift amount reduced to the bits that shift out `width` bits entirely; only meaningful when not negative. */
export function saturated(amount: Word, width: number): Word {
  const bits = Math.ceil(Math.log2(width + 1));
  if (amount.width <= bits) return amount;
  const large = amount.slice(bits, amount.width - bits).anyOne();
  return amount.truncate(bits).or(large.repeat(bits));
}
