/**
 * Fused NVFP4 unit, the Blackwell mxf4nvf4 step: D = C + 64 products in 4 exact groups of 16, each under two UE4M3
 * scales, aligned by the scale exponents alone at F = 35, rounded toward zero to FP32.
 *
 *   s1_multiply   4 × 16 lanes and trees: 13 bits; significands 8 bits; exponents
 *   s2_maximum    emax over 4 groups, C and the floor −133; |sum| × significands: 20 bits
 *   s3_align      groups 20 + 27 = 47 bits, C 24 + 12 bits, cut at 2^(emax − 35)
 *   s4_add        five terms, 51 bits
 *   s5_round      FP32, toward zero
 */
import { semanticOf } from '../../src/dot/index.js';
import { NVFP4 } from '../../src/formats/index.js';
import { fusedDesign } from './parts/fused-design.js';

export const nvfp4Fused35 = fusedDesign({
  name: 'nvfp4-fused35',
  summary: 'NVFP4 fused step of K = 64: four group sums and C aligned by scale exponents, 35 bits kept',
  models: 'the dot semantic `blackwell-mxf4nvf4` (a model of hardware by MMA-Sim, arXiv 2511.10909)',
  notModelled:
    'the sign of a scale, which that model ignores too; accumulation inside (C and D travel with the step)',
  format: NVFP4,
  semantic: semanticOf('blackwell-mxf4nvf4'),
});
