/** The last rounding of exact sums that do not fit a double, in unbounded integers. */
import { Dyadic, float32Bits, Rational, type RationalValue } from '../../numerics/index.js';

/**
 * Bits of the float32 nearest to a rational, ties to even; +0 for zero. The rational is first cut to a 53-bit double
 * whose last bit says whether anything was lost: that rounds to 24 bits like the rational itself. Magnitudes must lie
 * well within the range of a double.
 */
export function nearestFloat32({ numerator, denominator }: RationalValue): number {
  if (numerator === 0n) return 0;
  const negative = numerator < 0n;
  const magnitude = negative ? -numerator : numerator;
  const shift = 53 - (Dyadic.bitLength(magnitude) - Dyadic.bitLength(denominator));
  const scaled = shift >= 0 ? magnitude << BigInt(shift) : magnitude;
  const divisor = shift >= 0 ? denominator : denominator << BigInt(-shift);
  const quotient = scaled / divisor; // 53 or 54 bits
  const spare = BigInt(Dyadic.bitLength(quotient) - 53);
  const kept = quotient >> spare;
  const lost = scaled % divisor !== 0n || kept << spare !== quotient;
  const value = Number(lost ? kept | 1n : kept) * 2 ** (Number(spare) - shift);
  return float32Bits(negative ? -value : value);
}

/** units × 2^exponent / denominator + c as a rational. */
export function exactTotal(units: bigint, exponent: number, denominator: bigint, c: number): RationalValue {
  const power = Rational.fromDyadic(Dyadic.dyadic(1n, exponent));
  const sum = Rational.multiply(Rational.rational(units, denominator), power);
  return Rational.add(sum, Rational.fromDyadic(Dyadic.fromNumber(c)));
}
