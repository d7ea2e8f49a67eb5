/** How codes and scales lie in memory: two 4-bit codes a byte, and the scale layout of Blackwell tensor cores. */
import { ConfigurationError } from '../numerics/index.js';

/** Which element of a pair lies in the low four bits of a byte. */
export type NibbleOrder = 'low-first' | 'high-first';

/** 4-bit codes, one a byte, as pairs. The default puts the even index in the low nibble, as all codebases here do. */
export function packNibbles(codes: Uint8Array, order: NibbleOrder = 'low-first'): Uint8Array {
  if (codes.length % 2 !== 0) throw new ConfigurationError(`cannot pack ${codes.length} codes in pairs`);
  const out = new Uint8Array(codes.length / 2);
  const evenShift = order === 'low-first' ? 0 : 4;
  for (let i = 0; i < out.length; i++) {
    out[i] = ((codes[2 * i]! & 15) << evenShift) | ((codes[2 * i + 1]! & 15) << (4 - evenShift));
  }
  return out;
}

/** The inverse of `packNibbles`. */
export function unpackNibbles(bytes: Uint8Array, order: NibbleOrder = 'low-first'): Uint8Array {
  const out = new Uint8Array(bytes.length * 2);
  const evenShift = order === 'low-first' ? 0 : 4;
  for (let i = 0; i < bytes.length; i++) {
    out[2 * i] = (bytes[i]! >> evenShift) & 15;
    out[2 * i + 1] = (bytes[i]! >> (4 - evenShift)) & 15;
  }
  return out;
}

/** Rows and columns of scales that one tile of the Blackwell layout holds. */
const TILE_ROWS = 128;
const TILE_COLS = 4;

/** Position in the Blackwell layout of the scale at (row, col) of a matrix of scales with `cols` (padded) columns. */
export function blackwellOffset(row: number, col: number, cols: number): number {
  const tile = Math.floor(row / TILE_ROWS) * (cols / TILE_COLS) + Math.floor(col / TILE_COLS);
  return tile * TILE_ROWS * TILE_COLS + (row & 31) * 16 + ((row >> 5) & 3) * 4 + (col & 3);
}

/**
 * Row-major scales (rows × cols bytes) in the layout that Blackwell tensor cores read, padded with zeros to whole
 * tiles of 128 × 4. Source: NVIDIA cuBLAS documentation, 1D block scaling factors layout.
 */
export function toBlackwellScales(scales: Uint8Array, rows: number, cols: number): Uint8Array {
  const { paddedRows, paddedCols } = paddedShape(rows, cols);
  const out = new Uint8Array(paddedRows * paddedCols);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) out[blackwellOffset(r, c, paddedCols)] = scales[r * cols + c]!;
  }
  return out;
}

/** The inverse of `toBlackwellScales`; the padding is dropped. */
export function fromBlackwellScales(bytes: Uint8Array, rows: number, cols: number): Uint8Array {
  const { paddedRows, paddedCols } = paddedShape(rows, cols);
  if (bytes.length !== paddedRows * paddedCols) {
    throw new ConfigurationError(
      `scales of ${rows} × ${cols} take ${paddedRows * paddedCols} bytes in the Blackwell layout, found ${bytes.length}`,
    );
  }
  const out = new Uint8Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) out[r * cols + c] = bytes[blackwellOffset(r, c, paddedCols)]!;
  }
  return out;
}

function paddedShape(rows: number, cols: number): { paddedRows: number; paddedCols: number } {
  return {
    paddedRows: Math.ceil(rows / TILE_ROWS) * TILE_ROWS,
    paddedCols: Math.ceil(cols / TILE_COLS) * TILE_COLS,
  };
}
