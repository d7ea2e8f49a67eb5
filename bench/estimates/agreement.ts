/**
 * How far synthesis agrees with itself: the runs of every design, which differ in the order of names alone, split into
 * two halves in every way, and the medians of the halves compared. An estimate cannot agree with synthesis better.
 */
import { spreadOf } from '../../rtl-model/synthesis/index.js';
import { type SubjectComparison, spearman } from './comparison.js';

/** Fewer runs are not worth halving. */
const LEAST_RUNS = 4;

export interface Agreement {
  /** Designs with enough runs. */
  readonly designs: readonly string[];
  /** Runs of each that are used. */
  readonly runs: number;
  /** Rank correlation of the periods of one half with those of the other: mean over the splits, and the worst. */
  readonly rank: { readonly mean: number; readonly least: number };
  /** Rank correlation of the estimates with the medians of all runs, of the same designs. */
  readonly estimateRank: number;
  /** Longest less shortest period of a design, over its median: mean and largest. */
  readonly spread: { readonly mean: number; readonly most: number };
}

/** The agreement over designs with at least four runs; undefined if they are fewer than three. */
export function agreementOf(subjects: readonly SubjectComparison[]): Agreement | undefined {
  const enough = subjects.filter(({ kind, runs }) => kind === 'design' && runs >= LEAST_RUNS);
  if (enough.length < 3) return undefined;
  const runs = 2 * Math.floor(Math.min(...enough.map((subject) => subject.runs)) / 2);
  const ranks = halvesOf(runs).map((half) => {
    const medians = (wanted: boolean) =>
      enough.map(
        ({ periodsPs }) =>
          spreadOf(periodsPs.slice(0, runs).filter((_, run) => half.has(run) === wanted)).median,
      );
    return spearman(medians(true), medians(false));
  });
  const spreads = enough.map(({ periodsPs }) => {
    const { median, least, most } = spreadOf(periodsPs);
    return (most - least) / median;
  });
  return {
    designs: enough.map(({ subject }) => subject),
    runs,
    rank: { mean: meanOf(ranks), least: Math.min(...ranks) },
    estimateRank: spearman(
      enough.map(({ period }) => period.synthesis),
      enough.map(({ period }) => period.model),
    ),
    spread: { mean: meanOf(spreads), most: Math.max(...spreads) },
  };
}

/**
 * By how much the period of one design is over that of another, over all pairs of one run each: least, median, most.
 * Undefined unless both are there.
 */
export function overheadsByRun(
  subjects: readonly SubjectComparison[],
  [of, over]: readonly [string, string],
): ReturnType<typeof spreadOf> | undefined {
  const periodsOf = (name: string) => subjects.find(({ subject }) => subject === name)?.periodsPs ?? [];
  const overheads = periodsOf(of).flatMap((period) => periodsOf(over).map((base) => period / base - 1));
  return overheads.length === 0 ? undefined : spreadOf(overheads);
}

/** Every half of so many runs that has run 0. */
function halvesOf(runs: number): ReadonlySet<number>[] {
  const halves: ReadonlySet<number>[] = [];
  const extend = (half: readonly number[], next: number) => {
    if (half.length === runs / 2) halves.push(new Set(half));
    else for (let run = next; run < runs; run++) extend([...half, run], run + 1);
  };
  extend([0], 1);
  return halves;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
