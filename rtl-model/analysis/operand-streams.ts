/**
 * Real operands as what a MAC's ports take: rows of two matrices, quantised to the design's formats with their default
 * policies, as segments (one dot product each).
 *
 * Bare elements have no scale of their own: integers are scaled so that the largest magnitude fits, floats by a power
 * of two if they would overflow. An addend, where a design takes one, is zero at first and then the result before.
 */
import { hasBlockScales, type OperandFormat } from '../../src/dot/index.js';
import {
  type BlockFormat,
  codecOf,
  type ElementFormat,
  type Matrix,
  quantize,
} from '../../src/formats/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import {
  expectationOf,
  type MacDesign,
  type OperandSlice,
  type Segment,
  type Slice,
} from '../designs/index.js';

/** The two operands of a MAC; K runs along the columns of both. */
export interface OperandMatrices {
  readonly a: Matrix;
  readonly w: Matrix;
  /** What they are, for the report. */
  readonly name: string;
  /**
   * Format that both are quantised to instead of the design's, with the design's elements and no scales of blocks: its
   * scales of rows stay outside of the MAC, whose block scales are all 1.
   */
  readonly format?: BlockFormat;
}

/**
 * Segments for a number of streams, each of at least `slices` slices: stream s multiplies row after row of `a`, from
 * row s on, with those of `w`.
 */
export function operandStreams(
  design: MacDesign,
  { a, w, name, format }: OperandMatrices,
  streams: number,
  slices: number,
): Segment[][] {
  const step = stepOfDesign(design);
  const depth = Math.floor(Math.min(a.cols, w.cols) / step) * step;
  if (depth === 0) {
    const columns = Math.min(a.cols, w.cols);
    throw new ConfigurationError(
      `${name}: ${columns} columns are fewer than one step of ${step} of ${design.name}`,
    );
  }
  const rowsPerStream = Math.ceil(slices / (depth / design.lanes));
  const rows = Array.from({ length: streams + rowsPerStream - 1 }, (_, row) => row);
  const leftRow = (row: number) => row % a.rows;
  const rightRow = (row: number) => (row * 7) % w.rows;
  const left = rowsOf(design, 'a', partOf(a, depth, rows.map(leftRow)), format);
  const right = rowsOf(design, 'w', partOf(w, depth, rows.map(rightRow)), format);
  const perSegment = design.protocol.segmentEnd === 'each' ? 1 : depth / design.lanes;
  return Array.from({ length: streams }, (_, stream) => {
    const pairs = rows.slice(stream, stream + rowsPerStream).flatMap((row): Slice[] => {
      const y = right(rightRow(row));
      return left(leftRow(row)).map((slice, i) => ({ a: slice, w: y[i]! }));
    });
    const segments = Array.from({ length: Math.ceil(slices / perSegment) }, (_, i) => ({
      slices: pairs.slice(i * perSegment, (i + 1) * perSegment),
    }));
    return design.protocol.addend === undefined ? segments : chained(design, segments);
  });
}

/** Each segment adds to the result of the one before. */
function chained(design: MacDesign, segments: readonly Segment[]): Segment[] {
  const expect = expectationOf(design);
  let addend = 0;
  return segments.map((segment) => {
    const next = { ...segment, addend };
    addend = Number(expect(next)[0] ?? 0n) >>> 0;
    return next;
  });
}

/** Elements after which both operands start a slice and a block. */
function stepOfDesign({ a, w, lanes }: MacDesign): number {
  const block = (format: OperandFormat) => (hasBlockScales(format) ? format.blockSize : 1);
  return Math.max(lanes, block(a), block(w));
}

/** Some rows of a matrix, and where each of them is. */
interface Part extends Matrix {
  readonly places: ReadonlyMap<number, number>;
}

/**
 * Rows of a matrix up to a depth, and the one with the largest magnitude, so that factors of the tensor are those of the
 * whole: to quantise all of it takes longer than the rest of a small design's estimate. All rows if one is not finite.
 */
function partOf({ rows, cols, data }: Matrix, depth: number, used: readonly number[]): Part {
  const rowAt = (row: number) => data.subarray(row * cols, row * cols + depth);
  const maxima = Array.from({ length: rows }, (_, row) =>
    rowAt(row).reduce((most, x) => Math.max(most, Math.abs(x)), 0),
  );
  const largest = maxima.reduce((most, x) => Math.max(most, x));
  const kept = Number.isFinite(largest) ? new Set([...used, maxima.indexOf(largest)]) : maxima.keys();
  const places = new Map([...kept].map((row, place) => [row, place]));
  const part = new Float32Array(places.size * depth);
  for (const [row, place] of places) part.set(rowAt(row), place * depth);
  return { rows: places.size, cols: depth, data: part, places };
}

/** The slices of each row. */
function rowsOf(
  design: MacDesign,
  side: 'a' | 'w',
  part: Part,
  instead: BlockFormat | undefined,
): (row: number) => OperandSlice[] {
  const format = design[side];
  const slices =
    format.kind === 'block'
      ? blockRows(design, format, instead ?? format, part)
      : elementRows(design, format, part);
  return (row) => slices(part.places.get(row)!);
}

function elementRows({ lanes }: MacDesign, format: ElementFormat, { cols, data }: Matrix) {
  const codec = codecOf(format);
  const amax = data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const factor = factorFor(format, amax, codec.maxValue);
  return (row: number): OperandSlice[] =>
    Array.from({ length: cols / lanes }, (_, i) => {
      const values = data.subarray(row * cols + i * lanes, row * cols + (i + 1) * lanes);
      return { codes: Uint16Array.from(values, (x) => codec.encode(x * factor)), scales: [] };
    });
}

function factorFor(format: ElementFormat, amax: number, largest: number): number {
  if (amax === 0) return 1;
  if (format.kind === 'integer') return largest / amax;
  return 2 ** Math.min(0, Math.floor(Math.log2(largest / amax)));
}

function blockRows({ lanes }: MacDesign, format: BlockFormat, quantized: BlockFormat, matrix: Matrix) {
  const { codes, scales: own, microExponents, cols } = quantize(quantized, matrix);
  const { blockSize } = format;
  const scaled = hasBlockScales(format);
  const scales =
    quantized === format
      ? own
      : new Uint8Array(codes.length / blockSize).fill(codecOf(format.scale).encode(1));
  return (row: number): OperandSlice[] =>
    Array.from({ length: cols / lanes }, (_, i) => {
      const at = row * cols + i * lanes;
      const block = Math.floor(at / blockSize);
      const slice = {
        codes: codes.subarray(at, at + lanes),
        scales: scaled ? scales.subarray(block, block + Math.max(1, lanes / blockSize)) : [],
      };
      return microExponents === undefined
        ? slice
        : { ...slice, micro: microBits(format, microExponents, at, lanes) };
    });
}

/** Bits of two levels of groups from their sums: a coarse bit is set if all of its fine groups have something. */
function microBits(
  { microGroups = [] }: BlockFormat,
  exponents: Uint8Array,
  at: number,
  lanes: number,
): number[] {
  const [coarse = 1, fine = 1] = microGroups;
  const sums = [...exponents.subarray(at / fine, (at + lanes) / fine)];
  const ratio = coarse / fine;
  const high = Array.from({ length: lanes / coarse }, (_, group) =>
    Number(sums.slice(group * ratio, (group + 1) * ratio).every((sum) => sum > 0)),
  );
  return [...high, ...sums.map((sum, i) => sum - high[Math.floor(i / ratio)]!)];
}
