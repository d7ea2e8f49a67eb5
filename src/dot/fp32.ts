/**
 * FP32 additions and multiplications on bit patterns, rounded to nearest even. The exact product of two float32 fits a
 * double, and the sum of two rounded first to a double and then to a float32 is the correctly rounded one (a double
 * has more than 2·24 + 2 bits), so `Math.fround` is exact here.
 */
import { bitsToFloat32, float32Bits, type RationalValue } from '../numerics/index.js';

/** The one NaN of this project's FP32 adders. */
const NAN_BITS = 0x7fffffff;

export function addFp32(x: number, y: number): number {
  return bitsOf(bitsToFloat32(x) + bitsToFloat32(y));
}

/** @param factor a number that is exactly a float32. */
export function multiplyFp32(x: number, factor: number): number {
  return bitsOf(bitsToFloat32(x) * factor);
}

/** Bits of a double rounded to FP32; a zero result is +0. */
function bitsOf(x: number): number {
  return Number.isNaN(x) ? NAN_BITS : float32Bits(x === 0 ? 0 : x);
}

/** The float32 nearest to a gain. 6/7 gives 0x3F5B6DB7 and 36/49 gives 0x3F3C14E6, the published MAC's constants. */
export function correctionConstant(gain: RationalValue): number {
  // A quotient of two small integers rounds to the same float32 through a double: it has no 24-bit tie within 2^-53.
  return Math.fround(Number(gain.numerator) / Number(gain.denominator));
}
