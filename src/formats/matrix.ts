/** The two shapes in which a tensor travels through the project: real numbers, and blocks of codes with scales. */
import type { BlockFormat } from './block.js';

/** A matrix of real values, row-major; each is exactly the float32 stored. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array;
}

/** The second-level factor as the two float32 from which it is made: amax / divisor. */
export interface TensorFactor {
  /** Largest magnitude of the tensor. */
  readonly amax: number;
  /** Largest element × largest block scale that the quantiser maps amax to (2688 for NVFP4). */
  readonly divisor: number;
}

/** Values kept in full precision beside a quantised matrix, by position (row × cols + column), in rising order. */
export interface SparseResidual {
  readonly positions: Uint32Array;
  readonly values: Float32Array;
}

/** A quantised matrix. Blocks run along the columns (the K dimension of both GEMM operands). */
export interface QuantizedMatrix {
  readonly format: BlockFormat;
  readonly rows: number;
  readonly cols: number;
  /** One element code a byte, row-major: rows × cols. */
  readonly codes: Uint8Array;
  /** One scale code a block, row-major: rows × (cols / blockSize). The selector bit is included. */
  readonly scales: Uint8Array;
  /** Second-level factor: value = element × gain × block scale × tensorScale; 1 for one-level formats. A float32. */
  readonly tensorScale: number;
  /** How tensorScale came about; `dequantize` then rounds as ((element × scale) × amax) / divisor in FP32. */
  readonly tensorFactor?: TensorFactor;
  /** One factor a row, beside tensorScale, for formats with `fp32-per-row`. */
  readonly rowScales?: Float32Array;
  /** For formats with micro-exponents: each element of group g of the last level is multiplied by 2^microExponents[g]. */
  readonly microExponents?: Uint8Array;
  /** Part of the matrix that is kept in full precision and added after decoding. */
  readonly residual?: SparseResidual;
  /** The full name of the policy that chose scales and roundings, recorded in every output. */
  readonly policy: string;
}
