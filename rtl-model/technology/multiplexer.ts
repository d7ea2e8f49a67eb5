/** The four-way multiplexer: the one function of six inputs that cells are known for. */
import { evaluateFunction, VARIABLES } from './liberty/index.js';

const [A, B, C, D, SELECT] = VARIABLES as [number, number, number, number, number];

/** Inputs A, B, C, D, low select, high select: the selects give the number of the input that is passed on. */
export const MUX4 = {
  name: 'mux4',
  inputs: 6,
  table: (A & ~SELECT) | (B & SELECT),
  high: (C & ~SELECT) | (D & SELECT),
} as const;

/** The 16 rows of a table over four inputs. */
const ROWS = 0xffff;

/** Whether a function of six names is a four-way multiplexer, whichever they are. */
export function isMultiplexer(text: string, names: readonly string[]): boolean {
  if (names.length !== MUX4.inputs) return false;
  return names.some((low, i) => names.slice(0, i).some((high) => isSelectedBy(text, names, low, high)));
}

/** Whether each value of two names passes another one of the four others on. */
function isSelectedBy(text: string, names: readonly string[], low: string, high: string): boolean {
  const data = names.filter((name) => name !== low && name !== high);
  const values = new Map(data.map((name, i) => [name, VARIABLES[i]!]));
  const passed = [0, 1, 2, 3].map((select) => {
    values.set(low, -(select & 1)).set(high, -(select >> 1));
    return evaluateFunction(text, values) & ROWS;
  });
  return data.every((_, i) => passed.includes(VARIABLES[i]! & ROWS));
}
