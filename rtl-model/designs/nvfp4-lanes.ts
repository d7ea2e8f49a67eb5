/**
 * The published NVFP4 MAC: 16 lanes with FP32 accumulators, snapshot, reduction in 4 edges on 8 shared FP32 adders.
 * Pipeline, and what is kept and not kept of the published RTL: `parts/lanes.ts`.
 *
 * Widths: element product 4 × 4 bits (144 quarter units), scale product 4 × 4 bits; both exact in FP32. Folding leaves
 * the lane's FP32 multiplier about 8 × 8.
 */
import { NVFP4 } from '../../src/formats/index.js';
import type { DesignGenerator } from './design.js';
import { checkReduction, lanesDesign } from './parts/lanes.js';

const summary = 'NVFP4 MAC of the published microarchitecture: 16 FP32 lane accumulators and a shared tree';

export const nvfp4Lanes: DesignGenerator = {
  name: 'nvfp4-lanes',
  summary,
  models:
    'the dot semantic `published-mac` with the registers and the cycle behaviour of the published RTL; scale code 0x7F reads as the largest finite scale',
  notModelled:
    "the vendor's FP32 blocks, the state machine of the reduction (a token counts instead), the tensor scale",
  defaults: { lanes: 16, floats: 'ieee' },
  create: ({ lanes, floats }) => {
    checkReduction('nvfp4-lanes', lanes);
    return lanesDesign('nvfp4-lanes', summary, NVFP4, { lanes, floats });
  },
};
