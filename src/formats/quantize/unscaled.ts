/**
 * Formats without block scales: one factor for each row (vector-wise FP4 of arXiv 2501.17116, QUIK's INT4) or for
 * the tensor (FP8). The factor maps the maximum to the largest element; with `row-arithmetic=bf16` the factor and
 * the scaled elements are rounded to bfloat16.
 */
import { toBf16 } from '../bf16.js';
import type { BlockFormat } from '../block.js';
import { codecOf } from '../codec.js';
import { BF16, FP32 } from '../elements.js';
import type { Matrix, QuantizedMatrix } from '../matrix.js';
import { type Policy, policyText } from '../policy.js';
import { elementEncoder, zeroAddend } from './element-encoder.js';
import { absoluteMaximum, blockMaximum } from './input.js';
import type { QuantizeOptions } from './options.js';
import { randomSource } from './random-source.js';

type Round = (x: number) => number;

const ROUNDS: Readonly<Record<Policy['row-arithmetic'], Round>> = { fp32: Math.fround, bf16: toBf16 };

/** Largest finite number of each precision: an encode factor never exceeds it. */
const LARGEST: Readonly<Record<Policy['row-arithmetic'], number>> = {
  fp32: codecOf(FP32).maxValue,
  bf16: codecOf(BF16).maxValue,
};

/** Quantises with one factor a row or one for the tensor. The input has been checked. */
export function quantizeUnscaled(
  format: BlockFormat,
  matrix: Matrix,
  policy: Policy,
  { draws, maxima }: QuantizeOptions,
): QuantizedMatrix {
  const { rows, cols, data } = matrix;
  const { element } = format.choices[0];
  const encode = elementEncoder(element, policy, randomSource(policy, 0, draws));
  const y = new Float32Array(cols);
  const codes = new Uint8Array(rows * cols);
  const scales = new Uint8Array(codes.length / format.blockSize);
  const perRow = format.tensorScale === 'fp32-per-row';
  const factorOf = (maximum: number): number =>
    encodeFactor(maximum, codecOf(element).maxValue, policy['row-arithmetic']);
  const tensorEncode = factorOf(maxima?.[0] ?? absoluteMaximum(data));
  const rowScales = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    const row = data.subarray(r * cols, (r + 1) * cols);
    const factor = perRow ? factorOf(maxima?.[r] ?? absoluteMaximum(row)) : tensorEncode;
    rowScales[r] = Number.isNaN(blockMaximum(row)) ? Number.NaN : 1 / factor;
    scaleRow(row, factor, policy, y);
    encode(y, cols, codes.subarray(r * cols));
  }
  const result = { format, rows, cols, codes, scales, policy: policyText(policy) };
  if (perRow) return { ...result, tensorScale: 1, rowScales };
  const anyNan = rowScales.some(Number.isNaN);
  return { ...result, tensorScale: anyNan ? Number.NaN : Math.fround(1 / tensorEncode) };
}

/** What elements are multiplied by; 1 for zeros. */
function encodeFactor(maximum: number, largest: number, precision: Policy['row-arithmetic']): number {
  return maximum === 0 ? 1 : Math.min(ROUNDS[precision](largest / maximum), LARGEST[precision]);
}

/** y = row × factor in the precision of the policy; what is not finite becomes 0 (its factor is NaN). */
function scaleRow(row: Float32Array, factor: number, policy: Policy, y: Float32Array): void {
  const round = ROUNDS[policy['row-arithmetic']];
  const addend = zeroAddend(policy);
  for (let i = 0; i < y.length; i++) {
    y[i] = Number.isFinite(row[i]) ? round((row[i]! + addend) * factor) : 0;
  }
}
