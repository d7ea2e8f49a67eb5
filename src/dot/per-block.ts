/** Oracle of one FP32 addition a block (`PerBlockAccumulation`). */
import { Dyadic, Rational } from '../numerics/index.js';
import type { AccumulatorSetup, DotAccumulator, OperandCodes } from './accumulator.js';
import { roundToRegister } from './align.js';
import { BlockSummer } from './block-sum.js';
import { correctionConstant } from './fp32.js';
import { FINITE } from './operand.js';
import { unpackRegister } from './register.js';
import type { FloatResult, PerBlockAccumulation } from './semantic.js';
import { Specials } from './terms.js';
import { type Recorder, tracedDyadic } from './trace.js';

export class PerBlockAccumulator implements DotAccumulator {
  readonly #register: FloatResult;
  readonly #stepK: number;
  readonly #blocks: BlockSummer;
  readonly #specials = new Specials();
  /** FP32 factor of the scale product by the two sides' choices; null where it is 1. */
  readonly #corrections: readonly (readonly (Dyadic.Dyadic | null)[])[];
  #state = 0;

  constructor({ a, b, stepK }: AccumulatorSetup, _rule: PerBlockAccumulation, register: FloatResult) {
    this.#register = register;
    this.#stepK = stepK;
    this.#blocks = new BlockSummer(a, b, stepK, 'left-out');
    this.#corrections = a.choices.map((left) =>
      b.choices.map((right) => {
        const gain = Rational.multiply(left.gain, right.gain);
        return Rational.equals(gain, Rational.rational(1n))
          ? null
          : Dyadic.fromNumber(correctionConstant(gain));
      }),
    );
  }

  start(c: number): void {
    this.#state = c;
  }

  step(a: OperandCodes, b: OperandCodes, from: number, recorder?: Recorder): void {
    for (let k = from; k < from + this.#stepK; k += this.#blocks.blockSize) this.#block(a, b, k, recorder);
  }

  finish(): number {
    return this.#state;
  }

  #block(a: OperandCodes, b: OperandCodes, k: number, recorder?: Recorder): void {
    this.#specials.clear();
    const { elements, scales, choices } = this.#blocks.sum(a, b, k, this.#specials, recorder);
    const sum = Dyadic.dyadic(elements, this.#blocks.elementUnit);
    const scale = Dyadic.dyadic(scales, this.#blocks.scaleUnit);
    const block = this.#scaled(sum, scale, this.#corrections[choices[0]]![choices[1]]!, recorder);
    recorder?.({ kind: 'sum', label: `block from ${k}`, exact: tracedDyadic(block) });
    const c = unpackRegister(this.#register, this.#state);
    this.#specials.register(c);
    const forced = this.#specials.result(this.#register);
    const total = Dyadic.add(block, Dyadic.dyadic(BigInt(c.significand), c.exponent - c.fractionBits));
    this.#state =
      forced ?? roundToRegister(this.#register, total.significand, total.exponent, recorder, 'C + block');
  }

  /** Block sum × scale product: exact, or with the gains' FP32 factor and a rounding after each multiplication. */
  #scaled(
    sum: Dyadic.Dyadic,
    scale: Dyadic.Dyadic,
    correction: Dyadic.Dyadic | null,
    recorder?: Recorder,
  ): Dyadic.Dyadic {
    if (correction === null) return Dyadic.multiply(sum, scale);
    const corrected = this.#rounded(Dyadic.multiply(scale, correction), 'scale product × gains', recorder);
    return this.#rounded(Dyadic.multiply(sum, corrected), 'block sum × scale', recorder);
  }

  /** x rounded to the register's format. Blocks that need a correction are far from its limits. */
  #rounded(x: Dyadic.Dyadic, label: string, recorder?: Recorder): Dyadic.Dyadic {
    const bits = roundToRegister(this.#register, x.significand, x.exponent, recorder, label);
    const value = unpackRegister(this.#register, bits);
    if (value.kind !== FINITE) throw new RangeError('a corrected block left the range of FP32');
    return Dyadic.dyadic(BigInt(value.significand), value.exponent - value.fractionBits);
  }
}
