/**
 * The bridge from accumulators and buffer stages to the kernels that compute. An MMA is only noted; the kernel is called
 * when somebody wants to see the accumulator, or for the next product that does not go on where the last one ended. The
 * kernel takes the steps of a product in the order of K, so that one call gives the bits of many.
 */
import { createOracle, type OperandFormat, semanticOf } from '../dot/index.js';
import type { AccumulatorTile, Kernels } from '../kernels/index.js';
import { ConfigurationError } from '../numerics/index.js';
import type { Accumulator, BufferStage, Products, Sums } from './local-memory.js';
import type { Window } from './operand-matrix.js';
import { PreparedOperands } from './prepared-operands.js';
import { Fault } from './trap.js';

/** What a semantic asks of a pair of operand formats, and what a user should know about them. */
export interface SemanticFit {
  /** K of an instruction is a multiple of this. */
  readonly stepK: number;
  readonly warnings: readonly string[];
}

/** Whether a semantic takes a pair of formats; a `Fault` if not. */
export function fitSemantic(name: string, a: OperandFormat, b: OperandFormat): SemanticFit {
  try {
    const { stepK, warnings } = createOracle(semanticOf(name), a, b);
    return { stepK, warnings: warnings.map(({ message, hint }) => `${message} (${hint})`) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new Fault('format-mismatch', error.message, error.hint);
  }
}

/** What one MMA multiplies. */
export interface Operands {
  readonly a: BufferStage;
  /** Group of A's rows, as high as the accumulator. */
  readonly slice: number;
  readonly b: BufferStage;
}

export class Datapath {
  readonly #operands: PreparedOperands;
  /** Sums of all accumulators. */
  readonly #tiles = new Set<AccumulatorTile>();

  /** @param room elements of prepared operands that are kept. */
  constructor(
    private readonly kernels: Kernels,
    room: number,
  ) {
    this.#operands = new PreparedOperands(kernels, room);
  }

  /** accumulator (+)= A·Bᵀ by a semantic; `fresh` starts from zero. */
  multiply(accumulator: Accumulator, { a, slice, b }: Operands, semantic: string, fresh: boolean): void {
    const depth = a.declaration.cols;
    const [left, right] = [below(a.content!, slice * accumulator.declaration.rows), b.content!];
    const { content } = accumulator;
    const before = content.kind === 'sums' && fits(content.sums, semantic, left, right) ? content : undefined;
    if (!fresh && before?.products !== undefined && goesOn(before.products, left, right)) {
      before.products.depth += depth;
      return;
    }
    if (before !== undefined && !fresh) this.#settle(accumulator);
    const sums = before?.sums ?? this.#sums(accumulator, semantic, left, right);
    if (before === undefined && !fresh) this.kernels.load(sums.tile, this.bitsOf(accumulator));
    if (accumulator.spare !== undefined && accumulator.spare !== sums) this.#drop(accumulator.spare);
    accumulator.spare = sums;
    accumulator.content = { kind: 'sums', sums, products: { a: left, b: right, depth, fresh } };
  }

  /** FP32 bits of an accumulator, rows × cols, after the final rounding of its semantic. Its own: not to be kept. */
  bitsOf(accumulator: Accumulator): Uint32Array {
    const { content, declaration } = accumulator;
    switch (content.kind) {
      case 'empty':
        throw new Fault('never-written', `${declaration.name} holds nothing yet`);
      case 'values':
        return content.bits;
      case 'sums':
        this.#settle(accumulator);
        return this.kernels.read(content.sums.tile);
    }
  }

  /** Computes what has been noted. */
  #settle(accumulator: Accumulator): void {
    const { content, declaration } = accumulator;
    if (content.kind !== 'sums' || content.products === undefined) return;
    const { sums, products } = content;
    const { a, b, depth, fresh } = products;
    const semantic = semanticOf(sums.semantic);
    const left = this.#operands.get(a, declaration.rows, depth, 'a', semantic);
    const right = this.#operands.get(b, declaration.cols, depth, 'b', semantic);
    this.kernels.accumulate(sums.tile, left, right, fresh);
    accumulator.content = { kind: 'sums', sums, products: undefined };
  }

  #sums({ spare, declaration }: Accumulator, semantic: string, left: Window, right: Window): Sums {
    if (spare !== undefined && fits(spare, semantic, left, right)) return spare;
    const { rows, cols } = declaration;
    const [a, b] = [left.matrix.format, right.matrix.format];
    const tile = this.kernels.accumulator(semanticOf(semantic), a, b, rows, cols);
    this.#tiles.add(tile);
    return { semantic, a, b, tile };
  }

  #drop({ tile }: Sums): void {
    this.#tiles.delete(tile);
    tile.release?.();
  }

  /** Frees what the kernels hold; nothing can be multiplied or read afterwards. */
  release(): void {
    for (const tile of this.#tiles) tile.release?.();
    this.#tiles.clear();
    this.#operands.release();
  }
}

/** The part of a window from a row on. */
function below(window: Window, row: number): Window {
  return row === 0 ? window : { ...window, row: window.row + row };
}

function fits({ semantic, a, b }: Sums, wanted: string, left: Window, right: Window): boolean {
  return semantic === wanted && a === left.matrix.format && b === right.matrix.format;
}

/** Whether two windows begin where those of earlier products end. */
function goesOn({ a, b, depth }: Products, left: Window, right: Window): boolean {
  return follows(a, left, depth) && follows(b, right, depth);
}

function follows(before: Window, { matrix, row, col }: Window, depth: number): boolean {
  return matrix === before.matrix && row === before.row && col === before.col + depth;
}
