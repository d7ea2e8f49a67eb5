/**
 * Fused addition of single products (FP8, FP16, BF16, TF32 families), in doubles. A product of two elements is exact
 * in a double; cut to a multiple of 2^(emax − F) it is an integer below 2^(F + 2), and so is C; a few dozen of them
 * add up exactly while F + 2 + log2(terms) ≤ 52.
 */
import { type FloatResult, type FusedAccumulation, hasBlockScales } from '../../dot/index.js';
import { exponentOf } from '../../numerics/index.js';
import { type CodedTile, elementOf, exponentTable, valueTable } from './coded-tile.js';
import type { Family, FamilySetup, FamilyTile } from './family.js';
import { powerOfTwo } from './powers.js';
import { type RegisterCodec, type Rounder, registerCodec, rounderOf } from './rounding.js';

/** Exponent of a zero operand where zeros do not count. */
const UNCOUNTED = -20_000;
const OPERAND_FLOOR = -126;
/** F + 2 + log2(terms) must not pass this. */
const MAX_SUM_BITS = 52;
const LOWEST = { fp16: -14, fp32: -126 } as const;

/** One operand, K reordered so that every pass is a run. */
interface Side {
  readonly values: Float64Array;
  readonly exponents: Int32Array;
  /** Per row and step: the scale's value (a power of two) and exponent, and whether anything is NaN or infinite. */
  readonly scales: Float64Array;
  readonly scaleExponents: Int32Array;
  readonly special: Uint8Array;
}

function zeroExponent({ zeroTerms }: FusedAccumulation): number {
  return zeroTerms === 'operand-floor' ? OPERAND_FLOOR : UNCOUNTED;
}

function sideOf(tile: CodedTile, rule: FusedAccumulation): Side {
  const order = rule.passes.flat();
  return tile.form(`products ${zeroExponent(rule)} ${order.join()}`, () => buildSide(tile, rule, order));
}

function buildSide(tile: CodedTile, rule: FusedAccumulation, order: readonly number[]): Side {
  const element = elementOf(tile.format, 0);
  const table = valueTable(element);
  const exponentOfCode = exponentTable(element, zeroExponent(rule));
  const mask = table.length - 1;
  const stepK = order.length;
  const steps = (tile.rows * tile.depth) / stepK;
  const values = new Float64Array(tile.codes.length);
  const exponents = new Int32Array(tile.codes.length);
  const special = new Uint8Array(steps);
  const { scales, scaleExponents } = stepScales(tile, stepK, steps);
  for (let step = 0; step < steps; step++) {
    special[step] = Number.isNaN(scales[step]) ? 1 : 0;
    for (let i = 0; i < stepK; i++) {
      const code = tile.codes[step * stepK + order[i]!]! & mask;
      values[step * stepK + i] = table[code]!;
      exponents[step * stepK + i] = exponentOfCode[code]!;
      if (!Number.isFinite(table[code]!)) special[step] = 1;
    }
  }
  return { values, exponents, scales, scaleExponents, special };
}

/** One scale a step; 1 without block scales. */
function stepScales(
  tile: CodedTile,
  stepK: number,
  steps: number,
): { scales: Float64Array; scaleExponents: Int32Array } {
  const scales = new Float64Array(steps).fill(1);
  const scaleExponents = new Int32Array(steps);
  if (!hasBlockScales(tile.format)) return { scales, scaleExponents };
  const table = valueTable(tile.format.scale);
  const exponents = exponentTable(tile.format.scale, UNCOUNTED);
  const stepsPerBlock = tile.format.blockSize / stepK;
  for (let step = 0; step < steps; step++) {
    const byte = tile.scales[Math.floor(step / stepsPerBlock)]! & (table.length - 1);
    scales[step] = table[byte]!;
    scaleExponents[step] = exponents[byte]!;
  }
  return { scales, scaleExponents };
}

class FusedProductsTile implements FamilyTile {
  readonly rows: number;
  readonly cols: number;
  readonly stepK: number;
  readonly #rule: FusedAccumulation;
  readonly #lowest: number;
  readonly #round: Rounder;
  readonly #addRounded: Rounder;
  readonly #codec: RegisterCodec;
  readonly #bits: Uint32Array;

  constructor(
    { rows, cols, stepK }: FamilySetup,
    rule: FusedAccumulation,
    result: FloatResult,
    round: Rounder,
    addRounded: Rounder,
  ) {
    [this.rows, this.cols, this.stepK] = [rows, cols, stepK];
    this.#rule = rule;
    this.#lowest = LOWEST[result.format];
    [this.#round, this.#addRounded] = [round, addRounded];
    this.#codec = registerCodec(result);
    this.#bits = new Uint32Array(rows * cols);
  }

  read(): Uint32Array {
    return this.#bits.slice();
  }

  load(bits: Uint32Array): void {
    this.#bits.set(bits);
  }

  accumulate(aTile: CodedTile, bTile: CodedTile, fresh: boolean): void {
    const a = sideOf(aTile, this.#rule);
    const b = sideOf(bTile, this.#rule);
    const steps = aTile.depth / this.stepK;
    if (fresh) this.#bits.fill(0);
    for (let row = 0; row < this.rows; row++) {
      for (let col = 0; col < this.cols; col++) {
        const at = row * this.cols + col;
        let c = this.#codec.decode(this.#bits[at]!);
        for (let step = 0; step < steps; step++)
          c = this.#step(a, b, row * steps + step, col * steps + step, c);
        this.#bits[at] = this.#codec.encode(c);
      }
    }
  }

  #step(a: Side, b: Side, ia: number, ib: number, c: number): number {
    const { passes, addend } = this.#rule;
    const chained = addend === 'first-pass';
    let carried = chained ? c : 0;
    let offset = 0;
    for (let i = 0; i < passes.length; i++) {
      const length = passes[i]!.length;
      carried = this.#pass(a, b, ia, ib, offset, length, carried);
      offset += length;
    }
    return chained ? carried : this.#addRounded(c + carried);
  }

  /** Products offset … offset + length − 1 of the steps ia and ib, and c. */
  #pass(a: Side, b: Side, ia: number, ib: number, offset: number, length: number, c: number): number {
    const scaleExponent = a.scaleExponents[ia]! + b.scaleExponents[ib]!;
    const [ka, kb] = [ia * this.stepK + offset, ib * this.stepK + offset];
    if (a.special[ia]! + b.special[ib]! > 0 || !Number.isFinite(c)) {
      const special = c + specialSum(a.values, ka, b.values, kb, length) * a.scales[ia]! * b.scales[ib]!;
      if (!Number.isFinite(special)) return special; // else all of this pass is finite
    }
    const { fractionBits, exponentFloor } = this.#rule;
    let largest = UNCOUNTED;
    for (let k = 0; k < length; k++) largest = Math.max(largest, a.exponents[ka + k]! + b.exponents[kb + k]!);
    largest = Math.max(largest + scaleExponent, exponentFloor);
    if (c !== 0) largest = Math.max(largest, exponentOf(c), this.#lowest);
    const toUnits = powerOfTwo(fractionBits - largest);
    const scaled = powerOfTwo(fractionBits - largest + scaleExponent);
    let total = Math.trunc(c * toUnits);
    for (let k = 0; k < length; k++) total += Math.trunc(a.values[ka + k]! * b.values[kb + k]! * scaled);
    return this.#round(total * powerOfTwo(largest - fractionBits));
  }
}

/**
 * 0, ±Infinity or NaN: what the infinities and NaN among the products come to. Finite products are left out: scaled,
 * they might overflow.
 */
function specialSum(a: Float64Array, i: number, b: Float64Array, j: number, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) {
    const product = a[i + k]! * b[j + k]!;
    if (!Number.isFinite(product)) sum += product;
  }
  return sum;
}

/** Whether the scales of an operand are powers of two that stay the same within a step. */
function scalesFit({ a, b, stepK }: FamilySetup): boolean {
  return [a, b].every(
    (format) =>
      !hasBlockScales(format) ||
      (format.scale.fractionBits === 0 && !format.scale.subnormals && format.blockSize % stepK === 0),
  );
}

export const fusedProducts: Family = {
  prepare: (tile, _side, { accumulation }) => {
    if (accumulation.kind === 'fused' && tile.depth % accumulation.passes.flat().length === 0) {
      sideOf(tile, accumulation);
    }
  },
  create: (setup) => {
    const { accumulation: rule, result } = setup.semantic;
    if (rule.kind !== 'fused' || rule.terms.kind !== 'products' || result.kind !== 'float') return null;
    const sumBits = rule.fractionBits + 2 + Math.ceil(Math.log2(setup.stepK + 1));
    const round = rounderOf(result);
    const addRounded = rounderOf({ ...result, rounding: 'nearest-even' });
    if (sumBits > MAX_SUM_BITS || !scalesFit(setup) || round === null || addRounded === null) return null;
    return new FusedProductsTile(setup, rule, result, round, addRounded);
  },
};
