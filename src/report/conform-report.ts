/**
 * Conformance rows for people:
 *
 *   witness            what                         compared  mismatches  skipped
 *   codec_tables.json  e2m1: values of all codes          16           0        –
 *   …
 *   12,345,678 compared, 0 mismatches, 1,024 skipped
 */
import type { WitnessResult } from '../conform/index.js';
import { integer, PLAIN, type Style, table } from '../text/index.js';

/** The rows as text: table, reasons of skips, first mismatches, sources, verdict. */
export function conformReport(rows: readonly WitnessResult[], style: Style = PLAIN): string {
  return [
    table(rows, [
      { title: 'witness', value: ({ file }) => file },
      { title: 'what', value: ({ what }) => what },
      { title: 'compared', value: ({ compared }) => compared },
      { title: 'mismatches', value: ({ mismatches }) => mismatches },
      { title: 'skipped', value: (row) => skippedIn(row) || undefined, align: 'right' },
    ]),
    ...skipReasons(rows),
    ...mismatchLines(rows, style),
    ['sources:', ...[...new Set(rows.map(({ source }) => source))].map((source) => `  ${source}`)].join('\n'),
    verdict(rows, style),
  ].join('\n\n');
}

/** Whether no row has a mismatch. */
export function conforms(rows: readonly WitnessResult[]): boolean {
  return rows.every(({ mismatches }) => mismatches === 0);
}

function skippedIn({ skipped }: WitnessResult): number {
  return skipped.reduce((sum, { count }) => sum + count, 0);
}

function skipReasons(rows: readonly WitnessResult[]): string[] {
  const counts = new Map<string, number>();
  for (const { reason, count } of rows.flatMap(({ skipped }) => skipped)) {
    counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  if (counts.size === 0) return [];
  return [['skipped:', ...[...counts].map(([reason, count]) => `  ${integer(count)}  ${reason}`)].join('\n')];
}

function mismatchLines(rows: readonly WitnessResult[], style: Style): string[] {
  return rows
    .filter(({ mismatches }) => mismatches > 0)
    .map(({ file, what, firstMismatches }) =>
      [style.bad(`${file}, ${what}:`), ...firstMismatches.map((line) => `  ${line}`)].join('\n'),
    );
}

function verdict(rows: readonly WitnessResult[], style: Style): string {
  const total = (value: (row: WitnessResult) => number): string =>
    integer(rows.reduce((sum, row) => sum + value(row), 0));
  const text = `${total(({ compared }) => compared)} compared, ${total(({ mismatches }) => mismatches)} mismatches, ${total(skippedIn)} skipped`;
  return conforms(rows) ? style.good(text) : style.bad(text);
}
