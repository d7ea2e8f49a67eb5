/**
 * Matrices of codes as MMAs read them, and windows onto them. A matrix never changes once it is made, so that a copy of
 * a part of it is a window: its codes are cut out only for those who want to see them.
 */
import { hasBlockScales, type OperandFormat } from '../dot/index.js';
import { multipliedOut } from '../formats/index.js';

/** Factors of a quantised matrix beside its block scales. */
export interface SecondLevel {
  readonly tensorScale: number;
  /** One a row, for formats whose rows have their own. */
  readonly rowScales?: Float32Array;
}

/** A matrix as codes, micro-exponents multiplied out. */
export interface OperandMatrix {
  readonly format: OperandFormat;
  readonly rows: number;
  readonly cols: number;
  /** One code an entry, row-major. */
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
  /** One byte a block, row-major; empty without block scales. */
  readonly scales: Uint8Array;
  readonly level: SecondLevel;
}

const NO_SCALES = new Uint8Array(0);

/** A matrix of codes of a format, its micro-exponents multiplied out. Its arrays must not change any more. */
export function operandMatrix(
  format: OperandFormat,
  {
    rows,
    cols,
    codes,
    scales,
    tensorScale,
    rowScales,
  }: Omit<OperandMatrix, 'format' | 'level'> & SecondLevel,
): OperandMatrix {
  return {
    format: format.kind === 'block' ? multipliedOut(format) : format,
    rows,
    cols,
    codes,
    scales: hasBlockScales(format) ? scales : NO_SCALES,
    level: { tensorScale, ...(rowScales === undefined ? {} : { rowScales }) },
  };
}

/** The part of a matrix that begins at an element. */
export interface Window {
  readonly matrix: OperandMatrix;
  readonly row: number;
  /** A multiple of the block. */
  readonly col: number;
}

/** Codes and scales of rows × cols elements of a window. */
export function cutOut(
  { matrix, row, col }: Window,
  rows: number,
  cols: number,
): Pick<OperandMatrix, 'codes' | 'scales'> {
  const codes = rectangle(matrix.codes, matrix.cols, { row, col, rows, cols });
  const { format } = matrix;
  if (!hasBlockScales(format)) return { codes, scales: matrix.scales };
  const block = format.blockSize;
  const blocks = { row, col: col / block, rows, cols: cols / block };
  return { codes, scales: rectangle(matrix.scales, matrix.cols / block, blocks) };
}

/** A part of a row-major array; not a copy where the part lies in one piece. */
function rectangle<T extends OperandMatrix['codes']>(
  from: T,
  width: number,
  { row, col, rows, cols }: { row: number; col: number; rows: number; cols: number },
): T {
  if (cols === width) return from.subarray(row * width, (row + rows) * width) as T;
  const part = new (from.constructor as new (length: number) => T)(rows * cols);
  for (let i = 0; i < rows; i++) {
    const first = (row + i) * width + col;
    part.set(from.subarray(first, first + cols), i * cols);
  }
  return part;
}

/** The second level of a window's rows, from one on. */
export function levelOf({ matrix, row }: Window, first: number, rows: number): SecondLevel {
  const { tensorScale, rowScales } = matrix.level;
  if (rowScales === undefined) return matrix.level;
  return { tensorScale, rowScales: rowScales.subarray(row + first, row + first + rows) };
}
