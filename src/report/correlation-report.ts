/**
 * Predicted against measured cycles, for people:
 *
 *   hopper against 1,461 measured rows; 74 have no program
 *
 *   class  measure  rows  mean abs. error   median  largest          bias
 *   1      all       220           1.96 %   0.66 %  16.42 %  r0004  -0.39 %
 */
import type { Comparison, ErrorSummary } from '../correlate/index.js';
import { integer, table } from '../text/index.js';

export interface Correlation {
  readonly machine: string;
  readonly classes: readonly ErrorSummary[];
  readonly all: readonly Comparison[];
  /** Rows without a program. */
  readonly left: number;
}

export function correlationReport({ machine, classes, all, left }: Correlation, withRows = false): string {
  const head = `${machine} against ${integer(all.length)} measured rows${left > 0 ? `; ${left} have no program` : ''}`;
  const lines = table(classes, [
    { title: 'class', value: (s) => s.class },
    { title: 'measure', value: ({ measure }) => measure },
    { title: 'rows', value: ({ rows }) => rows },
    { title: 'mean abs. error', value: (s) => errorText(s.mean), align: 'right' },
    { title: 'median', value: (s) => errorText(s.median), align: 'right' },
    { title: 'worst', value: ({ largest }) => errorText(largest), align: 'right' },
    { title: 'in', value: ({ worst }) => worst },
    { title: 'bias', value: ({ bias }) => errorText(bias), align: 'right' },
  ]);
  const note = 'error = predicted / measured − 1';
  return [head, ...(withRows ? [all.map(comparisonText).join('\n')] : []), lines, note].join('\n\n');
}

/** A row and its prediction in a line. */
export function comparisonText({ row, predicted, error }: Comparison): string {
  const { id, variant, sms, M, N, kstepBytes, stages, steps, measure, cyclesMedian } = row;
  const where = `${M}x${N}x${kstepBytes} S=${stages} T=${steps}${sms > 1 ? ` sms=${sms}` : ''}`;
  const extra = [...row.extra].map(([k, v]) => (v === '' ? k : `${k}=${v}`)).join(';');
  return `${id} ${row.class} ${variant} ${where} ${measure} ${extra} measured ${cyclesMedian} predicted ${predicted.toFixed(0)} ${errorText(error)}`;
}

/** The rows as plain values, for JSON. */
export function correlationRows(all: readonly Comparison[]): Readonly<Record<string, unknown>>[] {
  return all.map(({ row: { place: _, extra, ...row }, predicted, error }) => ({
    ...row,
    extra: Object.fromEntries(extra),
    predicted,
    error,
  }));
}

/** A share as a percentage with two digits. */
export function errorText(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
