/**
 * IF4 quantise unit: a block as E2M1 or as INT4 under one scale; the one with the smaller sum of squared errors in the
 * input domain wins, E2M1 on a tie; INT4 is marked by bit 7 of the scale. One element an edge.
 * Pipeline: `parts/adaptive.ts`.
 *
 * The INT4 candidate encodes y · fl(7/6) and decodes with fl(6/7). enc = 2688 / amax (6 · 448).
 */
import { codecOf, IF4 } from '../../src/formats/index.js';
import { Rational } from '../../src/numerics/index.js';
import type { DesignGenerator } from './design.js';
import { type AdaptiveConfiguration, adaptiveDesign } from './parts/adaptive.js';
import { targetOf } from './parts/quantize.js';

const summary = 'IF4 quantiser: E2M1 or INT4 blocks under one scale, by squared error';
const [float, integer] = IF4.choices;
const gain = Rational.toNumber(integer!.gain);

export const IF4_CONFIGURATION: AdaptiveConfiguration = {
  name: 'quant-if4',
  summary,
  format: IF4,
  policy: 'rule=mse',
  candidates: [
    { element: float.element, stretch: 1, gain: 1, inverseGain: 1, selected: false },
    { element: integer!.element, stretch: 1, gain, inverseGain: 1 / gain, selected: true },
  ],
  divisor: targetOf(IF4) * codecOf(IF4.scale).maxValue,
};

export const quantIf4: DesignGenerator = {
  name: 'quant-if4',
  summary,
  models: 'the policy rule=mse of IF4 with its defaults (errors added in order)',
  notModelled:
    'overlapping blocks, the rules mae and abs_max, NaN and infinities, stochastic rounding, 2D scaling',
  defaults: {},
  create: () => adaptiveDesign(IF4_CONFIGURATION),
};
