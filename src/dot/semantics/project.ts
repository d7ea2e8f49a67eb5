/** Semantics of this project, and of the published IF4 MAC. */
import { Rational } from '../../numerics/index.js';
import type { DotSemantic } from '../semantic.js';
import { ANYTHING, FP32_RNE, IF4_OPERANDS, PROJECT, PUBLISHED_MAC, semantic } from './parts.js';

/** Semantics of this project: exact sums, and FP32 adders as an ASIC would place them. */
export const PROJECT_SEMANTICS: readonly DotSemantic[] = [
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
