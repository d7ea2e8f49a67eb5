/**
 * Exact MXFP4 block MAC: E2M1 elements in blocks of 32 under E8M0 scales. With 16 lanes a block takes two edges, with
 * the same scales on the ports.
 *
 *   s1_multiply    lanes and tree: 13 bits (16 · 12 · 12); exponent codes added: 9 bits. Scales have no significand
 *   s2_scale       sum << exponents: a shift of up to 510 places
 *   s3_accumulate  the whole range of E8M0 squared, 2^−254 to 2^254: more than 500 bits
 */
import { MXFP4 } from '../../src/formats/index.js';
import { boundBits } from './parts/exact.js';
import { exactDesign } from './parts/exact-design.js';

export const mxfp4Exact = exactDesign({
  name: 'mxfp4-exact',
  summary: 'MXFP4 dot products in one exact accumulator over the whole E8M0 range',
  models:
    'the dot semantic `exact`; scale code 0xFF is NaN; shows what an exact accumulator for power-of-two scales of 8 bits costs',
  notModelled: 'an addend C; the narrower register of a practical unit',
  format: MXFP4,
  semantic: 'exact',
  accumulatorWidth: boundBits('exact', MXFP4, MXFP4),
});
