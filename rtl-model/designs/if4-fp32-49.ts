/**
 * IF4 MAC with an FP32 accumulator on the 1/49 grid: scales times 7 or 6, integer block sums, one FP32 addition a
 * block; the result is 49 times the dot product.
 *
 *   s1_multiply    lanes and tree: 13 bits; significands × 7 or 6, product 14 bits; exponents 6 bits
 *   s2_scale       |sum| × significands: 12 + 14 = 26 bits, normalised; wider than FP32, not rounded
 *   s3_accumulate  FP32 addition with an addend of 26 bits: one rounding a block
 */
import { IF4 } from '../../src/formats/index.js';
import { floatDesign } from './parts/float-design.js';

export const if4Fp3249 = floatDesign({
  name: 'if4-fp32-49',
  summary: 'IF4 integer block sums on the 1/49 grid, one FP32 addition a block',
  models:
    "the dot semantic `fp32-per-block` of the blocks' integers on the grid (7 · E2M1 half steps, 12 · INT4)",
  notModelled: "an addend C, the epilogue's 1/49",
  format: IF4,
  semantic: 'fp32-per-block',
  gains: 'grid',
});
