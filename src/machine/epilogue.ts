/**
 * Element-wise arithmetic on accumulators, in FP32 with nearest-even rounding. NaN results are 0x7FFFFFFF, as in the
 * dot semantics.
 */
import type { VectorOperation } from '../../isa/index.js';
import { codecOf, ELEMENT_FORMATS } from '../formats/index.js';

export const FP32_NAN = 0x7fffffff;

/** What one action does to one value; all values are float32 numbers. */
export type ElementAction = (value: number, other: number) => number;

const ACTIVATIONS: Readonly<Record<string, ElementAction>> = {
  // max(x, 0) that keeps NaN and gives +0 for −0.
  relu: (x) => (x > 0 || Number.isNaN(x) ? x : 0),
};

/**
 * The element function of an action.
 * @param tensorScale second-level scale of a tensor by its number.
 */
export function elementAction(
  action: VectorOperation['action'],
  tensorScale: (tensor: number) => number,
): ElementAction {
  switch (action.kind) {
    case 'scale': {
      const factor = action.tensors.map(tensorScale).reduce((product, s) => Math.fround(product * s));
      return (x) => Math.fround(x * factor);
    }
    case 'add':
      return (x, other) => Math.fround(x + other);
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
    const result = action(values[i]!, others === undefined ? 0 : others[i]!);
    if (Number.isNaN(result)) bits[i] = FP32_NAN;
    else values[i] = result;
  }
}
