/**
 * Generator of MACs with one FP32 accumulator and one addition a block: the block's products are summed as integers,
 * and enter the addition with a single rounding.
 *
 *   s1_multiply    decode, lanes, tree → block sum; scale significands multiplied, exponents added
 *   s2_scale       |sum| × significands, normalised: a raw float that is not rounded
 *   s3_accumulate  acc = RNE((first ? 0 : acc) + block)
 *
 * With a correction (IF4 with 6/7 in FP32) two roundings come before: s2_correct rounds scale product × correction to
 * 24 bits, s3_scale rounds |sum| × that to 24 bits, and s4_accumulate adds.
 *
 * Not modelled: an addend C, infinities (no block can reach one), lanes other than one block.
 */
import { type BlockFormat, FP32 } from '../../../src/formats/index.js';
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
  addRawToFloat,
  normalizeRaw,
  type RawFloat,
  roundRaw,
  toSignMagnitude,
} from '../../library/index.js';
import {
  type BlockConfiguration,
  blockInputs,
  FP32_NAN,
  type GroupProduct,
  type Multiplied,
  multiplyStage,
} from './exact.js';
import { type Control, Stage } from './pipeline.js';

/** Significand width of FP32, hidden bit included. */
const FP32_BITS = FP32.fractionBits + 1;
/** Corrections are fixed-point numbers of this many fraction bits: every float32 from 1/2 up to 1 fits. */
const CORRECTION_BITS = FP32_BITS;

/** Adder of the accumulator, as a module of its own. */
const accumulatorAdder = memoizedModule((addendWidth: number) =>
  defineModule({
    name: `fp32_accumulate_${addendWidth}`,
    summary: `acc + a raw float with ${addendWidth} bits of significand, one rounding to nearest even`,
    inputs: { acc: 32, sign: 1, exponent: FP32.exponentBits, significand: addendWidth },
    body: (_, { acc, ...addend }) => ({ sum: addRawToFloat(FP32, acc, addend).code }),
  }),
);

export interface FloatConfiguration extends BlockConfiguration {
  readonly moduleName: string;
  readonly summary: string;
  /** Whether the gains of integer blocks are applied to the scale product in FP32. */
  readonly correction: 'none' | 'fp32';
}

/** The MAC: ports en, first, last, operands → acc (FP32 bits), done. */
export function floatMac(configuration: FloatConfiguration): Module {
  const { moduleName, summary, correction } = configuration;
  return defineModule({
    name: moduleName,
    summary,
    clock: CLOCK,
    inputs: blockInputs(configuration),
    body: (m, ports): Record<string, Word> => {
      const multiplied = multiplyStage(m, { ...configuration, selectors: correction === 'fp32' }, ports);
      if (correction === 'none') {
        const stage = new Stage(m, 's2_scale');
        const raw = scaledBlock(m, configuration, multiplied.groups[0]!);
        return accumulateFloat(m, 's3_accumulate', stage, raw, multiplied.control, multiplied.nan);
      }
      return correctedMac(m, configuration, multiplied);
    },
  });
}

/** Biased FP32 exponent of the top bit of a product of `width` bits whose unit is 2^unit, shifted by `shift`. */
function topExponent(m: ModuleBuilder, shift: Word, least: number, unit: number, width: number): Word {
  return shift
    .zeroExtend(FP32.exponentBits)
    .plus(m.constant(FP32.exponentBits, width - 1 + unit - least + FP32.bias));
}

/** |sum| × significands as a raw float, exact. */
function scaledBlock(m: ModuleBuilder, { a, w }: BlockConfiguration, group: GroupProduct): RawFloat {
  const { sign, magnitude } = magnitudeOf(group.sum);
  const product = magnitude.times(group.significand!);
  const unit = a.elementUnit + w.elementUnit + a.scaleUnit + w.scaleUnit;
  const exponent = topExponent(m, group.shift, a.leastShift + w.leastShift, unit, product.width);
  return normalizeRaw(sign, exponent, product);
}

/** A block sum never has its most negative value: the magnitude needs one bit less. */
function magnitudeOf(sum: Word) {
  const { sign, magnitude } = toSignMagnitude(sum);
  return { sign, magnitude: magnitude.truncate(magnitude.width - 1) };
}

function correctedMac(
  m: ModuleBuilder,
  configuration: FloatConfiguration,
  multiplied: Multiplied,
): Record<string, Word> {
  const { a, w } = configuration;
  const [group] = multiplied.groups;
  const correct = new Stage(m, 's2_correct');
  const { significand, shift, sum, selectors } = group!;
  const factor = correctionFactor(m, a.format, selectors!.a, selectors!.w);
  const product = significand!.times(factor);
  const scaleUnit = a.scaleUnit + w.scaleUnit - CORRECTION_BITS;
  const top = topExponent(m, shift, a.leastShift + w.leastShift, scaleUnit, product.width);
  const scale = roundRaw(normalizeRaw(m.constant(1, 0), top, product), FP32_BITS);
  const s2 = {
    sum: correct.word('sum', sum),
    exponent: correct.word('scale_exponent', scale.exponent),
    significand: correct.word('scale_significand', scale.significand),
  };
  const control = correct.control(multiplied.control);
  const nan = correct.word('nan', multiplied.nan);
  const { sign, magnitude } = magnitudeOf(s2.sum);
  const block = magnitude.times(s2.significand);
  const blockTop = s2.exponent.plus(block.width - 1 + a.elementUnit + w.elementUnit - (FP32_BITS - 1));
  const raw = roundRaw(normalizeRaw(sign, blockTop, block), FP32_BITS);
  return accumulateFloat(m, 's4_accumulate', new Stage(m, 's3_scale'), raw, control, nan);
}

/** 1, the float32 nearest to the gain, or that nearest to its square: by the types of the two blocks. */
function correctionFactor(m: ModuleBuilder, format: BlockFormat, a: Word, w: Word): Word {
  const gain = format.choices[1]!.gain;
  const constant = (value: number) =>
    m.constant(CORRECTION_BITS + 1, Math.fround(value) * 2 ** CORRECTION_BITS);
  const both = Rational.toNumber(Rational.multiply(gain, gain));
  return a.and(w).choose(constant(both), a.or(w).choose(constant(Rational.toNumber(gain)), constant(1)));
}

/** The registers of the stage before, and the accumulator. */
function accumulateFloat(
  m: ModuleBuilder,
  stageName: string,
  before: Stage,
  raw: RawFloat,
  controlBefore: Control,
  nanBefore: Word,
): Record<string, Word> {
  const addend = before.words('block_', { ...raw });
  const control = before.control(controlBefore);
  const nan = before.word('nan', nanBefore);
  const prefix = stageName.slice(0, 2);
  const options = { stage: stageName, enable: control.valid };
  const acc = m.feedbackRegister(`${prefix}_acc`, 32, { ...options, format: 'fp32' });
  const kept = acc.and(control.first.not().repeat(32));
  const adder = accumulatorAdder(addend.significand.width);
  m.setNext(acc, m.instance('adder', adder, { acc: kept, ...addend }).sum);
  const flag = m.feedbackRegister(`${prefix}_nan_seen`, 1, options);
  m.setNext(flag, flag.and(control.first.not()).or(nan));
  const done = m.register(`${prefix}_done`, control.valid.and(control.last), { stage: stageName });
  return { acc: flag.choose(FP32_NAN, acc), done };
}

/** Throws unless an edge takes exactly one block: one addition a block. */
export function checkWholeBlocks(name: string, lanes: number, blockSize: number): void {
  if (lanes === blockSize) return;
  throw new ConfigurationError(
    `${name}: ${lanes} lanes, but it adds once a block of ${blockSize}`,
    `expected ${blockSize} lanes`,
  );
}
