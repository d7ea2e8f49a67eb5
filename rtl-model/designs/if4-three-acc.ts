/**
 * IF4 MAC with three exact accumulators: float·float, mixed and int·int blocks; the gains 6/7 and 36/49 are applied
 * once, at the end of K, in FP32.
 *
 *   s1_multiply    lanes and tree: 13 bits; scale significands 8 bits, exponents 6 bits
 *   s2_scale       sum × significands << exponents → term, and which accumulator it belongs to
 *   s3_accumulate  three registers; widths from the depth that the semantic's bound allows
 *   s4_normalize   sign and magnitude of each
 *   s5_round       each to FP32, nearest even
 *   s6_correct     mixed × fl(6/7), int·int × fl(36/49) in FP32
 *   s7_add         float·float + mixed
 *   s8_add         + int·int
 */
import { exactBound, semanticOf } from '../../src/dot/index.js';
import { FP32, IF4 } from '../../src/formats/index.js';
import { float32Bits, Rational } from '../../src/numerics/index.js';
import { CLOCK, defineModule, type Module, type ModuleBuilder, type Word } from '../hdl/index.js';
import { floatAdder, floatMultiplier, toSignMagnitude } from '../library/index.js';
import { type DesignGenerator, macDesign } from './design.js';
import {
  blockConfiguration,
  blockProtocol,
  FLOAT_DEFAULTS,
  fp32Port,
  moduleName,
} from './parts/block-design.js';
import {
  accumulate,
  accumulatorUnit,
  type BlockConfiguration,
  blockInputs,
  FP32_NAN,
  FP32_NEAREST,
  multiplyStage,
  registerPacker,
  scaledTerm,
  stickyNan,
  termWidth,
} from './parts/exact.js';
import { largestSteps } from './parts/operand.js';
import { type Control, Stage } from './parts/pipeline.js';

const SEMANTIC = 'three-accumulators';
const summary = 'IF4 with an exact accumulator for each pair of block types, corrected once at the end of K';

/** Pairs of block types: how many sides hold integers, and the register's name. */
const CLASSES = [
  { integerSides: 0, name: 'acc_float' },
  { integerSides: 1, name: 'acc_mixed' },
  { integerSides: 2, name: 'acc_int' },
] as const;

/** Width of the register of blocks with that many integer sides, for the depth of the semantic's bound. */
function registerWidth({ a, w }: BlockConfiguration, integerSides: number): number {
  const { maxDepth } = exactBound(semanticOf(SEMANTIC), IF4, IF4);
  const [float, integer] = IF4.choices.map(({ element }, i) => largestSteps(element) * 2 ** a.extraShift[i]!);
  const product = BigInt(integer! ** integerSides * float! ** (2 - integerSides));
  const shift = a.largestShift + w.largestShift - a.leastShift - w.leastShift - 2; // without the extra shifts
  const scales = BigInt(a.largestSignificand * w.largestSignificand) << BigInt(shift);
  return (BigInt(maxDepth) * product * scales).toString(2).length + 1;
}

function threeAccumulators(name: string, configuration: BlockConfiguration): Module {
  return defineModule({
    name,
    summary,
    clock: CLOCK,
    inputs: blockInputs(configuration),
    body: (m, ports): Record<string, Word> => {
      const widths = CLASSES.map(({ integerSides }) => registerWidth(configuration, integerSides));
      const widest = Math.max(...widths);
      const multiplied = multiplyStage(m, { ...configuration, selectors: true }, ports);
      const scale = new Stage(m, 's2_scale');
      const width = termWidth(configuration, widest);
      const term = scale.word('term', scaledTerm(configuration, multiplied.groups[0]!, width));
      const { a, w } = multiplied.groups[0]!.selectors!;
      const belongs = [a.or(w).not(), a.xor(w), a.and(w)].map((bit, k) => scale.word(`class${k}`, bit));
      const control = scale.control(multiplied.control);
      const nan = scale.word('nan', multiplied.nan);
      const registers = CLASSES.map((row, k) => {
        const own = widths[k]! < width ? term.truncate(widths[k]!) : term.signExtend(widths[k]!);
        return accumulate(m, row.name, widths[k]!, control, [own.and(belongs[k]!.repeat(widths[k]!))]);
      });
      return readout(m, configuration, registers, stickyNan(m, control, nan), control);
    },
  });
}

/** Stages 4 to 8: three registers to one FP32 result. */
function readout(
  m: ModuleBuilder,
  configuration: BlockConfiguration,
  registers: readonly Word[],
  nanSeen: Word,
  control: Control,
): Record<string, Word> {
  const stages = ['s4_normalize', 's5_round', 's6_correct', 's7_add', 's8_add'].map(
    (name) => new Stage(m, name),
  );
  const [normalize, round, correct, add, addLast] = stages as [Stage, Stage, Stage, Stage, Stage];
  const carried = stages.slice(0, -1);
  const unit = accumulatorUnit(configuration);
  const packed = registers.map((register, k) => {
    const { sign, magnitude } = normalize.words(`${k}_`, { ...toSignMagnitude(register) });
    const packer = registerPacker(register.width, unit, FP32_NEAREST);
    return round.word(`packed${k}`, m.instance(`packer${k}`, packer, { sign, magnitude }).code, FP32.name);
  });
  const gain = IF4.choices[1]!.gain;
  const times = (name: string, word: Word, factor: number) => {
    const inputs = { a: word, b: m.constant(32, float32Bits(factor)) };
    return m.instance(name, floatMultiplier(FP32, { subnormals: 'flush' }), inputs).product;
  };
  const plus = (name: string, a: Word, b: Word) =>
    m.instance(name, floatAdder(FP32, { subnormals: 'flush' }), { a, b }).sum;
  const mixed = times('times_mixed', packed[1]!, Rational.toNumber(gain));
  const both = times('times_int', packed[2]!, Rational.toNumber(Rational.multiply(gain, gain)));
  const float = correct.word('float', packed[0]!, FP32.name);
  const sum = add.word('sum', plus('add_mixed', float, correct.word('mixed', mixed, FP32.name)), FP32.name);
  const last = plus('add_int', sum, add.word('int', correct.word('int', both, FP32.name), FP32.name));
  const nan = carried.reduce((word, stage) => stage.word('nan', word), nanSeen);
  const done = m.register('s3_done', control.valid.and(control.last), { stage: 's3_accumulate' });
  return {
    result: addLast.word('result', nan.choose(FP32_NAN, last), FP32.name),
    done: stages.reduce((word, stage) => stage.word('done', word), done),
  };
}

export const if4ThreeAcc: DesignGenerator = {
  name: 'if4-three-acc',
  summary,
  models: 'the dot semantic `three-accumulators`',
  notModelled: 'an addend C; sharing of the three rounders, which are idle except at the end of K',
  defaults: FLOAT_DEFAULTS,
  create: (options) => {
    const { lanes, predecode } = options;
    const configuration = blockConfiguration('if4-three-acc', IF4, 'left-out', {
      ...options,
      pipeline: true,
    });
    const module = threeAccumulators(moduleName('if4-three-acc', { lanes, predecode }), configuration);
    const protocol = blockProtocol(configuration, [fp32Port('result')], undefined);
    const formats = { a: IF4, w: IF4, semantic: semanticOf(SEMANTIC), resultFactor: Rational.rational(1n) };
    return macDesign(
      { name: 'if4-three-acc', summary, ...formats, lanes, module, protocol },
      { lanes, predecode },
    );
  },
};
