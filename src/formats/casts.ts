/**
 * Casts from float32 to a small format as the field's codebases perform them, quirks included: what they do with
 * NaN, with −0 and beyond the range. Each is checked against what its codebase printed.
 */
import { float32Bits, roundNumber } from '../numerics/index.js';
import { codecOf, type EncodeOptions } from './codec.js';
import type { ElementFormat, FloatFormat } from './element.js';
import { E2M1, E2M3, E3M2, E4M3, E5M2, E8M0, INT4 } from './elements.js';
import {
  bitArithmeticNan,
  exponentFieldRounded,
  type HalfUpMode,
  roundInFloat32,
} from './quantize/foreign-rounding.js';

/** A cast to codes. */
export interface CodeCast {
  readonly kind: 'code';
  readonly name: string;
  readonly element: ElementFormat;
  readonly source: string;
  /** The code of the float32 with these bits. */
  readonly encode: (bits: number, x: number) => number;
}

/** A cast to the nearest value of the format, kept as a float32 (fake quantisation). */
export interface ValueCast {
  readonly kind: 'value';
  readonly name: string;
  readonly element: ElementFormat;
  readonly source: string;
  readonly round: (x: number) => number;
}

export type Cast = CodeCast | ValueCast;

/** The code of a NaN, from its bits. */
type NanRule = (bits: number) => number;

const signBit = (bits: number, weight: number): number => (bits >>> 31) * weight;

/** A cast that is the codec's own, but for NaN and the sign of zero inputs. */
function codecCast(
  name: string,
  element: ElementFormat,
  source: string,
  nan: NanRule,
  options: EncodeOptions = {},
  zeroKeepsSign = true,
): CodeCast {
  const codec = codecOf(element);
  const encode = (bits: number, x: number): number => {
    if (Number.isNaN(x)) return nan(bits);
    return x === 0 && !zeroKeepsSign ? 0 : codec.encode(x, options);
  };
  return { kind: 'code', name, element, source, encode };
}

function valueCast(
  name: string,
  element: ElementFormat,
  source: string,
  round: ValueCast['round'],
): ValueCast {
  return { kind: 'value', name, element, source, round };
}

/** ml_dtypes, for formats without NaN: −0 for a NaN without a sign, 0 for one with. */
function zeroNan(negativeZero: number): NanRule {
  return (bits) => negativeZero - signBit(bits, negativeZero);
}

/** The format's NaN with the sign of the input. */
function signedNan(nanCode: number): NanRule {
  return (bits) => nanCode + signBit(bits, 0x80);
}

const ML_DTYPES = 'ml_dtypes 0.6.0';
const PYTORCH = 'PyTorch 2.13.0';
const TORCHAO = 'torchao 36027d8, prototype/custom_fp_utils.py';
const FOUROVERSIX = 'fouroversix dadfad6, PyTorch back end';
const MICROXCALING = 'microxcaling 7bc4195, mx/elemwise_ops.py';

/** ml_dtypes turns zeros, negative numbers, NaN and what overflows into the NaN of E8M0; PyTorch drops the sign. */
const mlE8m0 = (x: number): number => (x > 0 ? exponentFieldRounded(x) : 0xff);

function torchao(name: string, element: FloatFormat): CodeCast {
  return codecCast(name, element, TORCHAO, (bits) => bitArithmeticNan(element, bits));
}

function microxcaling(name: string, element: FloatFormat, mode: HalfUpMode): ValueCast {
  return valueCast(name, element, MICROXCALING, roundInFloat32(element, mode));
}

/**
 * round(2x)/2, round(x) or 2·round(x/2) by the magnitude of x, without a limit: 7.5 becomes 8. The codebase computes
 * all three and multiplies by masks, so x is NaN where 2x overflows (∞ × 0).
 */
function unboundedE2m1(x: number): number {
  if (!Number.isFinite(Math.fround(2 * x))) return Number.NaN;
  if (x === 0) return 0;
  const step = Math.abs(x) < 2 ? 0.5 : Math.abs(x) < 4 ? 1 : 2;
  return roundNumber(x / step, 'nearest-even') * step;
}

const special: EncodeOptions = { overflow: 'special' };

const ALL: readonly Cast[] = [
  codecCast('ml_float4_e2m1fn', E2M1, ML_DTYPES, zeroNan(0x8)),
  codecCast('ml_float6_e2m3fn', E2M3, ML_DTYPES, zeroNan(0x20)),
  codecCast('ml_float6_e3m2fn', E3M2, ML_DTYPES, zeroNan(0x20)),
  codecCast('ml_float8_e4m3fn', E4M3, ML_DTYPES, signedNan(0x7f), special),
  codecCast('ml_float8_e5m2', E5M2, ML_DTYPES, signedNan(0x7e), special),
  {
    kind: 'code',
    name: 'ml_float8_e8m0fnu',
    element: E8M0,
    source: ML_DTYPES,
    encode: (_bits, x) => mlE8m0(x),
  },
  codecCast('torch_float8_e4m3fn', E4M3, PYTORCH, signedNan(0x7f)),
  codecCast('torch_float8_e5m2', E5M2, PYTORCH, signedNan(0x7f), special),
  {
    kind: 'code',
    name: 'torch_float8_e8m0fnu',
    element: E8M0,
    source: PYTORCH,
    encode: (_bits, x) => exponentFieldRounded(x),
  },
  torchao('ao_e2m1', E2M1),
  torchao('ao_e2m3', E2M3),
  torchao('ao_e3m2', E3M2),
  codecCast('te_ref_e2m1', E2M1, 'TransformerEngine d0067d0, reference_nvfp4.py', () => 0, {}, false),
  valueCast('fo6_e2m1_f32', E2M1, FOUROVERSIX, unboundedE2m1),
  valueCast('fo6_int4', INT4, FOUROVERSIX, (x) => roundNumber(Math.max(-7, Math.min(7, x)), 'nearest-even')),
  microxcaling('mx_e2m1_nearest', E2M1, 'nearest-away-fp32'),
  microxcaling('mx_e2m1_even', E2M1, 'nearest-even-fp32'),
  microxcaling('mx_e2m1_floor', E2M1, 'toward-zero-fp32'),
  microxcaling('mx_e4m3_even', E4M3, 'nearest-even-fp32'),
];

/** Every cast by name, in the spelling of the witness file. */
export const CASTS: ReadonlyMap<string, Cast> = new Map(ALL.map((cast) => [cast.name, cast]));

/** The code of a float32 under a code cast. */
export function castToCode(cast: CodeCast, x: number): number {
  return cast.encode(float32Bits(x), x);
}
