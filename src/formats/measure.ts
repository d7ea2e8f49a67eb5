/** How far a quantised matrix is from the one it was made of. */
import { type BlockFormat, SELECTOR_BIT } from './block.js';
import { codecOf } from './codec.js';
import type { Matrix, QuantizedMatrix } from './matrix.js';
import type { Policy } from './policy.js';
import { dequantize } from './quantize/dequantize.js';
import { quantize, quantizerInput, resolvePolicy } from './quantize/quantize.js';

export interface ErrorMeasures {
  /** Elements of the matrix, padding left out. */
  readonly elements: number;
  readonly blocks: number;
  /** Mean squared error. */
  readonly mse: number;
  /** Signal to quantisation noise in decibels: 10 log10(Σx² / Σ(x − x̂)²); Infinity without noise. */
  readonly sqnrDb: number;
  /** Largest |x − x̂|. */
  readonly maxError: number;
  /** Share of blocks that hold the second choice (the integers of IF4); 0 for formats without a choice. */
  readonly secondChoiceShare: number;
  /** Elements beyond what the largest code of their block stands for. */
  readonly clipped: number;
  /** Elements whose code is −0. */
  readonly negativeZeros: number;
}

export interface Measured {
  readonly quantized: QuantizedMatrix;
  readonly measures: ErrorMeasures;
}

/**
 * Quantises a matrix and measures the error. A transform that the policy asks for (transposition, Hadamard) is part
 * of the signal: the error is taken in the domain that is quantised. Sums are in double precision.
 */
export function measureError(format: BlockFormat, matrix: Matrix, policy: Policy | string = ''): Measured {
  const chosen = resolvePolicy(format, policy);
  const signal = quantizerInput(format, matrix, chosen);
  const quantized = quantize(format, matrix, chosen);
  return { quantized, measures: compareWithSignal(signal, quantized, matrix.data.length) };
}

/** The measures of a quantised matrix against the values it stands for; `elements` of them count for the mean. */
export function compareWithSignal(
  signal: Matrix,
  quantized: QuantizedMatrix,
  elements = signal.data.length,
): ErrorMeasures {
  const { data } = dequantize(quantized);
  let [noise, power, maxError] = [0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const difference = data[i]! - signal.data[i]!;
    noise += difference * difference;
    power += signal.data[i]! * signal.data[i]!;
    maxError = Math.max(maxError, Math.abs(difference));
  }
  return {
    elements,
    blocks: quantized.scales.length,
    mse: noise / elements,
    sqnrDb: noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(power / noise),
    maxError,
    secondChoiceShare: secondChoiceShare(quantized),
    clipped: clipMask(signal, quantized).reduce((sum, clipped) => sum + clipped, 0),
    negativeZeros: countNegativeZeros(quantized),
  };
}

/**
 * 1 for each element whose magnitude exceeds what the largest code of its block stands for: where a straight-through
 * gradient is cut (QuEST).
 */
export function clipMask(signal: Matrix, quantized: QuantizedMatrix): Uint8Array {
  const { residual, ...withoutResidual } = quantized;
  const removed = new Map<number, number>();
  residual?.positions.forEach((at, i) => {
    removed.set(at, residual.values[i]!);
  });
  const limits = dequantize({ ...withoutResidual, codes: largestCodes(quantized) }).data;
  return Uint8Array.from(signal.data, (x, i) => {
    return Math.abs(x - (removed.get(i) ?? 0)) > limits[i]! ? 1 : 0;
  });
}

/** The code of the largest element for each position, by the choice of its block. */
function largestCodes({ format, codes, scales }: QuantizedMatrix): Uint8Array {
  const largest = format.choices.map(({ element }) => {
    const codec = codecOf(element);
    return codec.encode(codec.maxValue);
  });
  return codes.map((_, i) => largest[choiceAt(format, scales, i)]!);
}

function choiceAt(format: BlockFormat, scales: Uint8Array, element: number): 0 | 1 {
  if (format.selector === 'none') return 0;
  return (scales[Math.floor(element / format.blockSize)]! & SELECTOR_BIT) === 0 ? 0 : 1;
}

function secondChoiceShare({ format, scales }: QuantizedMatrix): number {
  if (format.selector === 'none') return 0;
  return scales.reduce((sum, scale) => sum + (scale & SELECTOR_BIT ? 1 : 0), 0) / scales.length;
}

function countNegativeZeros({ format, codes, scales }: QuantizedMatrix): number {
  const decoders = format.choices.map(({ element }) => codecOf(element).decode);
  const isNegativeZero = decoders.map((decode) =>
    Uint8Array.from({ length: 256 }, (_, code) => (Object.is(decode(code), -0) ? 1 : 0)),
  );
  let count = 0;
  for (let i = 0; i < codes.length; i++) count += isNegativeZero[choiceAt(format, scales, i)]![codes[i]!]!;
  return count;
}
