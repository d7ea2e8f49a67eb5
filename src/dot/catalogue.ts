/**
 * The catalogue of dot-product semantics. To add one: a record here, and a witness for it in the tests.
 *
 * What is not modelled: the 29 of 67,108,864 silicon results of f16 accumulators that are f16-subnormal and lie next
 * to a tie.
 */
import { ConfigurationError, Rational, suggest } from '../numerics/index.js';
import type { DotSemantic, FloatResult, FusedAccumulation, IntegerResult, OperandRule } from './semantic.js';

const H200 = 'measured on one NVIDIA H200 (sm_90): 33 to 67 million dots an instruction';
const MMA_SIM = 'microsoft/MMA-Sim c785138; arXiv 2511.10909';
const MMA_SIM_ARITHMETIC = `${MMA_SIM}, parameters of its architecture table`;
const PUBLISHED_MAC = 'mit-han-lab/fouroversix dadfad6, if4_mac/rtl';
const PROJECT = 'this project';

const FP32_RZ: FloatResult = {
  kind: 'float',
  format: 'fp32',
  fractionBits: 23,
  rounding: 'toward-zero',
  nanBits: 0x7fffffff,
};
const FP32_RNE: FloatResult = { ...FP32_RZ, rounding: 'nearest-even' };
const E8M13_RZ: FloatResult = { ...FP32_RZ, fractionBits: 13 };
const FP16_RNE: FloatResult = {
  kind: 'float',
  format: 'fp16',
  fractionBits: 10,
  rounding: 'nearest-even',
  nanBits: 0x7fff,
};
const INT32: IntegerResult = { kind: 'integer', bits: 32 };

/** Elements without block scales. */
function bare(...elements: string[]): OperandRule {
  return { elements, scales: ['none'], blockSizes: 'any', selector: 'ignored', nanScale: 'nan' };
}

const FP8 = ['e4m3', 'e5m2'];
const F8F6F4 = ['e4m3', 'e5m2', 'e2m3', 'e3m2', 'e2m1'];
const ANYTHING: OperandRule = {
  elements: 'any',
  scales: 'any',
  blockSizes: 'any',
  selector: 'read',
  nanScale: 'nan',
};

/** 4-bit elements of either kind under UE4M3 scales, chosen by the scale's sign bit. */
const IF4_OPERANDS: OperandRule = {
  elements: ['e2m1', 'int4'],
  scales: ['ue4m3'],
  blockSizes: 'any',
  selector: 'read',
  nanScale: 'nan',
};

/** first, first + 1, …, count of them. */
function span(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** The common form: one pass over K, every product a term, zero products ignored, floor −133. */
function fused(
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
function halves(K: number): readonly (readonly number[])[] {
  return [span(0, K / 2), span(K / 2, K / 2)];
}

/** K by the second bit of the position: k mod 4 < 2, then the others. */
function interleavedPairs(K: number): readonly (readonly number[])[] {
  const all = span(0, K);
  return [all.filter((k) => k % 4 < 2), all.filter((k) => k % 4 >= 2)];
}

/** A record without the fields that most semantics share. */
type Sketch = Omit<DotSemantic, 'result' | 'addend' | 'resultFactor'> & Partial<DotSemantic>;

function semantic(sketch: Sketch): DotSemantic {
  return { result: FP32_RZ, addend: 'taken', resultFactor: Rational.rational(1n), ...sketch };
}

/** Semantics of this project: exact sums, and FP32 adders as an ASIC would place them. */
const PROJECT_SEMANTICS: readonly DotSemantic[] = [
  semantic({
    name: 'exact',
    summary: 'wide fixed-point accumulator, one rounding to nearest even at the end of K',
    source: `${PROJECT}; Kulisch, "Computer Arithmetic and Validity"`,
    evidence: 'project',
    operands: ANYTHING,
    stepK: 'block',
    accumulation: { kind: 'exact', headroomBits: 10, boundGroup: 16, result: 'value' },
    result: FP32_RNE,
  }),
  semantic({
    name: 'exact49',
    summary: 'IF4 on the 1/49 grid: scales × 7 (float blocks) or × 6 (int blocks), one exact accumulator',
    source: PROJECT,
    evidence: 'project',
    operands: IF4_OPERANDS,
    stepK: 'block',
    accumulation: { kind: 'exact', headroomBits: 10, boundGroup: 16, result: 'grid' },
    result: FP32_RNE,
    resultFactor: Rational.rational(1n, 49n),
  }),
  semantic({
    name: 'three-accumulators',
    summary:
      'IF4 with one exact register for float·float, mixed and int·int blocks, corrected once at the end of K',
    source: PROJECT,
    evidence: 'project',
    operands: IF4_OPERANDS,
    stepK: 'block',
    accumulation: { kind: 'per-choice', headroomBits: 10, boundGroup: 16 },
    result: FP32_RNE,
  }),
  semantic({
    name: 'fp32-per-block',
    summary: 'exact block sum × scale product, one FP32 addition (nearest even) a block',
    source: PROJECT,
    evidence: 'project',
    operands: { ...ANYTHING, selector: 'ignored' },
    stepK: 'block',
    accumulation: { kind: 'per-block', correction: 'none' },
    result: FP32_RNE,
  }),
  semantic({
    name: 'fp32-correct',
    summary: 'fp32-per-block, with the scale product of int blocks multiplied by 6/7 (or 36/49) in FP32',
    source: `${PROJECT}; constants of ${PUBLISHED_MAC}`,
    evidence: 'project',
    operands: IF4_OPERANDS,
    stepK: 'block',
    accumulation: { kind: 'per-block', correction: 'fp32' },
    result: FP32_RNE,
  }),
  semantic({
    name: 'published-mac',
    summary: 'the published IF4/NVFP4 MAC: 16 FP32 lane accumulators, pairwise tree at the end of K',
    source: PUBLISHED_MAC,
    evidence: 'model',
    operands: { ...IF4_OPERANDS, blockSizes: [16], nanScale: 'largest-finite' },
    stepK: 16,
    accumulation: { kind: 'lanes', lanes: 16, subnormals: 'flushed', firstProduct: 'loaded' },
    result: FP32_RNE,
    addend: 'refused',
  }),
];

/** Measured on Hopper. */
const HOPPER_SEMANTICS: readonly DotSemantic[] = [
  semantic({
    name: 'hopper-wgmma-fp8',
    summary: 'Hopper wgmma, FP8 to FP32: 13 fraction bits, E8M13 results',
    source: H200,
    evidence: 'silicon',
    operands: bare(...FP8, 'e2m1'),
    stepK: 32,
    accumulation: fused(32, 13),
    result: E8M13_RZ,
  }),
  semantic({
    name: 'hopper-wgmma-fp8-f16',
    summary: 'Hopper wgmma, FP8 to FP16',
    source: H200,
    evidence: 'silicon',
    operands: bare(...FP8, 'e2m1'),
    stepK: 32,
    accumulation: fused(32, 13),
    result: FP16_RNE,
  }),
  semantic({
    name: 'hopper-mma-fp8',
    summary: 'Hopper mma.sync, FP8 to FP32: two 16-bit passes from zero, then one FP32 addition of C',
    source: H200,
    evidence: 'silicon',
    operands: bare(...FP8, 'e2m1'),
    stepK: 32,
    accumulation: fused(32, 25, { passes: interleavedPairs(32), addend: 'after-last-pass' }),
  }),
  semantic({
    name: 'hopper-mma-fp8-f16',
    summary: 'Hopper mma.sync, FP8 to FP16: two passes rounded to FP16, then one FP16 addition of C',
    source: H200,
    evidence: 'silicon',
    operands: bare(...FP8, 'e2m1'),
    stepK: 32,
    accumulation: fused(32, 25, { passes: interleavedPairs(32), addend: 'after-last-pass' }),
    result: FP16_RNE,
  }),
  semantic({
    name: 'hopper-f16',
    summary: 'Hopper wgmma and mma.sync, FP16 or BF16 to FP32, K = 16',
    source: H200,
    evidence: 'silicon',
    operands: bare('fp16', 'bf16'),
    stepK: 16,
    accumulation: fused(16, 25),
  }),
  semantic({
    name: 'hopper-tf32',
    summary: 'Hopper wgmma and mma.sync, TF32 to FP32, K = 8',
    source: H200,
    evidence: 'silicon',
    operands: bare('tf32'),
    stepK: 8,
    accumulation: fused(8, 25),
  }),
  semantic({
    name: 'hopper-f16-f16',
    summary: 'Hopper wgmma and mma.sync, FP16 to FP16, K = 16',
    source: H200,
    evidence: 'silicon',
    operands: bare('fp16'),
    stepK: 16,
    accumulation: fused(16, 25),
    result: FP16_RNE,
  }),
  semantic({
    name: 's8-s32',
    summary: 'INT8 to INT32: exact, wraps modulo 2^32',
    source: H200,
    evidence: 'silicon',
    operands: bare('int8', 'int4'),
    stepK: 32,
    accumulation: { kind: 'integer' },
    result: INT32,
  }),
];

/** Models of hardware that was not at hand. */
const MODELLED_SEMANTICS: readonly DotSemantic[] = [
  semantic({
    name: 'blackwell-mxf4nvf4',
    summary: 'Blackwell mxf4nvf4, K = 64: exact sums of 16 × scales, aligned by the scale exponents, F = 35',
    source: MMA_SIM,
    evidence: 'model',
    operands: {
      elements: ['e2m1'],
      scales: ['ue4m3', 'e8m0'],
      blockSizes: [16, 32],
      selector: 'ignored',
      nanScale: 'nan',
    },
    stepK: 64,
    accumulation: fused(64, 35, { terms: { kind: 'groups', size: 16 }, zeroTerms: 'scale-exponents' }),
  }),
  semantic({
    name: 'blackwell-mxf8f6f4',
    summary: 'Blackwell mxf8f6f4, K = 32: scale exponents added to every product exponent, F = 25',
    source: MMA_SIM,
    evidence: 'model',
    operands: {
      elements: F8F6F4,
      scales: ['e8m0'],
      blockSizes: [32],
      selector: 'ignored',
      nanScale: 'nan',
    },
    stepK: 32,
    accumulation: fused(32, 25),
  }),
  semantic({
    name: 'blackwell-f8f6f4',
    summary: 'Blackwell tcgen05 f8f6f4 without scales, K = 32, F = 25',
    source: MMA_SIM,
    evidence: 'model',
    operands: bare(...F8F6F4),
    stepK: 32,
    accumulation: fused(32, 25),
  }),
  semantic({
    name: 'blackwell-f8f6f4-f16',
    summary: 'Blackwell tcgen05 f8f6f4 to FP16, K = 32, F = 25',
    source: MMA_SIM,
    evidence: 'model',
    operands: bare(...F8F6F4),
    stepK: 32,
    accumulation: fused(32, 25),
    result: FP16_RNE,
  }),
  semantic({
    name: 'ada-mma-fp8',
    summary: 'Ada mma.sync FP8, K = 32 as 16 + 16, F = 13, E8M13 results',
    source: MMA_SIM,
    evidence: 'model',
    operands: bare(...FP8),
    stepK: 32,
    accumulation: fused(32, 13, { passes: halves(32) }),
    result: E8M13_RZ,
  }),
  semantic({
    name: 'volta-f16',
    summary: 'Volta FP16 to FP32, K = 4, F = 23',
    source: MMA_SIM_ARITHMETIC,
    evidence: 'model',
    operands: bare('fp16'),
    stepK: 4,
    accumulation: fused(4, 23),
  }),
  semantic({
    name: 'turing-f16',
    summary: 'Turing FP16 to FP32, K = 8, F = 24',
    source: MMA_SIM_ARITHMETIC,
    evidence: 'model',
    operands: bare('fp16'),
    stepK: 8,
    accumulation: fused(8, 24),
  }),
  semantic({
    name: 'ampere-f16',
    summary: 'Ampere and Ada FP16 or BF16 to FP32, K = 16 as 8 + 8, F = 24',
    source: MMA_SIM_ARITHMETIC,
    evidence: 'model',
    operands: bare('fp16', 'bf16'),
    stepK: 16,
    accumulation: fused(16, 24, { passes: halves(16) }),
  }),
  semantic({
    name: 'cdna3-fp8',
    summary: 'AMD CDNA3 FP8, K = 32 as 16 + 16: even and odd sums, alignment rounds down, RNE',
    source: MMA_SIM,
    evidence: 'model',
    operands: bare('e4m3-fnuz', 'e5m2-fnuz'),
    stepK: 32,
    accumulation: {
      kind: 'two-stage',
      groupSize: 16,
      fractionBits: 24,
      sumFractionBits: 31,
      addendFractionBits: 24,
      addendReach: 25,
      alignment: 'toward-negative',
    },
    result: { ...FP32_RNE, nanBits: 0x7fc00001 },
  }),
];

/**
 * The same semantic as MMA-Sim computes it where that is known to differ from silicon: a zero operand has exponent
 * −126 instead of being left out, and emax is never below −126. Named `<semantic>/mma-sim`.
 */
export function asMmaSim(base: DotSemantic): DotSemantic {
  if (base.accumulation.kind !== 'fused') return base;
  const accumulation: FusedAccumulation = {
    ...base.accumulation,
    exponentFloor: -126,
    zeroTerms: 'operand-floor',
  };
  return {
    ...base,
    name: `${base.name}/mma-sim`,
    summary: `${base.summary}; zeros and floor as in MMA-Sim`,
    source: MMA_SIM,
    evidence: 'model',
    accumulation,
  };
}

const BASE = [...PROJECT_SEMANTICS, ...HOPPER_SEMANTICS, ...MODELLED_SEMANTICS];
const MMA_SIM_COVERED = [
  'blackwell-mxf4nvf4',
  'blackwell-mxf8f6f4',
  'blackwell-f8f6f4',
  'blackwell-f8f6f4-f16',
  'hopper-wgmma-fp8',
  'hopper-wgmma-fp8-f16',
  'ada-mma-fp8',
];

/** Every semantic by name. */
export const DOT_SEMANTICS: ReadonlyMap<string, DotSemantic> = new Map(
  [...BASE, ...BASE.filter((s) => MMA_SIM_COVERED.includes(s.name)).map(asMmaSim)].map((s) => [s.name, s]),
);

/** What a tool uses when none is named. */
export const DEFAULT_SEMANTIC = 'blackwell-mxf4nvf4';

/** The semantic called `name`; a `ConfigurationError` with the nearest name if there is none. */
export function semanticOf(name: string): DotSemantic {
  const found = DOT_SEMANTICS.get(name);
  if (found === undefined) {
    throw new ConfigurationError(`unknown dot semantic "${name}"`, suggest(name, DOT_SEMANTICS.keys()));
  }
  return found;
}
