/**
 * Exact doubles brought into a register's format, and register bits as numbers. A rounder keeps NaN and infinities,
 * gives +0 for everything that becomes zero, and Infinity for everything beyond the register's range.
 */
import type { FloatResult, ResultFormat } from '../../dot/index.js';
import { codecOf, FP16 } from '../../formats/index.js';
import { bitsToFloat32, exponentOf, float32Bits } from '../../numerics/index.js';

/** An exact double to the value of a register. */
export type Rounder = (x: number) => number;

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);
const BEYOND_FP32 = 2 ** 128;
/** Adding and subtracting this rounds a magnitude below 2^51 to an integer, ties to even. */
const ROUND_TO_INTEGER = 1.5 * 2 ** 52;

const RANGES = {
  fp16: { lowest: -14, beyond: 2 ** 16 },
  fp32: { lowest: -126, beyond: BEYOND_FP32 },
} as const;

/** The rounder of a register; null for rounding modes that the kernels do not have. */
export function rounderOf({ format, fractionBits, rounding }: FloatResult): Rounder | null {
  if (rounding !== 'toward-zero' && rounding !== 'nearest-even') return null;
  const whole = format === 'fp32' && fractionBits === 23;
  if (whole) return rounding === 'toward-zero' ? towardZeroFp32 : (x) => Math.fround(x) + 0;
  const { lowest, beyond } = RANGES[format];
  const toInteger = rounding === 'toward-zero' ? Math.trunc : toEven;
  return (x) => {
    if (!Number.isFinite(x) || x === 0) return x + 0;
    const unit = 2 ** (Math.max(exponentOf(x), lowest) - fractionBits);
    const rounded = toInteger(x / unit) * unit + 0;
    return Math.abs(rounded) < beyond ? rounded : rounded * Number.POSITIVE_INFINITY;
  };
}

function toEven(x: number): number {
  return x + ROUND_TO_INTEGER - ROUND_TO_INTEGER;
}

/** The float32 nearest to x in the direction of zero. */
export function towardZeroFp32(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude >= BEYOND_FP32) return x * Number.POSITIVE_INFINITY;
  float[0] = x;
  if (Math.abs(float[0]) > magnitude) word[0] = word[0]! - 1; // one place closer to zero, infinity included
  return float[0] + 0;
}

/**
 * x + y rounded once to the nearest float32, ties to even, for any doubles: the rounding error of the double sum is
 * exact (Knuth's two-sum), and where there is one the sum is moved to the neighbour with an odd significand, which
 * no later rounding to fewer bits can mistake for a tie.
 */
export function addToFloat32(x: number, y: number): number {
  const sum = x + y;
  const part = sum - x;
  const error = x - (sum - part) + (y - part);
  const exact = error === 0 || Number.isNaN(error); // NaN: an operand or the sum is not finite
  return Math.fround(exact ? sum : towardOdd(sum, error)) + 0;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer); // little endian: word 0 is the low half

function towardOdd(sum: number, error: number): number {
  double[0] = sum;
  if ((words[0]! & 1) === 1) return sum;
  // An even significand: step to the odd neighbour on the error's side.
  if (error > 0 === sum > 0) words[0] = words[0]! + 1;
  else {
    if (words[0] === 0) words[1] = words[1]! - 1;
    words[0] = words[0]! - 1;
  }
  return double[0];
}

/** Whether a register is plain FP32, rounded to nearest even. */
export function isFp32Nearest(result: ResultFormat): result is FloatResult {
  return (
    result.kind === 'float' &&
    result.format === 'fp32' &&
    result.fractionBits === 23 &&
    result.rounding === 'nearest-even'
  );
}

/** Register bits as a number, and a number's register bits. */
export interface RegisterCodec {
  decode(bits: number): number;
  /** @param x a value of the register, or NaN */
  encode(x: number): number;
}

export function registerCodec({ format, nanBits }: FloatResult): RegisterCodec {
  const half = codecOf(FP16);
  const [decode, encode] =
    format === 'fp16'
      ? [half.decode, (x: number) => half.encode(x, { overflow: 'special' })]
      : [bitsToFloat32, float32Bits];
  return { decode, encode: (x) => (Number.isNaN(x) ? nanBits : encode(x)) };
}
