/** Oracles of the exact family: one wide fixed-point register, or one per pair of element choices. */
import { bitsToFloat32, ConfigurationError, Dyadic, Rational } from '../numerics/index.js';
import type { AccumulatorSetup, DotAccumulator, OperandCodes } from './accumulator.js';
import { recordRounding, roundToRegister } from './align.js';
import { BlockSummer } from './block-sum.js';
import { boundOf, type ExactBound } from './bound.js';
import { addFp32, correctionConstant, multiplyFp32 } from './fp32.js';
import { packRegister, unpackRegister } from './register.js';
import type { ExactAccumulation, FloatResult, PerChoiceAccumulation } from './semantic.js';
import { Specials } from './terms.js';
import { type Recorder, traced, tracedDouble } from './trace.js';

/** Bits kept below the binary point of a quotient: more than any register has, so that a sticky bit decides the rest. */
const QUOTIENT_BITS = 192n;

/** Refuses a K whose sums might leave the register. */
class DepthGuard {
  #depth = 0;

  constructor(
    readonly name: string,
    readonly bound: ExactBound,
  ) {}

  reset(): void {
    this.#depth = 0;
  }

  advance(elements: number): void {
    this.#depth += elements;
    if (this.#depth > this.bound.maxDepth) {
      throw new ConfigurationError(
        `"${this.name}" holds sums of up to K = ${this.bound.maxDepth} in its ` +
          `${this.bound.registerBits}-bit register; K = ${this.#depth} was asked for`,
        'split K and add the parts, or use a semantic that rounds on the way',
      );
    }
  }
}

export class ExactAccumulator implements DotAccumulator {
  readonly #register: FloatResult;
  readonly #result: ExactAccumulation['result'];
  readonly #stepK: number;
  readonly #blocks: BlockSummer;
  readonly #guard: DepthGuard;
  readonly #specials = new Specials();
  readonly #lastPlace: number;
  #addend = 0;
  #sum = 0n;

  constructor({ semantic, a, b, stepK }: AccumulatorSetup, rule: ExactAccumulation, register: FloatResult) {
    this.#register = register;
    this.#result = rule.result;
    this.#stepK = stepK;
    this.#blocks = new BlockSummer(a, b, stepK, 'multiplied-out');
    this.#guard = new DepthGuard(semantic.name, boundOf(a, b, rule));
    this.#lastPlace = this.#blocks.elementUnit + this.#blocks.scaleUnit;
  }

  start(c: number): void {
    this.#addend = c;
    this.#sum = 0n;
    this.#guard.reset();
    this.#specials.clear();
    this.#specials.register(unpackRegister(this.#register, c));
  }

  step(a: OperandCodes, b: OperandCodes, from: number, recorder?: Recorder): void {
    this.#guard.advance(this.#stepK);
    for (let k = from; k < from + this.#stepK; k += this.#blocks.blockSize) {
      const { elements, scales } = this.#blocks.sum(a, b, k, this.#specials, recorder);
      this.#sum += elements * scales;
      if (recorder !== undefined) {
        const { denominator } = this.#guard.bound;
        const label = denominator === 1n ? 'accumulator' : `accumulator, in 1/${denominator}`;
        recorder({ kind: 'sum', label, exact: traced(this.#sum, this.#lastPlace) });
      }
    }
  }

  finish(recorder?: Recorder): number {
    const forced = this.#specials.result(this.#register);
    if (forced !== null) return forced;
    const denominator = this.#result === 'grid' ? 1n : this.#guard.bound.denominator;
    const c = unpackRegister(this.#register, this.#addend);
    const addendPlace = c.exponent - c.fractionBits;
    const lastPlace = Math.min(this.#lastPlace, addendPlace);
    const total =
      (this.#sum << BigInt(this.#lastPlace - lastPlace)) +
      ((BigInt(c.significand) * denominator) << BigInt(addendPlace - lastPlace));
    if (denominator === 1n) return roundToRegister(this.#register, total, lastPlace, recorder);
    const quotient = stickyQuotient(total, denominator);
    const place = lastPlace - Number(QUOTIENT_BITS) - 1;
    const bits = packRegister(this.#register, quotient, place);
    if (recorder !== undefined) {
      const fraction = `${total} / ${denominator} × 2^${lastPlace}`;
      recordRounding(recorder, this.#register, Dyadic.dyadic(quotient, place), bits, 'result', fraction);
    }
    return bits;
  }
}

/** numerator / denominator × 2^(QUOTIENT_BITS + 1), toward zero, with bit 0 set if anything was left. */
function stickyQuotient(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n;
  const scaled = (negative ? -numerator : numerator) << QUOTIENT_BITS;
  const quotient = ((scaled / denominator) << 1n) | (scaled % denominator === 0n ? 0n : 1n);
  return negative ? -quotient : quotient;
}

/** Float·float, mixed and int·int blocks in registers of their own; gains applied in FP32 at the end. */
export class PerChoiceAccumulator implements DotAccumulator {
  readonly #register: FloatResult;
  readonly #stepK: number;
  readonly #blocks: BlockSummer;
  readonly #guard: DepthGuard;
  readonly #specials = new Specials();
  readonly #lastPlace: number;
  /** FP32 constant of each register; index = number of sides that hold their second choice. */
  readonly #corrections: readonly number[];
  #addend = 0;
  #sums: [bigint, bigint, bigint] = [0n, 0n, 0n];

  constructor(
    { semantic, a, b, stepK }: AccumulatorSetup,
    rule: PerChoiceAccumulation,
    register: FloatResult,
  ) {
    this.#register = register;
    this.#stepK = stepK;
    this.#blocks = new BlockSummer(a, b, stepK, 'left-out');
    this.#guard = new DepthGuard(semantic.name, boundOf(a, b, rule));
    this.#lastPlace = this.#blocks.elementUnit + this.#blocks.scaleUnit;
    const [first, second] = [a, b].map((side) => side.choices.map(({ gain }) => gain));
    const mixed = first![1] ?? second![1] ?? Rational.rational(1n);
    const both = Rational.multiply(first![1] ?? mixed, second![1] ?? mixed);
    this.#corrections = [1, correctionConstant(mixed), correctionConstant(both)];
  }

  start(c: number): void {
    this.#addend = c;
    this.#sums = [0n, 0n, 0n];
    this.#guard.reset();
    this.#specials.clear();
    this.#specials.register(unpackRegister(this.#register, c));
  }

  step(a: OperandCodes, b: OperandCodes, from: number, recorder?: Recorder): void {
    this.#guard.advance(this.#stepK);
    for (let k = from; k < from + this.#stepK; k += this.#blocks.blockSize) {
      const { elements, scales, choices } = this.#blocks.sum(a, b, k, this.#specials, recorder);
      const which = (choices[0] + choices[1]) as 0 | 1 | 2;
      this.#sums[which] += elements * scales;
      const exact = traced(this.#sums[which], this.#lastPlace);
      recorder?.({ kind: 'sum', label: `accumulator ${which} (blocks with ${which} int sides)`, exact });
    }
  }

  finish(recorder?: Recorder): number {
    const forced = this.#specials.result(this.#register);
    if (forced !== null) return forced;
    const c = unpackRegister(this.#register, this.#addend);
    const addend = Dyadic.dyadic(BigInt(c.significand), c.exponent - c.fractionBits);
    const plain = Dyadic.add(Dyadic.dyadic(this.#sums[0], this.#lastPlace), addend);
    let result = roundToRegister(
      this.#register,
      plain.significand,
      plain.exponent,
      recorder,
      'C + accumulator 0',
    );
    for (const which of [1, 2] as const) {
      const sum = Dyadic.dyadic(this.#sums[which], this.#lastPlace);
      const bits = packRegister(this.#register, sum.significand, sum.exponent);
      const corrected = multiplyFp32(bits, this.#corrections[which]!);
      result = addFp32(result, corrected);
      if (recorder === undefined) continue;
      const exact = tracedDouble(bitsToFloat32(corrected));
      recordRounding(recorder, this.#register, sum, bits, `accumulator ${which}`);
      recorder({ kind: 'sum', label: `× ${this.#corrections[which]!} in FP32, to be added`, exact });
    }
    return result;
  }
}
