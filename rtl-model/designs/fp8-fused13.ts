/**
 * Baseline: fused E4M3 unit, the Hopper wgmma step: D = C + 32 products, each aligned by its own exponent at F = 13,
 * rounded toward zero to 13 fraction bits (E8M13 in an FP32 register).
 *
 *   s1_multiply   32 lanes, significands 4 × 4 → 8 bits, exponent codes added → 5 bits
 *   s2_maximum    emax over 32 products, C and the floor −133; zero products do not count
 *   s3_align      products 8 + 7 = 15 bits, C its top 14 bits, cut at 2^(emax − 13)
 *   s4_add        33 terms
 *   s5_round      E8M13, toward zero
 */
import { semanticOf } from '../../src/dot/index.js';
import { E4M3 } from '../../src/formats/index.js';
import { fusedDesign } from './parts/fused-design.js';

export const fp8Fused13 = fusedDesign({
  name: 'fp8-fused13',
  summary: 'E4M3 fused step of K = 32: products aligned by their exponents, 13 bits kept (Hopper wgmma)',
  models: 'the dot semantic `hopper-wgmma-fp8`, measured on silicon',
  notModelled: 'E5M2 operands, accumulation inside',
  format: E4M3,
  semantic: semanticOf('hopper-wgmma-fp8'),
});
