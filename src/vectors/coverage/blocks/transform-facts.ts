/**
 * What coverage looks at in one block of a Hadamard transform in block floating point: elements moved to the largest
 * exponent, and their sums.
 *
 * Both are whole numbers of the place that the unit keeps last (`KEPT_BELOW` bits under the last place of the largest
 * element): 8 + 24 bits an element and 4 more a sum, which doubles hold exactly.
 */
import { BF16, hadamardSigns, minExponent } from '../../../formats/index.js';
import { exponentOf } from '../../../numerics/index.js';
import type { BlockElements } from './elements.js';

export const SIZE = 16;
/** Bits kept below the last place of the largest element; what is below them is cut. Source: the design's description. */
export const KEPT_BELOW = 24;

const parity = (bits: number) => [0, 1, 2, 3].reduce((sum, bit) => sum ^ ((bits >> bit) & 1), 0);

/** H16 · diag(s), row by row: ±1. */
export const MATRIX: readonly (readonly number[])[] = Array.from({ length: SIZE }, (_, row) =>
  hadamardSigns(SIZE, 0).map((sign, i) => (parity(row & i) === 0 ? sign : -sign)),
);

export interface TransformFacts extends BlockElements {
  /** Binades between each element and the exponent of the block; undefined for zeros. */
  readonly distances: readonly (number | undefined)[];
  /** Whether bits of an element were cut. */
  readonly isCut: readonly boolean[];
  /** Exponent of the last place kept. */
  readonly place: number;
  /** Signed sums in last places, before they are divided by √16. */
  readonly sums: readonly number[];
}

/** Exponent that a BF16 number is written with: subnormal numbers share that of the smallest normal one. */
const writtenExponent = (x: number) =>
  x === 0 ? minExponent(BF16) : Math.max(minExponent(BF16), exponentOf(x));

export function transformFacts({ elements, x }: BlockElements): TransformFacts {
  const exponents = Array.from(x, writtenExponent);
  const largest = Math.max(...exponents);
  const place = largest - BF16.fractionBits - KEPT_BELOW;
  const exact = Array.from(x, (value) => value * 2 ** -place);
  const kept = exact.map(Math.trunc);
  return {
    elements,
    x,
    distances: exponents.map((exponent, i) => (x[i] === 0 ? undefined : largest - exponent)),
    isCut: exact.map((value) => !Number.isInteger(value)),
    place,
    sums: MATRIX.map((row) => row.reduce((sum, factor, i) => sum + factor * kept[i]!, 0)),
  };
}
