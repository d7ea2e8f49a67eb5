/** The fused addition itself: common exponent, truncation of every term, exact sum. Unbounded integers. */
import { Dyadic, type DyadicValue } from '../numerics/index.js';
import { FINITE } from './operand.js';
import { packRegister, unpackRegister } from './register.js';
import type { FloatResult } from './semantic.js';
import { NO_EXPONENT, type TermList } from './terms.js';
import { type Recorder, traced, tracedDyadic } from './trace.js';

/** An exact sum: value = sum × 2^lastPlace. */
export interface AlignedSum {
  readonly sum: bigint;
  readonly lastPlace: number;
  /** The common exponent. */
  readonly maxExponent: number;
}

/** Cuts every term toward zero to a multiple of 2^(emax − fractionBits) and adds what is left. */
export function alignAndAdd(
  terms: TermList,
  fractionBits: number,
  exponentFloor: number,
  recorder?: Recorder,
): AlignedSum {
  let maxExponent = exponentFloor;
  for (let i = 0; i < terms.length; i++) maxExponent = Math.max(maxExponent, terms.exponent[i]!);
  const lastPlace = maxExponent - fractionBits;
  if (recorder !== undefined) recordAlignment(recorder, terms, maxExponent, lastPlace);
  let sum = 0n;
  for (let i = 0; i < terms.length; i++) {
    const significand = BigInt(terms.significand[i]!);
    if (significand === 0n) continue;
    const shift = terms.lastPlace[i]! - lastPlace;
    const kept = shift >= 0 ? significand << BigInt(shift) : significand / (1n << BigInt(-shift)); // truncates
    sum += kept;
    if (recorder !== undefined) recordTerm(recorder, terms, i, kept, lastPlace);
  }
  recorder?.({ kind: 'sum', label: 'sum of the terms kept', exact: traced(sum, lastPlace) });
  return { sum, lastPlace, maxExponent };
}

/** An exact sum brought into a register. */
export function roundToRegister(
  register: FloatResult,
  sum: bigint,
  lastPlace: number,
  recorder?: Recorder,
  label = 'result',
): number {
  const bits = packRegister(register, sum, lastPlace);
  if (recorder !== undefined) recordRounding(recorder, register, Dyadic.dyadic(sum, lastPlace), bits, label);
  return bits;
}

/**
 * Tells a recorder that an exact number became these register bits.
 * @param fraction the exact number as text where it is no dyadic, and `exact` only close to it
 */
export function recordRounding(
  recorder: Recorder,
  register: FloatResult,
  exact: DyadicValue,
  bits: number,
  label: string,
  fraction?: string,
): void {
  const { kind, significand, exponent, fractionBits, negative } = unpackRegister(register, bits);
  const value = Dyadic.dyadic(BigInt(significand), exponent - fractionBits);
  const finite = kind === FINITE;
  const shown = tracedDyadic(exact);
  const infinity = negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  recorder({
    kind: 'round',
    label,
    mode: register.rounding,
    exact: fraction === undefined ? shown : { ...shown, exact: fraction },
    bits,
    result: finite ? Dyadic.toNumber(value) : infinity,
    lost: finite && fraction === undefined ? tracedDyadic(Dyadic.subtract(exact, value)) : null,
  });
}

function recordAlignment(recorder: Recorder, terms: TermList, maxExponent: number, lastPlace: number): void {
  const from = terms.exponent.subarray(0, terms.length).indexOf(maxExponent);
  recorder({ kind: 'align', maxExponent, lastPlace, from: from < 0 ? 'floor' : terms.label(from) });
}

function recordTerm(recorder: Recorder, terms: TermList, i: number, kept: bigint, lastPlace: number): void {
  const exact = Dyadic.dyadic(BigInt(terms.significand[i]!), terms.lastPlace[i]!);
  const dropped = Dyadic.subtract(exact, Dyadic.dyadic(kept, lastPlace));
  const exponent = terms.exponent[i]! === NO_EXPONENT ? null : terms.exponent[i]!;
  const label = terms.label(i);
  recorder({
    kind: 'term',
    label,
    exponent,
    exact: tracedDyadic(exact),
    kept: traced(kept, lastPlace),
    dropped: tracedDyadic(dropped),
  });
}
