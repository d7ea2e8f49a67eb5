/**
 * IEEE 754 adders and multipliers for any format of the `ieee` kind (FP32, FP16, BF16), rounding to nearest even.
 *
 * Structure: unpack, operate on a normalised raw form with guard, round and sticky bits, round and pack; one path, no
 * near/far split. Subnormals are kept, or flushed: operands to zero before, results below the normal range to zero
 * after. Every NaN result is the format's canonical NaN given in the options.
 *
 * Not modelled: exception flags, other rounding modes, signalling NaN.
 * Source: the unpack–raw–pack division follows J. Hauser's HardFloat; IEEE 754-2019 §6 for zeros, infinities and NaN.
 */
import { type FloatFormat, widthOf } from '../../src/formats/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import { concat, defineModule, memoizedModule, type Word } from '../hdl/index.js';
import { decodeFloat, type FloatFields } from './decoders.js';
import { leadingZeroCount } from './leading-zeros.js';
import { roundsUp } from './rounding.js';
import { jam, shiftRightJam } from './shifters.js';

export interface FloatOptions {
  readonly subnormals: 'keep' | 'flush';
  /**
   * `finite`: nothing is done about NaN, infinities and overflow; results are right as long as operands are finite and
   * results below 2^(emax + 1). Default `ieee`.
   */
  readonly values?: 'ieee' | 'finite';
  /** Code of every NaN result. Default: exponent and fraction all ones, sign 0 (0x7FFFFFFF). */
  readonly nan?: number;
}

/** Extra bits below the significand while adding: guard, round, sticky. */
const EXTRA = 3;

/** sum = RNE(a + b). Ports a, b → sum, each of the format's width. */
export const floatAdder = memoizedModule((format: FloatFormat, options: FloatOptions) =>
  defineModule({
    name: `${identifier(format)}_add_${suffix(options)}`,
    summary: `sum = RNE(a + b) in ${format.name}; ${assumptions(options)}`,
    inputs: { a: checkedWidth(format), b: widthOf(format) },
    body: (_, { a, b }) => ({ sum: addFloats(format, options, a, b) }),
  }),
);

/** product = RNE(a × b). Ports a, b → product, each of the format's width. */
export const floatMultiplier = memoizedModule((format: FloatFormat, options: FloatOptions) =>
  defineModule({
    name: `${identifier(format)}_multiply_${suffix(options)}`,
    summary: `product = RNE(a * b) in ${format.name}; ${assumptions(options)}`,
    inputs: { a: checkedWidth(format), b: widthOf(format) },
    body: (_, { a, b }) => ({ product: multiplyFloats(format, options, a, b) }),
  }),
);

/** The adder as a generator inside another module. */
export function addFloats(format: FloatFormat, options: FloatOptions, a: Word, b: Word): Word {
  const [fieldsA, fieldsB] = [unpack(format, options, a), unpack(format, options, b)];
  const swap = magnitudeOf(fieldsA).lessThan(magnitudeOf(fieldsB)).named('swap');
  const big = chooseFields(swap, fieldsB, fieldsA);
  const small = chooseFields(swap, fieldsA, fieldsB);
  const distance = big.exponent.minus(small.exponent).named('distance');
  const zeros = a.context.constant(EXTRA, 0);
  const aligned = shiftRightJam(concat(small.significand, zeros), distance).named('aligned');
  const subtracts = big.sign.xor(small.sign).named('subtracts');
  const wide = aligned.width + 1;
  const addend = aligned.zeroExtend(wide).xor(subtracts.repeat(wide));
  const total = concat(big.significand, zeros).zeroExtend(wide).plus(addend, { carryIn: subtracts });
  const isZero = total.named('total').isZero();
  // An exact zero is positive under RNE unless both operands were negative zeros.
  const sign = isZero.choose(fieldsA.sign.and(fieldsB.sign), big.sign);
  // The carry position is one above the hidden bit: exponent of the total's top bit is big's plus one.
  const exponent = big.exponent.zeroExtend(format.exponentBits + 2).plus(1);
  const finite = roundAndPack(format, options, sign, exponent, total);
  const isInfinity = fieldsA.isInfinity.or(fieldsB.isInfinity);
  const opposite = fieldsA.isInfinity.and(fieldsB.isInfinity).and(subtracts);
  const invalid = fieldsA.isNaN.or(fieldsB.isNaN).or(opposite);
  const infinity = infinityCode(format, fieldsA.isInfinity.choose(fieldsA.sign, fieldsB.sign));
  return invalid.choose(nanCode(format, options, a), isInfinity.choose(infinity, finite));
}

/** The multiplier as a generator inside another module. */
export function multiplyFloats(format: FloatFormat, options: FloatOptions, a: Word, b: Word): Word {
  const [fieldsA, fieldsB] = [unpack(format, options, a), unpack(format, options, b)];
  const sign = fieldsA.sign.xor(fieldsB.sign).named('sign');
  const product = fieldsA.significand.times(fieldsB.significand).named('significands');
  const bits = format.exponentBits + 2;
  // Exponent of the product's top bit, which has weight 2: two's complement.
  const exponent = fieldsA.exponent
    .zeroExtend(bits)
    .plus(fieldsB.exponent.zeroExtend(bits))
    .minus(format.bias - 1);
  const finite = roundAndPack(format, options, sign, exponent.named('exponent'), product);
  const isInfinity = fieldsA.isInfinity.or(fieldsB.isInfinity);
  const isZero = fieldsA.isZero.or(fieldsB.isZero);
  const invalid = fieldsA.isNaN.or(fieldsB.isNaN).or(isInfinity.and(isZero));
  return invalid.choose(nanCode(format, options, a), isInfinity.choose(infinityCode(format, sign), finite));
}

/**
 * A sign and an exact (or jammed) magnitude as a code of the format, RNE.
 *
 * `exponent` is the biased exponent that the magnitude would have if its top bit were 1 (two's complement,
 * exponentBits + 2 bits or more); the magnitude has at least fractionBits + 3 bits and needs no normalisation.
 * Magnitude 0 gives zero with the sign.
 */
export function roundAndPack(
  format: FloatFormat,
  options: FloatOptions,
  sign: Word,
  exponent: Word,
  magnitude: Word,
): Word {
  const { exponentBits, fractionBits } = format;
  const { count, isZero } = leadingZeroCount(magnitude);
  const normalized = magnitude.shiftLeft(count);
  const wide = Math.max(exponent.width, count.width + 1) + 1;
  const top = exponent.signExtend(wide).minus(count.zeroExtend(wide)).named('normal_exponent');
  // Below the normal range (top < 1) the magnitude moves right by 1 − top and the exponent code is 0.
  const tiny = top.lessThanSigned(1).or(isZero).named('tiny');
  const deficit = top.negate().plus(1);
  const kept = fractionBits + 3;
  const narrowed = jam(normalized.slice(normalized.width - kept, kept), lowBits(normalized, kept));
  if (options.subnormals === 'flush') return packFlushed(format, options, sign, top, tiny, narrowed);
  const denormal = shiftRightJam(narrowed, saturated(deficit, kept));
  const ready = tiny.choose(denormal, narrowed).named('ready');
  // A carry out of the fraction moves into the exponent, which is exactly the next larger number.
  const packed = roundReady(format, sign, tiny.choose(0, top.truncate(exponentBits + 1)), ready);
  return overflowed(format, options, sign, top, tiny, packed).choose(
    infinityCode(format, sign),
    withSign(sign, packed),
  );
}

/**
 * Without subnormals there is no second rounding position. A number below the normal range becomes zero, but for the
 * one that the subnormal grid would round up to the smallest normal number: all kept bits set, just below it.
 */
function packFlushed(
  format: FloatFormat,
  options: FloatOptions,
  sign: Word,
  top: Word,
  tiny: Word,
  ready: Word,
): Word {
  const { exponentBits, fractionBits } = format;
  const packed = roundReady(format, sign, top.truncate(exponentBits + 1), ready);
  const nearlyNormal = top.equals(0).and(ready.slice(2, fractionBits + 1).allOnes());
  const smallest = sign.context.constant(packed.width, 2 ** fractionBits);
  const flushed = tiny.choose(nearlyNormal.choose(smallest, 0), packed);
  return overflowed(format, options, sign, top, tiny, packed).choose(
    infinityCode(format, sign),
    withSign(sign, flushed),
  );
}

/** Exponent code and fraction of a normalised significand with guard and sticky bits, RNE; one bit for overflow. */
function roundReady(format: FloatFormat, sign: Word, code: Word, ready: Word): Word {
  const [odd, guard, sticky] = [ready.bit(2), ready.bit(1), ready.bit(0)];
  const up = roundsUp('nearest-even', { sign, odd, guard, sticky });
  return concat(code, ready.slice(2, format.fractionBits)).plus(0, { carryIn: up }).named('rounded');
}

function overflowed(
  format: FloatFormat,
  { values = 'ieee' }: FloatOptions,
  sign: Word,
  top: Word,
  tiny: Word,
  packed: Word,
): Word {
  if (values === 'finite') return sign.context.constant(1, 0);
  const { exponentBits, fractionBits } = format;
  const limit = ((1n << BigInt(exponentBits)) - 1n) << BigInt(fractionBits);
  const beyond = tiny.not().and(top.lessThanSigned(2 ** exponentBits - 1).not());
  const rounded = packed.lessThan(sign.context.constant(packed.width, limit)).not();
  return beyond.or(tiny.not().and(rounded));
}

/** A sign in front of the exponent and fraction of a packed word. */
function withSign(sign: Word, packed: Word): Word {
  return concat(sign, packed.truncate(packed.width - 1));
}

/** The fields of a code; a subnormal one becomes zero when subnormals are flushed. */
function unpack(format: FloatFormat, options: FloatOptions, code: Word): FloatFields {
  const decoded = decodeFloat(format, code);
  const never = code.context.constant(1, 0);
  const fields = options.values === 'finite' ? { ...decoded, isNaN: never, isInfinity: never } : decoded;
  if (options.subnormals === 'keep') return fields;
  const normal = fields.significand.bit(-1);
  const significand = normal.choose(fields.significand, 0);
  return { ...fields, significand, isZero: normal.not() };
}

const magnitudeOf = ({ exponent, significand }: FloatFields) => concat(exponent, significand);

function chooseFields(select: Word, whenOne: FloatFields, whenZero: FloatFields) {
  return {
    sign: select.choose(whenOne.sign, whenZero.sign),
    exponent: select.choose(whenOne.exponent, whenZero.exponent),
    significand: select.choose(whenOne.significand, whenZero.significand),
  };
}

/** Whether anything is set below the top `kept` bits. */
function lowBits(word: Word, kept: number): Word {
  return word.width === kept ? word.context.constant(1, 0) : word.truncate(word.width - kept).anyOne();
}

/** A shift amount reduced to the bits needed to shift out `width` bits entirely. */
function saturated(amount: Word, width: number): Word {
  const bits = Math.ceil(Math.log2(width + 1));
  if (amount.width <= bits) return amount;
  const large = amount.slice(bits, amount.width - bits).anyOne();
  return amount.truncate(bits).or(large.repeat(bits));
}

function infinityCode(format: FloatFormat, sign: Word): Word {
  const { context } = sign;
  return concat(sign, context.constant(format.exponentBits, -1), context.constant(format.fractionBits, 0));
}

function nanCode(format: FloatFormat, options: FloatOptions, like: Word): Word {
  const width = widthOf(format);
  return like.context.constant(width, options.nan ?? 2 ** (width - 1) - 1);
}

const suffix = ({ subnormals, values = 'ieee' }: FloatOptions) =>
  values === 'finite' ? `${subnormals}_finite` : subnormals;

const assumptions = ({ subnormals, values = 'ieee' }: FloatOptions) =>
  `subnormals: ${subnormals}${values === 'finite' ? '; finite operands and results only' : ''}`;

const identifier = (format: FloatFormat) => format.name.replaceAll('-', '_');

function checkedWidth(format: FloatFormat): number {
  if (format.specials !== 'ieee' || !format.signed || !format.subnormals) {
    throw new ConfigurationError(`${format.name} is not an IEEE 754 format`, 'Use fp32, fp16 or bf16.');
  }
  return widthOf(format);
}
