/** From wrong answers to what the device seems to do: policies whose predictions are its answers. */
import { ConfigurationError } from '../../numerics/index.js';
import type { Policy, Predictor, Sample } from './policy.js';
import type { ResponseValue } from './response.js';

/** One answer with what it should have been. */
export interface Answer {
  readonly sample: Sample;
  readonly found: readonly ResponseValue[];
}

export interface Diagnosis {
  readonly policy: string;
  readonly says: string;
  /** Wrong answers that the policy predicts, of those looked at. */
  readonly explained: number;
  readonly wrong: number;
  /** Right answers that it predicts too. */
  readonly kept: number;
  readonly right: number;
}

/** Share of the wrong, and of the right answers, that a policy has to predict. */
const [LEAST_EXPLAINED, LEAST_KEPT] = [0.9, 0.95];
/** Diagnoses that are told. */
const TOLD = 3;

/** The policies that fit, best first. */
export function diagnose(
  policies: readonly Policy[],
  wrong: readonly Answer[],
  right: readonly Answer[],
): Diagnosis[] {
  return policies
    .flatMap((policy): Diagnosis[] => {
      const predict = predictorOf(policy);
      if (predict === undefined) return [];
      const explained = wrong.filter((answer) => predicts(predict, answer)).length;
      if (explained < LEAST_EXPLAINED * wrong.length) return [];
      const kept = right.filter((answer) => predicts(predict, answer)).length;
      if (kept < LEAST_KEPT * right.length) return [];
      const { name, says } = policy;
      return [{ policy: name, says, explained, wrong: wrong.length, kept, right: right.length }];
    })
    .sort((x, y) => y.explained - x.explained || y.kept - x.kept)
    .slice(0, TOLD);
}

/** Undefined for a policy that the unit's formats rule out. */
function predictorOf(policy: Policy): Predictor | undefined {
  try {
    return policy.predictor();
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

function predicts(predict: Predictor, { sample, found }: Answer): boolean {
  const values = predict(sample);
  return values?.every((value, i) => value === found[i]) ?? false;
}

/** How far answers may be displaced for a shift to be noticed. */
const FURTHEST_SHIFT = 4;

/**
 * By how many results the answers are late (positive) or early; undefined if a shift explains them no better than
 * none. Both lists from the beginning of a file.
 */
export function shiftOf(expected: readonly string[], found: readonly string[]): number | undefined {
  const agreement = (shift: number): number => {
    let [equal, compared] = [0, 0];
    for (let i = Math.max(0, shift); i < found.length && i - shift < expected.length; i++) {
      compared++;
      if (found[i] === expected[i - shift]) equal++;
    }
    return compared < 4 ? 0 : equal / compared;
  };
  const shifts = Array.from({ length: 2 * FURTHEST_SHIFT + 1 }, (_, i) => i - FURTHEST_SHIFT);
  const best = shifts.filter((shift) => shift !== 0).reduce((x, y) => (agreement(y) > agreement(x) ? y : x));
  return agreement(best) >= LEAST_EXPLAINED && agreement(best) > agreement(0) ? best : undefined;
}

/** Whether the answers are those expected, in another order. */
export function isReordered(expected: readonly string[], found: readonly string[]): boolean {
  if (expected.length !== found.length) return false;
  const sorted = [...found].sort();
  return [...expected].sort().every((value, i) => value === sorted[i]);
}
