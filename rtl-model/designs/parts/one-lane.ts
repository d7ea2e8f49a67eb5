/**
 * Lanes alone, as combinational modules: the smallest hardware that goes from codes to a scaled product. Exhaustive
 * tests and proofs look at them; the MACs are made of the same parts.
 */
import { hasBlockScales } from '../../../src/dot/index.js';
import { type BlockFormat, FP32, NVFP4, widthOf } from '../../../src/formats/index.js';
import { defineModule, type Module, type Word } from '../../hdl/index.js';
import type { MacDesign } from '../design.js';
import { blockConfiguration } from './block-design.js';
import { blockSum, sideDecoder } from './block-dot.js';
import { accumulatorUnit, scaledTerm, shiftSum, termWidth } from './exact.js';
import { scaledLane } from './lanes.js';

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
  const options = { lanes: 1, predecode: false, pipeline: false };
  const configuration = blockConfiguration(`${format.name} lane`, format, 'on-product', options);
  const shape = configuration.a;
  const width = termWidth(configuration, Number.POSITIVE_INFINITY);
  const module = defineModule({
    name: `${format.name}_exact_lane`,
    summary: `a * b * a_sf * w_sf of one ${format.name} lane as an integer`,
    inputs: { a: shape.codeWidth, w: shape.codeWidth, a_sf: shape.scaleWidth, w_sf: shape.scaleWidth },
    body: (m, { a, w, a_sf, w_sf }) => {
      const decoder = sideDecoder(shape, 1);
      const side = (name: string, codes: Word, scale: Word) => ({
        ...m.instance(name, decoder, { codes, scale }),
        selector: shape.hasSelector ? scale.bit(-1) : undefined,
      });
      const [left, right] = [side('decode_a', a, a_sf), side('decode_w', w, w_sf)];
      const none = { a: undefined, w: undefined };
      const sum = blockSum(m, '', { a: shape, w: shape }, { a: left, w: right }, none);
      const significand = left.significand.times(right.significand);
      const shift = shiftSum(configuration, { a: left, w: right });
      const selectors = left.selector && right.selector ? { a: left.selector, w: right.selector } : undefined;
      return {
        term: scaledTerm(configuration, { sum, significand, shift, selectors }, width),
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

/** A lane with what its result means: FP32 bits (`unitExponent` undefined), or two's complement × 2^unitExponent. */
export interface MacLane {
  readonly module: Module;
  readonly width: number;
  readonly unitExponent: number | undefined;
}

/** The lane of a MAC with block scales: of the exact ones and of the published one; undefined for others. */
export function laneOf({ a, w, semantic, protocol, operandsFor }: MacDesign): MacLane | undefined {
  if (a !== w || !hasBlockScales(a) || protocol.a.micro !== undefined) return undefined;
  const { kind } = semantic.accumulation;
  if (kind === 'lanes')
    return { module: lanesLane(a) as Module, width: widthOf(FP32), unitExponent: undefined };
  if (kind !== 'exact' || operandsFor !== undefined) return undefined;
  const { module, width, unitExponent } = oneLane(a);
  return { module: module as Module, width, unitExponent };
}
