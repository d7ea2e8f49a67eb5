/**
 * Baseline: fused BF16 unit, the Hopper wgmma / mma.sync step: D = C + 16 products aligned at F = 25, rounded toward
 * zero to FP32.
 *
 *   s1_multiply   16 lanes, significands 8 × 8 → 16 bits, exponent codes added → 9 bits
 *   s2_maximum    emax over 16 products, C and the floor −133; zero products do not count
 *   s3_align      products 16 + 11 = 27 bits, C 24 + 2 bits, cut at 2^(emax − 25)
 *   s4_add        17 terms
 *   s5_round      FP32, toward zero
 */
import { semanticOf } from '../../src/dot/index.js';
import { BF16 } from '../../src/formats/index.js';
import { fusedDesign } from './parts/fused-design.js';

export const bf16Fused25 = fusedDesign({
  name: 'bf16-fused25',
  summary: 'BF16 fused step of K = 16: products aligned by their exponents, 25 bits kept (Hopper)',
  models: 'the dot semantic `hopper-f16` for BF16 operands, measured on silicon',
  notModelled: 'accumulation inside',
  format: BF16,
  semantic: semanticOf('hopper-f16'),
});
