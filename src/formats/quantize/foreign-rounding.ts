/**
 * Roundings of other codebases that no rounding mode describes: arithmetic in FP32 that is not exact, and integer
 * arithmetic on bits that has a result for NaN.
 */
import { bitsToFloat32, float32Bits } from '../../numerics/index.js';
import { codecOf } from '../codec.js';
import { type ElementFormat, type FloatFormat, minExponent, widthOf } from '../element.js';

const f = Math.fround;

export type HalfUpMode = 'nearest-away-fp32' | 'nearest-even-fp32' | 'toward-zero-fp32';

/**
 * microxcaling's element rounding, as a value: the exponent is floor(log2 |x|) in FP32 (so that numbers just below a
 * power of two take the next exponent), and halves are found by adding ½ in FP32 (so that the largest number below ½
 * rounds up). Infinities stay, NaN stays, and what overflows on the way becomes NaN.
 * Source: microxcaling, mx/elemwise_ops.py, _quantize_elemwise_core and _round_mantissa.
 */
export function roundInFloat32(format: FloatFormat, mode: HalfUpMode): (x: number) => number {
  const { maxValue } = codecOf(format);
  const lowest = minExponent(format);
  const span = 2 ** format.fractionBits;
  return (x) => {
    if (!Number.isFinite(x)) return x;
    const exponent = Math.max(Math.floor(f(Math.log2(x === 0 ? 1 : Math.abs(x)))), lowest);
    const power = f(2 ** exponent);
    const significand = roundSignificand(f(f(x / power) * span), mode);
    const value = f(f(significand / span) * power);
    return Number.isNaN(value) ? value : Math.max(-maxValue, Math.min(maxValue, value));
  };
}

function roundSignificand(x: number, mode: HalfUpMode): number {
  const magnitude = Math.abs(x);
  const sign = x === 0 ? 0 : Math.sign(x);
  if (mode === 'toward-zero-fp32') return sign * Math.floor(magnitude);
  const up = Math.floor(f(magnitude + 0.5));
  return sign * (mode === 'nearest-even-fp32' && f(magnitude - 0.5) % 2 === 0 ? up - 1 : up);
}

/** The same as codes, for a format without NaN. */
export function halfUpInFloat32(format: ElementFormat, mode: HalfUpMode): (x: number) => number {
  const { encode } = codecOf(format);
  if (format.kind !== 'float') return encode;
  const round = roundInFloat32(format, mode);
  return (x) => {
    const value = round(x);
    return encode(Number.isNaN(value) ? 0 : value);
  };
}

/**
 * The code that shifts and adds on the bits of a NaN give, in an encoder whose only guards are "at least the largest
 * normal" and "below the smallest normal", both false for NaN.
 * Source: torchao, prototype/custom_fp_utils.py, _f32_to_floatx_unpacked.
 */
export function bitArithmeticNan(format: ElementFormat, nanBits: number): number {
  if (format.kind !== 'float') return 0;
  const drop = 23 - format.fractionBits;
  const magnitude = nanBits & 0x7fffffff;
  const odd = (magnitude >>> drop) & 1;
  const rebiased = magnitude + ((format.bias - 127) << 23) + (2 ** (drop - 1) - 1) + odd;
  const sign = (nanBits >>> 31) << (widthOf(format) - 1);
  return ((rebiased >>> drop) | sign) & 0xff;
}

/**
 * E8M0 from the bits of |x|: the exponent field, one more if the fraction rounds up (ties up, except at exponent
 * field 0). Unlike rounding the value, this sends float32 subnormals above 2^−127 to 2^−126.
 * Source: PyTorch, c10/util/Float8_e8m0fnu.h; ml_dtypes agrees.
 */
export function exponentFieldRounded(x: number): number {
  const bits = float32Bits(Math.abs(x));
  const field = bits >>> 23;
  const fraction = bits & 0x7fffff;
  const up = fraction > 0x400000 || (fraction === 0x400000 && field > 0);
  return Number.isFinite(bitsToFloat32(bits)) ? Math.min(field + (up ? 1 : 0), 0xff) : 0xff;
}
