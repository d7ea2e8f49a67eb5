/** The two shapes in which a tensor travels through the project: real numbers, and blocks of codes with scales. */
import type { BlockFormat } from './block.js';

/** A matrix of real values, row-major; each is exactly the float32 stored. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array;
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
  /** The full name of the policy that chose scales and roundings, recorded in every output. */
  readonly policy: string;
}
