/**
 * IF4 MAC with an FP32 accumulator that corrects integer blocks in FP32: × 6/7 for one INT4 side, × 36/49 for both.
 *
 *   s1_multiply    lanes and tree: 13 bits; scale significands 8 bits, exponents 6 bits (an INT4 side adds one)
 *   s2_correct     scale product × correction (25 bits: 1, or the float32 nearest to the gain), rounded to 24 bits
 *   s3_scale       |sum| × corrected scale: 12 + 24 = 36 bits, rounded to 24 bits
 *   s4_accumulate  FP32 addition
 */
import { IF4 } from '../../src/formats/index.js';
import { floatDesign } from './parts/float-design.js';

export const if4Fp32Correct = floatDesign({
  name: 'if4-fp32-correct',
  summary: 'IF4 integer block sums, scale corrected by 6/7 in FP32, one FP32 addition a block',
  models: 'the dot semantic `fp32-correct`',
  notModelled: 'an addend C, the tensor scale',
  format: IF4,
  semantic: 'fp32-correct',
  gains: 'fp32-correction',
});
