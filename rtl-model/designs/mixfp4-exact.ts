/**
 * Exact MixFP4 block MAC: E2M1 or E1M2 elements, chosen by the scale's sign bit, on the 1/49 grid.
 *
 * Both choices are aligned at their largest values (6 and 3.5), so E1M2 elements carry the gain 12/7: on a grid of
 * sevenths the two sides count 7 or 12 each, as for IF4 7 or 6, multiplied into their product once a block. The result is
 * 49 times the dot product.
 *
 *   s1_multiply    decode by the block's type (magnitudes to 12 or 7 half units), lanes and tree: 13 bits;
 *                  scale significands 4 × 4 → 8 bits
 *   s2_scale       sum × significands × the factor of the types << exponents
 *   s3_accumulate  unit 2^−20 / 49
 */
import { MIXFP4 } from '../../src/formats/index.js';
import { boundBits } from './parts/exact.js';
import { exactDesign } from './parts/exact-design.js';

export const mixfp4Exact = exactDesign({
  name: 'mixfp4-exact',
  summary: 'MixFP4 block dot products times 49 in one exact fixed-point accumulator',
  models:
    "the dot semantic `exact` up to its division by 49; the format is known from an abstract only (arXiv 2605.31035), the gain is this project's reading",
  notModelled: 'an addend C, the tensor scale',
  format: MIXFP4,
  semantic: 'exact',
  accumulatorWidth: boundBits('exact', MIXFP4, MIXFP4),
  operandsFor: 'integers',
});
