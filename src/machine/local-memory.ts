/**
 * A core's own memories: the stages of its shared-memory buffers and its accumulators, with the counters that
 * detect a race (a stage rewritten while it is read, an accumulator read while it is in flight).
 */
import type { VectorOperation } from '../../isa/index.js';
import type { AccumulatorDeclaration, BufferDeclaration } from '../assembler/index.js';
import { hasBlockScales, type OperandFormat } from '../dot/index.js';
import { multipliedOut } from '../formats/index.js';
import type { AccumulatorTile } from '../kernels/index.js';
import type { InputTensor } from './global-memory.js';
import type { HistoryStep, Origin, TileHistory } from './history.js';
import {
  cutOut,
  levelOf,
  type OperandMatrix,
  operandMatrix,
  type SecondLevel,
  type Window,
} from './operand-matrix.js';

/** Second level of the two operands of a product, and the factor of its dot semantic (1/49 on the IF4 grid). */
export interface ProductLevel {
  readonly a: SecondLevel;
  readonly b: SecondLevel;
  readonly semantic: number;
}

/** One stage of a shared-memory buffer. */
export class BufferStage {
  /** What it holds; undefined before it is written, and in runs without values. */
  content: Window | undefined;
  /** How the contents came about; undefined before they are written, and in runs without values. */
  history: TileHistory | undefined;
  /** Whether anything has been written to it. */
  written = false;
  /** The place it was last loaded from; undefined once the quantise unit has written to it. */
  origin: Origin | undefined;
  /** Copies into this stage that are queued or in flight. */
  pendingWrites = 0;
  /** MMAs and stores that still read this stage. */
  pendingReads = 0;
  /** Operations of the quantise unit that write to it or read it; among themselves they are in order. */
  pendingConversions = { reads: 0, writes: 0 };

  /** The format as an MMA reads it: micro-exponents multiplied out. */
  readonly operand: OperandFormat;

  constructor(
    readonly declaration: BufferDeclaration,
    readonly format: OperandFormat,
  ) {
    this.operand = format.kind === 'block' ? multipliedOut(format) : format;
  }

  /** Elements of a row that share a scale; 1 without scales. */
  get blockSize(): number {
    return hasBlockScales(this.format) ? this.format.blockSize : 1;
  }

  /** Takes a tile of the tensor from the element (row, col). */
  fill({ operand }: InputTensor, { row, col }: Origin): void {
    this.content = { matrix: operand, row, col };
  }

  /** Takes codes and scales of the stage's own shape, which must not change any more. */
  put(codes: OperandMatrix['codes'], scales: Uint8Array, level: SecondLevel): void {
    const { rows, cols } = this.declaration;
    const coded = { rows, cols, codes, scales, ...level };
    this.content = { matrix: operandMatrix(this.format, coded), row: 0, col: 0 };
  }

  /** What it holds as codes, scales and second level of its own shape. */
  read(): OperandMatrix {
    const { rows, cols } = this.declaration;
    const content = this.content!;
    return {
      format: this.operand,
      rows,
      cols,
      ...cutOut(content, rows, cols),
      level: levelOf(content, 0, rows),
    };
  }
}

/** Products A·Bᵀ that have been issued and not computed yet: `depth` columns of both windows. */
export interface Products {
  readonly a: Window;
  readonly b: Window;
  depth: number;
  /** The first of them starts from zero. */
  readonly fresh: boolean;
}

/** The state of a dot semantic for a pair of formats. */
export interface Sums {
  readonly semantic: string;
  readonly a: OperandFormat;
  readonly b: OperandFormat;
  readonly tile: AccumulatorTile;
}

/** What an accumulator holds: nothing, the state of a dot semantic and what is still to be added, or FP32 values. */
export type AccumulatorContent =
  | { readonly kind: 'empty' }
  | { readonly kind: 'sums'; readonly sums: Sums; readonly products: Products | undefined }
  | { readonly kind: 'values'; readonly bits: Uint32Array };

/** One stage of an accumulator. */
export class Accumulator {
  content: AccumulatorContent = { kind: 'empty' };
  /** Memory of the last sums, to be used again. */
  spare: Sums | undefined;
  #history: HistoryStep[] = [];
  /** What its values are to be multiplied by; `mixed` if not all that was multiplied into it has the same. */
  factors: ProductLevel | 'mixed' | undefined;
  /** Whether an MMA that starts from zero has been issued on it: before that it holds nothing. */
  started = false;
  /** MMAs that are queued or in flight. */
  pendingMma = 0;
  /** Vector operations that are queued or in flight. */
  pendingVector = 0;
  /** Stores and conversions that still read it. */
  pendingStores = 0;

  constructor(readonly declaration: AccumulatorDeclaration) {}

  /** Records an operation; a fresh start forgets what came before. */
  record(step: HistoryStep): void {
    if (step.kind === 'mma' && step.fresh) this.#history = [step];
    else this.#history.push(step);
  }

  /** The operations since it was fresh. */
  history(): readonly HistoryStep[] {
    return this.#history.slice();
  }
}

/** Names of the actions that read a second accumulator. */
export function otherOf(action: VectorOperation['action']): { id: number; index: number } | undefined {
  return 'other' in action ? action.other : undefined;
}
