/**
 * Terms of a fused addition: integers with a last place and the exponent that alignment looks at, and the specials
 * (NaN, infinities) that bypass the sum.
 */
import { type OperandCodes, scaleCode } from './accumulator.js';
import { INFINITE, NOT_A_NUMBER, type UnpackedOperand, type UnpackedTable } from './operand.js';
import { infinityBits, type RegisterValue } from './register.js';
import type { FloatResult } from './semantic.js';
import type { Recorder } from './trace.js';

/** Exponent of a zero operand under the rule `operand-floor`. */
export const ZERO_OPERAND_EXPONENT = -126;
/** Below every exponent: "contributes nothing to emax". */
export const NO_EXPONENT = -(2 ** 30);

/** NaN and infinities among the terms. */
export class Specials {
  #nan = false;
  #positive = false;
  #negative = false;

  clear(): void {
    this.#nan = this.#positive = this.#negative = false;
  }

  nan(): void {
    this.#nan = true;
  }

  infinity(negative: boolean): void {
    if (negative) this.#negative = true;
    else this.#positive = true;
  }

  register({ kind, negative }: RegisterValue): void {
    if (kind === NOT_A_NUMBER) this.nan();
    if (kind === INFINITE) this.infinity(negative);
  }

  /**
   * A product of two elements and their scales of which at least one is not finite: Inf·0 and NaN give NaN.
   * The significands of infinities are ±1.
   */
  product(kindA: number, kindB: number, significand: number): void {
    if (kindA === NOT_A_NUMBER || kindB === NOT_A_NUMBER || significand === 0) this.nan();
    else this.infinity(significand < 0);
  }

  /** Bits of the result that they force; null without them. Inf − Inf is NaN. */
  result(register: FloatResult): number | null {
    if (this.#nan || (this.#positive && this.#negative)) return register.nanBits;
    return this.#positive || this.#negative ? infinityBits(register, this.#negative) : null;
  }
}

/** Finite terms: value = significand × 2^lastPlace. */
export class TermList {
  length = 0;
  /** Names of the terms for a trace; not filled otherwise. */
  readonly labels: string[] = [];
  readonly significand: Float64Array;
  readonly lastPlace: Int32Array;
  /** What the term contributes to emax; NO_EXPONENT for nothing. */
  readonly exponent: Int32Array;

  constructor(capacity: number) {
    this.significand = new Float64Array(capacity);
    this.lastPlace = new Int32Array(capacity);
    this.exponent = new Int32Array(capacity);
  }

  clear(): void {
    this.length = 0;
    this.labels.length = 0;
  }

  label(index: number): string {
    return this.labels[index] ?? `term ${index}`;
  }

  push(significand: number, lastPlace: number, exponent: number): void {
    this.significand[this.length] = significand;
    this.lastPlace[this.length] = lastPlace;
    this.exponent[this.length++] = exponent;
  }
}

/** The product of the two block scales at a position of K; 1 for bare elements. */
export class ScalePair {
  /** value = significand × 2^(exponent − fractionBits); the exponent is not re-normalised. */
  significand = 1;
  exponent = 0;
  /** The exponent if every zero scale had the exponent −126. */
  zeroExponent = 0;
  nan = false;
  readonly fractionBits: number;
  readonly #a: UnpackedOperand;
  readonly #b: UnpackedOperand;

  constructor(a: UnpackedOperand, b: UnpackedOperand) {
    [this.#a, this.#b] = [a, b];
    this.fractionBits = a.scale.fractionBits + b.scale.fractionBits;
  }

  /** Reads the scales that element k falls under. */
  read(a: OperandCodes, b: OperandCodes, k: number, recorder?: Recorder): void {
    const [ta, tb] = [this.#a.scale, this.#b.scale];
    const ca = scaleCode(this.#a, a.scales, k);
    const cb = scaleCode(this.#b, b.scales, k);
    const [ea, eb] = [ta.exponent[ca]!, tb.exponent[cb]!];
    this.significand = ta.significand[ca]! * tb.significand[cb]!;
    this.exponent = ea + eb;
    this.nan = ta.kind[ca] !== 0 || tb.kind[cb] !== 0;
    this.zeroExponent =
      (ta.significand[ca] === 0 ? ZERO_OPERAND_EXPONENT : ea) +
      (tb.significand[cb] === 0 ? ZERO_OPERAND_EXPONENT : eb);
    if (recorder !== undefined && this.fractionBits + ta.mask + tb.mask > 0) {
      const [aScale, bScale] = [tableValue(ta, ca), tableValue(tb, cb)];
      recorder({ kind: 'scales', k, aCode: ca, bCode: cb, aScale, bScale, exponent: this.exponent });
    }
  }
}

/** The value of a table's entry as a double. */
export function tableValue(table: UnpackedTable, code: number): number {
  if (table.kind[code] === NOT_A_NUMBER) return Number.NaN;
  if (table.kind[code] === INFINITE) return table.significand[code]! * Number.POSITIVE_INFINITY;
  return table.significand[code]! * 2 ** (table.exponent[code]! - table.fractionBits);
}

/** Tells a recorder about the elements at position k. */
export function recordProduct(
  recorder: Recorder,
  [ta, tb]: readonly [UnpackedTable, UnpackedTable],
  [aCode, bCode]: readonly [number, number],
  k: number,
  exponent: number | null,
): void {
  const [a, b] = [tableValue(ta, aCode), tableValue(tb, bCode)];
  recorder({ kind: 'product', k, aCode, bCode, a, b, product: a * b, exponent });
}
