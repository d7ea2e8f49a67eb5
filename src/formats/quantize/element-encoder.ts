/** How scaled values become element codes: the deterministic roundings through a table, and the stochastic ones. */
import { exponentOf, type RoundingMode, roundNumber } from '../../numerics/index.js';
import { codecOf, type EncodeOptions } from '../codec.js';
import { type ElementFormat, minExponent, widthOf } from '../element.js';
import { encodeTableOf } from '../encode-table.js';
import type { Policy } from '../policy.js';
import { bitArithmeticNan, halfUpInFloat32 } from './foreign-rounding.js';
import type { RandomSource } from './random-source.js';

/** Writes the codes of the first `count` scaled values. */
export type ElementEncoder = (y: Float32Array, count: number, out: Uint8Array) => void;

/** The encoder of a format under a policy. `random` gives stochastic roundings their bits. */
export function elementEncoder(format: ElementFormat, policy: Policy, random: RandomSource): ElementEncoder {
  const encode = roundingEncoder(format, policy, random);
  const mayBeZero = format.kind === 'float' && policy['negative-zero'] === 'never';
  return mayBeZero ? withoutNegativeZero(encode, format) : encode;
}

/**
 * What inputs are added to before they are scaled: +0 turns −0 into +0 and changes nothing else; −0 changes nothing.
 */
export function zeroAddend(policy: Policy): number {
  return policy['negative-zero'] === 'keep' ? -0 : 0;
}

function roundingEncoder(format: ElementFormat, policy: Policy, random: RandomSource): ElementEncoder {
  const { rounding } = policy;
  if (rounding === 'stochastic') return jitterEncoder(format, random);
  if (rounding === 'stochastic-8-bit') return truncatingEncoder(format, random);
  if (rounding === 'nearest-away-fp32' || rounding === 'nearest-even-fp32') {
    return each(halfUpInFloat32(format, rounding));
  }
  return tableEncoder(format, policy, rounding === 'format' ? undefined : rounding);
}

/** Least width of the formats whose public encoders lose the carry out of a subnormal: E2M3, E3M2 and E4M3. */
const CLAMPED_WIDTH = 6;

/** Options of the codec that a policy asks for. */
export function encodeOptions(format: ElementFormat, policy: Policy, rounding?: RoundingMode): EncodeOptions {
  const clamps = widthOf(format) >= CLAMPED_WIDTH && policy['subnormal-carry'] === 'clamp';
  const subnormalCarry = clamps ? 'clamp' : 'carry';
  return rounding === undefined ? { subnormalCarry } : { rounding, subnormalCarry };
}

function tableEncoder(format: ElementFormat, policy: Policy, rounding?: RoundingMode): ElementEncoder {
  const { shift, step, codes } = encodeTableOf(format, encodeOptions(format, policy, rounding));
  const nanCode = policy['nan-elements'] === 'bit-arithmetic' ? bitArithmeticNan(format, 0xffc00000) : -1;
  let bits: Int32Array = new Int32Array(0);
  return (y, count, out) => {
    if (bits.buffer !== y.buffer || bits.byteOffset !== y.byteOffset || bits.length !== y.length) {
      bits = new Int32Array(y.buffer, y.byteOffset, y.length);
    }
    for (let i = 0; i < count; i++) {
      const word = bits[i]!;
      const bucket = word >>> shift;
      out[i] = codes[2 * bucket + (word >= step[bucket]! ? 1 : 0)]!;
    }
    if (nanCode < 0) return;
    for (let i = 0; i < count; i++) if (Number.isNaN(y[i]!)) out[i] = nanCode;
  };
}

function each(encode: (y: number) => number): ElementEncoder {
  return (y, count, out) => {
    for (let i = 0; i < count; i++) out[i] = encode(y[i]!);
  };
}

/**
 * U − ½ last places are added to |y|, which is then rounded to the nearest, ties to even, in FP32. The last place is
 * that of y before the addition, so a value can be pushed into the next binade.
 */
function jitterEncoder(format: ElementFormat, random: RandomSource): ElementEncoder {
  const { encode, maxValue } = codecOf(format);
  const placeOf = lastPlace(format);
  return (y, count, out) => {
    for (let i = 0; i < count; i++) {
      const value = y[i]!;
      const magnitude = Math.abs(value);
      const place = placeOf(magnitude);
      const jitter = Math.fround(random.uniform() - 0.5);
      const units = roundNumber(Math.fround(magnitude / place + jitter), 'nearest-even');
      const rounded = Math.min(units * place, maxValue);
      // A jitter below −|y| leaves −0, whose sign survives the product with the sign of y.
      out[i] = encode(value < 0 ? -rounded : rounded);
    }
  };
}

/** 8 random bits are added below the last place of |y|, which is then truncated to the grid. */
function truncatingEncoder(format: ElementFormat, random: RandomSource): ElementEncoder {
  const { encode } = codecOf(format);
  const placeOf = lastPlace(format);
  return (y, count, out) => {
    for (let i = 0; i < count; i++) {
      const magnitude = Math.abs(y[i]!);
      const jittered = magnitude + (placeOf(magnitude) * random.bits8()) / 256;
      out[i] = encode(y[i]! < 0 ? -jittered : jittered, { rounding: 'toward-zero' });
    }
  };
}

/** Weight of the last fraction bit at a magnitude; that of the largest binade beyond the range. */
function lastPlace(format: ElementFormat): (magnitude: number) => number {
  if (format.kind === 'integer') return () => 2 ** -format.fractionBits;
  const lowest = minExponent(format);
  const highest = exponentOf(codecOf(format).maxValue);
  return (magnitude) => {
    const exponent = magnitude === 0 ? lowest : exponentOf(magnitude);
    return 2 ** (Math.min(Math.max(exponent, lowest), highest) - format.fractionBits);
  };
}

function withoutNegativeZero(encode: ElementEncoder, format: ElementFormat): ElementEncoder {
  const negativeZero = 2 ** (widthOf(format) - 1);
  return (y, count, out) => {
    encode(y, count, out);
    for (let i = 0; i < count; i++) if (out[i] === negativeZero) out[i] = 0;
  };
}
