/**
 * Which cells compute which functions: every order and inversion of a cell's inputs, looked up by truth table.
 *
 * Cell figures are means over inputs, so of all orders that give one function with one set of inverted inputs only one
 * is kept. The inverter and the buffer are no matches: the mapper places inverters itself.
 */
import {
  type CellClass,
  permutations,
  permuteTable,
  type Technology,
  VARIABLES,
} from '../technology/index.js';

/** A cell with its inputs in some order, some of them inverted. */
export interface Match {
  /** Index into the technology's classes. */
  readonly cell: number;
  /** Bit i: leaf i is wanted inverted. */
  readonly inverted: number;
  /** The leaf on each input of the cell. */
  readonly order: readonly number[];
  readonly area: number;
}

export interface MatchTable {
  readonly technology: Technology;
  /** Index of the inverter's class. */
  readonly inverter: number;
  readonly inverterArea: number;
  /** Most leaves of any match. */
  readonly leaves: number;
  /** Matches of a truth table over the leaves (32 bits, repeated), cheapest first. */
  readonly byTable: ReadonlyMap<number, readonly Match[]>;
}

const tables = new WeakMap<Technology, MatchTable>();

/** The matches of a technology's cells with at most `maxLeaves` inputs; made once a technology. */
export function matchTable(technology: Technology): MatchTable {
  let table = tables.get(technology);
  if (table === undefined) {
    table = makeMatchTable(technology);
    tables.set(technology, table);
  }
  return table;
}

/** Most inputs of a cell that is used: beyond four they are rare in what synthesis makes, and cuts get costly. */
const MAX_LEAVES = 4;

function makeMatchTable(technology: Technology): MatchTable {
  const byTable = new Map<number, Match[]>();
  const classes = technology.classes;
  classes.forEach((cell, index) => {
    if (cell.inputs < 2 || cell.inputs > MAX_LEAVES) return;
    for (const match of matchesOf(cell, index)) {
      const known = byTable.get(match.table) ?? [];
      known.push(match);
      byTable.set(match.table, known);
    }
  });
  for (const matches of byTable.values()) matches.sort((a, b) => a.area - b.area);
  const inverter = classes.findIndex(({ inputs, table }) => inputs === 1 && (table & 3) === 1);
  return {
    technology,
    inverter,
    inverterArea: classes[inverter]!.drives[0].areaUm2,

    leaves: MAX_LEAVES,
    byTable,
  };
}

function matchesOf(cell: CellClass, index: number): (Match & { table: number })[] {
  const { inputs } = cell;
  const area = cell.drives[0].areaUm2;

  const seen = new Set<string>();
  const found: (Match & { table: number })[] = [];
  for (const permutation of permutations(inputs)) {
    const permuted = permuteTable(cell.table, permutation);
    // Leaf i stands on the cell's input permutation[i].
    const order = permutation.map((_, input) => permutation.indexOf(input));
    for (let inverted = 0; inverted < 1 << inputs; inverted++) {
      const table = invertInputs(permuted, inverted);
      const key = `${table}:${inverted}`;
      if (seen.has(key)) continue;
      seen.add(key);
      found.push({ cell: index, inverted, order, area, table });
    }
  }
  return found;
}

/** The table with the variables of a mask inverted. */
function invertInputs(table: number, mask: number): number {
  let result = table;
  VARIABLES.forEach((ones, variable) => {
    if (((mask >> variable) & 1) === 0) return;
    const shift = 1 << variable;
    result = ((result & ones) >>> shift) | ((result & ~ones) << shift);
  });
  return result;
}
