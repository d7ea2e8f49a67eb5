/** What follows from a comparison of MACs, in sentences made from its figures. */
import {
  DENOMINATORS,
  frontOf,
  type MacComparison,
  type MacFigures,
  type Overhead,
  roundedDb,
  TRADES,
} from '../compare/index.js';
import { percent } from '../text/index.js';

/** One sentence a finding; figures of the first technology, and how far the others agree. */
export function macFindings(comparison: MacComparison, overheads: readonly Overhead[]): string[] {
  const [technology] = comparison.technologies;
  const rows = comparison.rows.filter((row) => row.technology === technology);
  return [
    ...extremes(rows, technology!),
    ...frontSentences(rows, technology!),
    ...overheadSentences(overheads, technology!, comparison.technologies),
  ];
}

function least(rows: readonly MacFigures[], value: (row: MacFigures) => number): MacFigures {
  return rows.reduce((best, row) => (value(row) < value(best) ? row : best));
}

function extremes(rows: readonly MacFigures[], technology: string): string[] {
  if (rows.length < 2) return [];
  const area = ({ estimate, lanes }: MacFigures) => estimate.areaUm2 / lanes;
  const [small, large] = [least(rows, area), least(rows, (row) => -area(row))];
  const frugal = least(rows, ({ energyPerMacFj }) => energyPerMacFj);
  const accurate = least(rows, (row) => -roundedDb(row));
  return [
    `In ${technology}, ${small.design} is the smallest at ${area(small).toFixed(1)} µm² an element and ${large.design} the largest at ${area(large).toFixed(1)}, ${(area(large) / area(small)).toFixed(1)} times as much.`,
    `${frugal.design} takes the least energy, ${frugal.energyPerMacFj.toFixed(1)} fJ a multiply-accumulate; ${accurate.design} has the most accurate dot products, ${accurate.sqnrDb.toFixed(2)} dB.`,
  ];
}

function frontSentences(rows: readonly MacFigures[], technology: string): string[] {
  if (rows.length < 3) return [];
  const fronts = TRADES.map((trade) => ({ trade, front: frontOf(trade, rows) }));
  const never = rows.filter((row) => fronts.every(({ front }) => !front.includes(row)));
  const named = fronts.map(({ trade, front }) => `${trade.name}: ${list(front.map(({ design }) => design))}`);
  return [
    `Nothing in this comparison beats, in ${technology}, by ${named.join('; by ')}.`,
    ...(never.length === 0
      ? []
      : [`${list(never.map(({ design }) => design))}: on none of the three fronts.`]),
  ];
}

/** Overheads that have a sentence of their own: of the designs nearest in area. */
const TOLD = 3;

function overheadSentences(
  overheads: readonly Overhead[],
  technology: string,
  technologies: readonly string[],
): string[] {
  const distance = ({ size }: Overhead) => Math.abs(Math.log(size['block MAC']));
  const here = overheads
    .filter((row) => row.technology === technology)
    .sort((one, other) => distance(one) - distance(other));
  const sentences = here.slice(0, TOLD).map((row) => overheadSentence(row, overheads, technologies.length));
  const last = here.at(-1);
  if (here.length <= TOLD || last === undefined) return sentences;
  const farthest = `${signed(last.size['block MAC'])} by block MAC`;
  return [
    ...sentences,
    `The other ${here.length - TOLD} are in the table, up to ${last.design} at ${farthest}.`,
  ];
}

function overheadSentence(row: Overhead, overheads: readonly Overhead[], technologies: number): string {
  const sizes = DENOMINATORS.map((by) => `${signed(row.size[by])} by ${by}`).join(', ');
  const all = overheads.filter(({ design }) => design === row.design);
  const range = (value: (one: Overhead) => number) => {
    const values = all.map(value);
    return `${signed(Math.min(...values))} to ${signed(Math.max(...values))}`;
  };
  const others =
    technologies < 2
      ? ''
      : ` Over ${technologies} technologies the block MAC costs ${range((one) => one.size['block MAC'])}, its period ${range((one) => one.period)}.`;
  return `${row.design} over ${row.over} in ${row.technology}: ${sizes}; period ${signed(row.period)}, energy ${signed(row.energy)}.${others}`;
}

/** A ratio as a signed percentage. */
export function signed(ratio: number): string {
  return `${ratio < 1 ? '−' : '+'}${percent(Math.abs(ratio - 1))}`;
}

function list(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
