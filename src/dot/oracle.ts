/**
 * The exact oracle: slow, obviously right, independent of the fast kernels. One accumulator per output, driven by the
 * semantic's record alone.
 */
import { codecOf } from '../formats/index.js';
import { ConfigurationError } from '../numerics/index.js';
import type { AccumulatorSetup, DotAccumulator, OperandCodes } from './accumulator.js';
import { ExactAccumulator, PerChoiceAccumulator } from './exact.js';
import { FusedAccumulator } from './fused.js';
import { IntegerAccumulator } from './integer.js';
import { LaneAccumulator } from './lanes.js';
import { hasBlockScales, stepOf, unpackOperand, warningsFor } from './operand.js';
import { PerBlockAccumulator } from './per-block.js';
import { registerFormat } from './register.js';
import type { Accumulation, DotSemantic, DotWarning, OperandFormat } from './semantic.js';
import type { DotTrace, Recorder, TraceEvent } from './trace.js';
import { TwoStageAccumulator } from './two-stage.js';

export interface DotOracle {
  readonly semantic: DotSemantic;
  readonly aFormat: OperandFormat;
  readonly bFormat: OperandFormat;
  /** Elements of K that one step consumes; K is a multiple of it. */
  readonly stepK: number;
  readonly warnings: readonly DotWarning[];
  /** A fresh accumulator, started with C = 0. */
  accumulator(): DotAccumulator;
  /**
   * Bits of the dot product of two rows of K codes, steps chained along K from the addend's bits `c`. Scales are one
   * byte a block (empty for bare elements). Throws `ConfigurationError` on lengths that do not fit together.
   */
  dot(
    aCodes: ArrayLike<number>,
    aScales: ArrayLike<number>,
    bCodes: ArrayLike<number>,
    bScales: ArrayLike<number>,
    c?: number,
  ): number;
  /** The same dot product, explained step by step. */
  trace(a: OperandCodes, b: OperandCodes, c?: number): DotTrace;
}

/** A family's oracle; the record's kind picks it. */
type Family = (setup: AccumulatorSetup) => DotAccumulator;

/** The oracle of a semantic for a pair of operand formats. Throws `ConfigurationError` if it does not take them. */
export function createOracle(
  semantic: DotSemantic,
  aFormat: OperandFormat,
  bFormat: OperandFormat,
): DotOracle {
  const a = unpackOperand(semantic, aFormat);
  const b = unpackOperand(semantic, bFormat);
  const stepK = stepOf(semantic, aFormat, bFormat);
  const build = familyOf(semantic);
  const setup = { semantic, a, b, stepK };
  const shared = build(setup);
  return {
    semantic,
    aFormat,
    bFormat,
    stepK,
    warnings: warningsFor(semantic, aFormat, bFormat),
    accumulator: () => started(build(setup), 0),
    dot: (aCodes, aScales, bCodes, bScales, c = 0) => {
      const [left, right] = [
        { codes: aCodes, scales: aScales },
        { codes: bCodes, scales: bScales },
      ];
      checkLengths(setup, left, right);
      return run(started(shared, c), left, right, stepK);
    },
    trace: (left, right, c = 0) => {
      checkLengths(setup, left, right);
      const events: TraceEvent[] = [];
      const bits = run(started(build(setup), c), left, right, stepK, (event) => events.push(event));
      const names = { semantic: semantic.name, aFormat: aFormat.name, bFormat: bFormat.name };
      return {
        ...names,
        c,
        addend: valueOfResult(semantic, c),
        events,
        bits,
        value: valueOfResult(semantic, bits),
      };
    },
  };
}

function familyOf({ accumulation: rule, result, name }: DotSemantic): Family {
  if (rule.kind === 'integer') return (setup) => new IntegerAccumulator(setup);
  if (result.kind !== 'float') throw new ConfigurationError(`"${name}" needs a floating-point result`);
  // One row a kind: the compiler asks for every family.
  const families: { [K in Exclude<Accumulation['kind'], 'integer'>]: (r: RuleOf<K>) => Family } = {
    fused: (r) => (setup) => new FusedAccumulator(setup, r, result),
    'two-stage': (r) => (setup) => new TwoStageAccumulator(setup, r, result),
    exact: (r) => (setup) => new ExactAccumulator(setup, r, result),
    'per-block': (r) => (setup) => new PerBlockAccumulator(setup, r, result),
    lanes: (r) => (setup) => new LaneAccumulator(setup, r, result),
    'per-choice': (r) => (setup) => new PerChoiceAccumulator(setup, r, result),
  };
  return (families[rule.kind] as (r: typeof rule) => Family)(rule);
}

type RuleOf<K extends Accumulation['kind']> = Extract<Accumulation, { kind: K }>;

function started(accumulator: DotAccumulator, c: number): DotAccumulator {
  accumulator.start(c);
  return accumulator;
}

function run(
  accumulator: DotAccumulator,
  a: OperandCodes,
  b: OperandCodes,
  stepK: number,
  recorder?: Recorder,
): number {
  for (let from = 0; from < a.codes.length; from += stepK) {
    if (a.codes.length > stepK) recorder?.({ kind: 'section', label: `step from k = ${from}` });
    accumulator.step(a, b, from, recorder);
  }
  return accumulator.finish(recorder);
}

function checkLengths(
  { semantic, a, b, stepK }: AccumulatorSetup,
  left: OperandCodes,
  right: OperandCodes,
): void {
  const K = left.codes.length;
  if (right.codes.length !== K) {
    throw new ConfigurationError(`operand a has ${K} elements along K, operand b has ${right.codes.length}`);
  }
  if (K % stepK !== 0) {
    throw new ConfigurationError(
      `K = ${K} is not a multiple of ${stepK}, the step of "${semantic.name}"`,
      'pad both operands with zeros to a multiple of it',
    );
  }
  for (const [side, operand, scales] of [
    ['a', a, left.scales],
    ['b', b, right.scales],
  ] as const) {
    const expected = Math.floor(K / operand.blockSize);
    if (hasBlockScales(operand.format) && scales.length !== expected) {
      throw new ConfigurationError(`operand ${side} has ${scales.length} scales; K = ${K} needs ${expected}`);
    }
  }
}

/** The number that a result's bits stand for, before `resultFactor`. */
export function valueOfResult({ result }: DotSemantic, bits: number): number {
  if (result.kind === 'integer') return bits | 0;
  return codecOf(registerFormat(result)).decode(bits);
}
