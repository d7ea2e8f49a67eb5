/** What the records of the catalogue are put together from: sources, registers, operand rules, passes. */
import { Rational } from '../../numerics/index.js';
import type { DotSemantic, FloatResult, FusedAccumulation, IntegerResult, OperandRule } from '../semantic.js';

export const H200 = 'measured on one NVIDIA H200 (sm_90): 33 to 67 million dots an instruction';
export const MMA_SIM = 'microsoft/MMA-Sim c785138; arXiv 2511.10909';
export const MMA_SIM_ARITHMETIC = `${MMA_SIM}, parameters of its architecture table`;
export const PUBLISHED_MAC = 'mit-han-lab/fouroversix dadfad6, if4_mac/rtl';
export const PROJECT = 'this project';

export const FP32_RZ: FloatResult = {
  kind: 'float',
  format: 'fp32',
  fractionBits: 23,
  rounding: 'toward-zero',
  nanBits: 0x7fffffff,
};
export const FP32_RNE: FloatResult = { ...FP32_RZ, rounding: 'nearest-even' };
export const E8M13_RZ: FloatResult = { ...FP32_RZ, fractionBits: 13 };
export const FP16_RNE: FloatResult = {
  kind: 'float',
  format: 'fp16',
  fractionBits: 10,
  rounding: 'nearest-even',
  nanBits: 0x7fff,
};
export const INT32: IntegerResult = { kind: 'integer', bits: 32 };

/** Elements without block scales. */
export function bare(...elements: string[]): OperandRule {
  return { elements, scales: ['none'], blockSizes: 'any', selector: 'ignored', nanScale: 'nan' };
}

export const FP8 = ['e4m3', 'e5m2'];
export const F8F6F4 = ['e4m3', 'e5m2', 'e2m3', 'e3m2', 'e2m1'];
export const ANYTHING: OperandRule = {
  elements: 'any',
  scales: 'any',
  blockSizes: 'any',
  selector: 'read',
  nanScale: 'nan',
};

/** 4-bit elements of either kind under UE4M3 scales, chosen by the scale's sign bit. */
export const IF4_OPERANDS: OperandRule = {
  elements: ['e2m1', 'int4'],
  scales: ['ue4m3'],
  blockSizes: 'any',
  selector: 'read',
  nanScale: 'nan',
};

/** first, first + 1, …, count of them. */
export function span(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** The common form: one pass over K, every product a term, zero products ignored, floor −133. */
export function fused(
  K: number,
  fractionBits: number,
  overrides: Partial<FusedAccumulation> = {},
): FusedAccumulation {
  return {
    kind: 'fused',
    passes: [span(0, K)],
    addend: 'first-pass',
    terms: { kind: 'products' },
    fractionBits,
    exponentFloor: -133,
    zeroTerms: 'ignored',
    ...overrides,
  };
}

/** K in two halves, the second starting from the first one's result. */
export function halves(K: number): readonly (readonly number[])[] {
  return [span(0, K / 2), span(K / 2, K / 2)];
}

/** K by the second bit of the position: k mod 4 < 2, then the others. */
export function interleavedPairs(K: number): readonly (readonly number[])[] {
  const all = span(0, K);
  return [all.filter((k) => k % 4 < 2), all.filter((k) => k % 4 >= 2)];
}

/** A record without the fields that most semantics share. */
export type Sketch = Omit<DotSemantic, 'result' | 'addend' | 'resultFactor'> & Partial<DotSemantic>;

export function semantic(sketch: Sketch): DotSemantic {
  return { result: FP32_RZ, addend: 'taken', resultFactor: Rational.rational(1n), ...sketch };
}
