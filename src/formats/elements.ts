/**
 * The catalogue of element and scale formats. To add a format, add a record here and a witness table to the tests.
 */
import type { ElementFormat, FloatFormat, IntegerFormat } from './element.js';

const OCP_MX = 'OCP Microscaling Formats (MX) Specification v1.0';
const OCP_FP8 = 'OCP 8-bit Floating Point Specification (OFP8) v1.0';

/** An ExMy format of the OCP kind: signed, bias 2^(x−1) − 1, with subnormals. */
function float(
  name: string,
  exponentBits: number,
  fractionBits: number,
  specials: FloatFormat['specials'],
  source: string,
  overrides: Partial<FloatFormat> = {},
): FloatFormat {
  return {
    kind: 'float',
    name,
    signed: true,
    exponentBits,
    fractionBits,
    bias: 2 ** (exponentBits - 1) - 1,
    subnormals: true,
    specials,
    source,
    ...overrides,
  };
}

function integer(
  name: string,
  bits: number,
  representation: IntegerFormat['representation'],
  source: string,
  overrides: Partial<IntegerFormat> = {},
): IntegerFormat {
  const maxMagnitude = 2 ** (bits - 1) - 1;
  return { kind: 'integer', name, bits, representation, fractionBits: 0, maxMagnitude, source, ...overrides };
}

const FOUROVERSIX = 'fouroversix, src/fouroversix/quantize';
const HIFLOAT4 = 'HiFloat4, hif4_gpu/quant_cy/base/QFuncs/hifx.py';
const ML_DTYPES = 'ml_dtypes, README';

export const E2M1 = float('e2m1', 2, 1, 'none', OCP_MX);
export const E1M2 = float(
  'e1m2',
  1,
  2,
  'none',
  'generic ExMy; arXiv 2605.31035 (abstract) as a 4-bit choice',
);
export const E3M0 = float('e3m0', 3, 0, 'none', 'generic ExMy');
/** FP3: 0, 1, 2, 4. Its public encoder sends ties down. */
export const E2M0 = float('e2m0', 2, 0, 'none', FOUROVERSIX, { rounding: 'nearest-down' });
export const E2M3 = float('e2m3', 2, 3, 'none', OCP_MX);
export const E3M2 = float('e3m2', 3, 2, 'none', OCP_MX);
export const E4M3 = float('e4m3', 4, 3, 'all-ones-nan', OCP_FP8);
/** Block scale of NVFP4 and IF4: the low seven bits of an E4M3 byte. */
export const UE4M3 = float('ue4m3', 4, 3, 'all-ones-nan', 'PTX ISA, mma block scaling: .ue4m3', {
  signed: false,
});
export const E5M2 = float('e5m2', 5, 2, 'ieee', OCP_FP8);
export const E4M3_IEEE = float('e4m3-ieee', 4, 3, 'ieee', ML_DTYPES);
export const E3M4 = float('e3m4', 3, 4, 'ieee', ML_DTYPES);
export const E4M3_FNUZ = float('e4m3-fnuz', 4, 3, 'negative-zero-nan', ML_DTYPES, { bias: 8 });
export const E5M2_FNUZ = float('e5m2-fnuz', 5, 2, 'negative-zero-nan', ML_DTYPES, { bias: 16 });
/** A power of two, 2^−127 … 2^127; 0xFF is NaN. There is no zero. */
export const E8M0 = float('e8m0', 8, 0, 'all-ones-nan', OCP_MX, {
  signed: false,
  bias: 127,
  subnormals: false,
});
/** Block scale of HiF4: 2^−48 … 1.5 × 2^15; 0xFF is NaN. There is no zero. */
export const E6M2 = float('e6m2', 6, 2, 'all-ones-nan', HIFLOAT4, {
  signed: false,
  bias: 48,
  subnormals: false,
});
/** The scale of formats without block scales: no bits, always 1. */
export const UNIT = float('unit', 0, 0, 'none', 'a format without block scales', {
  signed: false,
  bias: 0,
  subnormals: false,
});

export const INT3 = integer('int3', 3, 'sign-magnitude', FOUROVERSIX);
export const INT4 = integer('int4', 4, 'twos-complement', 'arXiv 2603.28765; −8 is never produced');
export const INT4_SIGN_MAGNITUDE = integer('int4-sm', 4, 'sign-magnitude', 'INT4 as sign and magnitude');
export const INT6 = integer('int6', 6, 'sign-magnitude', FOUROVERSIX);
export const INT3_TWOS_COMPLEMENT = integer(
  'int3-tc',
  3,
  'twos-complement',
  'INT3 in two’s complement; −4 is never produced',
);
export const INT6_TWOS_COMPLEMENT = integer(
  'int6-tc',
  6,
  'twos-complement',
  'INT6 in two’s complement; −32 is never produced',
);
export const INT8 = integer('int8', 8, 'twos-complement', 'PTX ISA, mma .s8; −128 is never produced');
export const INT8_SIGN_MAGNITUDE = integer('int8-sm', 8, 'sign-magnitude', 'INT8 as sign and magnitude');
/** Element of HiF4: a sign and 0 … 1.75 in steps of 1/4. Halves go up, and unlike an integer it has −0. */
export const S1P2 = float('s1p2', 0, 3, 'none', HIFLOAT4, { bias: 0, rounding: 'nearest-away' });

export const FP16 = float('fp16', 5, 10, 'ieee', 'IEEE 754-2019 binary16');
/** 19 bits: what a tensor core reads of an FP32 register in TF32 mode. */
export const TF32 = float('tf32', 8, 10, 'ieee', 'PTX ISA, .tf32');
export const BF16 = float('bf16', 8, 7, 'ieee', 'bfloat16: the upper half of binary32');
export const FP32 = float('fp32', 8, 23, 'ieee', 'IEEE 754-2019 binary32');

const ALL: readonly ElementFormat[] = [
  ...[E2M1, E1M2, E3M0, E2M0, E2M3, E3M2, E4M3, UE4M3, E5M2, E4M3_IEEE, E3M4, E4M3_FNUZ, E5M2_FNUZ],
  ...[
    E8M0,
    E6M2,
    UNIT,
    S1P2,
    INT3,
    INT3_TWOS_COMPLEMENT,
    INT4,
    INT4_SIGN_MAGNITUDE,
    INT6,
    INT6_TWOS_COMPLEMENT,
    INT8,
    INT8_SIGN_MAGNITUDE,
  ],
  ...[FP16, BF16, TF32, FP32],
];

/** Every element and scale format by name. */
export const ELEMENT_FORMATS: ReadonlyMap<string, ElementFormat> = new Map(
  ALL.map((format) => [format.name, format]),
);
