/**
 * One interface for every engine that multiplies tiles of coded operands. Engines differ in speed only: for every
 * semantic they give the oracle's bits, which one conformance suite checks.
 */
import { type DotSemantic, hasBlockScales, type OperandFormat } from '../dot/index.js';
import { ConfigurationError } from '../numerics/index.js';

/** A matrix operand as codes. Both operands of a product have K along their rows. */
export interface TileOperand {
  /** A block format, or an element format for operands without block scales. */
  readonly format: OperandFormat;
  readonly rows: number;
  /** Elements along K; a multiple of the semantic's step. */
  readonly depth: number;
  /** rows × depth element codes, row-major, one code an entry (wider formats take wider arrays). */
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
  /** rows × (depth / blockSize) scale bytes, row-major; empty without block scales. */
  readonly scales: Uint8Array;
}

/** An operand in the form in which an engine reads it fastest. Prepared once, used with many others. */
export interface PreparedTile {
  readonly rows: number;
  readonly depth: number;
  /** Frees what the engine holds; the tile cannot be used afterwards. */
  release(): void;
}

/** rows × cols running sums, in the state of the semantic. */
export interface AccumulatorTile {
  readonly rows: number;
  readonly cols: number;
  /** Frees what the engine holds outside JavaScript, at once; else it goes when the event loop turns after a collection. */
  release?(): void;
}

export interface Kernels {
  readonly name: string;
  /** @param side `a` gives the rows of the result, `b` its columns. */
  prepare(operand: TileOperand, side: 'a' | 'b', semantic: DotSemantic): PreparedTile;
  /** Running sums, all started from C = 0. Throws `ConfigurationError` if the semantic does not take the formats. */
  accumulator(
    semantic: DotSemantic,
    a: OperandFormat,
    b: OperandFormat,
    rows: number,
    cols: number,
  ): AccumulatorTile;
  /** acc[i][j] ← acc[i][j] + Σ_k a[i][k]·b[j][k], steps in order of k; `fresh` starts from C = 0 instead. */
  accumulate(acc: AccumulatorTile, a: PreparedTile, b: PreparedTile, fresh: boolean): void;
  /** Bits of every result after the semantic's last rounding, row-major. Does not change the sums. */
  read(acc: AccumulatorTile): Uint32Array;
  /** Starts every sum from an addend C: rows × cols register bit patterns, row-major. */
  load(acc: AccumulatorTile, bits: Uint32Array): void;
}

/** Throws `ConfigurationError` if the arrays of an operand do not have the size of its shape. */
export function checkOperand({ format, rows, depth, codes, scales }: TileOperand, side: 'a' | 'b'): void {
  if (codes.length !== rows * depth) {
    throw new ConfigurationError(
      `operand ${side} has ${codes.length} codes; ${rows} × ${depth} needs ${rows * depth}`,
    );
  }
  const blocks = hasBlockScales(format) ? depth / format.blockSize : 0;
  if (!Number.isInteger(blocks)) {
    throw new ConfigurationError(
      `operand ${side}: K = ${depth} is not a multiple of the ${format.name} block`,
      'pad both operands with zeros to a multiple of it',
    );
  }
  if (hasBlockScales(format) && scales.length !== rows * blocks) {
    throw new ConfigurationError(`operand ${side} has ${scales.length} scales; it needs ${rows * blocks}`);
  }
}

/** Throws `ConfigurationError` if two operands and an accumulator do not fit together. */
export function checkShapes(acc: AccumulatorTile, a: PreparedTile, b: PreparedTile, stepK: number): void {
  if (a.depth !== b.depth) {
    throw new ConfigurationError(`operand a has K = ${a.depth}, operand b has K = ${b.depth}`);
  }
  if (a.rows !== acc.rows || b.rows !== acc.cols) {
    throw new ConfigurationError(
      `${a.rows} × ${b.rows} results do not fit a ${acc.rows} × ${acc.cols} accumulator`,
    );
  }
  if (a.depth % stepK !== 0) {
    throw new ConfigurationError(`K = ${a.depth} is not a multiple of ${stepK}, the semantic's step`);
  }
}

/** Throws `ConfigurationError` unless there is one addend for every result. */
export function checkAddends(acc: AccumulatorTile, bits: Uint32Array): void {
  if (bits.length !== acc.rows * acc.cols) {
    throw new ConfigurationError(`${bits.length} addends for ${acc.rows} × ${acc.cols} results`);
  }
}
