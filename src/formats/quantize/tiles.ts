/** Which elements share a scale: blocks of a row, or square tiles. Gathers a tile's values, scatters its codes. */
import { ConfigurationError } from '../../numerics/index.js';
import type { BlockFormat } from '../block.js';
import type { Policy } from '../policy.js';

export interface Tiles {
  /** Number of tiles, in row-major order. */
  readonly count: number;
  /** Elements of a tile. */
  readonly size: number;
  /** Copies a tile's elements, row by row, to the start of `into`, adding `addend` to each. */
  gather(tile: number, from: Float32Array, into: Float32Array, addend: number): void;
  /** Copies the tile's codes to their places. */
  scatterCodes(tile: number, codes: Uint8Array, into: Uint8Array): void;
  /** Gives the scale to every block of the tile. */
  scatterScale(tile: number, scale: number, into: Uint8Array): void;
}

/** The tiles of a rows × cols matrix whose columns are whole blocks. */
export function tilesOf(format: BlockFormat, rows: number, cols: number, policy: Policy): Tiles {
  const width = format.blockSize;
  const height = policy.tiling === 'rows' ? 1 : 16;
  if (height > 1 && (width !== height || rows % height !== 0)) {
    throw new ConfigurationError(
      `policy: tiling=16x16 needs blocks of 16 and a multiple of 16 rows; ${format.name} has blocks of ${width}, the matrix ${rows} rows`,
    );
  }
  const across = cols / width;
  const size = width * height;
  const start = (tile: number, row: number): number =>
    (Math.floor(tile / across) * height + row) * cols + (tile % across) * width;
  return {
    count: (rows * cols) / size,
    size,
    gather: (tile, from, into, addend) => {
      for (let row = 0, at = 0; row < height; row++) {
        const first = start(tile, row);
        for (let i = 0; i < width; i++) into[at++] = from[first + i]! + addend;
      }
    },
    scatterCodes: (tile, codes, into) => {
      for (let row = 0, at = 0; row < height; row++) {
        const first = start(tile, row);
        for (let i = 0; i < width; i++) into[first + i] = codes[at++]!;
      }
    },
    scatterScale: (tile, scale, into) => {
      for (let row = 0; row < height; row++) into[start(tile, row) / width] = scale;
    },
  };
}
