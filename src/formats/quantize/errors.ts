/** The error of a candidate over a block: what each difference counts, and in which order FP32 adds it up. */
import type { Policy } from '../policy.js';

const f = Math.fround;

/** Replaces the first `count` differences by what each counts, rounded to float32. */
type Weigh = (differences: Float32Array, count: number) => void;
/** The total over the first `count` terms. */
type Total = (terms: Float32Array, count: number) => number;

export interface ErrorMeasure {
  readonly weigh: Weigh;
  readonly total: Total;
}

function squares(differences: Float32Array, count: number): void {
  for (let i = 0; i < count; i++) differences[i] = differences[i]! * differences[i]!;
}

function magnitudes(differences: Float32Array, count: number): void {
  for (let i = 0; i < count; i++) differences[i] = Math.abs(differences[i]!);
}

const LANES = 8;

function sequential(terms: Float32Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum = f(sum + terms[i]!);
  return sum;
}

/** Eight running sums, lane l taking terms l, l + 8, l + 16, … */
function lanes(terms: Float32Array, count: number): Float32Array {
  const sums = new Float32Array(LANES);
  for (let i = 0; i < count; i++) sums[i % LANES] = sums[i % LANES]! + terms[i]!;
  return sums;
}

function pairwise(terms: Float32Array, count: number): number {
  const s = lanes(terms, count);
  const [left, right] = [0, 4].map((at) => f(f(s[at]! + s[at + 1]!) + f(s[at + 2]! + s[at + 3]!)));
  return f(left! + right!);
}

function maximum(terms: Float32Array, count: number): number {
  let largest = 0;
  for (let i = 0; i < count; i++) largest = Math.max(largest, terms[i]!);
  return largest;
}

const SUMS: Readonly<Record<Policy['sum-order'], Total>> = {
  sequential,
  'eight-lanes': (terms, count) => sequential(lanes(terms, count), LANES),
  pairwise,
};

/** The measure of an adaptive rule; undefined for rules that compare nothing. */
export function errorMeasure(policy: Policy): ErrorMeasure | undefined {
  const sum = SUMS[policy['sum-order']];
  const measures: Partial<Record<Policy['rule'], ErrorMeasure>> = {
    mse: { weigh: squares, total: sum },
    mae: { weigh: magnitudes, total: sum },
    abs_max: { weigh: magnitudes, total: maximum },
  };
  return measures[policy.rule];
}
