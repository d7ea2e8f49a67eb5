/** Oracle of integer dot products that wrap (`IntegerAccumulation`). */
import type { AccumulatorSetup, DotAccumulator, OperandCodes } from './accumulator.js';
import type { UnpackedTable } from './operand.js';
import { recordProduct } from './terms.js';
import { type Recorder, traced } from './trace.js';

export class IntegerAccumulator implements DotAccumulator {
  readonly #elements: readonly [UnpackedTable, UnpackedTable];
  readonly #stepK: number;
  #state = 0;

  constructor({ a, b, stepK }: AccumulatorSetup) {
    this.#elements = [a.choices[0]!.element, b.choices[0]!.element];
    this.#stepK = stepK;
  }

  start(c: number): void {
    this.#state = c;
  }

  step(a: OperandCodes, b: OperandCodes, from: number, recorder?: Recorder): void {
    const [ta, tb] = this.#elements;
    let sum = this.#state | 0;
    for (let k = from; k < from + this.#stepK; k++) {
      const [ca, cb] = [a.codes[k]! & ta.mask, b.codes[k]! & tb.mask];
      sum += ta.fixedPoint[ca]! * tb.fixedPoint[cb]!;
      if (recorder !== undefined) recordProduct(recorder, this.#elements, [ca, cb], k, null);
    }
    recorder?.({ kind: 'sum', label: 'C + products, before wrapping', exact: traced(sum, 0) });
    this.#state = sum >>> 0; // modulo 2^32; the sum of a step is far below 2^53
  }

  finish(): number {
    return this.#state;
  }
}
