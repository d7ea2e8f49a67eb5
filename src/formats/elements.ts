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

export const E2M1 = float('e2m1', 2, 1, 'none', OCP_MX);
export const E4M3 = float('e4m3', 4, 3, 'all-ones-nan', OCP_FP8);
/** Block scale of NVFP4 and IF4: the low seven bits of an E4M3 byte. */
export const UE4M3 = float('ue4m3', 4, 3, 'all-ones-nan', 'PTX ISA, mma block scaling: .ue4m3', {
  signed: false,
});
export const E5M2 = float('e5m2', 5, 2, 'ieee', OCP_FP8);
/** A power of two, 2^−127 … 2^127; 0xFF is NaN. There is no zero. */
export const E8M0 = float('e8m0', 8, 0, 'all-ones-nan', OCP_MX, {
  signed: false,
  bias: 127,
  subnormals: false,
});
export const INT4 = integer('int4', 4, 'twos-complement', 'arXiv 2603.28765; −8 is never produced');
export const FP16 = float('fp16', 5, 10, 'ieee', 'IEEE 754-2019 binary16');
export const BF16 = float('bf16', 8, 7, 'ieee', 'bfloat16: the upper half of binary32');
export const FP32 = float('fp32', 8, 23, 'ieee', 'IEEE 754-2019 binary32');

/** Every element and scale format by name. */
export const ELEMENT_FORMATS: ReadonlyMap<string, ElementFormat> = new Map(
  [E2M1, E4M3, UE4M3, E5M2, E8M0, INT4, FP16, BF16, FP32].map((format) => [format.name, format]),
);
