/** The figures of a comparison of MACs as columns: one list for Markdown and for the page. */
import type { MacFigures } from '../compare/index.js';

export interface MacColumn {
  readonly title: string;
  /** What the figure is, for a tooltip. */
  readonly meaning: string;
  readonly text: (row: MacFigures) => string;
  /** What rows are sorted by. */
  readonly order: (row: MacFigures) => number | string;
}

const numeric = (
  title: string,
  meaning: string,
  order: (row: MacFigures) => number,
  digits = 0,
): MacColumn => ({ title, meaning, order, text: (row) => order(row).toFixed(digits) });

export const MAC_COLUMNS: readonly MacColumn[] = [
  { title: 'design', meaning: 'name of the design', text: (row) => row.design, order: (row) => row.design },
  {
    title: 'technology',
    meaning: 'cell table of the estimate',
    text: (row) => row.technology,
    order: (row) => row.technology,
  },
  {
    title: 'format',
    meaning: 'formats of the operands',
    text: (row) => row.format,
    order: (row) => row.format,
  },
  {
    title: 'exact',
    meaning: 'nothing is rounded before the end of K',
    text: ({ exact }) => (exact ? 'yes' : 'no'),
    order: ({ exact }) => Number(exact),
  },
  numeric('area', 'square micrometres, estimated', ({ estimate }) => estimate.areaUm2, 0),
  numeric('NAND2e', 'area in NAND2 equivalents', ({ estimate }) => estimate.nand2e),
  numeric('period ps', 'shortest clock period, estimated', ({ estimate }) => estimate.periodPs),
  numeric('cycles', 'from the last operands to the result', ({ estimate }) => estimate.latencyCycles),
  {
    title: 'MMAC/s/µm²',
    meaning: 'millions of multiply-accumulates a second and square micrometre at that period',
    // Technologies lie orders of magnitude apart.
    text: ({ throughputPerArea }) => (throughputPerArea * 1000).toPrecision(3),
    order: ({ throughputPerArea }) => throughputPerArea,
  },
  numeric(
    'fJ/MAC',
    'energy of a multiply-accumulate on the first pair of tensors, without glitches, wires and the clock tree',
    ({ energyPerMacFj }) => energyPerMacFj,
    2,
  ),
  numeric(
    'bits/element',
    'memory an element takes, scales included (mean of both operands)',
    ({ storageBits }) => (storageBits.a + storageBits.w) / 2,
    2,
  ),
  numeric('dB', 'signal to error of dot products, mean over the pairs of tensors', ({ sqnrDb }) => sqnrDb, 2),
];
