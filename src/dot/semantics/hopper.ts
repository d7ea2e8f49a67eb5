/**
 * Hopper, measured on silicon.
 *
 * What is not modelled: the 29 of 67,108,864 results of f16 accumulators that are f16-subnormal and lie next to a tie.
 */
import type { DotSemantic } from '../semantic.js';
import { bare, E8M13_RZ, FP8, FP16_RNE, fused, H200, INT32, interleavedPairs, semantic } from './parts.js';

/** Measured on Hopper. */
export const HOPPER_SEMANTICS: readonly DotSemantic[] = [
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
