/**
 * Four columns in one double. Values of 4-bit elements, as integers in −16 … 14, of four rows of operand b share a
 * double at distances of 13 bits:
 *
 *     bit  51      39      26      13       0
 *          | row 3 | row 2 | row 1 | row 0 |
 *
 * A product with one value of operand a is four products. A sum of 16 of them, plus 4095 in every field, stays within
 * 0 … 8191 a field: 16 · 16 · 16 = 4096 above (both −16), 16 · 16 · 14 = 3584 below. So 16 multiplications and
 * additions of doubles, all exact, give four group sums.
 */
import type { CodedTile } from './coded-tile.js';

export const GROUP = 16;
export const FIELD_BITS = 13;
export const FIELD_MASK = 2 ** FIELD_BITS - 1;
/** What is added to a field to keep it from going below zero. */
export const FIELD_BIAS = 4095;
export const TWO_FIELDS = 2 ** (2 * FIELD_BITS);
export const ONE_OVER_TWO_FIELDS = 1 / TWO_FIELDS;
/** The bias of all four fields. */
export const PACKED_BIAS = FIELD_BIAS * (1 + 2 ** FIELD_BITS + 2 ** (2 * FIELD_BITS) + 2 ** (3 * FIELD_BITS));

/** Whether integers fit the fields. */
export function packable(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) {
    if (!(values[i]! >= -16 && values[i]! <= 14 && Number.isInteger(values[i]!))) return false;
  }
  return true;
}

/** rows × depth integers, four rows to a line of doubles: ceil(rows / 4) × depth. Missing rows are zeros. */
export function packQuads({ rows, depth }: CodedTile, values: Float64Array): Float64Array {
  const quads = Math.ceil(rows / 4);
  const packed = new Float64Array(quads * depth);
  for (let row = 0; row < rows; row++) {
    const place = 2 ** (FIELD_BITS * (row % 4));
    const to = Math.floor(row / 4) * depth;
    for (let k = 0; k < depth; k++) packed[to + k] = packed[to + k]! + values[row * depth + k]! * place;
  }
  return packed;
}

/** 16 products of a with four packed values of b each, biased. Four chains, so that additions overlap. */
export function packedSum(a: Float64Array, i: number, b: Float64Array, k: number): number {
  const w = a[i]! * b[k]! + a[i + 1]! * b[k + 1]! + a[i + 2]! * b[k + 2]! + a[i + 3]! * b[k + 3]!;
  const x = a[i + 4]! * b[k + 4]! + a[i + 5]! * b[k + 5]! + a[i + 6]! * b[k + 6]! + a[i + 7]! * b[k + 7]!;
  const y = a[i + 8]! * b[k + 8]! + a[i + 9]! * b[k + 9]! + a[i + 10]! * b[k + 10]! + a[i + 11]! * b[k + 11]!;
  const z =
    a[i + 12]! * b[k + 12]! + a[i + 13]! * b[k + 13]! + a[i + 14]! * b[k + 14]! + a[i + 15]! * b[k + 15]!;
  return PACKED_BIAS + w + x + (y + z);
}

/** The four fields of a packed sum of one group, written to sums[at … at + 3]. */
export function unpackSums(packed: number, sums: Float64Array, at: number): void {
  const high = (packed * ONE_OVER_TWO_FIELDS) | 0;
  const low = (packed - high * TWO_FIELDS) | 0;
  sums[at] = (low & FIELD_MASK) - FIELD_BIAS;
  sums[at + 1] = (low >> FIELD_BITS) - FIELD_BIAS;
  sums[at + 2] = (high & FIELD_MASK) - FIELD_BIAS;
  sums[at + 3] = (high >> FIELD_BITS) - FIELD_BIAS;
}
