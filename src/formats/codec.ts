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
  readonly rounding?: RoundingMode;
  readonly overflow?: Overflow;
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
   * The code of x, rounded once. Default: nearest-even, saturating. NaN gives the format's NaN, or throws
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

function floatCodec(format: FloatFormat): Codec {
  const { exponentBits, fractionBits, bias, subnormals, specials, signed } = format;
  const width = widthOf(format);
  const fractionSpan = 2 ** fractionBits;
  const exponentMask = 2 ** exponentBits - 1;
  const signBit = signed ? 2 ** (width - 1) : 0;
  /** The code with exponent and fraction all ones. */
  const allOnes = 2 ** (exponentBits + fractionBits) - 1;
  const infinityCode = {
    none: -1,
    ieee: exponentMask * fractionSpan,
    'all-ones-nan': -1,
    'all-ones-infinity': allOnes,
  }[specials];
  const nanCode = { none: -1, ieee: allOnes, 'all-ones-nan': allOnes, 'all-ones-infinity': -1 }[specials];
  const firstSpecial = specials === 'none' ? allOnes + 1 : specials === 'ieee' ? infinityCode : allOnes;
  const lowest = minExponent(format);

  const decodeMagnitude = (code: number): number => {
    if (code >= firstSpecial) return code === infinityCode ? Number.POSITIVE_INFINITY : Number.NaN;
    const exponent = Math.floor(code / fractionSpan);
    const fraction = code % fractionSpan;
    return exponent === 0 && subnormals
      ? (fraction / fractionSpan) * 2 ** lowest
      : (1 + fraction / fractionSpan) * 2 ** (exponent - bias);
  };
  const decode = (code: number): number => {
    const magnitude = decodeMagnitude(lowBits(code, width) % (allOnes + 1));
    return signed && lowBits(code, width) >= signBit ? -magnitude : magnitude;
  };
  const maxCode = firstSpecial - 1;

  const overflowCode = (overflow: Overflow): number => {
    if (overflow === 'saturate') return maxCode;
    return infinityCode >= 0 ? infinityCode : nanCode >= 0 ? nanCode : maxCode;
  };
  const encode = (
    x: number,
    { rounding = 'nearest-even', overflow = 'saturate' }: EncodeOptions = {},
  ): number => {
    if (Number.isNaN(x)) {
      if (nanCode < 0) throw new RangeError(`${format.name} has no NaN`);
      return nanCode;
    }
    const negative = x < 0 || Object.is(x, -0);
    if (negative && !signed) return 0;
    const sign = negative ? signBit : 0;
    const magnitude = Math.abs(x);
    if (magnitude === Number.POSITIVE_INFINITY) return sign + overflowCode(overflow);
    if (magnitude === 0) return sign; // without a zero, the smallest value is the nearest
    // Multiples of the last place at x's exponent, kept at or above the lowest exponent.
    const exponent = Math.max(exponentOf(magnitude), lowest);
    const place = exponent - fractionBits;
    const multiple = Math.abs(roundNumber((negative ? -magnitude : magnitude) * 2 ** -place, rounding));
    // Codes are consecutive integers in value order, so a carry into the exponent is plain addition.
    const code = (exponent - lowest) * fractionSpan + multiple - (subnormals ? 0 : fractionSpan);
    if (code > maxCode) return sign + (staysFinite(rounding, negative) ? maxCode : overflowCode(overflow));
    return sign + Math.max(code, 0);
  };
  return { format, width, maxValue: decode(maxCode), decode, decodeExact: exactDecoder(decode), encode };
}

/** Modes that round such a value toward zero never leave the finite range (IEEE 754-2019 §7.4). */
function staysFinite(rounding: RoundingMode, negative: boolean): boolean {
  return rounding === 'toward-zero' || rounding === (negative ? 'toward-positive' : 'toward-negative');
}

function integerCodec(format: IntegerFormat): Codec {
  const { bits, representation, fractionBits, maxMagnitude } = format;
  const step = 2 ** -fractionBits;
  const signBit = 2 ** (bits - 1);
  const twosComplement = representation === 'twos-complement';

  const decode = (code: number): number => {
    const low = lowBits(code, bits);
    if (low < signBit) return low * step;
    return twosComplement ? (low - 2 * signBit) * step : -(low - signBit) * step;
  };
  const encode = (x: number, { rounding = 'nearest-even' }: EncodeOptions = {}): number => {
    if (Number.isNaN(x)) throw new RangeError(`${format.name} has no NaN`);
    const rounded = roundNumber(x / step, rounding);
    const magnitude = Math.min(Math.abs(rounded), maxMagnitude);
    const negative = rounded < 0 || Object.is(rounded, -0);
    if (twosComplement) return negative && magnitude > 0 ? 2 * signBit - magnitude : magnitude;
    return magnitude + (negative ? signBit : 0);
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
