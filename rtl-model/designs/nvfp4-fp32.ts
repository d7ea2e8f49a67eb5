/**
 * NVFP4 MAC with an FP32 accumulator: integer block sums, one FP32 addition (nearest even) a block.
 *
 *   s1_multiply    lanes and tree: 13 bits; scale significands 8 bits, exponents 5 bits
 *   s2_scale       |sum| × significands: 12 + 8 = 20 bits, normalised; exact in FP32's 24 bits
 *   s3_accumulate  FP32 addition
 */
import { NVFP4 } from '../../src/formats/index.js';
import { floatDesign } from './parts/float-design.js';

export const nvfp4Fp32 = floatDesign({
  name: 'nvfp4-fp32',
  summary: 'NVFP4 integer block sums, one FP32 addition a block',
  models: 'the dot semantic `fp32-per-block`; a NaN scale makes the result 0x7FFFFFFF',
  notModelled: 'an addend C, the tensor scale',
  format: NVFP4,
  semantic: 'fp32-per-block',
  gains: 'none',
});
