/** Exact sums of a block's element products, on the integer grid of the two operands. */
import { choiceOf, type OperandCodes } from './accumulator.js';
import { gridOf } from './bound.js';
import { FINITE, type UnpackedOperand, type UnpackedTable } from './operand.js';
import { recordProduct, ScalePair, type Specials } from './terms.js';
import type { Recorder } from './trace.js';

/** One block pair: Σ a·b is `elements` × 2^elementUnit, and sA·sB is `scales` × 2^scaleUnit. */
export interface BlockSum {
  readonly elements: bigint;
  readonly scales: bigint;
  /** Element choices of the two sides. */
  readonly choices: readonly [number, number];
}

/** An element table with the factor that brings its integers onto the side's grid. */
interface GridElement {
  readonly table: UnpackedTable;
  readonly factor: bigint;
}

export class BlockSummer {
  /** Elements under one pair of scales. */
  readonly blockSize: number;
  readonly elementUnit: number;
  readonly scaleUnit: number;
  readonly #a: UnpackedOperand;
  readonly #b: UnpackedOperand;
  readonly #elements: readonly [readonly GridElement[], readonly GridElement[]];
  readonly #scales: ScalePair;
  /** Whether a block's sum fits a double exactly. */
  readonly #narrow: boolean;

  /** @param gains `multiplied-out`: elements count on the grid of the gains; `left-out`: gains are the caller's. */
  constructor(a: UnpackedOperand, b: UnpackedOperand, stepK: number, gains: 'multiplied-out' | 'left-out') {
    [this.#a, this.#b] = [a, b];
    this.blockSize = Math.min(a.blockSize, b.blockSize, stepK);
    this.elementUnit = gridOf(a).elementUnit + gridOf(b).elementUnit;
    this.scaleUnit = lastPlaceOf(a.scale) + lastPlaceOf(b.scale);
    this.#elements = [gridElements(a, gains), gridElements(b, gains)];
    this.#scales = new ScalePair(a, b);
    const largest = this.#elements.map((side) => Math.max(...side.map(({ table }) => largestOf(table))));
    this.#narrow = largest[0]! * largest[1]! * this.blockSize < 2 ** 53;
  }

  /** The block from element k on. NaN and infinities go to `specials`. */
  sum(a: OperandCodes, b: OperandCodes, k: number, specials: Specials, recorder?: Recorder): BlockSum {
    const choices = [choiceOf(this.#a, a.scales, k), choiceOf(this.#b, b.scales, k)] as const;
    const [left, right] = [this.#elements[0][choices[0]]!, this.#elements[1][choices[1]]!];
    this.#scales.read(a, b, k, recorder);
    if (this.#scales.nan) specials.nan();
    const raw = this.#products(a, b, k, left.table, right.table, specials, recorder);
    const { significand, exponent, fractionBits } = this.#scales;
    const scales = BigInt(significand) << BigInt(exponent - fractionBits - this.scaleUnit);
    return { elements: raw * left.factor * right.factor, scales, choices };
  }

  /** Σ a·b as integers of the two tables; every product is an exact double. */
  #products(
    a: OperandCodes,
    b: OperandCodes,
    k: number,
    ta: UnpackedTable,
    tb: UnpackedTable,
    specials: Specials,
    recorder?: Recorder,
  ): bigint {
    let total = 0n;
    let pending = 0;
    for (let i = k; i < k + this.blockSize; i++) {
      const ca = a.codes[i]! & ta.mask;
      const cb = b.codes[i]! & tb.mask;
      if (ta.kind[ca] !== FINITE || tb.kind[cb] !== FINITE) {
        specials.product(ta.kind[ca]!, tb.kind[cb]!, ta.significand[ca]! * tb.significand[cb]!);
      }
      pending += ta.fixedPoint[ca]! * tb.fixedPoint[cb]!;
      if (!this.#narrow) {
        total += BigInt(pending);
        pending = 0;
      }
      if (recorder !== undefined) recordProduct(recorder, [ta, tb], [ca, cb], i, null);
    }
    return total + BigInt(pending);
  }
}

function gridElements(operand: UnpackedOperand, gains: 'multiplied-out' | 'left-out'): GridElement[] {
  const grid = gridOf(operand);
  return operand.choices.map(({ element }, i) => ({
    table: element,
    factor:
      gains === 'multiplied-out'
        ? BigInt(grid.factors[i]!)
        : 1n << BigInt(lastPlaceOf(element) - grid.elementUnit),
  }));
}

function lastPlaceOf(table: UnpackedTable): number {
  return table.minExponent - table.fractionBits;
}

function largestOf(table: UnpackedTable): number {
  return table.fixedPoint.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
}
