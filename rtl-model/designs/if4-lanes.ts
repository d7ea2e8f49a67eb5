/**
 * The published IF4 MAC: as `nvfp4-lanes`, with INT4 blocks marked by the scale's sign bit. Their scale product is
 * multiplied by the FP32 numbers nearest to 6/7 (one INT side) or 36/49 (both), with one rounding.
 * Pipeline, and what is kept and not kept of the published RTL: `parts/lanes.ts`.
 *
 * Widths: INT4 magnitudes count two half steps, so elements have 5 bits (−8, illegal there, is 16) and products 10.
 * The corrected scale product fills all 24 bits of its significand, so the lanes' FP32 multipliers do not fold.
 */
import { IF4 } from '../../src/formats/index.js';
import type { DesignGenerator } from './design.js';
import { checkReduction, lanesDesign } from './parts/lanes.js';

const summary =
  'IF4 MAC of the published microarchitecture: 6/7 in FP32 on the scale, 16 FP32 lane accumulators';

export const if4Lanes: DesignGenerator = {
  name: 'if4-lanes',
  summary,
  models:
    'the dot semantic `published-mac` with the registers and the cycle behaviour of the published RTL; scale code 0x7F reads as the largest finite scale',
  notModelled:
    "the vendor's FP32 blocks, the state machine of the reduction (a token counts instead), the tensor scale",
  defaults: { lanes: 16, floats: 'ieee' },
  create: ({ lanes, floats }) => {
    checkReduction('if4-lanes', lanes);
    return lanesDesign('if4-lanes', summary, IF4, { lanes, floats });
  },
};
