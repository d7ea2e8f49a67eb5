/**
 * The account of one dot product, for a person who learns a semantic: what every product is, where the common
 * exponent comes from, what each truncation drops, and what the last rounding does. Plain data.
 */
import { Dyadic, type DyadicValue } from '../numerics/index.js';

/** An exact number: as a double (rounded, where it needs more than 53 bits) and as `significand × 2^exponent`. */
export interface TracedValue {
  readonly value: number;
  readonly exact: string;
}

export type TraceEvent =
  /** A pass, group or block begins. */
  | { readonly kind: 'section'; readonly label: string }
  /** One element pair. The exponent is the un-normalised one; null where the semantic does not look at it. */
  | {
      readonly kind: 'product';
      readonly k: number;
      readonly aCode: number;
      readonly bCode: number;
      readonly a: number;
      readonly b: number;
      readonly product: number;
      readonly exponent: number | null;
    }
  /** The block scales at element k, and the sum of their exponents. */
  | {
      readonly kind: 'scales';
      readonly k: number;
      readonly aCode: number;
      readonly bCode: number;
      readonly aScale: number;
      readonly bScale: number;
      readonly exponent: number;
    }
  /** The common exponent, the term it comes from (or the floor), and the last place that is kept. */
  | {
      readonly kind: 'align';
      readonly maxExponent: number;
      readonly from: string;
      readonly lastPlace: number;
    }
  /** A term before and after it is cut to the last place. */
  | {
      readonly kind: 'term';
      readonly label: string;
      readonly exponent: number | null;
      readonly exact: TracedValue;
      readonly kept: TracedValue;
      readonly dropped: TracedValue;
    }
  | { readonly kind: 'sum'; readonly label: string; readonly exact: TracedValue }
  /** An exact number brought into a register. */
  | {
      readonly kind: 'round';
      readonly label: string;
      readonly mode: string;
      readonly exact: TracedValue;
      readonly bits: number;
      /** The register's value, and what the rounding took away (exact − result); null if that is no dyadic. */
      readonly result: number;
      readonly lost: TracedValue | null;
    }
  /** NaN or an infinity decides the result. */
  | { readonly kind: 'special'; readonly label: string; readonly bits: number };

/** Receives events in the order in which the semantic works. */
export type Recorder = (event: TraceEvent) => void;

export interface DotTrace {
  readonly semantic: string;
  readonly aFormat: string;
  readonly bFormat: string;
  /** The addend's bits and value. */
  readonly c: number;
  readonly addend: number;
  readonly events: readonly TraceEvent[];
  readonly bits: number;
  /** The result as a number, in the register's own scale. */
  readonly value: number;
}

/** significand × 2^exponent as a traced value. */
export function traced(significand: bigint | number, exponent: number): TracedValue {
  return tracedDyadic(Dyadic.dyadic(BigInt(significand), exponent));
}

export function tracedDyadic(x: DyadicValue): TracedValue {
  return { value: nearestDouble(x), exact: Dyadic.format(x) };
}

/** A finite double as a traced value. */
export function tracedDouble(x: number): TracedValue {
  return tracedDyadic(Dyadic.fromNumber(x));
}

/** The nearest double below in magnitude, with at most 53 bits; infinities beyond the range of a double. */
function nearestDouble(x: DyadicValue): number {
  if (Dyadic.isZero(x)) return 0;
  const surplus = Math.max(0, Dyadic.bitLength(x.significand) - 53);
  const top = Number(x.significand / (1n << BigInt(surplus)));
  const exponent = x.exponent + surplus;
  const half = Math.trunc(exponent / 2);
  return top * 2 ** half * 2 ** (exponent - half);
}
