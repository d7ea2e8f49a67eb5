/**
 * Sums below the smallest product: where a block format has several element choices, with gains that are multiplied out,
 * products of different choices undo each other down to their greatest common divisor (IF4: 49, 42 and 36 quarter
 * units give sums of one).
 */
import type { DotUnit, Slice } from '../../../../rtl-model/designs/index.js';
import { hasBlockScales, type OperandFormat } from '../../../dot/index.js';
import { codecOf, SELECTOR_BIT, widthOf } from '../../../formats/index.js';
import { Dyadic, type DyadicValue, Rational } from '../../../numerics/index.js';
import { kitsOf } from '../../mac/directed.js';

/** An element code with its value, gains multiplied out. */
interface Valued {
  readonly choice: number;
  readonly code: number;
  readonly value: DyadicValue;
}

/** A product of two codes in units of the divisor. */
interface Product {
  readonly a: Valued;
  readonly w: Valued;
  readonly units: number;
}

/** Finite codes of a format that an encoder makes, zeros left out. */
function valuedCodes(format: OperandFormat): Valued[] {
  const choices =
    format.kind === 'block' ? format.choices : [{ element: format, gain: Rational.rational(1n) }];
  const denominator = Rational.commonDenominator(choices.map(({ gain }) => gain));
  return choices.flatMap(({ element, gain }, choice) => {
    const { decodeExact, decode, maxValue } = codecOf(element);
    const factor = Dyadic.dyadic((gain.numerator * denominator) / gain.denominator);
    return Array.from({ length: 2 ** widthOf(element) }, (_, code) => code)
      .filter((code) => decode(code) !== 0 && Math.abs(decode(code)) <= maxValue)
      .map((code) => ({ choice, code, value: Dyadic.multiply(decodeExact(code)!, factor) }));
  });
}

function divisorOf(values: readonly DyadicValue[]): DyadicValue {
  const lowest = Math.min(...values.map(({ exponent }) => exponent));
  const whole = values.map(({ significand, exponent }) => significand << BigInt(exponent - lowest));
  return Dyadic.dyadic(whole.reduce(gcd, 0n), lowest);
}

function gcd(x: bigint, y: bigint): bigint {
  return y === 0n ? (x < 0n ? -x : x) : gcd(y, x % y);
}

/** Whether sums may be smaller than every product. */
const hasChoices = ({ a, w, protocol }: DotUnit) =>
  protocol.segmentEnd !== 'each' &&
  [a, w].every((format) => hasBlockScales(format)) &&
  [a, w].some((format) => format.kind === 'block' && format.choices.length > 1);

/** The greatest common divisor of all products of elements; undefined where the smallest product is that. */
export function productDivisor(unit: DotUnit): DyadicValue | undefined {
  if (!hasChoices(unit)) return undefined;
  const [a, w] = [unit.a, unit.w].map((format) => divisorOf(valuedCodes(format).map(({ value }) => value)));
  return Dyadic.multiply(a!, w!);
}

/** Dot products under the smallest scales whose sums are 1, 2, 4 … divisors, below the smallest product. */
export function smallSums(unit: DotUnit): Slice[][] {
  const divisor = productDivisor(unit);
  if (divisor === undefined) return [];
  const products = valuedCodes(unit.a).flatMap((a) =>
    valuedCodes(unit.w).map(
      (w): Product => ({ a, w, units: unitsOf(Dyadic.multiply(a.value, w.value), divisor) }),
    ),
  );
  const least = Math.min(...products.map(({ units }) => Math.abs(units)));
  const targets = Array.from({ length: Math.ceil(Math.log2(least)) }, (_, i) => 2 ** i);
  const pairs = pairsOf(products);
  return targets.flatMap((target) => {
    const found = termsOf(target, products, pairs);
    return found === undefined ? [] : [found.map((product, i) => sliceOf(unit, product, i))];
  });
}

const unitsOf = (x: DyadicValue, divisor: DyadicValue) =>
  Number((x.significand << BigInt(x.exponent - divisor.exponent)) / divisor.significand);

/** Pairs by their sums. */
function pairsOf(products: readonly Product[]): ReadonlyMap<number, readonly [Product, Product]> {
  const pairs = new Map<number, readonly [Product, Product]>();
  for (const x of products) for (const y of products) pairs.set(x.units + y.units, [x, y]);
  return pairs;
}

/** Two or three products of that sum. */
function termsOf(
  target: number,
  products: readonly Product[],
  pairs: ReadonlyMap<number, readonly [Product, Product]>,
): readonly Product[] | undefined {
  const two = pairs.get(target);
  if (two !== undefined) return two;
  const third = products.find(({ units }) => pairs.has(target - units));
  return third && [...pairs.get(target - third.units)!, third];
}

function sliceOf(unit: DotUnit, { a, w }: Product, lane: number): Slice {
  const [left, right] = kitsOf(unit);
  const smallest = (format: OperandFormat, choice: number) =>
    (hasBlockScales(format) && codecOf(format.scale).decode(0) === 0 ? 1 : 0) | (choice * SELECTOR_BIT);
  return {
    a: left.slice(a.code, lane, smallest(unit.a, a.choice)),
    w: right.slice(w.code, lane, smallest(unit.w, w.choice)),
  };
}
