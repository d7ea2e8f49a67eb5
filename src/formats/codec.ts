/**
 * Codecs derived from format records: code → value and real → code.
 *
 * `decode` gives exact values (every format here fits a double). `encode` takes any double, rounds it once by the
 * mode asked for, and applies the overflow rule; the rule is the caller's because the field's casts disagree.
 */
import { Dyadic, exponentOf, type RoundingMode, roundNumber } from '../numerics/index.js';
import { type ElementFormat, type FloatFormat, type IntegerFormat, minExponent, widthOf } from './element.js';

/** What becomes of a finite value beyond the largest finite code, and of an infinity. */
export type Overflow =
  /** The largest finite code of that sign. */
  | 'saturate'
  /** Infinity if the format has one, else NaN; the largest finite code if it has neither. */
  | 'special';

export interface EncodeOptions {
  /** Default: the format's own, which is nearest-even for nearly all. */
  readonly rounding?: RoundingMode;
  /** Default: saturate. */
  readonly overflow?: Overflow;
  /**
   * `clamp`: a subnormal significand that rounds up to the smallest normal number stays the largest subnormal, as
   * in software encoders that do not carry into the exponent field. They tell subnormals by a float32 logarithm, so
   * what lies within its rounding of the smallest normal number does become that number. Default: carry.
   */
  readonly subnormalCarry?: 'carry' | 'clamp';
}

export interface Codec {
  readonly format: ElementFormat;
  /** Width of a code in bits. */
  readonly width: number;
  /** Largest finite value. */
  readonly maxValue: number;
  /** The exact value of a code (−0, ±Infinity and NaN included). Bits above `width` are ignored. */
  decode(code: number): number;
  /** The exact value as a dyadic; null for infinities and NaN. −0 gives zero. */
  decodeExact(code: number): Dyadic.Dyadic | null;
  /**
   * The code of x, rounded once; by default in the format's rounding, saturating. NaN gives the format's NaN, or throws
   * `RangeError` where there is none. A negative value in an unsigned format gives code 0.
   */
  encode(x: number, options?: EncodeOptions): number;
}

const cache = new WeakMap<ElementFormat, Codec>();

/** The codec of a format; built once per record. */
export function codecOf(format: ElementFormat): Codec {
  let codec = cache.get(format);
  if (codec === undefined) {
    codec = format.kind === 'float' ? floatCodec(format) : integerCodec(format);
    cache.set(format, codec);
  }
  return codec;
}

/** The values of all codes in code order; for formats of up to 16 bits. */
export function valuesOf(format: ElementFormat): Float64Array {
  const { width, decode } = codecOf(format);
  if (width > 16) throw new RangeError(`${format.name} has too many codes to list`);
  return Float64Array.from({ length: 2 ** width }, (_, code) => decode(code));
}

/** Where a float format keeps what: fields of a code as numbers, derived once. Codes of magnitudes leave out the sign. */
interface Layout {
  readonly width: number;
  readonly fractionSpan: number;
  /** Weight of the sign bit; 0 without one. */
  readonly signBit: number;
  /** Number of magnitude codes. */
  readonly magnitudes: number;
  /** Largest magnitude code that is a finite number. */
  readonly maxCode: number;
  /** Codes of infinity (a magnitude) and of NaN (whole); −1 if there is none. */
  readonly infinityCode: number;
  readonly nanCode: number;
  readonly lowest: number;
}

function layoutOf(format: FloatFormat): Layout {
  const { exponentBits, fractionBits, specials, signed } = format;
  const width = widthOf(format);
  const fractionSpan = 2 ** fractionBits;
  const magnitudes = 2 ** (exponentBits + fractionBits);
  const allOnes = magnitudes - 1;
  const ieeeInfinity = magnitudes - fractionSpan;
  const signBit = signed ? 2 ** (width - 1) : 0;
  const [infinityCode, nanCode, maxCode] = {
    none: [-1, -1, allOnes],
    ieee: [ieeeInfinity, allOnes, ieeeInfinity - 1],
    'all-ones-nan': [-1, allOnes, allOnes - 1],
    'all-ones-infinity': [allOnes, -1, allOnes - 1],
    'negative-zero-nan': [-1, signBit, allOnes],
  }[specials] as [number, number, number];
  const lowest = minExponent(format);
  return { width, fractionSpan, signBit, magnitudes, maxCode, infinityCode, nanCode, lowest };
}

function floatCodec(format: FloatFormat): Codec {
  const layout = layoutOf(format);
  const decode = floatDecoder(format, layout);
  return {
    format,
    width: layout.width,
    maxValue: decode(layout.maxCode),
    decode,
    decodeExact: exactDecoder(decode),
    encode: floatEncoder(format, layout),
  };
}

function floatDecoder({ signed, subnormals, bias, specials }: FloatFormat, layout: Layout): Codec['decode'] {
  const { width, fractionSpan, signBit, magnitudes, maxCode, infinityCode, lowest } = layout;
  const decodeMagnitude = (code: number): number => {
    if (code > maxCode) return code === infinityCode ? Number.POSITIVE_INFINITY : Number.NaN;
    const exponent = Math.floor(code / fractionSpan);
    const fraction = code % fractionSpan;
    return exponent === 0 && subnormals
      ? (fraction / fractionSpan) * 2 ** lowest
      : (1 + fraction / fractionSpan) * 2 ** (exponent - bias);
  };
  return (code) => {
    const low = lowBits(code, width);
    if (specials === 'negative-zero-nan' && low === signBit) return Number.NaN;
    const magnitude = decodeMagnitude(low % magnitudes);
    return signed && low >= signBit ? -magnitude : magnitude;
  };
}

function floatEncoder(format: FloatFormat, layout: Layout): Codec['encode'] {
  const { fractionBits, subnormals, signed, specials, rounding: ownRounding = 'nearest-even' } = format;
  const { fractionSpan, signBit, maxCode, infinityCode, nanCode, lowest } = layout;
  const unsignedZero = specials === 'negative-zero-nan';
  const signedCode = (magnitude: number, negative: boolean): number =>
    negative && !(unsignedZero && magnitude === 0) ? signBit + magnitude : magnitude;
  const overflowed = (overflow: Overflow, negative: boolean): number => {
    if (overflow === 'special' && infinityCode >= 0) return signedCode(infinityCode, negative);
    if (overflow === 'special' && nanCode >= 0) return unsignedZero ? nanCode : signedCode(nanCode, negative);
    return signedCode(maxCode, negative);
  };
  return (x, { rounding = ownRounding, overflow = 'saturate', subnormalCarry = 'carry' } = {}) => {
    if (Number.isNaN(x)) {
      if (nanCode < 0) throw new RangeError(`${format.name} has no NaN`);
      return nanCode;
    }
    const negative = x < 0 || Object.is(x, -0);
    if (negative && !signed) return 0;
    const magnitude = Math.abs(x);
    if (magnitude === Number.POSITIVE_INFINITY) return overflowed(overflow, negative);
    if (magnitude === 0) return signedCode(0, negative); // without a zero, the smallest value is the nearest
    // Multiples of the last place at x's exponent, kept at or above the lowest exponent.
    const exponent = Math.max(exponentOf(magnitude), lowest);
    const place = exponent - fractionBits;
    let multiple = Math.abs(roundNumber((negative ? -magnitude : magnitude) * 2 ** -place, rounding));
    if (subnormalCarry === 'clamp' && Math.fround(Math.log2(magnitude)) < lowest) {
      multiple = Math.min(multiple, fractionSpan - 1);
    }
    // Codes are consecutive integers in value order, so a carry into the exponent is plain addition.
    const code = (exponent - lowest) * fractionSpan + multiple - (subnormals ? 0 : fractionSpan);
    if (code <= maxCode) return signedCode(Math.max(code, 0), negative);
    return staysFinite(rounding, negative) ? signedCode(maxCode, negative) : overflowed(overflow, negative);
  };
}

/** Modes that round such a value toward zero never leave the finite range (IEEE 754-2019 §7.4). */
function staysFinite(rounding: RoundingMode, negative: boolean): boolean {
  return rounding === 'toward-zero' || rounding === (negative ? 'toward-positive' : 'toward-negative');
}

function integerCodec(format: IntegerFormat): Codec {
  const { bits, representation, fractionBits, maxMagnitude, rounding: ownRounding = 'nearest-even' } = format;
  const step = 2 ** -fractionBits;
  const signBit = 2 ** (bits - 1);
  const twosComplement = representation === 'twos-complement';

  const decode = (code: number): number => {
    const low = lowBits(code, bits);
    if (low < signBit) return low * step;
    return twosComplement ? (low - 2 * signBit) * step : -(low - signBit) * step;
  };
  const encode = (x: number, { rounding = ownRounding }: EncodeOptions = {}): number => {
    if (Number.isNaN(x)) throw new RangeError(`${format.name} has no NaN`);
    const rounded = roundNumber(x / step, rounding);
    const magnitude = Math.min(Math.abs(rounded), maxMagnitude);
    if (!(rounded < 0)) return magnitude;
    return twosComplement ? 2 * signBit - magnitude : signBit + magnitude;
  };
  return {
    format,
    width: bits,
    maxValue: maxMagnitude * step,
    decode,
    decodeExact: exactDecoder(decode),
    encode,
  };
}

function exactDecoder(decode: (code: number) => number): (code: number) => Dyadic.Dyadic | null {
  return (code) => {
    const value = decode(code);
    return Number.isFinite(value) ? Dyadic.fromNumber(value) : null;
  };
}

/** The low `width` bits of a code, as an unsigned number; width ≤ 32. */
function lowBits(code: number, width: number): number {
  return width === 32 ? code >>> 0 : code & (2 ** width - 1);
}
