/**
 * Four Over Six quantise unit: NVFP4 with two candidate scales for a block, its maximum mapped to 6 or (stretch 1.5) to
 * 4; the one with the smaller sum of squared errors in the input domain wins, 6 on a tie. One element an edge.
 * Pipeline: `parts/adaptive.ts`.
 *
 * enc = 1536 / amax (6 · 256), so that 1.5 times the largest scale still fits E4M3.
 */
import { NVFP4 } from '../../src/formats/index.js';
import type { DesignGenerator } from './design.js';
import { type AdaptiveConfiguration, adaptiveDesign } from './parts/adaptive.js';
import { targetOf } from './parts/quantize.js';

const summary = 'Four Over Six quantiser: NVFP4 blocks mapped to 6 or 4, by squared error';
const plain = { element: NVFP4.choices[0].element, gain: 1, inverseGain: 1, selected: false };
/** Largest block scale that the tensor maximum is mapped to. Source: fouroversix, adaptive rules. */
const LARGEST_SCALE = 256;

export const FOUR_OVER_SIX_CONFIGURATION: AdaptiveConfiguration = {
  name: 'quant-four-over-six',
  summary,
  format: NVFP4,
  policy: 'rule=mse',
  candidates: [
    { ...plain, stretch: 1 },
    { ...plain, stretch: 1.5 },
  ],
  divisor: targetOf(NVFP4) * LARGEST_SCALE,
};

export const quantFourOverSix: DesignGenerator = {
  name: 'quant-four-over-six',
  summary,
  models: 'the policy rule=mse of NVFP4 with its defaults (errors added in order)',
  notModelled:
    'overlapping blocks, the rules mae and abs_max, NaN and infinities, stochastic rounding, 2D scaling',
  defaults: {},
  create: () => adaptiveDesign(FOUR_OVER_SIX_CONFIGURATION),
};
