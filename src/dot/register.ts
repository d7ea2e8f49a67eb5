/** FP32 and FP16 registers: their bits as an exact number and back, under a result record. */
import { type FloatFormat, FP16, FP32, minExponent, widthOf } from '../formats/index.js';
import { Dyadic, exponentOf, type RoundingMode, roundNumber, roundScaledBigint } from '../numerics/index.js';
import { FINITE, INFINITE, NOT_A_NUMBER } from './operand.js';
import type { FloatResult } from './semantic.js';

const FORMATS: Record<FloatResult['format'], FloatFormat> = { fp32: FP32, fp16: FP16 };

/** The record of the format that a float result is stored in. */
export function registerFormat(result: FloatResult): FloatFormat {
  return FORMATS[result.format];
}

/** A register's content. value = significand × 2^(exponent − fractionBits), the exponent as the field has it. */
export interface RegisterValue {
  readonly kind: typeof FINITE | typeof INFINITE | typeof NOT_A_NUMBER;
  readonly negative: boolean;
  /** Signed; ±0 both give 0. */
  readonly significand: number;
  readonly exponent: number;
  readonly fractionBits: number;
}

/** Unpacks register bits. Subnormals keep the lowest exponent. */
export function unpackRegister(result: FloatResult, bits: number): RegisterValue {
  const { exponentBits, fractionBits, bias } = FORMATS[result.format];
  const fraction = bits % 2 ** fractionBits;
  const field = Math.floor(bits / 2 ** fractionBits) % 2 ** exponentBits;
  const negative = Math.floor(bits / 2 ** (fractionBits + exponentBits)) % 2 === 1;
  if (field === 2 ** exponentBits - 1) {
    const kind = fraction === 0 ? INFINITE : NOT_A_NUMBER;
    return { kind, negative, significand: 0, exponent: 0, fractionBits };
  }
  const magnitude = field === 0 ? fraction : fraction + 2 ** fractionBits;
  const exponent = Math.max(field, 1) - bias;
  return { kind: FINITE, negative, significand: negative ? -magnitude : magnitude, exponent, fractionBits };
}

/** Infinity of the register's format. */
export function infinityBits(result: FloatResult, negative: boolean): number {
  const { exponentBits, fractionBits } = FORMATS[result.format];
  const infinity = (2 ** exponentBits - 1) * 2 ** fractionBits;
  return negative ? infinity + signBit(result) : infinity;
}

/** The sign bit of the register's format. */
export function signBit(result: FloatResult): number {
  return 2 ** (widthOf(FORMATS[result.format]) - 1);
}

/**
 * Bits of sum × 2^exponent, rounded once by the record. Subnormals are kept; what is zero, or becomes it, is +0; a
 * magnitude of 2^(emax+1) or more is infinity, under truncation too.
 */
export function packRegister(result: FloatResult, sum: bigint, exponent: number): number {
  if (sum === 0n) return 0;
  const format = FORMATS[result.format];
  const negative = sum < 0n;
  const lowest = minExponent(format);
  const top = Math.max(exponent + bitLength(sum) - 1, lowest);
  const magnitude = roundedMagnitude(sum, exponent - (top - result.fractionBits), result.rounding);
  if (magnitude === 0) return 0;
  // Codes are consecutive integers in value order: a carry out of the fraction moves the exponent by itself.
  const place = 2 ** (format.fractionBits - result.fractionBits);
  const code = (top - lowest) * 2 ** format.fractionBits + magnitude * place;
  const infinity = infinityBits(result, false);
  return (negative ? signBit(result) : 0) + Math.min(code, infinity);
}

/** |sum| × 2^shift rounded to an integer of the register's precision; by doubles where they are exact. */
function roundedMagnitude(sum: bigint, shift: number, mode: RoundingMode): number {
  const number = Number(sum);
  const exact = Math.abs(number) < 2 ** 53 && shift > -900;
  return Math.abs(
    exact ? roundNumber(number * 2 ** shift, mode) : Number(roundScaledBigint(sum, shift, mode)),
  );
}

/** Binary digits of |x|, x ≠ 0. */
function bitLength(x: bigint): number {
  const number = Number(x);
  return Math.abs(number) < 2 ** 53 ? exponentOf(number) + 1 : Dyadic.bitLength(x);
}
