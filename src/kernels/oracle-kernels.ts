/** The oracle behind the kernels' interface: the reference for every engine, and the engine of rare semantics. */
import { createOracle, type DotAccumulator, type OperandCodes, type OperandFormat } from '../dot/index.js';
import { ConfigurationError } from '../numerics/index.js';
import {
  type AccumulatorTile,
  checkAddends,
  checkOperand,
  checkShapes,
  type Kernels,
  type PreparedTile,
  type TileOperand,
} from './kernels.js';

/** An operand cut into rows. */
export class RowTile implements PreparedTile {
  readonly rows: number;
  readonly depth: number;
  readonly format: OperandFormat;
  #rowCodes: readonly OperandCodes[];

  constructor({ rows, depth, format, codes, scales }: TileOperand) {
    [this.rows, this.depth, this.format] = [rows, depth, format];
    const blocks = scales.length / Math.max(rows, 1);
    this.#rowCodes = Array.from({ length: rows }, (_, i) => ({
      codes: codes.slice(i * depth, (i + 1) * depth),
      scales: scales.slice(i * blocks, (i + 1) * blocks),
    }));
  }

  row(index: number): OperandCodes {
    const row = this.#rowCodes[index];
    if (row === undefined) throw new RangeError(`row ${index} of a tile of ${this.#rowCodes.length}`);
    return row;
  }

  release(): void {
    this.#rowCodes = [];
  }
}

/** One oracle accumulator an output. */
export class OracleTile implements AccumulatorTile {
  readonly #outputs: readonly DotAccumulator[];

  constructor(
    readonly rows: number,
    readonly cols: number,
    readonly stepK: number,
    create: () => DotAccumulator,
  ) {
    this.#outputs = Array.from({ length: rows * cols }, create);
  }

  accumulate(a: RowTile, b: RowTile, fresh: boolean): void {
    this.#outputs.forEach((output, index) => {
      if (fresh) output.start(0);
      const left = a.row(Math.floor(index / this.cols));
      const right = b.row(index % this.cols);
      for (let k = 0; k < a.depth; k += this.stepK) output.step(left, right, k);
    });
  }

  read(): Uint32Array {
    return Uint32Array.from(this.#outputs, (output) => output.finish());
  }

  load(bits: Uint32Array): void {
    this.#outputs.forEach((output, index) => {
      output.start(bits[index]!);
    });
  }
}

export const oracleKernels: Kernels = {
  name: 'oracle',
  prepare: (operand, side) => {
    checkOperand(operand, side);
    return new RowTile(operand);
  },
  accumulator: (semantic, a, b, rows, cols) => {
    const oracle = createOracle(semantic, a, b);
    return new OracleTile(rows, cols, oracle.stepK, () => oracle.accumulator());
  },
  accumulate: (acc, a, b, fresh) => {
    const [tile, left, right] = [own(acc, OracleTile), own(a, RowTile), own(b, RowTile)];
    checkShapes(tile, left, right, tile.stepK);
    tile.accumulate(left, right, fresh);
  },
  read: (acc) => own(acc, OracleTile).read(),
  load: (acc, bits) => {
    checkAddends(acc, bits);
    own(acc, OracleTile).load(bits);
  },
};

/** `thing` as this engine's own class; handles of another engine are a configuration error. */
export function own<T>(thing: unknown, type: abstract new (...args: never[]) => T): T {
  if (thing instanceof type) return thing;
  throw new ConfigurationError('a tile was prepared by another engine than the one that is to use it');
}
