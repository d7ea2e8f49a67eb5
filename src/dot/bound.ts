/**
 * How wide an exact accumulator must be. Every product is an integer multiple of one unit, which follows from the
 * formats; the largest sum follows from K.
 */
import { Dyadic } from '../numerics/index.js';
import { type UnpackedOperand, unpackOperand } from './operand.js';
import type { DotSemantic, OperandFormat } from './semantic.js';

export interface ExactBound {
  /** A product of elements, gains and scales is an integer × 2^unitExponent / denominator. */
  readonly unitExponent: number;
  /** Common denominator of the gains of both sides; 1 for dyadic gains, 49 for IF4 × IF4. */
  readonly denominator: bigint;
  /** Largest magnitude of one product, in units, over all codes. */
  readonly largestProduct: bigint;
  /** Width of the accumulator, sign included. */
  readonly registerBits: number;
  /** Largest K for which no sum can leave the register. */
  readonly maxDepth: number;
}

interface WidthRule {
  readonly headroomBits: number;
  readonly boundGroup: number;
}

/** Bound of an exact semantic for a pair of operand formats. */
export function exactBound(
  semantic: DotSemantic,
  a: OperandFormat,
  b: OperandFormat,
  rule: WidthRule = { headroomBits: 10, boundGroup: 16 },
): ExactBound {
  const { accumulation } = semantic;
  const own = 'headroomBits' in accumulation ? accumulation : rule;
  return boundOf(unpackOperand(semantic, a), unpackOperand(semantic, b), own);
}

/** The same from unpacked operands. */
export function boundOf(
  a: UnpackedOperand,
  b: UnpackedOperand,
  { headroomBits, boundGroup }: WidthRule,
): ExactBound {
  const [ga, gb] = [gridOf(a), gridOf(b)];
  const largestProduct = ga.largest * gb.largest;
  const group = BigInt(boundGroup) * largestProduct;
  const registerBits = Dyadic.bitLength(group) + 1 + headroomBits;
  const maxDepth = Number(((1n << BigInt(registerBits - 1)) - 1n) / group) * boundGroup;
  return {
    unitExponent: ga.unitExponent + gb.unitExponent,
    denominator: ga.denominator * gb.denominator,
    largestProduct,
    registerBits,
    maxDepth,
  };
}

/** One side on a fixed grid. */
export interface SideGrid {
  /** Common denominator of the choices' gains. */
  readonly denominator: bigint;
  /** Element × scale is an integer × 2^unitExponent / denominator. */
  readonly unitExponent: number;
  /** Last place of the elements: the finest of the choices. */
  readonly elementUnit: number;
  /** Per choice: what an element's `fixedPoint` is multiplied by to come onto the grid. */
  readonly factors: readonly number[];
  /** Largest |element × scale| on the grid. */
  readonly largest: bigint;
}

export function gridOf(operand: UnpackedOperand): SideGrid {
  const denominator = operand.choices.reduce(
    (lcm, { gain }) => leastCommonMultiple(lcm, gain.denominator),
    1n,
  );
  const units = operand.choices.map(({ element }) => element.minExponent - element.fractionBits);
  const elementUnit = Math.min(...units);
  const factors = operand.choices.map(
    ({ gain }, i) =>
      Number((gain.numerator * denominator) / gain.denominator) * 2 ** (units[i]! - elementUnit),
  );
  const largest = Math.max(
    ...operand.choices.map(({ element }, i) => largestOf(element.fixedPoint) * factors[i]!),
  );
  const { scale } = operand;
  return {
    denominator,
    unitExponent: elementUnit + scale.minExponent - scale.fractionBits,
    elementUnit,
    factors,
    largest: BigInt(largest) * BigInt(largestOf(scale.fixedPoint)),
  };
}

function largestOf(values: Float64Array): number {
  return values.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
}

function leastCommonMultiple(x: bigint, y: bigint): bigint {
  let [p, q] = [x, y];
  while (q !== 0n) [p, q] = [q, p % q];
  return (x / p) * y;
}
