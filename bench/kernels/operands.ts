/** Operands of the benchmarks: ordinary data, and the worst case for guards (random scale codes). */
import type { OperandFormat } from '../../src/dot/index.js';
import {
  blockFormatOf,
  codecOf,
  elementFormat,
  encodeBits,
  encodeTableOf,
  type QuantizedMatrix,
  quantize,
  widthOf,
} from '../../src/formats/index.js';
import type { TileOperand } from '../../src/kernels/index.js';
import { float32Bits, Random } from '../../src/numerics/index.js';

/** N(0, 1) by twelve uniform numbers. */
export function gaussianMatrix(rows: number, cols: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: rows * cols }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += random.below(2 ** 16) / 2 ** 16;
    return sum;
  });
}

/** A Gaussian matrix in a block format. */
export function ordinary(format: string, rows: number, depth: number, seed: number): TileOperand {
  const data = gaussianMatrix(rows, depth, seed);
  const quantized: QuantizedMatrix = quantize(blockFormatOf(format), { rows, cols: depth, data });
  return { format: quantized.format, rows, depth, codes: quantized.codes, scales: quantized.scales };
}

/** The same codes with scale codes from the whole range, NaN excepted. */
export function worstCase(operand: TileOperand, seed: number): TileOperand {
  const random = new Random(seed);
  return { ...operand, scales: operand.scales.map(() => random.below(127)) };
}

/** A Gaussian matrix in bare elements, scaled so that its largest magnitude is the format's. */
export function ordinaryElements(name: string, rows: number, depth: number, seed: number): TileOperand {
  const format = elementFormat(name);
  const data = gaussianMatrix(rows, depth, seed);
  const largest = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const table = encodeTableOf(format);
  const scaled = data.map((x) => (x / largest) * codecOf(format).maxValue);
  const codes = Uint8Array.from(scaled, (x) => encodeBits(table, float32Bits(x)));
  return { format, rows, depth, codes, scales: new Uint8Array(0) };
}

/** Bare elements with codes of the whole range, NaN excepted: the worst case. */
export function bareElements(name: string, rows: number, depth: number, seed: number): TileOperand {
  const format: OperandFormat = elementFormat(name);
  const random = new Random(seed);
  const below = 2 ** (widthOf(format) - 1) - 8;
  const codes = Uint8Array.from({ length: rows * depth }, () => random.below(below) + random.below(2) * 128);
  return { format, rows, depth, codes, scales: new Uint8Array(0) };
}
