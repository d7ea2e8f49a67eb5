/**
 * A core's own memories: the stages of its shared-memory buffers and its accumulators, with the counters that
 * detect a race (a stage rewritten while it is read, an accumulator read while it is in flight).
 */
import type { VectorOperation } from '../../isa/index.js';
import type { AccumulatorDeclaration, BufferDeclaration } from '../assembler/index.js';
import { hasBlockScales, type OperandFormat } from '../dot/index.js';
import { multipliedOut } from '../formats/index.js';
import type { AccumulatorTile, PreparedTile } from '../kernels/index.js';
import { elementBits, type InputTensor } from './global-memory.js';
import type { HistoryStep, Origin, TileHistory } from './history.js';

/** Factors of a quantised tile beside its block scales. */
export interface SecondLevel {
  readonly tensorScale: number;
  /** One a row of the tile, for formats whose rows have their own. */
  readonly rowScales?: Float32Array;
}

/** Second level of the two operands of a product, and the factor of its dot semantic (1/49 on the IF4 grid). */
export interface ProductLevel {
  readonly a: SecondLevel;
  readonly b: SecondLevel;
  readonly semantic: number;
}

const UNIT_FACTORS: SecondLevel = { tensorScale: 1 };

/** One stage of a shared-memory buffer. */
export class BufferStage {
  /** Allocated by the first fill: a run without values needs none. */
  codes: Uint8Array | Uint16Array | Uint32Array = new Uint8Array(0);
  scales = new Uint8Array(0);
  /** What all values of the stage, and those of each row, are multiplied by beside their block scales. */
  factors: SecondLevel = UNIT_FACTORS;
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
  /** Operands prepared for the kernels, by side, rows and semantic; dropped at the next load. */
  readonly prepared = new Map<string, PreparedTile>();

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

  /** Takes a tile of the tensor, codes and scales, from the element (row, col). */
  fill({ quantized: tensor, operandCodes }: InputTensor, origin: Origin): void {
    this.#allocate();
    const { rows, cols } = this.declaration;
    const tensorBlocks = tensor.cols / this.blockSize;
    const blocks = hasBlockScales(this.format) ? cols / this.blockSize : 0;
    for (let i = 0; i < rows; i++) {
      const from = (origin.row + i) * tensor.cols + origin.col;
      this.codes.set(operandCodes.subarray(from, from + cols), i * cols);
      const scaleFrom = (origin.row + i) * tensorBlocks + origin.col / this.blockSize;
      this.scales.set(tensor.scales.subarray(scaleFrom, scaleFrom + blocks), i * blocks);
    }
    const { tensorScale, rowScales } = tensor;
    const ofRows = rowScales?.subarray(origin.row, origin.row + rows);
    this.factors = { tensorScale, ...(ofRows === undefined ? {} : { rowScales: ofRows }) };
    this.#dropPrepared();
  }

  /** Takes codes and scales of the stage's own shape. */
  put(codes: ArrayLike<number>, scales: ArrayLike<number>, factors: SecondLevel): void {
    this.#allocate();
    this.codes.set(codes);
    if (hasBlockScales(this.format)) this.scales.set(scales);
    this.factors = factors;
    this.#dropPrepared();
  }

  #dropPrepared(): void {
    for (const tile of this.prepared.values()) tile.release();
    this.prepared.clear();
  }

  #allocate(): void {
    const { rows, cols } = this.declaration;
    if (this.codes.length > 0) return;
    const bits = elementBits(this.operand);
    const Codes = bits > 16 ? Uint32Array : bits > 8 ? Uint16Array : Uint8Array;
    this.codes = new Codes(rows * cols);
    if (hasBlockScales(this.format)) this.scales = new Uint8Array(rows * (cols / this.blockSize));
  }
}

/** What an accumulator holds: nothing, the state of a dot semantic, or plain FP32 values. */
export type AccumulatorContent =
  | { readonly kind: 'empty' }
  | { readonly kind: 'accumulating'; readonly semantic: string; readonly tile: AccumulatorTile }
  | { readonly kind: 'values'; readonly bits: Uint32Array };

/** One stage of an accumulator. */
export class Accumulator {
  content: AccumulatorContent = { kind: 'empty' };
  history: readonly HistoryStep[] = [];
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
    const fresh = step.kind === 'mma' && step.fresh;
    this.history = fresh ? [step] : [...this.history, step];
  }
}

/** Names of the actions that read a second accumulator. */
export function otherOf(action: VectorOperation['action']): { id: number; index: number } | undefined {
  return 'other' in action ? action.other : undefined;
}
