/** Integer dot products in 32-bit registers that wrap. */
import type { CodedTile } from './coded-tile.js';
import { elementOf, valueTable } from './coded-tile.js';
import type { Family, FamilySetup, FamilyTile } from './family.js';

function integersOf(tile: CodedTile): Int32Array {
  return tile.form('int32', ({ codes, format }) => {
    const table = valueTable(elementOf(format, 0));
    return Int32Array.from(codes, (code) => table[code & (table.length - 1)]!);
  });
}

class IntegerTile implements FamilyTile {
  readonly rows: number;
  readonly cols: number;
  readonly stepK: number;
  readonly #sums: Int32Array;

  constructor({ rows, cols, stepK }: FamilySetup) {
    [this.rows, this.cols, this.stepK] = [rows, cols, stepK];
    this.#sums = new Int32Array(rows * cols);
  }

  accumulate(aTile: CodedTile, bTile: CodedTile, fresh: boolean): void {
    const [a, b] = [integersOf(aTile), integersOf(bTile)];
    const depth = aTile.depth;
    for (let row = 0; row < this.rows; row++) {
      for (let col = 0; col < this.cols; col++) {
        const [ia, ib] = [row * depth, col * depth];
        let sum = fresh ? 0 : this.#sums[row * this.cols + col]!;
        for (let k = 0; k < depth; k++) sum = (sum + Math.imul(a[ia + k]!, b[ib + k]!)) | 0;
        this.#sums[row * this.cols + col] = sum;
      }
    }
  }

  read(): Uint32Array {
    return new Uint32Array(this.#sums);
  }

  load(bits: Uint32Array): void {
    this.#sums.set(bits);
  }
}

export const integers: Family = {
  prepare: (tile) => void integersOf(tile),
  create: (setup) => {
    const whole = [setup.a, setup.b].every(
      (f) => f.kind === 'integer' && f.fractionBits === 0 && f.bits <= 8,
    );
    return whole && setup.semantic.accumulation.kind === 'integer' ? new IntegerTile(setup) : null;
  },
};
