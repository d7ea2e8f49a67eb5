/**
 * Oracle of the fused family: align, truncate, add once (`FusedAccumulation`). Products and group sums are integers
 * from code tables; alignment, the sum and the rounding are done in unbounded integers.
 */
import { ConfigurationError } from '../numerics/index.js';
import type { AccumulatorSetup, DotAccumulator, OperandCodes } from './accumulator.js';
import { alignAndAdd, roundToRegister } from './align.js';
import { FINITE, type UnpackedTable } from './operand.js';
import { unpackRegister } from './register.js';
import type { FloatResult, FusedAccumulation } from './semantic.js';
import { NO_EXPONENT, recordProduct, ScalePair, Specials, TermList, ZERO_OPERAND_EXPONENT } from './terms.js';
import type { Recorder } from './trace.js';

export class FusedAccumulator implements DotAccumulator {
  readonly #rule: FusedAccumulation;
  readonly #register: FloatResult;
  readonly #elements: readonly [UnpackedTable, UnpackedTable];
  readonly #scales: ScalePair;
  readonly #specials = new Specials();
  readonly #terms: TermList;
  #state = 0;

  constructor({ semantic, a, b, stepK }: AccumulatorSetup, rule: FusedAccumulation, register: FloatResult) {
    this.#rule = rule;
    this.#register = register;
    this.#elements = [a.choices[0]!.element, b.choices[0]!.element];
    this.#scales = new ScalePair(a, b);
    this.#terms = new TermList(stepK + 1);
    checkGroups(semantic.name, rule, this.#elements, Math.min(a.blockSize, b.blockSize));
  }

  start(c: number): void {
    this.#state = c;
  }

  step(a: OperandCodes, b: OperandCodes, from: number, recorder?: Recorder): void {
    const { passes, addend } = this.#rule;
    let carried = addend === 'first-pass' ? this.#state : 0;
    for (let i = 0; i < passes.length; i++) {
      if (passes.length > 1) recorder?.({ kind: 'section', label: `pass ${i + 1} of ${passes.length}` });
      carried = this.#pass(passes[i]!, a, b, from, carried, recorder);
    }
    this.#state = addend === 'first-pass' ? carried : this.#addAfterwards(carried, recorder);
  }

  finish(): number {
    return this.#state;
  }

  /** One fused addition of the products at `positions` and of the register bits `addend`. */
  #pass(
    positions: readonly number[],
    a: OperandCodes,
    b: OperandCodes,
    from: number,
    addend: number,
    recorder?: Recorder,
  ): number {
    const { terms, fractionBits, exponentFloor } = this.#rule;
    this.#specials.clear();
    this.#terms.clear();
    const size = terms.kind === 'groups' ? terms.size : 1;
    for (let i = 0; i < positions.length; i += size) {
      if (terms.kind === 'products') this.#product(a, b, from + positions[i]!, recorder);
      else this.#group(a, b, from, positions, i, size, recorder);
    }
    this.#addendTerm(addend, recorder);
    const forced = this.#specials.result(this.#register);
    if (forced !== null) {
      recorder?.({ kind: 'special', label: 'NaN or infinity among the terms', bits: forced });
      return forced;
    }
    const { sum, lastPlace } = alignAndAdd(this.#terms, fractionBits, exponentFloor, recorder);
    return roundToRegister(this.#register, sum, lastPlace, recorder);
  }

  #product(a: OperandCodes, b: OperandCodes, k: number, recorder?: Recorder): void {
    const [ta, tb] = this.#elements;
    const scales = this.#scales;
    const ca = a.codes[k]! & ta.mask;
    const cb = b.codes[k]! & tb.mask;
    scales.read(a, b, k, recorder);
    const significand = ta.significand[ca]! * tb.significand[cb]! * scales.significand;
    const exponent = ta.exponent[ca]! + tb.exponent[cb]! + scales.exponent;
    if (recorder !== undefined) {
      recordProduct(recorder, this.#elements, [ca, cb], k, exponent);
      this.#terms.labels.push(`product ${k}`);
    }
    if (scales.nan) this.#specials.nan();
    if (ta.kind[ca] !== FINITE || tb.kind[cb] !== FINITE) {
      this.#specials.product(ta.kind[ca]!, tb.kind[cb]!, significand);
    }
    const lastPlace = exponent - ta.fractionBits - tb.fractionBits - scales.fractionBits;
    this.#terms.push(significand, lastPlace, significand !== 0 ? exponent : this.#zeroProduct(ca, cb));
  }

  /** What a zero product contributes to emax. */
  #zeroProduct(ca: number, cb: number): number {
    if (this.#rule.zeroTerms !== 'operand-floor') return NO_EXPONENT;
    const [ta, tb] = this.#elements;
    const ea = ta.significand[ca] === 0 ? ZERO_OPERAND_EXPONENT : ta.exponent[ca]!;
    const eb = tb.significand[cb] === 0 ? ZERO_OPERAND_EXPONENT : tb.exponent[cb]!;
    return ea + eb + this.#scales.zeroExponent;
  }

  /** The exact sum of `size` products from positions[first] on, times their scales. */
  #group(
    a: OperandCodes,
    b: OperandCodes,
    from: number,
    positions: readonly number[],
    first: number,
    size: number,
    recorder?: Recorder,
  ): void {
    const [ta, tb] = this.#elements;
    const scales = this.#scales;
    scales.read(a, b, from + positions[first]!, recorder);
    let sum = 0;
    for (let i = first; i < first + size; i++) {
      const k = from + positions[i]!;
      const ca = a.codes[k]! & ta.mask;
      const cb = b.codes[k]! & tb.mask;
      if (ta.kind[ca] !== FINITE || tb.kind[cb] !== FINITE) {
        this.#specials.product(ta.kind[ca]!, tb.kind[cb]!, ta.significand[ca]! * tb.significand[cb]!);
      }
      sum += ta.fixedPoint[ca]! * tb.fixedPoint[cb]!;
      if (recorder !== undefined) recordProduct(recorder, this.#elements, [ca, cb], k, null);
    }
    if (recorder !== undefined) this.#terms.labels.push(`group from ${from + positions[first]!}`);
    if (scales.nan) this.#specials.nan();
    const unit = ta.minExponent - ta.fractionBits + tb.minExponent - tb.fractionBits;
    const lastPlace = unit + scales.exponent - scales.fractionBits;
    this.#terms.push(sum * scales.significand, lastPlace, this.#groupExponent(sum));
  }

  /** What a group with this sum contributes to emax. */
  #groupExponent(sum: number): number {
    const { significand, exponent, zeroExponent } = this.#scales;
    if (sum * significand !== 0) return exponent;
    if (this.#rule.zeroTerms === 'operand-floor') return zeroExponent;
    return this.#rule.zeroTerms === 'scale-exponents' && significand !== 0 ? exponent : NO_EXPONENT;
  }

  #addendTerm(bits: number, recorder?: Recorder): void {
    const c = unpackRegister(this.#register, bits);
    if (c.kind !== FINITE) this.#specials.register(c);
    if (recorder !== undefined) this.#terms.labels.push('C');
    const zero = this.#rule.zeroTerms === 'operand-floor' ? ZERO_OPERAND_EXPONENT : NO_EXPONENT;
    this.#terms.push(c.significand, c.exponent - c.fractionBits, c.significand === 0 ? zero : c.exponent);
  }

  /** C + the last pass, both registers, with one rounding to nearest even. */
  #addAfterwards(passResult: number, recorder?: Recorder): number {
    const register: FloatResult = { ...this.#register, rounding: 'nearest-even' };
    return addRegisters(register, this.#state, passResult, recorder);
  }
}

/** x + y of two registers, exact and rounded once by the record; specials as in a fused addition. */
export function addRegisters(register: FloatResult, x: number, y: number, recorder?: Recorder): number {
  const [left, right] = [unpackRegister(register, x), unpackRegister(register, y)];
  const specials = new Specials();
  specials.register(left);
  specials.register(right);
  const forced = specials.result(register);
  if (forced !== null) return forced;
  const lastPlace = Math.min(left.exponent, right.exponent) - left.fractionBits;
  const sum = [left, right].reduce(
    (total, r) => total + (BigInt(r.significand) << BigInt(r.exponent - r.fractionBits - lastPlace)),
    0n,
  );
  return roundToRegister(register, sum, lastPlace, recorder, 'C + result of the passes');
}

/** Group sums must be exact in a double, within one block, and products must not need their own exponents. */
function checkGroups(
  name: string,
  { terms }: FusedAccumulation,
  [ta, tb]: readonly [UnpackedTable, UnpackedTable],
  blockSize: number,
): void {
  if (terms.kind !== 'groups') return;
  const largest = [ta, tb].map((t) => t.fixedPoint.reduce((max, x) => Math.max(max, Math.abs(x)), 0));
  const exact = terms.size * largest[0]! * largest[1]! < 2 ** 40;
  if (!exact || blockSize % terms.size !== 0) {
    throw new ConfigurationError(`"${name}" cannot sum groups of ${terms.size} of these operands exactly`);
  }
}
