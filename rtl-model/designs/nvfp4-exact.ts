/**
 * Exact NVFP4 block MAC: 16 E2M1 pairs and two UE4M3 scales at an edge, one fixed-point accumulator, no rounding.
 *
 *   s1_multiply    16 lanes (significands 2 × 2 bits, shifted by the exponents: 8 bits) and their tree: block sum,
 *                  13 bits (16 · 12 · 12 = 2304 quarter units);
 *                  scale significands 4 × 4 → 8 bits, exponent codes added → 5 bits
 *   s2_scale       sum × significands << exponents: 2304 · 15² · 2^28, 48 bits with the sign
 *   s3_accumulate  58 bits, unit 2^−20: ten bits above one block, K up to about 18,000
 */
import { NVFP4 } from '../../src/formats/index.js';
import { boundBits } from './parts/exact.js';
import { exactDesign } from './parts/exact-design.js';

export const nvfp4Exact = exactDesign({
  name: 'nvfp4-exact',
  summary: 'NVFP4 block dot products in one exact fixed-point accumulator',
  models:
    'the dot semantic `exact` up to its register; with readout=fp32 its final rounding too; a scale code 0x7F is NaN and raises `nan`',
  notModelled: 'an addend C, the tensor scale, clock gating of idle lanes',
  format: NVFP4,
  semantic: 'exact',
  accumulatorWidth: boundBits('exact', NVFP4, NVFP4),
});
