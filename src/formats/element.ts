/**
 * What a number format is: plain records. Everything else (tables, encoders, decoders in hardware, documentation)
 * is derived from them; see `codec.ts`.
 */
import type { RoundingMode } from '../numerics/index.js';

/**
 * A floating-point format, in the field layout sign | exponent | fraction from the most significant bit down.
 * value = (−1)^s × 2^(e − bias) × 1.f, and 2^(1 − bias) × 0.f for e = 0 when the format has subnormals.
 */
export interface FloatFormat {
  readonly kind: 'float';
  /** The field's name in lower case: `e2m1`, `ue4m3`, `fp32`. */
  readonly name: string;
  readonly signed: boolean;
  /** Width of the exponent field in bits. */
  readonly exponentBits: number;
  /** Width of the fraction field in bits, without the hidden one. */
  readonly fractionBits: number;
  readonly bias: number;
  /** Whether exponent code 0 means 0.f (and so includes zero). Without it, code 0 is an ordinary exponent. */
  readonly subnormals: boolean;
  /**
   * Which codes are not numbers:
   * - `none`: every code is a number;
   * - `ieee`: the largest exponent code holds infinity (f = 0) and NaN (f ≠ 0);
   * - `all-ones-nan`: only the code with all exponent and fraction bits set is NaN, there is no infinity ("fn");
   * - `all-ones-infinity`: the same code is infinity, there is no NaN;
   * - `negative-zero-nan`: the code that would be −0 is the only NaN, there is no infinity ("fnuz").
   */
  readonly specials: 'none' | 'ieee' | 'all-ones-nan' | 'all-ones-infinity' | 'negative-zero-nan';
  /** How encoders round unless told otherwise; nearest-even where absent. */
  readonly rounding?: RoundingMode;
  /** The specification, or the repository and path, that the record was written from. */
  readonly source: string;
}

/** A fixed-point format: integer × 2^−fractionBits. */
export interface IntegerFormat {
  readonly kind: 'integer';
  readonly name: string;
  /** Total width of a code, sign included. */
  readonly bits: number;
  readonly representation: 'twos-complement' | 'sign-magnitude';
  /** Position of the binary point: the step is 2^−fractionBits. */
  readonly fractionBits: number;
  /**
   * Largest magnitude (as an integer, before the binary point) that an encoder produces. Two's complement codes
   * below −maxMagnitude decode, but are never produced; nor is the negative zero of sign-magnitude.
   */
  readonly maxMagnitude: number;
  /** How encoders round unless told otherwise; nearest-even where absent. */
  readonly rounding?: RoundingMode;
  readonly source: string;
}

export type ElementFormat = FloatFormat | IntegerFormat;

/** Width of a code in bits. */
export function widthOf(format: ElementFormat): number {
  if (format.kind === 'integer') return format.bits;
  return (format.signed ? 1 : 0) + format.exponentBits + format.fractionBits;
}

/** Exponent of the smallest normal number, which is also that of the subnormals. */
export function minExponent(format: FloatFormat): number {
  return (format.subnormals ? 1 : 0) - format.bias;
}

/** Whether some code of the format is NaN. */
export function hasNan(format: ElementFormat): boolean {
  return format.kind === 'float' && format.specials !== 'none' && format.specials !== 'all-ones-infinity';
}
