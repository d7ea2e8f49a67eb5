/** bfloat16 as a precision of arithmetic: the upper half of a float32. */
import { bitsToFloat32, float32Bits } from '../numerics/index.js';

/**
 * The float32 nearest to x, rounded once more to bfloat16, ties to even. What overflows becomes infinite; NaN stays.
 * The same as the codec of `BF16`, on bits.
 */
export function toBf16(x: number): number {
  const bits = float32Bits(x);
  if ((bits & 0x7fffffff) > 0x7f800000) return Number.NaN;
  const lastPlace = (bits >>> 16) & 1;
  return bitsToFloat32(((bits + 0x7fff + lastPlace) & 0xffff0000) >>> 0);
}
