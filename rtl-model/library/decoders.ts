/**
 * Decoders derived from format records: from the code of an element or a scale to fields or to an integer. No format
 * is written here; everything follows from the record's widths, bias, subnormals and special codes.
 */
import {
  type ElementFormat,
  type FloatFormat,
  type IntegerFormat,
  minExponent,
  widthOf,
} from '../../src/formats/index.js';
import { concat, type Word } from '../hdl/index.js';
import { negateIf } from './signs.js';

/** value = (−1)^sign × significand × 2^(exponent − bias − fractionBits), for codes that are numbers. */
export interface FloatFields {
  readonly sign: Word;
  /** Biased; the exponent code, but 1 for subnormals. */
  readonly exponent: Word;
  /** fractionBits + 1 bits, hidden bit included. */
  readonly significand: Word;
  /** The significand is zero. Not told apart from a number for special codes. */
  readonly isZero: Word;
  readonly isInfinity: Word;
  readonly isNaN: Word;
}

/** Raw parts of a code. A format without fraction bits has no fraction word. */
interface RawFields {
  readonly sign: Word;
  readonly exponent: Word;
  readonly fraction: Word | undefined;
}

type SpecialCodes = (raw: RawFields) => Pick<FloatFields, 'isInfinity' | 'isNaN'>;

const never = (word: Word) => word.context.constant(1, 0);
const allOnes = ({ exponent, fraction }: RawFields) =>
  fraction === undefined ? exponent.allOnes() : concat(exponent, fraction).allOnes();

const SPECIAL_CODES: Record<FloatFormat['specials'], SpecialCodes> = {
  none: ({ sign }) => ({ isInfinity: never(sign), isNaN: never(sign) }),
  ieee: ({ exponent, fraction }) => {
    const topmost = exponent.allOnes();
    const something = fraction?.anyOne() ?? never(exponent);
    return { isInfinity: topmost.and(something.not()), isNaN: topmost.and(something) };
  },
  'all-ones-nan': (raw) => ({ isInfinity: never(raw.sign), isNaN: allOnes(raw) }),
  'all-ones-infinity': (raw) => ({ isInfinity: allOnes(raw), isNaN: never(raw.sign) }),
  'negative-zero-nan': ({ sign, exponent, fraction }) => {
    const something = exponent.anyOne().or(fraction?.anyOne() ?? never(exponent));
    return { isInfinity: never(sign), isNaN: sign.and(something.not()) };
  },
};

function rawFields(format: FloatFormat, code: Word): RawFields {
  const { signed, exponentBits, fractionBits } = format;
  if (code.width !== widthOf(format)) {
    throw new RangeError(`${format.name} codes have ${widthOf(format)} bits, not ${code.width}`);
  }
  return {
    sign: signed ? code.bit(-1) : never(code),
    // Without exponent bits every code reads like exponent code 0.
    exponent: exponentBits === 0 ? never(code) : code.slice(fractionBits, exponentBits),
    fraction: fractionBits === 0 ? undefined : code.truncate(fractionBits),
  };
}

/** Sign, exponent, significand and special codes of a floating-point code. */
export function decodeFloat(format: FloatFormat, code: Word): FloatFields {
  const raw = rawFields(format, code);
  const normal = format.subnormals ? raw.exponent.anyOne() : code.context.constant(1, 1);
  const significand = raw.fraction === undefined ? normal : concat(normal, raw.fraction);
  const lowest = raw.exponent.bit(0).or(normal.not());
  const { width } = raw.exponent;
  const exponent = width === 1 ? lowest : concat(raw.exponent.slice(1, width - 1), lowest);
  return {
    sign: raw.sign,
    exponent,
    significand,
    isZero: significand.isZero(),
    ...SPECIAL_CODES[format.specials](raw),
  };
}

/** Where integers of a format have their binary point: value = integer × 2^stepExponent. */
export function stepExponent(format: ElementFormat): number {
  return format.kind === 'integer' ? -format.fractionBits : minExponent(format) - format.fractionBits;
}

/** Width of the magnitude of a format's largest code, in steps of 2^stepExponent. Special codes count as numbers. */
export function magnitudeWidth(format: ElementFormat): number {
  if (format.kind === 'integer') return format.bits;
  return format.fractionBits + 2 ** format.exponentBits - (format.subnormals ? 1 : 0);
}

/** Sign and magnitude of a code as an integer of steps of 2^stepExponent. Special codes are read as numbers. */
export function decodeSignMagnitude(format: ElementFormat, code: Word): { sign: Word; magnitude: Word } {
  if (format.kind === 'float') return floatMagnitude(format, code);
  const sign = code.bit(-1);
  const magnitudes: Record<IntegerFormat['representation'], () => Word> = {
    'twos-complement': () => negateIf(sign, code),
    'sign-magnitude': () => code.truncate(format.bits - 1).zeroExtend(format.bits),
  };
  return { sign, magnitude: magnitudes[format.representation]() };
}

/** The value of a code as a two's complement integer of steps, one bit wider than its magnitude. */
export function decodeInteger(format: ElementFormat, code: Word): Word {
  if (format.kind === 'integer' && format.representation === 'twos-complement') {
    return code.signExtend(format.bits + 1);
  }
  const { sign, magnitude } = decodeSignMagnitude(format, code);
  return negateIf(sign, magnitude.zeroExtend(magnitude.width + 1));
}

/**
 * 1.f shifted left by the exponent code, then halved when the format has subnormals, whose 0.f takes the same path
 * as f.0: no subtraction of the lowest exponent is needed.
 */
function floatMagnitude(format: FloatFormat, code: Word): { sign: Word; magnitude: Word } {
  const { sign, exponent, fraction } = rawFields(format, code);
  const one = code.context.constant(1, 1);
  const zero = code.context.constant(1, 0);
  const normal = fraction === undefined ? one : concat(one, fraction);
  const width = magnitudeWidth(format);
  if (!format.subnormals) return { sign, magnitude: normal.zeroExtend(width).shiftLeft(exponent) };
  const subnormal = fraction === undefined ? zero : concat(fraction, zero);
  const start = exponent.anyOne().choose(normal, subnormal);
  const shifted = start.zeroExtend(width + 1).shiftLeft(exponent);
  return { sign, magnitude: shifted.slice(1, width) };
}
