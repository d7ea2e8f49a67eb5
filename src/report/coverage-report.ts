/**
 * Functional coverage for people:
 *
 *   point              bins  covered
 *   element-pairs       256      256
 *   …
 *   not covered: cancellation "8 binades or more"
 *   unreachable: rounding, 10 bins: the register holds every sum exactly
 */

import { type Column, percent, table } from '../text/index.js';
import type { PointCoverage, UnitCoverage } from '../vectors/index.js';

const COLUMNS: readonly Column<PointCoverage>[] = [
  { title: 'point', value: ({ name }) => name },
  { title: 'bins', value: ({ reachable }) => reachable },
  { title: 'covered', value: ({ covered }) => covered },
  { title: 'unreachable', value: ({ bins, reachable }) => bins.length - reachable },
  { title: 'what', value: ({ summary }) => summary },
];
/** Bins of a point that are named one by one. */
const NAMED = 12;

export function coverageReport(units: readonly UnitCoverage[]): string {
  return units
    .map(({ stem, counted, count, reachable, covered, points }) => {
      const head = `${stem}: ${covered} of ${reachable} reachable bins covered (${percent(covered / reachable)}) by ${count} ${counted}`;
      return [
        head,
        '',
        table(points, COLUMNS),
        '',
        ...points.flatMap(openText),
        ...points.flatMap(unreachableText),
      ].join('\n');
    })
    .join('\n\n');
}

function openText({ name, bins }: PointCoverage): string[] {
  const open = bins.filter(({ hits, unreachable }) => hits === 0 && unreachable === undefined);
  if (open.length === 0) return [];
  const named = open.slice(0, NAMED).map((bin) => `"${bin.name}"`);
  const more = open.length > NAMED ? ` and ${open.length - NAMED} more` : '';
  return [`not covered: ${name} ${named.join(', ')}${more}`];
}

function unreachableText({ name, bins }: PointCoverage): string[] {
  const reasons = new Map<string, number>();
  for (const { unreachable } of bins)
    if (unreachable !== undefined) reasons.set(unreachable, (reasons.get(unreachable) ?? 0) + 1);
  return [...reasons].map(([reason, count]) => `unreachable: ${name}, ${count} bins: ${reason}`);
}
