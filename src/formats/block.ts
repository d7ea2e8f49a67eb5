/**
 * What a block format is: a group of elements along K that shares a scale, and how the scale is chosen.
 * Plain records; quantisers are derived from them (`quantize.ts`).
 */
import type { RationalValue } from '../numerics/index.js';
import type { ElementFormat, FloatFormat } from './element.js';

/** One of the element formats that a block may hold. */
export interface ElementChoice {
  readonly element: ElementFormat;
  /** Decoded value = element value × gain × scale. 1, but 6/7 for the INT4 blocks of IF4. */
  readonly gain: RationalValue;
  /** Element codes that an encoder never produces. */
  readonly reservedCodes: readonly number[];
}

export interface BlockFormat {
  readonly kind: 'block';
  /** The field's name in lower case: `nvfp4`, `mxfp4`, `if4`. */
  readonly name: string;
  /** Elements that share a scale, along K. */
  readonly blockSize: number;
  readonly scale: FloatFormat;
  /** Second level: one FP32 factor for the whole tensor, or none. */
  readonly tensorScale: 'none' | 'fp32';
  readonly choices: readonly [ElementChoice, ...ElementChoice[]];
  /** Where a block says which choice it holds. */
  readonly selector: 'none' | 'scale-sign-bit';
  readonly source: string;
}
