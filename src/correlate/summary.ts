/** How far predictions lie from measurements, by class. */
import type { Comparison } from './predict.js';
import { median } from './tile-programs.js';

export interface ErrorSummary {
  readonly class: string;
  readonly measure: string;
  readonly rows: number;
  /** Mean, median and largest of the absolute error, and the mean of the signed one. */
  readonly mean: number;
  readonly median: number;
  readonly largest: number;
  readonly bias: number;
  /** The row with the largest. */
  readonly worst: string;
}

/** One summary for each class, class 4 in two: its drained measures contain the whole epilogue. */
export function summariseByClass(all: readonly Comparison[]): ErrorSummary[] {
  return summarise(all, ({ row }) => [row.class, shareOf(row)]);
}

function shareOf({ class: name, measure }: Comparison['row']): string {
  if (name !== '4') return 'all';
  return measure.includes('drained') ? 'drained' : 'accumulators and issue';
}

export function summariseByMeasure(all: readonly Comparison[]): ErrorSummary[] {
  return summarise(all, ({ row }) => [`${row.class} ${row.variant}`, row.measure]);
}

function summarise(
  all: readonly Comparison[],
  keyOf: (c: Comparison) => readonly [name: string, measure: string],
): ErrorSummary[] {
  const groups = new Map<string, Comparison[]>();
  for (const each of all) {
    const key = keyOf(each).join('|');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [each]);
    else group.push(each);
  }
  return [...groups.values()].map((members) => {
    const [name, measure] = keyOf(members[0]!);
    const errors = members.map(({ error }) => Math.abs(error));
    const largest = Math.max(...errors);
    return {
      class: name,
      measure,
      rows: members.length,
      mean: mean(errors),
      median: median(errors),
      largest,
      bias: mean(members.map(({ error }) => error)),
      worst: members[errors.indexOf(largest)]!.row.id,
    };
  });
}

export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
