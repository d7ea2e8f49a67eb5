/** The fused addition itself: common exponent, truncation of every term, exact sum. Unbounded integers. */
import { Dyadic } from '../numerics/index.js';
import { packRegister } from './register.js';
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
    const shift = BigInt(terms.lastPlace[i]! - lastPlace);
    const kept = shift >= 0n ? significand << shift : significand / (1n << -shift); // division truncates
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
  recorder?.({ kind: 'round', label, mode: register.rounding, exact: traced(sum, lastPlace), bits });
  return bits;
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
