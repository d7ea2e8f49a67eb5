/**
 * The published MAC microarchitecture (mit-han-lab/fouroversix dadfad6, if4_mac/rtl): an FP32 accumulator in every
 * lane, and a tree at the end of K.
 *
 *   s1_multiply    a·b of each lane, exact; sA·sB × correction, one rounding, shared; their FP32 product
 *   s2_accumulate  lane accumulators: the first product is loaded, later ones are added (FP32, RNE, subnormals
 *                  flushed); at the next `first` all lanes are copied to the snapshot
 *   s3_reduce      log2(lanes) edges on shared adders: (0+1, 2+3, …), then pairs of those
 *   s4_output      acc and a one-cycle done
 *
 * Kept from the published RTL: ports, registers, cycle behaviour (done on the sixth edge after the one that samples
 * the next `first`; a snapshot that arrives during a reduction is lost, so segments begin at least log2(lanes) + 1
 * edges apart), scale code 0x7F read as the largest finite scale, the sign of zero products.
 * Not kept: the FP32 blocks are this project's, not the vendor's; the reduction is counted by a token that travels
 * through one register a step, not by a state machine with a counter; inputs are flat vectors.
 */
import { type DotSemantic, semanticOf } from '../../../src/dot/index.js';
import { type BlockFormat, FP32, SELECTOR_BIT, widthOf } from '../../../src/formats/index.js';
import { ConfigurationError, Rational } from '../../../src/numerics/index.js';
import {
  CLOCK,
  defineModule,
  type Module,
  type ModuleBuilder,
  memoizedModule,
  type Word,
} from '../../hdl/index.js';
import {
  decodeFloat,
  exactToFloat,
  exactToFloatAt,
  type FloatOptions,
  floatAdder,
  floatMultiplier,
  stepExponent,
} from '../../library/index.js';
import { type DesignOptions, type MacDesign, macDesign } from '../design.js';
import { fp32Port, moduleName } from './block-design.js';
import { bitsOf, decodeElement, integerOperand, type SideShape, sideShape, split } from './operand.js';

/** The FP32 operations of the published MAC: subnormals are flushed. */
const flushing = (floats: LanesOptions['floats']): FloatOptions =>
  floats === 'finite' ? { subnormals: 'flush', values: 'finite' } : { subnormals: 'flush' };
/** Scale ports are a byte wide, whether or not the format uses the top bit. */
const SCALE_PORT_WIDTH = 8;

export type LanesOptions = Pick<Required<DesignOptions>, 'lanes' | 'floats'>;

/** Throws unless lanes are a power of two that a reduction by pairs can take. */
export function checkReduction(name: string, lanes: number): void {
  if (lanes >= 2 && lanes <= 64 && Number.isInteger(Math.log2(lanes))) return;
  throw new ConfigurationError(
    `${name}: ${lanes} lanes cannot be added in pairs`,
    'expected a power of two, 2 to 64',
  );
}

/** Shape of an operand whose elements all count the finest step: INT4 magnitudes are doubled beside E2M1. */
function laneShape(format: BlockFormat): SideShape {
  const shape = sideShape(format, 'left-out');
  const largest = shape.largestElement * 2 ** Math.max(...shape.extraShift);
  const operand = integerOperand(bitsOf(largest));
  return { ...shape, largestElement: largest, operand, elementWidth: operand.significandWidth };
}

/** Elements of a block as sign and magnitude in the finest step. */
function laneElement(shape: SideShape, code: Word, selector: Word | undefined) {
  const { sign, magnitude } = decodeElement(shape, code, selector);
  const [, extra = 0] = shape.extraShift;
  if (selector === undefined || extra === 0) return { sign, magnitude };
  return { sign, magnitude: selector.choose(magnitude.shiftLeft(extra), magnitude) };
}

/** Product of two elements as FP32, exact: the published `w_a_multiplier`. */
export const elementProduct = memoizedModule((format: BlockFormat): Module<string, 'product'> => {
  const shape = laneShape(format);
  const selectors = shape.hasSelector ? { a_int: 1, w_int: 1 } : {};
  return defineModule({
    name: `${format.name}_element_product`,
    summary: `a * b of two ${format.name} elements, exact, as FP32; zeros keep the sign`,
    inputs: { a: shape.codeWidth, w: shape.codeWidth, ...selectors } as Record<string, number>,
    body: (_, ports): { product: Word } => {
      const a = laneElement(shape, ports.a!, ports.a_int);
      const w = laneElement(shape, ports.w!, ports.w_int);
      const magnitude = a.magnitude.times(w.magnitude).named('magnitude');
      const unit = 2 * Math.min(...format.choices.map(({ element }) => stepExponent(element)));
      return { product: exactToFloat(FP32, a.sign.xor(w.sign), magnitude, unit) };
    },
  });
});

/** sA·sB as FP32, times the correction of integer blocks with one rounding: `scale_factors_multiplier`. */
export const scaleProduct = memoizedModule((format: BlockFormat, floats: LanesOptions['floats'] = 'ieee') =>
  defineModule({
    name: `${format.name}_scale_product`,
    summary: `product of two ${format.scale.name} scales as FP32; NaN codes read as the largest scale`,
    inputs: { a_sf: SCALE_PORT_WIDTH, w_sf: SCALE_PORT_WIDTH },
    body: (m, { a_sf: a, w_sf: w }) => {
      const [left, right] = [a, w].map((code) => finiteScale(format, code));
      const significand = left!.significand.times(right!.significand).named('significand');
      const { scale } = format;
      // Biased FP32 exponent of the product's top bit: both exponent codes, and a constant.
      const offset = FP32.bias - 2 * scale.bias - 2 * scale.fractionBits + significand.width - 1;
      const top = left!.exponent
        .zeroExtend(FP32.exponentBits)
        .plus(right!.exponent.zeroExtend(FP32.exponentBits))
        .plus(offset);
      const exact = exactToFloatAt(FP32, m.constant(1, 0), significand, top);
      return { scale: corrected(m, format, floats, exact, a, w) };
    },
  }),
);

/** Exponent and significand of a scale; a NaN code gives those of the largest finite scale, one last place below. */
function finiteScale(format: BlockFormat, code: Word) {
  const fields = decodeFloat(format.scale, code.truncate(widthOf(format.scale)));
  const { exponent, significand } = fields;
  return { exponent, significand: fields.isNaN.choose(significand.and(-2), significand) };
}

/** × the FP32 number nearest to the gains of the two sides. */
function corrected(
  m: ModuleBuilder,
  format: BlockFormat,
  floats: LanesOptions['floats'],
  scale: Word,
  a: Word,
  w: Word,
): Word {
  const [, second] = format.choices;
  if (second === undefined) return scale;
  const [mixed, both] = [second.gain, Rational.multiply(second.gain, second.gain)].map(float32Of);
  const position = Math.log2(SELECTOR_BIT);
  const [integerA, integerW] = [a.bit(position), w.bit(position)];
  const factor = integerA.and(integerW).choose(m.constant(32, both!), m.constant(32, mixed!));
  const { product } = m.instance('correction', floatMultiplier(FP32, flushing(floats)), {
    a: scale,
    b: factor,
  });
  return integerA.or(integerW).choose(product, scale);
}

function float32Of(gain: Parameters<typeof Rational.toNumber>[0]): number {
  return new Uint32Array(Float32Array.of(Rational.toNumber(gain)).buffer)[0]!;
}

/** One lane of s1_multiply with the shared scale product: what exhaustive tests and proofs look at. */
export function scaledLane(format: BlockFormat): Module<'a' | 'w' | 'a_sf' | 'w_sf', 'product'> {
  const shape = laneShape(format);
  return defineModule({
    name: `${format.name}_scaled_lane`,
    summary: `(a * b) * (a_sf * w_sf) of one ${format.name} lane as FP32`,
    inputs: { a: shape.codeWidth, w: shape.codeWidth, a_sf: SCALE_PORT_WIDTH, w_sf: SCALE_PORT_WIDTH },
    body: (m, { a, w, a_sf, w_sf }) => {
      const { scale } = m.instance('scales', scaleProduct(format), { a_sf, w_sf });
      return { product: laneProduct(m, format, 'ieee', 'lane', a, w, a_sf, w_sf, scale) };
    },
  });
}

function laneProduct(
  m: ModuleBuilder,
  format: BlockFormat,
  floats: LanesOptions['floats'],
  prefix: string,
  a: Word,
  w: Word,
  a_sf: Word,
  w_sf: Word,
  scale: Word,
): Word {
  const selectors = format.selector === 'none' ? {} : { a_int: a_sf.bit(-1), w_int: w_sf.bit(-1) };
  const element = m.instance(`${prefix}_elements`, elementProduct(format), { a, w, ...selectors });
  return m.instance(`${prefix}_scaled`, floatMultiplier(FP32, flushing(floats)), {
    a: element.product,
    b: scale,
  }).product;
}

/** The MAC. */
function lanesModule(name: string, summary: string, format: BlockFormat, options: LanesOptions): Module {
  const { lanes, floats } = options;
  const { codeWidth } = laneShape(format);
  return defineModule({
    name,
    summary,
    clock: CLOCK,
    inputs: {
      en: 1,
      first: 1,
      a_in: lanes * codeWidth,
      a_sf: SCALE_PORT_WIDTH,
      w_in: lanes * codeWidth,
      w_sf: SCALE_PORT_WIDTH,
    },
    body: (m, { en, first, a_in, a_sf, w_in, w_sf }) => {
      const stage = { stage: 's1_multiply' };
      const { scale } = m.instance('scales', scaleProduct(format, floats), { a_sf, w_sf });
      const codesW = split(w_in, codeWidth);
      const products = split(a_in, codeWidth).map((a, lane) => {
        const product = laneProduct(m, format, floats, `lane${lane}`, a, codesW[lane]!, a_sf, w_sf, scale);
        return m.register(`s1_product${lane}`, product, { ...stage, format: FP32.name, enable: en });
      });
      const valid = m.register('s1_valid', en, stage);
      const begins = m.register('s1_first', first.and(en), stage);
      const snapshot = accumulators(m, floats, products, valid, begins);
      return reduction(m, floats, snapshot.values, snapshot.valid);
    },
  });
}

/** Stage 2: the lane accumulators, and their copies at the start of the next segment. */
function accumulators(
  m: ModuleBuilder,
  floats: LanesOptions['floats'],
  products: readonly Word[],
  valid: Word,
  first: Word,
) {
  const stage = { stage: 's2_accumulate' };
  const active = m.feedbackRegister('s2_active', 1, stage);
  m.setNext(active, active.or(valid));
  const takes = first.and(valid).and(active).named('s2_takes_snapshot');
  const values = products.map((product, lane) => {
    const acc = m.feedbackRegister(`s2_acc${lane}`, 32, { ...stage, format: FP32.name, enable: valid });
    const { sum } = m.instance(`add${lane}`, floatAdder(FP32, flushing(floats)), { a: acc, b: product });
    m.setNext(acc, first.choose(product, sum));
    return m.register(`s2_snapshot${lane}`, acc, { ...stage, format: FP32.name, enable: takes });
  });
  return { values, valid: m.register('s2_snapshot_valid', takes, stage) };
}

/** Stages 3 and 4: a token travels through one register a step; in step k, lanes / 2^k adders work. */
function reduction(
  m: ModuleBuilder,
  floats: LanesOptions['floats'],
  snapshot: readonly Word[],
  arrives: Word,
): Record<string, Word> {
  const stage = { stage: 's3_reduce' };
  const lanes = snapshot.length;
  const levels = Math.log2(lanes);
  const tokens = Array.from({ length: levels }, (_, k) => m.feedbackRegister(`s3_step${k + 1}`, 1, stage));
  const busy = tokens.reduce((x, y) => x.or(y)).named('s3_busy');
  const load = arrives.and(busy.not()).named('s3_load');
  tokens.forEach((token, k) => {
    m.setNext(token, k === 0 ? load : tokens[k - 1]!);
  });
  const enable = load.or(busy);
  const values = snapshot.map((_, j) =>
    m.feedbackRegister(`s3_value${j}`, 32, { ...stage, format: FP32.name, enable }),
  );
  const sums = Array.from(
    { length: lanes / 2 },
    (_, j) =>
      m.instance(`reduce${j}`, floatAdder(FP32, flushing(floats)), {
        a: values[2 * j]!,
        b: values[2 * j + 1]!,
      }).sum,
  );
  values.forEach((value, j) => {
    const live = tokens.filter((_, k) => j < lanes / 2 ** (k + 1));
    const sum = sums[j];
    const step = sum === undefined ? m.constant(32, 0) : sum.and(live.reduce((x, y) => x.or(y)).repeat(32));
    m.setNext(value, load.choose(snapshot[j]!, step));
  });
  const finished = tokens.at(-1)!;
  return {
    acc: m.register('s4_acc', sums[0]!, { stage: 's4_output', format: FP32.name, enable: finished }),
    done: m.register('s4_done', finished, { stage: 's4_output' }),
  };
}

/** The design with one block of `lanes` elements an edge. */
export function lanesDesign(
  name: string,
  summary: string,
  format: BlockFormat,
  options: LanesOptions,
): MacDesign {
  const { lanes } = options;
  const blocks =
    lanes === format.blockSize ? format : { ...format, name: `${format.name}_bs${lanes}`, blockSize: lanes };
  const ports = (side: string) => ({
    codes: `${side}_in`,
    codeWidth: laneShape(format).codeWidth,
    scales: `${side}_sf`,
    scaleWidth: SCALE_PORT_WIDTH,
    blocks: 1,
    micro: undefined,
    microWidth: 0,
  });
  return macDesign(
    {
      name,
      summary,
      a: blocks,
      w: blocks,
      semantic: lanesSemantic(lanes),
      lanes,
      module: lanesModule(moduleName(name, options), summary, blocks, options),
      resultFactor: Rational.rational(1n),
      protocol: {
        enable: 'en',
        segmentEnd: 'next-first',
        first: 'first',
        last: undefined,
        a: ports('a'),
        w: ports('w'),
        addend: undefined,
        done: 'done',
        results: [fp32Port('acc')],
        nan: undefined,
        segmentInterval: Math.log2(lanes) + 1,
      },
    },
    options,
  );
}

/** The published semantic for another number of lanes. */
function lanesSemantic(lanes: number): DotSemantic {
  const published = semanticOf('published-mac');
  if (published.accumulation.kind !== 'lanes') throw new RangeError('published-mac accumulates in lanes');
  return {
    ...published,
    operands: { ...published.operands, blockSizes: [lanes] },
    stepK: lanes,
    accumulation: { ...published.accumulation, lanes },
  };
}
