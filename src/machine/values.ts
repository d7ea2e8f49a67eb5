/**
 * What operations do to values, apart from when: one implementation that computes them, and one that does nothing,
 * for runs that need only time.
 */
import type { CopyOperation, MmaOperation, QuantizeOperation, VectorOperation } from '../../isa/index.js';
import { semanticOf } from '../dot/index.js';
import type { Kernels } from '../kernels/index.js';
import { Rational } from '../numerics/index.js';
import { Conversions } from './conversions.js';
import { multiplyAccumulate, type Operands, valuesOf } from './datapath.js';
import { applyToBits, elementAction } from './epilogue.js';
import type { GlobalTensor, InputTensor, OutputTensor } from './global-memory.js';
import type { HistoryStep, StoredTile } from './history.js';
import type { Accumulator, BufferStage, ProductLevel, SecondLevel } from './local-memory.js';

export interface Values {
  /** A load has landed. */
  load(stage: BufferStage, operation: CopyOperation, tensor: InputTensor): void;
  /** An MMA starts; all its steps at once. */
  multiply(accumulator: Accumulator, operands: Operands, operation: MmaOperation, semantic: string): void;
  /** A vector operation starts. */
  apply(accumulator: Accumulator, other: Accumulator | undefined, action: VectorOperation['action']): void;
  /** An operation of the quantise unit starts. */
  convert(
    destination: BufferStage,
    source: BufferStage | Accumulator,
    action: QuantizeOperation['action'],
  ): void;
  /** A store has landed. */
  store(source: BufferStage | Accumulator, operation: CopyOperation, tensor: OutputTensor): void;
}

export const NO_VALUES: Values = { load() {}, multiply() {}, apply() {}, convert() {}, store() {} };

/** Computes every value by the kernels, and keeps the history of every accumulator. */
export class ComputedValues implements Values {
  readonly #conversions: Conversions;

  constructor(
    private readonly kernels: Kernels,
    private readonly tensors: readonly GlobalTensor[],
    /** Receives every store, in the order in which they land. */
    private readonly stores: StoredTile[],
    seed: number,
  ) {
    this.#conversions = new Conversions(kernels, tensors, seed);
  }

  load(stage: BufferStage, { tensor, row, col }: CopyOperation, input: InputTensor): void {
    stage.fill(input, { tensor, row, col });
    const { rows, cols } = stage.declaration;
    stage.history = { rows, cols, kind: 'loaded', tensor, row, col };
  }

  multiply(accumulator: Accumulator, operands: Operands, { fresh }: MmaOperation, semantic: string): void {
    const { a, slice, b } = operands;
    multiplyAccumulate(this.kernels, semantic, accumulator, operands, fresh);
    const firstRow = slice * accumulator.declaration.rows;
    const level = { a: rowsOf(a.factors, firstRow), b: b.factors, semantic: factorOf(semantic) };
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

  apply(accumulator: Accumulator, other: Accumulator | undefined, action: VectorOperation['action']): void {
    const bits = valuesOf(this.kernels, accumulator);
    const apply = elementAction(action, (tensor) => tensorScale(this.tensors[tensor]!), accumulator);
    applyToBits(bits, apply, other && valuesOf(this.kernels, other));
    accumulator.content = { kind: 'values', bits };
    const step: HistoryStep = {
      kind: 'vector',
      action,
      ...(other === undefined ? {} : { other: other.history }),
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

  store(source: BufferStage | Accumulator, { tensor, row, col }: CopyOperation, target: OutputTensor): void {
    const { rows, cols } = source.declaration;
    const values = this.#conversions.realOf(source).data;
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    const { codec, codes, written, declaration } = target;
    const exact = codec.format.name === 'fp32';
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        const at = (row + i) * declaration.cols + col + j;
        const from = i * cols + j;
        codes[at] = exact ? bits[from]! : codec.encode(values[from]!, { overflow: 'special' });
        written[at] = 1;
      }
    }
    const history = this.#conversions.historyOf(source);
    this.stores.push({ tensor, row, col, rows, cols, history });
  }
}

/** Keeps the second level of the operands as long as all MMAs since the fresh start have the same. */
function joinFactors(accumulator: Accumulator, factors: ProductLevel, fresh: boolean): void {
  const before = accumulator.factors;
  if (fresh || before === undefined) accumulator.factors = factors;
  else if (before === 'mixed' || !sameProduct(before, factors)) accumulator.factors = 'mixed';
}

function sameProduct(left: ProductLevel, right: ProductLevel): boolean {
  return left.semantic === right.semantic && sameLevel(left.a, right.a) && sameLevel(left.b, right.b);
}

/** What results of a dot semantic are to be multiplied by. */
function factorOf(semantic: string): number {
  return Rational.toNumber(semanticOf(semantic).resultFactor);
}

function sameLevel(left: SecondLevel, right: SecondLevel): boolean {
  if (left === right) return true;
  const [rows, others] = [left.rowScales, right.rowScales];
  if (left.tensorScale !== right.tensorScale || rows?.length !== others?.length) return false;
  return rows === undefined || rows.every((scale, i) => scale === others![i]);
}

/** The second level of the rows from `first` on. */
function rowsOf(level: SecondLevel, first: number): SecondLevel {
  const { tensorScale, rowScales } = level;
  return first === 0 || rowScales === undefined
    ? level
    : { tensorScale, rowScales: rowScales.subarray(first) };
}

/** The second-level scale of a tensor; 1 for outputs. */
export function tensorScale(tensor: GlobalTensor): number {
  return tensor.kind === 'input' ? tensor.quantized.tensorScale : 1;
}
