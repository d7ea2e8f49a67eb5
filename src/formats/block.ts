/**
 * What a block format is: a group of elements along K that shares a scale, and what a block may hold.
 * Plain records; quantisers are derived from them (`quantize/`).
 */
import { Rational, type RationalValue } from '../numerics/index.js';
import { codecOf } from './codec.js';
import { type ElementFormat, type FloatFormat, widthOf } from './element.js';

/** One of the element formats that a block may hold. */
export interface ElementChoice {
  readonly element: ElementFormat;
  /** Decoded value = element value × gain × scale. 1, but 6/7 for the INT4 blocks of IF4. */
  readonly gain: RationalValue;
  /** The float32 that quantisers use for the gain where it is not the nearest to it. */
  readonly gainFloat32?: number;
  /** Element codes that an encoder never produces. */
  readonly reservedCodes: readonly number[];
}

export interface BlockFormat {
  readonly kind: 'block';
  /** The field's name in lower case: `nvfp4`, `mxfp4`, `if4`. */
  readonly name: string;
  /** Elements that share a scale, along K. */
  readonly blockSize: number;
  /** Format of the block scale, at most 8 bits; `UNIT` (no bits, always 1) where blocks have none of their own. */
  readonly scale: FloatFormat;
  /** Second level: one FP32 factor for the whole tensor, one for each row, or none. */
  readonly tensorScale: 'none' | 'fp32' | 'fp32-per-row';
  readonly choices: readonly [ElementChoice, ...ElementChoice[]];
  /** Where a block says which choice it holds. */
  readonly selector: 'none' | 'scale-sign-bit';
  /**
   * Sizes of nested groups inside a block, each with a bit that doubles its elements (HiF4: 8, then 4); a matrix
   * then carries `microExponents`. Absent for nearly all formats.
   */
  readonly microGroups?: readonly number[];
  /** The policy where the user asks for none, as a change of the base policy: `rule=mse`. */
  readonly defaultPolicy?: string;
  readonly source: string;
}

/** The bit of a scale byte that selects the second choice, for formats whose selector is the scale's sign bit. */
export const SELECTOR_BIT = 0x80;

const ONE = Rational.rational(1n);

/** The gain as the float32 that quantisers multiply by. */
export function gainFloat32(choice: ElementChoice): number {
  return choice.gainFloat32 ?? Math.fround(Rational.toNumber(choice.gain));
}

/** The inverse of the gain as a float32. */
export function inverseGainFloat32({ gain }: ElementChoice): number {
  return Math.fround(Number(gain.denominator) / Number(gain.numerator));
}

/** The only element format of a block whose gain is 1. */
export function plainChoice(element: ElementFormat): ElementChoice {
  return { element, gain: ONE, reservedCodes: reservedCodesOf(element) };
}

/**
 * A choice whose largest value stands for the same real number as the largest of `reference`, so that both share
 * one scale: gain = max(reference) / max(element), 6/7 for INT4 beside E2M1.
 */
export function alignedChoice(element: ElementFormat, reference: ElementFormat): ElementChoice {
  const gain = Rational.rational(eighths(reference), eighths(element));
  return { element, gain, reservedCodes: reservedCodesOf(element) };
}

/** Bits of storage an element takes, scales included and factors of the tensor left out. */
export function bitsPerElement(format: BlockFormat): number {
  const { choices, scale, selector, blockSize, microGroups = [] } = format;
  const element = Math.max(...choices.map((choice) => widthOf(choice.element)));
  const scaleBits = widthOf(scale) + (selector === 'scale-sign-bit' ? 1 : 0);
  return element + scaleBits / blockSize + microGroups.reduce((sum, size) => sum + 1 / size, 0);
}

/** The largest value as a count of eighths: an integer for every element format of at most 8 bits. */
function eighths(element: ElementFormat): bigint {
  return BigInt(codecOf(element).maxValue * 8);
}

/** Two's complement codes below −maxMagnitude and the −0 of sign-magnitude, which no encoder produces. */
function reservedCodesOf(element: ElementFormat): number[] {
  if (element.kind !== 'integer') return [];
  const { bits, maxMagnitude } = element;
  if (element.representation === 'sign-magnitude') return [2 ** (bits - 1)];
  const count = 2 ** (bits - 1) - maxMagnitude;
  return Array.from({ length: count }, (_, i) => 2 ** (bits - 1) + i);
}
