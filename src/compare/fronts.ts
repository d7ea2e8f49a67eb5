/** Pareto fronts: which designs no other design beats in one respect without losing in another. */
import type { MacFigures } from './mac-comparison.js';

export interface Trade {
  readonly name: string;
  readonly x: Measure;
  readonly y: Measure;
}

export interface Measure {
  readonly title: string;
  readonly better: 'less' | 'more';
  readonly value: (row: MacFigures) => number;
}

/** Differences below 0.01 dB are noise of the fitted factor, not accuracy. */
export function roundedDb({ sqnrDb }: Pick<MacFigures, 'sqnrDb'>): number {
  return Math.round(100 * sqnrDb) / 100;
}

const area: Measure = {
  title: 'area, µm² an element',
  better: 'less',
  value: ({ estimate, lanes }) => estimate.areaUm2 / lanes,
};
const error: Measure = { title: 'signal to error, dB', better: 'more', value: roundedDb };

export const TRADES: readonly Trade[] = [
  { name: 'area and error', x: area, y: error },
  {
    name: 'energy and error',
    x: { title: 'energy, fJ a MAC', better: 'less', value: ({ energyPerMacFj }) => energyPerMacFj },
    y: error,
  },
  {
    name: 'area and period',
    x: area,
    y: { title: 'period, ps', better: 'less', value: ({ estimate }) => estimate.periodPs },
  },
];

/** The rows of a front, in the order of x. Rows that equal each other in both are all on it. */
export function frontOf({ x, y }: Trade, rows: readonly MacFigures[]): MacFigures[] {
  const beats = (one: MacFigures, other: MacFigures) => {
    const [first, second] = [gain(x, one, other), gain(y, one, other)];
    return first >= 0 && second >= 0 && first + second > 0;
  };
  return rows
    .filter((row) => !rows.some((other) => beats(other, row)))
    .sort((one, other) => x.value(one) - x.value(other));
}

/** 1 if the first is better, 0 if they are equal, −1 if it is worse. */
function gain({ better, value }: Measure, one: MacFigures, other: MacFigures): number {
  const difference = Math.sign(value(one) - value(other));
  return better === 'more' ? difference : -difference;
}
