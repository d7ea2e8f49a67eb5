/**
 * Exact integer sums as pairs of doubles. A sum below 2^53 is split at 2^26 into a high and a low part; parts of
 * millions of sums add up exactly.
 */
const SPLIT = 2 ** 26;

export class WideRegisters {
  readonly #high: Float64Array;
  readonly #low: Float64Array;

  constructor(count: number) {
    this.#high = new Float64Array(count);
    this.#low = new Float64Array(count);
  }

  clear(): void {
    this.#high.fill(0);
    this.#low.fill(0);
  }

  /** Adds an integer below 2^53 in magnitude; NaN sticks. */
  add(register: number, sum: number): void {
    const high = Math.round(sum / SPLIT);
    this.#high[register] = this.#high[register]! + high;
    this.#low[register] = this.#low[register]! + (sum - high * SPLIT);
  }

  isNaN(register: number): boolean {
    return Number.isNaN(this.#high[register]);
  }

  /** The sum as a double, if it is certain to fit one. */
  number(register: number): number | null {
    const high = this.#high[register]!;
    return Math.abs(high) < 2 ** 26 ? high * SPLIT + this.#low[register]! : null;
  }

  /** The sum; it must not be NaN. */
  integer(register: number): bigint {
    return BigInt(this.#high[register]!) * BigInt(SPLIT) + BigInt(this.#low[register]!);
  }
}
