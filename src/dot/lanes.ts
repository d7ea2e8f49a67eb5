/** Oracle of per-lane FP32 accumulators with a pairwise tree at the end (`LaneAccumulation`). */
import { ConfigurationError, float32Bits, Rational } from '../numerics/index.js';
import { type AccumulatorSetup, choiceOf, type DotAccumulator, type OperandCodes } from './accumulator.js';
import { correctionConstant } from './fp32.js';
import type { UnpackedOperand } from './operand.js';
import type { FloatResult, LaneAccumulation } from './semantic.js';
import { recordProduct, ScalePair, tableValue } from './terms.js';
import { type Recorder, tracedDouble } from './trace.js';

/** Smallest normal FP32 magnitude. */
const SMALLEST_NORMAL = 2 ** -126;

export class LaneAccumulator implements DotAccumulator {
  readonly #rule: LaneAccumulation;
  readonly #register: FloatResult;
  readonly #name: string;
  readonly #stepK: number;
  readonly #a: UnpackedOperand;
  readonly #b: UnpackedOperand;
  readonly #scales: ScalePair;
  readonly #corrections: readonly (readonly number[])[];
  readonly #lanes: Float64Array;
  #loaded = false;

  constructor({ semantic, a, b, stepK }: AccumulatorSetup, rule: LaneAccumulation, register: FloatResult) {
    this.#rule = rule;
    this.#register = register;
    this.#name = semantic.name;
    this.#stepK = stepK;
    [this.#a, this.#b] = [a, b];
    this.#scales = new ScalePair(a, b);
    if (Math.min(a.blockSize, b.blockSize) % rule.lanes !== 0 || stepK % rule.lanes !== 0) {
      throw new ConfigurationError(`"${semantic.name}": ${rule.lanes} lanes do not divide a block`);
    }
    this.#corrections = a.choices.map((left) =>
      b.choices.map((right) => correctionConstant(Rational.multiply(left.gain, right.gain))),
    );
    this.#lanes = new Float64Array(rule.lanes);
  }

  start(c: number): void {
    if (c !== 0)
      throw new ConfigurationError(`"${this.#name}" takes no addend C: a segment starts from nothing`);
    this.#lanes.fill(0);
    this.#loaded = this.#rule.firstProduct === 'added-to-zero';
  }

  step(a: OperandCodes, b: OperandCodes, from: number, recorder?: Recorder): void {
    for (let k = from; k < from + this.#stepK; k += this.#rule.lanes) {
      this.#block(a, b, k, recorder);
      this.#loaded = true;
      recorder?.({ kind: 'sum', label: 'lane 0', exact: tracedDouble(this.#lanes[0]!) });
    }
  }

  finish(recorder?: Recorder): number {
    let level = [...this.#lanes];
    while (level.length > 1) {
      const next: number[] = [];
      for (let i = 0; i + 1 < level.length; i += 2) next.push(this.#fp32(level[i]! + level[i + 1]!));
      if (level.length % 2 === 1) next.push(level.at(-1)!);
      level = next;
      recorder?.({ kind: 'sum', label: `tree, ${level.length} left: first`, exact: tracedDouble(level[0]!) });
    }
    const result = level[0]!;
    return Number.isNaN(result) ? this.#register.nanBits : float32Bits(result);
  }

  /** One product a lane: (a·b) × (sA·sB × correction), one FP32 rounding each; a·b and sA·sB are exact. */
  #block(a: OperandCodes, b: OperandCodes, from: number, recorder?: Recorder): void {
    const choices = [choiceOf(this.#a, a.scales, from), choiceOf(this.#b, b.scales, from)] as const;
    const ta = this.#a.choices[choices[0]]!.element;
    const tb = this.#b.choices[choices[1]]!.element;
    this.#scales.read(a, b, from, recorder);
    const { significand, exponent, fractionBits, nan } = this.#scales;
    const correction = this.#corrections[choices[0]]![choices[1]]!;
    const scale = nan ? Number.NaN : this.#fp32(significand * 2 ** (exponent - fractionBits) * correction);
    if (!nan) recorder?.({ kind: 'sum', label: 'scale product × gains in FP32', exact: tracedDouble(scale) });
    for (let lane = 0; lane < this.#rule.lanes; lane++) {
      const k = from + lane;
      const [ca, cb] = [a.codes[k]! & ta.mask, b.codes[k]! & tb.mask];
      // The multiplier works on signs and magnitudes: a zero product keeps the sign of its factors' sign bits.
      const product = this.#fp32(tableValue(ta, ca) * tableValue(tb, cb) * scale);
      this.#lanes[lane] = this.#loaded ? this.#fp32(this.#lanes[lane]! + product) : product;
      if (recorder !== undefined) recordProduct(recorder, [ta, tb], [ca, cb], k, null);
    }
  }

  /** Rounded to FP32, subnormals flushed to a zero of their sign if the record says so. */
  #fp32(x: number): number {
    const rounded = Math.fround(x);
    return this.#rule.subnormals === 'flushed' && Math.abs(rounded) < SMALLEST_NORMAL ? rounded * 0 : rounded;
  }
}
