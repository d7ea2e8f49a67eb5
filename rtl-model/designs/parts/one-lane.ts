/**
 * Lanes alone, as combinational modules: the smallest hardware that goes from codes to a scaled product. Exhaustive
 * tests and proofs look at them; the MACs are made of the same parts.
 */
import { type BlockFormat, NVFP4 } from '../../../src/formats/index.js';
import { defineModule, type Module } from '../../hdl/index.js';
import { blockSum, sideDecoder } from './block-dot.js';
import { accumulatorUnit, scaledTerm, termWidth } from './exact.js';
import { scaledLane } from './lanes.js';
import { bitsOf, sideShape, sumAt } from './operand.js';

/** A lane of an exact MAC. */
export interface OneLane {
  /** Ports a, w, a_sf, w_sf → term (two's complement), nan. */
  readonly module: Module<'a' | 'w' | 'a_sf' | 'w_sf', 'term' | 'nan'>;
  readonly width: number;
  /** value = term × 2^unitExponent / denominator. */
  readonly unitExponent: number;
  readonly denominator: number;
}

/** One lane of the exact MAC of a format: element product × scale product on the accumulator's grid. */
export function oneLane(format: BlockFormat = NVFP4): OneLane {
  const shape = sideShape(format, 'on-grid');
  const configuration = { a: shape, w: shape, lanes: 1, predecode: false, pipeline: false };
  const width = termWidth(configuration, Number.POSITIVE_INFINITY);
  const module = defineModule({
    name: `${format.name}_exact_lane`,
    summary: `a * b * a_sf * w_sf of one ${format.name} lane as an integer`,
    inputs: { a: shape.codeWidth, w: shape.codeWidth, a_sf: shape.scaleWidth, w_sf: shape.scaleWidth },
    body: (m, { a, w, a_sf, w_sf }) => {
      const decoder = sideDecoder(shape, 1);
      const left = m.instance('decode_a', decoder, { codes: a, scale: a_sf });
      const right = m.instance('decode_w', decoder, { codes: w, scale: w_sf });
      const none = { a: undefined, w: undefined };
      const sum = blockSum(m, '', { a: shape, w: shape }, { a: left, w: right }, none);
      const significand = left.significand.times(right.significand);
      const shift = sumAt(bitsOf(2 * shape.largestShift), left.shift, right.shift);
      return {
        term: scaledTerm(configuration, { sum, significand, shift }, width),
        nan: left.nan.or(right.nan),
      };
    },
  });
  return { module, width, unitExponent: accumulatorUnit(configuration), denominator: shape.denominator ** 2 };
}

/** One lane of the published MAC: ports a, w, a_sf, w_sf (a byte each) → product (FP32). */
export function lanesLane(format: BlockFormat): Module<'a' | 'w' | 'a_sf' | 'w_sf', 'product'> {
  return scaledLane(format);
}
