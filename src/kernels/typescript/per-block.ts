/**
 * One FP32 addition a block. A block sum is an integer of at most 13 bits a group, a scale product has 8 bits: their
 * product is exact in a double. The addition is rounded once (`addToFloat32`).
 */
import { type FloatResult, hasBlockScales } from '../../dot/index.js';
import type { CodedTile } from './coded-tile.js';
import type { Family, FamilySetup, FamilyTile } from './family.js';
import {
  forEachQuad,
  type GroupedQuads,
  type GroupedRows,
  gainCorrections,
  groupedQuads,
  groupedRows,
  packsWell,
  productUnit,
} from './group-sums.js';
import { GROUP, packedSum, unpackSums } from './packed.js';
import { addToFloat32, isFp32Nearest } from './rounding.js';
import type { ScaleReading } from './scaled-groups.js';

class PerBlockTile implements FamilyTile {
  readonly rows: number;
  readonly cols: number;
  readonly stepK: number;
  readonly #reading: ScaleReading;
  /** Groups of 16 under one pair of scales. */
  readonly #groupsPerBlock: number;
  readonly #unit: number;
  /** FP32 factor of the scale product by the sum of the choices; 1 for none. */
  readonly #corrections: Float64Array;
  readonly #nanBits: number;
  readonly #bits: Uint32Array;
  readonly #values: Float32Array;
  readonly #c = new Float64Array(4);
  readonly #sums = new Float64Array(4);
  readonly #group = new Float64Array(4);

  constructor(setup: FamilySetup, corrections: Float64Array, { nanBits }: FloatResult) {
    ({ rows: this.rows, cols: this.cols, stepK: this.stepK } = setup);
    this.#reading = setup.semantic.operands;
    const sizes = [setup.a, setup.b].map((f) => (hasBlockScales(f) ? f.blockSize : setup.stepK));
    this.#groupsPerBlock = Math.min(...sizes) / GROUP;
    this.#unit = 2 ** productUnit(setup.a, setup.b, this.#reading);
    this.#corrections = corrections;
    this.#nanBits = nanBits;
    this.#bits = new Uint32Array(setup.rows * setup.cols);
    this.#values = new Float32Array(this.#bits.buffer);
  }

  read(): Uint32Array {
    return this.#bits.slice();
  }

  load(bits: Uint32Array): void {
    this.#bits.set(bits);
  }

  accumulate(aTile: CodedTile, bTile: CodedTile, fresh: boolean): void {
    const a = groupedRows(aTile, this.#reading);
    const b = groupedQuads(bTile, this.#reading);
    const groups = aTile.depth / GROUP;
    if (fresh) this.#bits.fill(0);
    forEachQuad(this.rows, this.cols, (row, quad) => this.#outputs(a, b, row, quad, groups));
  }

  #outputs(a: GroupedRows, b: GroupedQuads, row: number, quad: number, groups: number): void {
    const c = this.#c;
    const first = row * this.cols + quad * 4;
    const count = Math.min(4, this.cols - quad * 4);
    for (let j = 0; j < 4; j++) c[j] = j < count ? this.#values[first + j]! : 0;
    for (let group = 0; group < groups; group += this.#groupsPerBlock) {
      this.#block(a, b, row * groups + group, quad * groups + group);
    }
    for (let j = 0; j < count; j++) {
      if (Number.isNaN(c[j])) this.#bits[first + j] = this.#nanBits;
      else this.#values[first + j] = c[j]!;
    }
  }

  /** The block whose first groups are ia and ib. */
  #block(a: GroupedRows, b: GroupedQuads, ia: number, ib: number): void {
    const [sums, c] = [this.#sums, this.#c];
    unpackSums(packedSum(a.elements, ia * GROUP, b.elements, ib * GROUP), sums, 0);
    for (let i = 1; i < this.#groupsPerBlock; i++) {
      unpackSums(packedSum(a.elements, (ia + i) * GROUP, b.elements, (ib + i) * GROUP), this.#group, 0);
      for (let j = 0; j < 4; j++) sums[j] = sums[j]! + this.#group[j]!;
    }
    for (let j = 0; j < 4; j++) {
      const scale = a.scales[ia]! * b.scales[ib * 4 + j]!;
      const choice = a.choices[ia]! + b.choices[ib * 4 + j]!;
      const sum = sums[j]! * this.#unit;
      const product =
        choice === 0 ? sum * scale : Math.fround(sum * Math.fround(scale * this.#corrections[choice]!));
      c[j] = addToFloat32(product, c[j]!);
    }
  }
}

export const perBlock: Family = {
  prepare: (tile, side, { operands }) => {
    if (!packsWell(tile.format, operands) || tile.depth % GROUP !== 0) return;
    if (side === 'a') groupedRows(tile, operands);
    else groupedQuads(tile, operands);
  },
  create: (setup) => {
    const { accumulation, result, operands } = setup.semantic;
    if (accumulation.kind !== 'per-block' || !isFp32Nearest(result)) return null;
    const formats = [setup.a, setup.b].every(
      (f) => packsWell(f, operands) && (!hasBlockScales(f) || f.blockSize % GROUP === 0),
    );
    const corrections = gainCorrections(setup);
    if (accumulation.correction === 'none' && corrections?.[1] !== 1) return null;
    return formats && corrections !== null ? new PerBlockTile(setup, corrections, result) : null;
  },
};
