/**
 * Exact HiF4 block MAC: 64 S1P2 elements under an E6M2 scale, with micro-exponents (a bit for every 8 elements and a
 * bit for every 4) that double their group. With 16 lanes a block takes four edges.
 *
 *   s1_multiply    lanes 3 × 3 bits; trees of 4 products: 9 bits; each shifted by its 0 … 4 micro-exponent bits of
 *                  both sides; tree of the groups: 15 bits (16 · 7 · 7 · 16)
 *                  scale significands 3 × 3 → 6 bits, exponent codes 6 + 6 → 7 bits
 *   s2_scale       sum × significands << exponents: a shift of up to 126 places
 *   s3_accumulate  the whole range of E6M2 squared
 */
import { HIF4 } from '../../src/formats/index.js';
import { boundBits } from './parts/exact.js';
import { exactDesign } from './parts/exact-design.js';
import { recodingOf } from './recode.js';

/** HiF4 with its micro-exponents multiplied out: what the register must hold. */
const MULTIPLIED_OUT = recodingOf(HIF4, HIF4.blockSize).format;

export const hif4Exact = exactDesign({
  name: 'hif4-exact',
  summary: 'HiF4 dot products with micro-exponents in one exact accumulator over the whole E6M2 range',
  models:
    'the dot semantic `exact` of elements with their micro-exponents; scale code 0xFF is NaN; micro-exponent ports carry the bits of groups of 8 first, then those of groups of 4',
  notModelled: 'an addend C',
  format: HIF4,
  semantic: 'exact',
  accumulatorWidth: boundBits('exact', MULTIPLIED_OUT, MULTIPLIED_OUT),
  operandsFor: 'integers',
});
