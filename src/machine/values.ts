/**
 * What operations do to values, apart from when: one implementation that computes them, and one that does nothing,
 * for runs that need only time.
 */
import type { CopyOperation, MmaOperation, VectorOperation } from '../../isa/index.js';
import type { Kernels } from '../kernels/index.js';
import { multiplyAccumulate, type Operands, valuesOf } from './datapath.js';
import { applyToBits, elementAction } from './epilogue.js';
import type { GlobalTensor, InputTensor, OutputTensor } from './global-memory.js';
import type { HistoryStep, StoredTile } from './history.js';
import type { Accumulator, BufferStage } from './local-memory.js';

export interface Values {
  /** A load has landed. */
  load(stage: BufferStage, operation: CopyOperation, tensor: InputTensor): void;
  /** An MMA starts; all its steps at once. */
  multiply(accumulator: Accumulator, operands: Operands, operation: MmaOperation, semantic: string): void;
  /** A vector operation starts. */
  apply(accumulator: Accumulator, other: Accumulator | undefined, action: VectorOperation['action']): void;
  /** A store has landed. */
  store(accumulator: Accumulator, operation: CopyOperation, tensor: OutputTensor): void;
}

export const NO_VALUES: Values = { load() {}, multiply() {}, apply() {}, store() {} };

/** Computes every value by the kernels, and keeps the history of every accumulator. */
export class ComputedValues implements Values {
  constructor(
    private readonly kernels: Kernels,
    private readonly tensors: readonly GlobalTensor[],
    /** Receives every store, in the order in which they land. */
    private readonly stores: StoredTile[],
  ) {}

  load(stage: BufferStage, { tensor, row, col }: CopyOperation, { quantized }: InputTensor): void {
    stage.fill(quantized, { tensor, row, col });
  }

  multiply(accumulator: Accumulator, operands: Operands, { fresh }: MmaOperation, semantic: string): void {
    const { a, slice, b } = operands;
    multiplyAccumulate(this.kernels, semantic, accumulator, operands, fresh);
    const origin = a.origin!;
    accumulator.record({
      kind: 'mma',
      semantic,
      a: { ...origin, row: origin.row + slice * accumulator.declaration.rows },
      b: b.origin!,
      depth: a.declaration.cols,
      fresh,
    });
  }

  apply(accumulator: Accumulator, other: Accumulator | undefined, action: VectorOperation['action']): void {
    const bits = valuesOf(this.kernels, accumulator);
    const apply = elementAction(action, (tensor) => tensorScale(this.tensors[tensor]!));
    applyToBits(bits, apply, other && valuesOf(this.kernels, other));
    accumulator.content = { kind: 'values', bits };
    const step: HistoryStep = {
      kind: 'vector',
      action,
      ...(other === undefined ? {} : { other: other.history }),
    };
    accumulator.record(step);
  }

  store(accumulator: Accumulator, { tensor, row, col }: CopyOperation, target: OutputTensor): void {
    const bits = valuesOf(this.kernels, accumulator);
    const { rows, cols } = accumulator.declaration;
    const values = new Float32Array(bits.buffer, bits.byteOffset, bits.length);
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
    this.stores.push({ tensor, row, col, rows, cols, history: accumulator.history });
  }
}

/** The second-level scale of a tensor; 1 for outputs. */
export function tensorScale(tensor: GlobalTensor): number {
  return tensor.kind === 'input' ? tensor.quantized.tensorScale : 1;
}
