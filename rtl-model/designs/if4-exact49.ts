/**
 * Exact IF4 block MAC on the 1/49 grid: float and integer blocks in one fixed-point accumulator, no FP32 multiplier.
 *
 * Every IF4 value is a multiple of 1/7 of its scale: E2M1 elements count 7 sevenths, INT4 elements 6. The product of the
 * two sides is multiplied by 49, 42 or 36 once a block (`parts/block-factor.ts`), and the result is 49 times the dot
 * product; the epilogue's tensor scale takes in 1/49. INT4 steps are two E2M1 half steps: an INT side adds one to the
 * exponent. What made it small and fast: `docs/decisions/0009-a-smaller-if4-mac.md`, `0025`.
 *
 *   s1_multiply    decode by the block's type to 4-bit magnitudes (12 or 8 at most), 16 lanes and tree: 13 bits;
 *                  scale significands 4 × 4 → 8 bits; exponents and what the types add to them: 5 bits
 *   s2_scale       sum × significands × (17 + 32, 17 + 4 or 17 + 1) << exponents: 54 bits
 *   s3_accumulate  64 bits, unit 2^−20 / 49: ten bits above one block of −8 codes
 */
import { IF4 } from '../../src/formats/index.js';
import { boundBits } from './parts/exact.js';
import { exactDesign } from './parts/exact-design.js';

export const if4Exact49 = exactDesign({
  name: 'if4-exact49',
  summary: 'IF4 block dot products times 49 in one exact fixed-point accumulator',
  models: 'the dot semantic `exact49`; INT4 code −8, which no encoder produces, counts −8',
  notModelled: 'an addend C, the tensor scale and its 1/49',
  format: IF4,
  semantic: 'exact49',
  accumulatorWidth: boundBits('exact49', IF4, IF4),
});
