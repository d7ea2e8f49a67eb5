/**
 * What operations do to values, apart from when: one implementation that computes them, and one that does nothing,
 * for runs that need only time.
 */
import type { QuantizeOperation, VectorOperation } from '../../isa/index.js';
import { semanticOf } from '../dot/index.js';
import type { Kernels } from '../kernels/index.js';
import { Rational } from '../numerics/index.js';
import { Conversions } from './conversions.js';
import { Datapath, type Operands } from './datapath.js';
import { applyToBits, elementAction, plainAction } from './epilogue.js';
import type { GlobalTensor, InputTensor, OutputTensor } from './global-memory.js';
import type { HistoryStep, Origin, StoredTile, TileHistory } from './history.js';
import type { Accumulator, BufferStage, ProductLevel } from './local-memory.js';
import { cutOut, levelOf, type OperandMatrix, type SecondLevel, type Window } from './operand-matrix.js';

export interface Values {
  /** A load has landed; it began at that element of the tensor. */
  load(stage: BufferStage, from: Origin, tensor: InputTensor): void;
  /** An MMA starts; all its steps at once. `fresh`: from zero. */
  multiply(accumulator: Accumulator, operands: Operands, semantic: string, fresh: boolean): void;
  /** A vector operation starts. */
  apply(accumulator: Accumulator, other: Accumulator | undefined, action: VectorOperation['action']): void;
  /** An operation of the quantise unit starts. */
  convert(
    destination: BufferStage,
    source: BufferStage | Accumulator,
    action: QuantizeOperation['action'],
  ): void;
  /** A store has landed; it begins at that element of the tensor. */
  store(source: BufferStage | Accumulator, to: Origin, tensor: OutputTensor): void;
  /**
   * The part of a tile has landed that is added to those before it; the first is stored. What else is stored there
   * meanwhile does not count.
   */
  add(source: Accumulator, to: Origin, tensor: OutputTensor, first: boolean): void;
  /** Nothing will be computed any more: frees what engines hold outside JavaScript. */
  release(): void;
  /** A store has landed that leaves what is larger; what else is stored there does not count. */
  keepLarger(source: BufferStage, to: Origin, tensor: OutputTensor): void;
}

export const NO_VALUES: Values = {
  load() {},
  multiply() {},
  apply() {},
  convert() {},
  store() {},
  add() {},
  release() {},
  keepLarger() {},
};

/** One MMA with its values, computed on the spot. */
export interface ComputedProduct {
  readonly semantic: string;
  /** Of the accumulator. */
  readonly rows: number;
  readonly cols: number;
  /** Products along K. */
  readonly depth: number;
  /** rows × depth, and cols × depth: D = A·Bᵀ + C. */
  readonly a: ProductOperand;
  readonly b: ProductOperand;
  /** The accumulator, which is the same object in every MMA on it. */
  readonly accumulator: Accumulator;
  /** FP32 bits of the accumulator, rows × cols: before, undefined where it starts from zero, and after. */
  readonly before: Uint32Array | undefined;
  readonly after: Uint32Array;
}

export type ProductOperand = Pick<OperandMatrix, 'format' | 'codes' | 'scales'>;

/** Elements of prepared operands that are kept at least: 24 MB or so. */
const LEAST_ROOM = 2 ** 23;

/** Computes every value by the kernels, and keeps the history of every accumulator. */
export class ComputedValues implements Values {
  readonly #datapath: Datapath;
  readonly #conversions: Conversions;
  readonly #factors = new Map<string, number>();
  /** Tiles of maxima, and of what. */
  readonly #maxima = new Map<
    string,
    { readonly data: Float32Array; readonly tiles: readonly TileHistory[] }
  >();
  /** Tiles whose parts are being added up: what they are so far, and how it came about. */
  readonly #sums = new Map<string, { readonly bits: Uint32Array; readonly steps: readonly HistoryStep[] }>();

  constructor(
    kernels: Kernels,
    private readonly tensors: readonly GlobalTensor[],
    /** Receives every store, in the order in which they land. */
    private readonly stores: StoredTile[],
    seed: number,
    /** Sees every MMA; costs a look at the accumulator before and after it. */
    private readonly onProduct?: (product: ComputedProduct) => void,
  ) {
    const elements = tensors.reduce((sum, { declaration }) => sum + declaration.rows * declaration.cols, 0);
    this.#datapath = new Datapath(kernels, Math.max(elements, LEAST_ROOM));
    this.#conversions = new Conversions(this.#datapath, tensors, seed);
  }

  load(stage: BufferStage, from: Origin, input: InputTensor): void {
    stage.fill(input, from);
    const { rows, cols } = stage.declaration;
    const { tensor, row, col } = from;
    stage.history = { rows, cols, kind: 'loaded', tensor, row, col };
  }

  multiply(accumulator: Accumulator, operands: Operands, semantic: string, fresh: boolean): void {
    this.#multiply(accumulator, operands, semantic, fresh);
    const { a, slice, b } = operands;
    const { rows, cols } = accumulator.declaration;
    const firstRow = slice * rows;
    const level = {
      a: levelOf(a.content!, firstRow, rows),
      b: levelOf(b.content!, 0, cols),
      semantic: this.#factorOf(semantic),
    };
    joinFactors(accumulator, level, fresh);
    accumulator.record({
      kind: 'mma',
      semantic,
      a: a.history!,
      firstRow,
      b: b.history!,
      depth: a.declaration.cols,
      fresh,
    });
  }

  #multiply(accumulator: Accumulator, operands: Operands, semantic: string, fresh: boolean): void {
    const { onProduct } = this;
    const before = onProduct && !fresh ? this.#datapath.bitsOf(accumulator).slice() : undefined;
    this.#datapath.multiply(accumulator, operands, semantic, fresh);
    if (onProduct === undefined) return;
    const { a, slice, b } = operands;
    const { rows, cols } = accumulator.declaration;
    const depth = a.declaration.cols;
    const part = (content: Window, count: number): ProductOperand => ({
      format: content.matrix.format,
      ...cutOut(content, count, depth),
    });
    onProduct({
      semantic,
      rows,
      cols,
      depth,
      a: part({ ...a.content!, row: a.content!.row + slice * rows }, rows),
      b: part(b.content!, cols),
      accumulator,
      before,
      after: this.#datapath.bitsOf(accumulator).slice(),
    });
  }

  apply(accumulator: Accumulator, other: Accumulator | undefined, action: VectorOperation['action']): void {
    const bits = this.#datapath.bitsOf(accumulator);
    const apply = elementAction(action, (tensor) => tensorScale(this.tensors[tensor]!), accumulator);
    applyToBits(bits, apply, other && this.#datapath.bitsOf(other));
    accumulator.content = { kind: 'values', bits };
    const step: HistoryStep = {
      kind: 'vector',
      action,
      ...(other === undefined ? {} : { other: other.history() }),
    };
    accumulator.record(step);
  }

  convert(
    destination: BufferStage,
    source: BufferStage | Accumulator,
    action: QuantizeOperation['action'],
  ): void {
    this.#conversions.convert(destination, source, action);
  }

  store(source: BufferStage | Accumulator, { tensor, row, col }: Origin, target: OutputTensor): void {
    const { rows, cols } = source.declaration;
    const { data } = this.#conversions.realOf(source);
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    const { codec, codes, written, declaration } = target;
    const exact = codec.format.name === 'fp32';
    for (let i = 0; i < rows; i++) {
      const [from, at] = [i * cols, (row + i) * declaration.cols + col];
      written.fill(1, at, at + cols);
      // A row of a tile is too short for a copy by the array's own means to pay.
      if (exact) for (let j = 0; j < cols; j++) codes[at + j] = bits[from + j]!;
      else for (let j = 0; j < cols; j++) codes[at + j] = codec.encode(data[from + j]!, TO_INFINITY);
    }
    const history = this.#conversions.historyOf(source);
    this.stores.push({ tensor, row, col, rows, cols, history });
  }

  add(source: Accumulator, { tensor, row, col }: Origin, target: OutputTensor, first: boolean): void {
    const { rows, cols } = source.declaration;
    const key = `${tensor} ${row} ${col}`;
    const bits = this.#datapath.bitsOf(source).slice();
    let steps = source.history();
    if (!first) {
      const before = this.#sums.get(key)!;
      applyToBits(
        bits,
        plainAction(ADD, () => 1),
        before.bits,
      );
      steps = [...steps, { kind: 'vector', action: ADD, other: before.steps }];
    }
    this.#sums.set(key, { bits, steps });
    this.#put(
      bits,
      { tensor, row, col, rows, cols, history: { kind: 'accumulated', rows, cols, steps } },
      target,
    );
  }

  release(): void {
    this.#datapath.release();
  }

  keepLarger(source: BufferStage, { tensor, row, col }: Origin, target: OutputTensor): void {
    const { rows, cols } = source.declaration;
    const key = `${tensor} ${row} ${col} ${rows} ${cols}`;
    const before = this.#maxima.get(key);
    const own = this.#conversions.realOf(source).data;
    const data = own.map((value, i) => (before === undefined ? value : Math.max(value, before.data[i]!)));
    const tiles = [...(before?.tiles ?? []), this.#conversions.historyOf(source)];
    this.#maxima.set(key, { data, tiles });
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    this.#put(bits, { tensor, row, col, rows, cols, history: { kind: 'larger', rows, cols, tiles } }, target);
  }

  /** Writes the FP32 bits of a tile and notes how they came about. */
  #put(bits: Uint32Array, tile: StoredTile, { codes, written, declaration }: OutputTensor): void {
    const { row, col, rows, cols } = tile;
    for (let i = 0; i < rows; i++) {
      const at = (row + i) * declaration.cols + col;
      written.fill(1, at, at + cols);
      codes.set(bits.subarray(i * cols, (i + 1) * cols), at);
    }
    this.stores.push(tile);
  }

  /** What results of a dot semantic are to be multiplied by. */
  #factorOf(semantic: string): number {
    let factor = this.#factors.get(semantic);
    if (factor === undefined) {
      factor = Rational.toNumber(semanticOf(semantic).resultFactor);
      this.#factors.set(semantic, factor);
    }
    return factor;
  }
}

/** The addition of two parts; which accumulator the other was in does not matter. */
const ADD = { kind: 'add', other: { id: 0, index: 0 } } as const;
const TO_INFINITY = { overflow: 'special' } as const;

/** Keeps the second level of the operands as long as all MMAs since the fresh start have the same. */
function joinFactors(accumulator: Accumulator, factors: ProductLevel, fresh: boolean): void {
  const before = accumulator.factors;
  if (fresh || before === undefined) accumulator.factors = factors;
  else if (before === 'mixed' || !sameProduct(before, factors)) accumulator.factors = 'mixed';
}

function sameProduct(left: ProductLevel, right: ProductLevel): boolean {
  return left.semantic === right.semantic && sameLevel(left.a, right.a) && sameLevel(left.b, right.b);
}

function sameLevel(left: SecondLevel, right: SecondLevel): boolean {
  if (left === right) return true;
  const [rows, others] = [left.rowScales, right.rowScales];
  if (left.tensorScale !== right.tensorScale || rows?.length !== others?.length) return false;
  return rows === undefined || rows.every((scale, i) => scale === others![i]);
}

/** The second-level scale of a tensor; 1 for outputs. */
export function tensorScale(tensor: GlobalTensor): number {
  return tensor.kind === 'input' ? tensor.quantized.tensorScale : 1;
}
