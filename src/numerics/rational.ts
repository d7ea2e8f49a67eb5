/**
 * Exact rationals, for the few gains of this field that are not dyadic (IF4 multiplies its INT4 blocks by 6/7).
 * Kept in lowest terms with a positive denominator, so that equal values are structurally equal.
 */
import type { Dyadic } from './dyadic.js';

export interface Rational {
  readonly numerator: bigint;
  /** Positive; 1 for integers. */
  readonly denominator: bigint;
}

/** numerator / denominator in lowest terms. Throws `RangeError` if the denominator is 0. */
export function rational(numerator: bigint, denominator = 1n): Rational {
  if (denominator === 0n) throw new RangeError('a rational needs a denominator other than 0');
  const divisor = gcd(numerator, denominator) * (denominator < 0n ? -1n : 1n);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

export function fromDyadic(x: Dyadic): Rational {
  return x.exponent >= 0
    ? rational(x.significand << BigInt(x.exponent))
    : rational(x.significand, 1n << BigInt(-x.exponent));
}

export function add(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function multiply(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** The least number that every denominator divides. */
export function commonDenominator(values: readonly Rational[]): bigint {
  return values.reduce((common, { denominator }) => (common / gcd(common, denominator)) * denominator, 1n);
}

/** −1, 0 or 1 as a is below, equal to or above b. */
export function compare(a: Rational, b: Rational): -1 | 0 | 1 {
  const left = a.numerator * b.denominator;
  const right = b.numerator * a.denominator;
  return left < right ? -1 : left > right ? 1 : 0;
}

export function equals(a: Rational, b: Rational): boolean {
  return a.numerator === b.numerator && a.denominator === b.denominator;
}

/** The nearest double, for display; exact arithmetic stays in the rational. */
export function toNumber(x: Rational): number {
  return Number(x.numerator) / Number(x.denominator);
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
