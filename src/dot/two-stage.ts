/** Oracle of AMD's two-stage fused addition (`TwoStageAccumulation`). */
import { roundScaledBigint } from '../numerics/index.js';
import type { AccumulatorSetup, DotAccumulator, OperandCodes } from './accumulator.js';
import { type AlignedSum, alignAndAdd, roundToRegister } from './align.js';
import { FINITE, type UnpackedTable } from './operand.js';
import { unpackRegister } from './register.js';
import type { FloatResult, TwoStageAccumulation } from './semantic.js';
import { NO_EXPONENT, recordProduct, Specials, TermList } from './terms.js';
import { type Recorder, traced } from './trace.js';

export class TwoStageAccumulator implements DotAccumulator {
  readonly #rule: TwoStageAccumulation;
  readonly #register: FloatResult;
  readonly #elements: readonly [UnpackedTable, UnpackedTable];
  readonly #stepK: number;
  readonly #specials = new Specials();
  readonly #terms: TermList;
  #state = 0;

  constructor({ a, b, stepK }: AccumulatorSetup, rule: TwoStageAccumulation, register: FloatResult) {
    this.#rule = rule;
    this.#register = register;
    this.#elements = [a.choices[0]!.element, b.choices[0]!.element];
    this.#stepK = stepK;
    this.#terms = new TermList(rule.groupSize);
  }

  start(c: number): void {
    this.#state = c;
  }

  step(a: OperandCodes, b: OperandCodes, from: number, recorder?: Recorder): void {
    const { groupSize } = this.#rule;
    for (let k = from; k < from + this.#stepK; k += groupSize) this.#group(a, b, k, recorder);
  }

  finish(): number {
    return this.#state;
  }

  #group(a: OperandCodes, b: OperandCodes, first: number, recorder?: Recorder): void {
    const { fractionBits, alignment } = this.#rule;
    this.#specials.clear();
    const [even, odd] = [0, 1].map((parity) => this.#half(a, b, first + parity, recorder));
    const maxExponent = Math.max(even!.maxExponent, odd!.maxExponent);
    const lastPlace = maxExponent - fractionBits;
    const products = [even!, odd!].reduce(
      (sum, half) =>
        sum + (half.sum === 0n ? 0n : roundScaledBigint(half.sum, half.lastPlace - lastPlace, alignment)),
      0n,
    );
    recorder?.({
      kind: 'sum',
      label: 'even + odd',
      exact: traced(products, products === 0n ? 0 : lastPlace),
    });
    this.#state = this.#addAddend({ sum: products, lastPlace, maxExponent }, recorder);
  }

  /** Truncated products at every second position. */
  #half(a: OperandCodes, b: OperandCodes, first: number, recorder?: Recorder): AlignedSum {
    const [ta, tb] = this.#elements;
    this.#terms.clear();
    recorder?.({ kind: 'section', label: `positions ${first}, ${first + 2}, …` });
    for (let i = 0; i < this.#rule.groupSize; i += 2) {
      const k = first + i;
      const [ca, cb] = [a.codes[k]! & ta.mask, b.codes[k]! & tb.mask];
      const significand = ta.significand[ca]! * tb.significand[cb]!;
      const exponent = ta.exponent[ca]! + tb.exponent[cb]!;
      if (recorder !== undefined) {
        recordProduct(recorder, this.#elements, [ca, cb], k, exponent);
        this.#terms.labels.push(`product ${k}`);
      }
      if (ta.kind[ca] !== FINITE || tb.kind[cb] !== FINITE) {
        this.#specials.product(ta.kind[ca]!, tb.kind[cb]!, significand);
      }
      const lastPlace = exponent - ta.fractionBits - tb.fractionBits;
      this.#terms.push(significand, lastPlace, significand === 0 ? NO_EXPONENT : exponent);
    }
    return alignAndAdd(this.#terms, this.#rule.fractionBits, NO_EXPONENT, recorder);
  }

  /** Brings the products' sum and C to a common exponent, each to its own number of bits, and rounds their sum. */
  #addAddend(products: AlignedSum, recorder?: Recorder): number {
    const { sumFractionBits, addendFractionBits, addendReach, alignment } = this.#rule;
    const c = unpackRegister(this.#register, this.#state);
    this.#specials.register(c);
    const forced = this.#specials.result(this.#register);
    if (forced !== null) return forced;
    const exponent = c.significand === 0 ? NO_EXPONENT : c.exponent;
    const maxExponent = Math.max(products.maxExponent, exponent);
    if (maxExponent === NO_EXPONENT) return 0;
    const cut = (sum: bigint, from: number, bits: number): bigint => {
      const kept = roundScaledBigint(sum, from - (maxExponent - bits), alignment);
      return kept << BigInt(sumFractionBits - bits);
    };
    const sum = products.sum === 0n ? 0n : cut(products.sum, products.lastPlace, sumFractionBits);
    const reached = c.significand !== 0 && exponent >= maxExponent - addendReach;
    const addend = reached ? cut(BigInt(c.significand), c.exponent - c.fractionBits, addendFractionBits) : 0n;
    return roundToRegister(this.#register, sum + addend, maxExponent - sumFractionBits, recorder);
  }
}
