/**
 * Element-wise arithmetic on accumulators, in FP32 with nearest-even rounding. NaN results are 0x7FFFFFFF, as in the
 * dot semantics.
 */
import type { VectorOperation } from '../../isa/index.js';
import { codecOf, ELEMENT_FORMATS } from '../formats/index.js';
import type { Accumulator, ProductLevel } from './local-memory.js';
import type { SecondLevel } from './operand-matrix.js';
import { Fault } from './trap.js';

export const FP32_NAN = 0x7fffffff;

/** What one action does to one value; all values are float32 numbers. `index` counts the elements row by row. */
export type ElementAction = (value: number, other: number, index: number) => number;

const ACTIVATIONS: Readonly<Record<string, ElementAction>> = {
  // max(x, 0) that keeps NaN and gives +0 for −0.
  relu: (x) => (x > 0 || Number.isNaN(x) ? x : 0),
  silu: (x) => (x === Number.NEGATIVE_INFINITY ? 0 : x / (1 + Math.exp(-x))),
  gelu: (x) => {
    const tail = 1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
    return tail === 0 ? 0 : (x * tail) / 2;
  },
};

/** The product of the factors of element (i, j) of A·Bᵀ, rounded once to FP32. */
export function productFactor({ a, b, semantic }: ProductLevel, i: number, j: number): number {
  return Math.fround(factorOf(a, i) * factorOf(b, j) * semantic);
}

/** The factor of a row: formats have one of the tensor or of rows, so that one of the two is 1. */
function factorOf({ tensorScale, rowScales }: SecondLevel, row: number): number {
  return rowScales === undefined ? tensorScale : tensorScale * rowScales[row]!;
}

/** Multiplies by the second level of an accumulator's operands. */
function dequantizeAction({ factors, declaration }: Accumulator): ElementAction {
  if (factors === undefined || factors === 'mixed') {
    throw new Fault(
      'format-mismatch',
      `the operands of ${declaration.name} do not have one second level`,
      'acc.dequant needs operands of the same two tensors in all MMAs since the fresh start',
    );
  }
  const { cols } = declaration;
  return (x, _, index) => Math.fround(x * productFactor(factors, Math.floor(index / cols), index % cols));
}

/**
 * The element function of an action on an accumulator.
 * @param tensorScale second-level scale of a tensor by its number.
 */
export function elementAction(
  action: VectorOperation['action'],
  tensorScale: (tensor: number) => number,
  accumulator: Accumulator,
): ElementAction {
  if (action.kind === 'dequantize') return dequantizeAction(accumulator);
  if (action.kind === 'mask') return maskAction(action, accumulator);
  return plainAction(action, tensorScale);
}

function maskAction({ row, col }: Action<'mask'>, { declaration }: Accumulator): ElementAction {
  const { cols } = declaration;
  return (x, _, index) => (col + (index % cols) > row + Math.floor(index / cols) ? 0 : x);
}

type Action<K extends VectorOperation['action']['kind']> = Extract<
  VectorOperation['action'],
  { readonly kind: K }
>;
/** Actions that know the values alone, not their places. */
export type PlainAction = Action<'scale' | 'add' | 'subtract' | 'activate' | 'convert'>;

/** The element function of an action that knows the values alone. */
export function plainAction(action: PlainAction, tensorScale: (tensor: number) => number): ElementAction {
  switch (action.kind) {
    case 'scale': {
      const factor = action.tensors.map(tensorScale).reduce((product, s) => Math.fround(product * s));
      return (x) => Math.fround(x * factor);
    }
    case 'add':
      return (x, other) => Math.fround(x + other);
    case 'subtract':
      return (x, other) => Math.fround(x - other);
    case 'activate':
      return ACTIVATIONS[action.activation]!;
    case 'convert': {
      const codec = codecOf(ELEMENT_FORMATS.get(action.format)!);
      return (x) => codec.decode(codec.encode(x, { overflow: 'special' }));
    }
  }
}

/** Applies an action to FP32 bits in place. */
export function applyToBits(bits: Uint32Array, action: ElementAction, other: Uint32Array | undefined): void {
  const values = new Float32Array(bits.buffer, bits.byteOffset, bits.length);
  const others = other && new Float32Array(other.buffer, other.byteOffset, other.length);
  for (let i = 0; i < values.length; i++) {
    const result = action(values[i]!, others === undefined ? 0 : others[i]!, i);
    if (Number.isNaN(result)) bits[i] = FP32_NAN;
    else values[i] = result;
  }
}
