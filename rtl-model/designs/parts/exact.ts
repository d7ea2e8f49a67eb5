/**
 * Generator of exact block MACs: integer block sums, scaled by wiring and one small multiplier, in one wide
 * fixed-point accumulator. Not one rounding before the end of K.
 *
 *   s0_load      (option predecode) decoded operands
 *   s1_multiply  decode, lanes, tree → block sum; scale significands multiplied, exponents added
 *   s2_scale     block sum × significands (× the factor of the blocks' types), shifted by the exponents → term
 *   s3_accumulate  acc = (first ? 0 : acc) + term; the term of a bubble is 0, so the register needs no enable
 *   s4_normalize, s5_round  (option readout=fp32) sign and magnitude; FP32, nearest even
 *
 * Widths follow from the formats: the term holds the largest block sum × largest significands × 2^largest shift, the
 * accumulator what the semantic's bound asks for, so that sums of up to the bound's depth never wrap.
 *
 * Not modelled: an addend C; a K beyond the bound (the register wraps); what the accumulator holds after a NaN scale
 * (the `nan` flag says that the result is NaN).
 */

import { exactBound, semanticOf } from '../../../src/dot/index.js';
import { type BlockFormat, FP32 } from '../../../src/formats/index.js';
import {
  CLOCK,
  defineModule,
  type Module,
  type ModuleBuilder,
  memoizedModule,
  type Word,
} from '../../hdl/index.js';
import {
  carrySelectSum,
  compressRows,
  type PackRule,
  packFloat,
  signedTimesUnsigned,
  toSignMagnitude,
} from '../../library/index.js';
import { blockSum, type DecodedSide, largestSum, microBits, microLevels, sideDecoder } from './block-dot.js';
import { extraShiftOf, type FactorPlan, type Selectors, timesFactor } from './block-factor.js';
import { bitsOf, largestSteps, type SideShape, split, sumAt } from './operand.js';
import { type Control, Stage } from './pipeline.js';

/** What a block datapath is made for. */
export interface BlockConfiguration {
  readonly a: SideShape;
  readonly w: SideShape;
  readonly lanes: number;
  readonly predecode: boolean;
  readonly pipeline: boolean;
  /** Bring the selector bits of the scales along to the end of s1_multiply. */
  readonly selectors?: boolean;
  /** The factor of the blocks' types, multiplied after the scales; needs the selectors. */
  readonly plan?: FactorPlan | undefined;
}

/** Longest part of the accumulator that one carry runs through. */
const CARRY_CHAIN = 40;

/** Groups of lanes under one scale, and their size. */
export function groupsOf(lanes: number, blockSize: number): { groups: number; size: number } {
  return { groups: Math.max(1, lanes / blockSize), size: Math.min(lanes, blockSize) };
}

/** Port widths of the operands and the control of a block MAC that ends segments with `last`. */
export function blockInputs({ a, w, lanes }: BlockConfiguration): Record<string, number> {
  const { groups } = groupsOf(lanes, Math.min(a.format.blockSize, w.format.blockSize));
  const micro = (name: string, shape: SideShape) => {
    const bits = microBits(shape, lanes);
    return bits === 0 ? {} : { [name]: bits };
  };
  return {
    en: 1,
    first: 1,
    last: 1,
    a_in: lanes * a.codeWidth,
    a_sf: groups * a.scaleWidth,
    ...micro('a_micro', a),
    w_in: lanes * w.codeWidth,
    w_sf: groups * w.scaleWidth,
    ...micro('w_micro', w),
  };
}

/** What a group of lanes hands over at the end of s1_multiply. */
export interface GroupProduct {
  /** Two's complement. */
  readonly sum: Word;
  /** Product of the scales' significands; undefined when it is always 1. */
  readonly significand: Word | undefined;
  /** Sum of the scales' shifts: least shifts included, unless a factor plan adds to them and takes these off. */
  readonly shift: Word;
  /** Which choice the two blocks are of, where that is asked for and the formats have two. */
  readonly selectors: Selectors | undefined;
}

/** The datapath up to the end of s1_multiply. */
export interface Multiplied {
  readonly groups: readonly GroupProduct[];
  readonly nan: Word;
  /** `first` and `nan` are 0 in bubbles. */
  readonly control: Control;
}

/** Decoders, lanes, trees and scale products, behind the registers of s1_multiply. */
export function multiplyStage(
  m: ModuleBuilder,
  configuration: BlockConfiguration,
  ports: Readonly<Record<string, Word>>,
): Multiplied {
  const { a, w, lanes, predecode, pipeline } = configuration;
  const { groups, size } = groupsOf(lanes, Math.min(a.format.blockSize, w.format.blockSize));
  const load = new Stage(m, 's0_load', predecode);
  const stage = new Stage(m, 's1_multiply', pipeline);
  const control = load.control({ valid: ports.en!, first: ports.first!, last: ports.last! });
  const decoded = decodeSides(m, configuration, ports, load, groups, size);
  const micro = {
    a: ports.a_micro && load.word('a_micro', ports.a_micro),
    w: ports.w_micro && load.word('w_micro', ports.w_micro),
  };
  const products = decoded.map((sides, g): GroupProduct => {
    const prefix = groups === 1 ? '' : `g${g}_`;
    const groupMicro = {
      a: microSlice(micro.a, a, lanes, size, g),
      w: microSlice(micro.w, w, lanes, size, g),
    };
    const sum = blockSum(m, prefix, { a, w }, sides, groupMicro);
    const significand =
      a.powerOfTwo && w.powerOfTwo ? undefined : sides.a.significand.times(sides.w.significand);
    // One factor of a bubble is 0, the narrower one, and so is its term.
    const live = (word: Word) => word.and(control.valid.repeat(word.width));
    return {
      sum: stage.word(`${prefix}sum`, significand === undefined ? live(sum) : sum),
      significand: significand && stage.word(`${prefix}significand`, live(significand)),
      shift: stage.word(`${prefix}shift`, shiftSum(configuration, sides)),
      selectors: configuration.selectors === true ? selectorsOf(stage, prefix, sides) : undefined,
    };
  });
  const nan = decoded.map((sides) => sides.a.nan.or(sides.w.nan)).reduce((x, y) => x.or(y));
  return {
    groups: products,
    nan: stage.word('nan', nan.and(control.valid)),
    control: stage.control({ ...control, first: control.first.and(control.valid) }),
  };
}

/** A decoded operand, and which choice its block is of where the format has two. */
export interface BlockSide extends DecodedSide {
  readonly selector: Word | undefined;
}

type Sides = { readonly a: BlockSide; readonly w: BlockSide };

/** Both exponents, and what a factor plan adds to them. */
export function shiftSum({ a, w, plan }: BlockConfiguration, sides: Sides): Word {
  const largest = a.largestShift + w.largestShift;
  if (plan === undefined) return sumAt(bitsOf(largest), sides.a.shift, sides.w.shift);
  const least = a.leastShift + w.leastShift;
  const width = bitsOf(largest - least + largestExtraShift(plan));
  const extra = extraShiftOf(plan, selectorsIn(sides), least, width);
  return sumAt(width, sides.a.shift, sides.w.shift, extra);
}

const largestExtraShift = ({ classes }: FactorPlan) =>
  Math.max(...classes.map(({ extraShift }) => extraShift));

function selectorsIn({ a, w }: Sides): Selectors {
  return { a: a.selector!, w: w.selector! };
}

function selectorsOf(stage: Stage, prefix: string, sides: Sides): Selectors | undefined {
  if (sides.a.selector === undefined) return undefined;
  const { a, w } = selectorsIn(sides);
  return { a: stage.word(`${prefix}a_int`, a), w: stage.word(`${prefix}w_int`, w) };
}

function decodeSides(
  m: ModuleBuilder,
  { a, w, lanes }: BlockConfiguration,
  ports: Readonly<Record<string, Word>>,
  load: Stage,
  groups: number,
  size: number,
): Sides[] {
  const side = (name: 'a' | 'w', shape: SideShape) => {
    const codes = split(ports[`${name}_in`]!, size * shape.codeWidth);
    const scales = split(ports[`${name}_sf`]!, shape.scaleWidth);
    return Array.from({ length: groups }, (_, g) => {
      const suffix = groups === 1 ? name : `${name}${g}`;
      const decoder = sideDecoder(shape, lanes / groups);
      const decoded = m.instance(`decode_${suffix}`, decoder, { codes: codes[g]!, scale: scales[g]! });
      const selector = shape.hasSelector ? load.word(`${suffix}_int`, scales[g]!.bit(-1)) : undefined;
      return { ...load.words(`${suffix}_`, decoded), selector };
    });
  };
  const [left, right] = [side('a', a), side('w', w)];
  return left.map((decoded, g) => ({ a: decoded, w: right[g]! }));
}

/** The micro-exponent bits of one group of lanes, level by level. */
function microSlice(micro: Word | undefined, shape: SideShape, lanes: number, size: number, g: number) {
  if (micro === undefined || size === lanes) return micro;
  const parts: Word[] = [];
  let start = 0;
  for (const group of shape.format.microGroups!) {
    parts.push(micro.slice(start + (g * size) / group, size / group));
    start += lanes / group;
  }
  return parts.reduce((low, high) => high.context.cell('concat', [high, low], high.width + low.width));
}

/** The exact value of a group: sum × significands × 2^shift, two's complement, in units of the accumulator. */
export function scaledTerm(configuration: BlockConfiguration, group: GroupProduct, width: number): Word {
  const { a, w, plan } = configuration;
  const { sum, significand, shift, selectors } = group;
  const bits = signedBits(largestProduct(configuration));
  // Where a factor follows, this stage is the longest but for the accumulator: a level of adders counts.
  const ones = plan === undefined ? 'row' : 'between-rows';
  const scaled =
    significand === undefined
      ? sum
      : signedTimesUnsigned(sum, significand, Math.max(bits, sum.width), { ones });
  const product =
    plan === undefined
      ? scaled
      : timesFactor(plan, scaled, selectors!, signedBits(largestFactored(configuration)));
  const least = plan === undefined ? a.leastShift + w.leastShift : 0;
  // Shifted by the whole exponent codes: the lowest bits are then always zero and fall away.
  const extended =
    product.width >= width + least ? product.truncate(width + least) : product.signExtend(width + least);
  return extended.shiftLeft(shift).slice(least, width);
}

/** Width of a scaled term of one group, at most that of the accumulator. */
export function termWidth(configuration: BlockConfiguration, accumulatorWidth: number): number {
  const { a, w, plan } = configuration;
  const shift = a.largestShift - a.leastShift + w.largestShift - w.leastShift;
  const largest =
    plan === undefined
      ? largestProduct(configuration)
      : largestFactored(configuration, (k) => 2 ** plan.classes[k].extraShift);
  return Math.min(accumulatorWidth, signedBits(largest) + shift);
}

/** Width of a two's complement word that holds ±x. */
const signedBits = (x: number) => bitsOf(x) + 1;

/** Largest |block sum × significands| of any choices. */
function largestProduct(configuration: BlockConfiguration): number {
  const { a, w, lanes } = configuration;
  const { size } = groupsOf(lanes, Math.min(a.format.blockSize, w.format.blockSize));
  return largestSum(a, w, size) * 2 ** microLevels(a, w) * a.largestSignificand * w.largestSignificand;
}

/** The same times the factor of the choices, and times what `also` gives for them. */
function largestFactored(
  { a, w, lanes, plan }: BlockConfiguration,
  also: (integerSides: 0 | 1 | 2) => number = () => 1,
): number {
  const { size } = groupsOf(lanes, Math.min(a.format.blockSize, w.format.blockSize));
  const [first, second] = a.format.choices.map(({ element }) => largestSteps(element));
  const ofClass = (k: 0 | 1 | 2) => second! ** k * first! ** (2 - k) * plan!.classes[k].factor * also(k);
  return Math.max(ofClass(0), ofClass(1), ofClass(2)) * size * a.largestSignificand * w.largestSignificand;
}

/** Exponent of the accumulator's unit. */
export function accumulatorUnit({ a, w }: { readonly a: SideShape; readonly w: SideShape }): number {
  return a.elementUnit + w.elementUnit + a.scaleUnit + w.scaleUnit;
}

/** Converts a two's complement register to FP32 in two stages: sign and magnitude, then one rounding. */
export const registerPacker = memoizedModule((width: number, unitExponent: number, rule: PackRule) =>
  defineModule({
    name: `pack_${width}_${rule.format.name}`,
    summary: `sign and a magnitude of ${width} bits * 2^${unitExponent}, rounded ${rule.rounding} to ${rule.format.name}`,
    inputs: { sign: 1, magnitude: width },
    body: (m, { sign, magnitude }) => {
      const top = width - 1 + unitExponent + rule.format.bias;
      const exponent = m.constant(Math.max(12, bitsOf(Math.abs(top)) + 2), top);
      return { code: packFloat(rule, sign, exponent, magnitude).code };
    },
  }),
);

export const FP32_NEAREST: PackRule = {
  format: FP32,
  fractionBits: FP32.fractionBits,
  rounding: 'nearest-even',
};
/** NaN of the project's FP32 results. */
export const FP32_NAN = 0x7fffffff;

export interface ExactConfiguration extends BlockConfiguration {
  readonly moduleName: string;
  readonly summary: string;
  readonly accumulatorWidth: number;
  readonly readout: 'register' | 'fp32';
}

/** The whole MAC: ports en, first, last, operands → acc (or result), nan, done. */
export function exactMac(configuration: ExactConfiguration): Module {
  const { moduleName, summary, accumulatorWidth } = configuration;
  return defineModule({
    name: moduleName,
    summary,
    clock: CLOCK,
    inputs: blockInputs(configuration),
    body: (m, ports): Record<string, Word> => {
      const multiplied = multiplyStage(m, configuration, ports);
      const scale = new Stage(m, 's2_scale', configuration.pipeline);
      const width = termWidth(configuration, accumulatorWidth);
      const terms = multiplied.groups.map((group, g) =>
        scale.word(`term${multiplied.groups.length === 1 ? '' : g}`, scaledTerm(configuration, group, width)),
      );
      const control = scale.control(multiplied.control);
      const nan = scale.word('nan', multiplied.nan);
      const sum = terms.map((term) => term.signExtend(accumulatorWidth));
      const acc = accumulate(m, 'acc', accumulatorWidth, control, sum);
      const flag = stickyNan(m, control, nan);
      const done = m.register('s3_done', control.valid.and(control.last), { stage: 's3_accumulate' });
      if (configuration.readout === 'register') return { acc, nan: flag, done };
      return readout(m, configuration, acc, flag, done);
    },
  });
}

/** acc = (first ? 0 : acc) + at least one term. Terms and `first` of a bubble are 0. */
export function accumulate(
  m: ModuleBuilder,
  name: string,
  width: number,
  control: Control,
  terms: readonly Word[],
): Word {
  const acc = m.feedbackRegister(`s3_${name}`, width, { stage: 's3_accumulate' });
  const kept = acc.and(control.first.not().repeat(width));
  const [left, right] = compressRows([kept, ...terms]);
  m.setNext(acc, carrySelectSum(left!, right!, CARRY_CHAIN));
  return acc;
}

/** 1 from the first NaN scale of a segment to its end. */
export function stickyNan(m: ModuleBuilder, control: Control, nan: Word): Word {
  const flag = m.feedbackRegister('s3_nan_seen', 1, { stage: 's3_accumulate' });
  m.setNext(flag, flag.and(control.first.not()).or(nan));
  return flag;
}

function readout(
  m: ModuleBuilder,
  { accumulatorWidth, a, w }: ExactConfiguration,
  acc: Word,
  nan: Word,
  done: Word,
): Record<string, Word> {
  const normalize = new Stage(m, 's4_normalize');
  const round = new Stage(m, 's5_round');
  const { sign, magnitude } = normalize.words('', toSignMagnitude(acc));
  const packer = registerPacker(accumulatorWidth, accumulatorUnit({ a, w }), FP32_NEAREST);
  const { code } = m.instance('packer', packer, { sign: sign!, magnitude: magnitude! });
  const value = normalize.word('nan', nan).choose(FP32_NAN, code);
  return {
    result: round.word('result', value, 'fp32'),
    done: round.word('done', normalize.word('done', done)),
  };
}

/** Accumulator width of an exact semantic for a pair of formats. */
export function boundBits(semantic: string, a: BlockFormat, w: BlockFormat): number {
  return exactBound(semanticOf(semantic), a, w).registerBits;
}
