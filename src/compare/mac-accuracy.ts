/**
 * How accurate a MAC's dot products are on real tensors: what its format loses and what its accumulator loses, together.
 *
 * Rows of two matrices are quantised to the design's formats and multiplied by the oracle of the design's dot semantic;
 * the reference is the dot product of the unquantised rows in double precision. A tensor scale is one factor for all
 * results, so the results are compared up to the factor that fits best.
 *
 * Not modelled: the rounding of the tensor scale and of the epilogue; other policies than the formats' defaults.
 */
import { type OperandMatrices, operandStreams } from '../../rtl-model/analysis/index.js';
import { expectationOf, type MacDesign, type Segment } from '../../rtl-model/designs/index.js';
import type { Matrix } from '../formats/index.js';
import { bitsToFloat32, ConfigurationError } from '../numerics/index.js';

export interface MacAccuracy {
  readonly operands: string;
  readonly results: number;
  /** Signal to error of the dot products, in dB. */
  readonly sqnrDb: number;
}

/** Dot products that are compared. */
const RESULTS = 96;

/** Accuracy of a design on two matrices; K runs along the columns of both. */
export function macAccuracy(design: MacDesign, operands: OperandMatrices): MacAccuracy {
  const { a, w, name } = operands;
  const block = (format: MacDesign['a']) => (format.kind === 'block' ? format.blockSize : 1);
  const step = Math.max(design.lanes, block(design.a), block(design.w));
  const depth = Math.floor(Math.min(a.cols, w.cols) / step) * step;
  // Every stream is one row of a times one of w: K / lanes slices.
  const streams = operandStreams(design, operands, RESULTS, Math.max(1, depth / design.lanes));
  const found = streams.map((segments) => resultOf(design, segments));
  const wanted = streams.map((_, i) => dot(a, i % a.rows, w, (i * 7) % w.rows, depth));
  return { operands: name, results: RESULTS, sqnrDb: fittedSqnr(name, wanted, found) };
}

/** The last result of a chain; a segment each for designs whose addend is the result before. */
function resultOf(design: MacDesign, segments: readonly Segment[]): number {
  const [value] = expectationOf(design)(segments.at(-1)!);
  const [port] = design.protocol.results;
  if (value === null || value === undefined) return Number.NaN;
  return port.kind === 'bits' && design.semantic.result.kind === 'float'
    ? bitsToFloat32(Number(value))
    : Number(BigInt.asIntN(port.width, value));
}

function dot(a: Matrix, rowA: number, w: Matrix, rowW: number, depth: number): number {
  let sum = 0;
  for (let k = 0; k < depth; k++) sum += a.data[rowA * a.cols + k]! * w.data[rowW * w.cols + k]!;
  return sum;
}

/** Σx² / Σ(αr − x)² in dB for the α that makes it largest. */
function fittedSqnr(name: string, wanted: readonly number[], found: readonly number[]): number {
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const [signal, cross, power] = [product(wanted, wanted), product(wanted, found), product(found, found)];
  if (!(signal > 0) || !(power > 0)) {
    throw new ConfigurationError(`${name}: the dot products are all zero or not finite: nothing to compare`);
  }
  const error = signal - (cross * cross) / power;
  return 10 * Math.log10(signal / Math.max(error, signal * 2 ** -52));
}
