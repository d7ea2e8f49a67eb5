/**
 * Fused MXFP4 unit, the Blackwell mxf4nvf4 step with E8M0 scales in blocks of 32: D = C + 64 products in 4 exact groups
 * of 16 (two groups share their scales), aligned by the scale exponents at F = 35, rounded toward zero to FP32.
 *
 *   s1_multiply   4 × 16 lanes and trees: 13 bits; exponents −254 to 256 (the NaN code included)
 *   s2_maximum    emax over 4 groups, C and the floor −133
 *   s3_align      groups 12 + 33 = 45 bits, C 24 + 12 bits, cut at 2^(emax − 35)
 *   s4_add        five terms
 *   s5_round      FP32, toward zero; overflow to infinity, subnormals kept
 */
import { semanticOf } from '../../src/dot/index.js';
import { MXFP4 } from '../../src/formats/index.js';
import { fusedDesign } from './parts/fused-design.js';

export const mxfp4Fused35 = fusedDesign({
  name: 'mxfp4-fused35',
  summary: 'MXFP4 fused step of K = 64: four group sums and C aligned by scale exponents, 35 bits kept',
  models: 'the dot semantic `blackwell-mxf4nvf4` (MMA-Sim, arXiv 2511.10909)',
  notModelled: 'accumulation inside (C and D travel with the step)',
  format: MXFP4,
  semantic: semanticOf('blackwell-mxf4nvf4'),
});
