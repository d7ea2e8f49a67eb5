/**
 * Exact dyadic rationals: numbers of the form significand × 2^exponent.
 *
 * Every finite value that binary hardware can hold is one of these, so sums and products never round. A `Dyadic`
 * is kept in canonical form (an odd significand, or 0 × 2^0), so that equal values are structurally equal.
 *
 * Not modelled: signed zero, infinities and NaN. Who needs them keeps them beside the dyadic.
 */
import { type RoundingMode, roundScaledBigint } from './rounding.js';

export interface Dyadic {
  /** Odd, or zero. Carries the sign. */
  readonly significand: bigint;
  /** Power of two; 0 when the significand is 0. */
  readonly exponent: number;
}

export const ZERO: Dyadic = { significand: 0n, exponent: 0 };
export const ONE: Dyadic = { significand: 1n, exponent: 0 };

/** significand × 2^exponent in canonical form. */
export function dyadic(significand: bigint, exponent = 0): Dyadic {
  if (significand === 0n) return ZERO;
  let shift = 0;
  // Strip trailing zeros 32 at a time first: significands of long accumulators have many.
  while (BigInt.asUintN(32, significand >> BigInt(shift)) === 0n) shift += 32;
  const low = Number(BigInt.asUintN(32, significand >> BigInt(shift)));
  shift += 31 - Math.clz32(low & -low);
  return { significand: significand >> BigInt(shift), exponent: exponent + shift };
}

/** The exact value of a finite double. Throws `RangeError` on NaN and infinities. */
export function fromNumber(x: number): Dyadic {
  if (!Number.isFinite(x)) throw new RangeError(`${x} has no dyadic value`);
  if (x === 0) return ZERO;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  return dyadic(x < 0 ? -magnitude : magnitude, Math.max(biased, 1) - 1075);
}

/** The double equal to `x`; throws `RangeError` if no double is. */
export function toNumber(x: Dyadic): number {
  const digits = bitLength(x.significand);
  const top = x.exponent + digits;
  if (digits > 53 || top > 1024 || x.exponent < -1074) {
    throw new RangeError(`${format(x)} is not a double`);
  }
  // Two steps, so that a power of two below the normal range is not flushed on its own.
  const half = Math.trunc(x.exponent / 2);
  return Number(x.significand) * 2 ** half * 2 ** (x.exponent - half);
}

export function negate(x: Dyadic): Dyadic {
  return { significand: -x.significand, exponent: x.exponent };
}

export function add(a: Dyadic, b: Dyadic): Dyadic {
  if (a.significand === 0n) return b;
  if (b.significand === 0n) return a;
  const exponent = Math.min(a.exponent, b.exponent);
  return dyadic(significandAt(a, exponent) + significandAt(b, exponent), exponent);
}

export function subtract(a: Dyadic, b: Dyadic): Dyadic {
  return add(a, negate(b));
}

export function multiply(a: Dyadic, b: Dyadic): Dyadic {
  const significand = a.significand * b.significand;
  // The product of two odd numbers is odd: already canonical.
  return significand === 0n ? ZERO : { significand, exponent: a.exponent + b.exponent };
}

/** x × 2^power. */
export function scale(x: Dyadic, power: number): Dyadic {
  return x.significand === 0n ? ZERO : { significand: x.significand, exponent: x.exponent + power };
}

/** −1, 0 or 1 as a is below, equal to or above b. */
export function compare(a: Dyadic, b: Dyadic): -1 | 0 | 1 {
  const difference = subtract(a, b).significand;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function equals(a: Dyadic, b: Dyadic): boolean {
  return a.significand === b.significand && a.exponent === b.exponent;
}

export function isZero(x: Dyadic): boolean {
  return x.significand === 0n;
}

/** floor(log2 |x|): the exponent of the leading one. Throws `RangeError` on zero. */
export function leadingExponent(x: Dyadic): number {
  if (x.significand === 0n) throw new RangeError('zero has no leading exponent');
  return x.exponent + bitLength(x.significand) - 1;
}

/** x rounded to an integer multiple of 2^exponent; the multiple (not the value) is returned. */
export function roundToMultiple(x: Dyadic, exponent: number, mode: RoundingMode): bigint {
  return roundScaledBigint(x.significand, x.exponent - exponent, mode);
}

/** x as an exact text, `significand × 2^exponent`, for messages. */
export function format(x: Dyadic): string {
  return `${x.significand} × 2^${x.exponent}`;
}

/** The dyadic of such a text. Throws `RangeError` on any other. */
export function parse(text: string): Dyadic {
  const match = /^(-?\d+) × 2\^(-?\d+)$/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is no dyadic`);
  return dyadic(BigInt(match[1]!), Number(match[2]));
}

/** Number of binary digits of |x|; 0 for 0. */
export function bitLength(x: bigint): number {
  const magnitude = x < 0n ? -x : x;
  if (magnitude === 0n) return 0;
  const hex = magnitude.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex[0]!, 16)));
}

function significandAt(x: Dyadic, exponent: number): bigint {
  return x.significand << BigInt(x.exponent - exponent);
}
