/**
 * Exact NVINT4 block MAC: INT4 elements, UE4M3 scales.
 *
 *   s1_multiply    decode to sign and 4-bit magnitude (8 for the code −8, which no encoder produces); lanes and tree:
 *                  12 bits (16 · 8 · 8); scale significands 4 × 4 → 8 bits, exponent codes 5 bits
 *   s2_scale       sum × significands << exponents
 *   s3_accumulate  unit 2^−18, ten bits above one block
 */
import { NVINT4 } from '../../src/formats/index.js';
import { boundBits } from './parts/exact.js';
import { exactDesign } from './parts/exact-design.js';

export const nvint4Exact = exactDesign({
  name: 'nvint4-exact',
  summary: 'NVINT4 block dot products in one exact fixed-point accumulator',
  models: 'the dot semantic `exact`',
  notModelled: 'an addend C, the tensor scale',
  format: NVINT4,
  semantic: 'exact',
  accumulatorWidth: boundBits('exact', NVINT4, NVINT4),
});
