/**
 * Which cells compute which functions: every order and inversion of a cell's inputs, looked up by truth table.
 *
 * Cell figures are means over inputs, so of all orders that give one function with one set of inverted inputs only one
 * is kept. The inverter and the buffer are no matches: the mapper places inverters itself.
 */
import {
  type CellClass,
  evaluateDelay,
  MUX4,
  permutations,
  permuteTable,
  type Technology,
  VARIABLES,
} from '../technology/index.js';
import type { CutSet } from './cuts.js';
import { DATA_MASK } from './multiplexers.js';

/** A cell with its inputs in some order, some of them inverted. */
export interface Match {
  /** Index into the technology's classes. */
  readonly cell: number;
  /** Bit i: leaf i is wanted inverted. */
  readonly inverted: number;
  /** The leaf on each input of the cell. */
  readonly order: readonly number[];
  readonly area: number;
  /** Levels that the cell counts: 1, a little more for slow cells and less for fast ones. */
  readonly delay: number;
}

export interface MatchTable {
  readonly technology: Technology;
  /** Index of the inverter's class. */
  readonly inverter: number;
  readonly inverterArea: number;
  /** Most leaves of any match. */
  readonly leaves: number;
  /** All matches, function by function, those of one function cheapest first. */
  readonly matches: readonly Match[];
  /** The same as figures, by match: a mapper reads them many million times. */
  readonly areas: Float64Array;
  readonly delays: Float64Array;
  readonly inverted: Uint8Array;
  /** Number of inputs. */
  readonly sizes: Uint8Array;
  /** Function f has the matches starts[f] … starts[f + 1] − 1; function 0 has none. */
  readonly starts: Int32Array;
  /**
   * The first of the functions of a four-way multiplexer, one for each mask of inverted data; `NO_MATCHES` if no cell is
   * one.
   */
  readonly multiplexers: number;
  /** The function of a truth table over the leaves (32 bits, repeated); `NO_MATCHES` if no cell computes it. */
  functionOf(table: number): number;
}

/** The function that stands for all that no cell computes. */
export const NO_MATCHES = 0;

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

/** Most inputs of a cell that is used: truth tables have 32 rows. */
const MAX_LEAVES = VARIABLES.length;

function makeMatchTable(technology: Technology): MatchTable {
  const byTable = new Map<number, Match[]>();
  const classes = technology.classes;
  const typical = typicalDelay(technology);
  classes.forEach((cell, index) => {
    if (cell.inputs < 2 || cell.inputs > MAX_LEAVES) return;
    for (const match of matchesOf(cell, index, levelsOf(typical(cell)))) {
      const known = byTable.get(match.table) ?? [];
      known.push(match);
      byTable.set(match.table, known);
    }
  });
  for (const matches of byTable.values()) matches.sort((a, b) => a.area - b.area);
  const multiplexers = multiplexerMatches(technology, typical);
  const byFunction = [...byTable.values(), ...multiplexers.map((match) => [match])];
  const matches = byFunction.flat();
  const starts = [0, 0];
  for (const { length } of byFunction) starts.push(starts.at(-1)! + length);
  const inverter = classes.findIndex(({ inputs, table }) => inputs === 1 && (table & 3) === 1);
  return {
    technology,
    inverter,
    inverterArea: classes[inverter]!.drives[0].areaUm2,
    leaves: Math.min(MAX_LEAVES, Math.max(...classes.map(({ inputs }) => inputs))),
    matches,
    areas: Float64Array.from(matches, ({ area }) => area),
    delays: Float64Array.from(matches, (match) => match.delay),
    inverted: Uint8Array.from(matches, (match) => match.inverted),
    sizes: Uint8Array.from(matches, ({ order }) => order.length),
    starts: Int32Array.from(starts),
    multiplexers: multiplexers.length === 0 ? NO_MATCHES : 1 + byTable.size,
    functionOf: lookUpOf([...byTable.keys()]),
  };
}

/** A match for each mask of inverted data of a four-way multiplexer; none without such a cell. */
function multiplexerMatches({ classes }: Technology, typical: (cell: CellClass) => number): Match[] {
  const cell = classes.findIndex(({ high }) => high !== undefined);
  if (cell < 0) return [];
  const figures = { area: classes[cell]!.drives[0].areaUm2, delay: levelsOf(typical(classes[cell]!)) };
  const order = Array.from({ length: MUX4.inputs }, (_, input) => input);
  return Array.from({ length: DATA_MASK + 1 }, (_, inverted) => ({ cell, inverted, order, ...figures }));
}

/** The functions of the cuts of some nodes, of both polarities: 2 × cut, and 2 × cut + 1 for the inverse. */
export function functionsOfCuts(cuts: CutSet, nodes: Int32Array, table: MatchTable): Int32Array {
  const { tables, counts, sizes } = cuts;
  const functionOf = (cut: number, inverse: 0 | -1) =>
    sizes[cut] === MUX4.inputs
      ? table.multiplexers + (tables[cut]! ^ (inverse & DATA_MASK))
      : table.functionOf(tables[cut]! ^ inverse);
  const found = new Int32Array(2 * tables.length);
  for (const node of nodes) {
    const start = cuts.start(node);
    for (let cut = start; cut < start + counts[node]!; cut++) {
      found[2 * cut] = functionOf(cut, 0);
      found[2 * cut + 1] = functionOf(cut, -1);
    }
  }
  return found;
}

/** The place of a number in a list, counted from 1; 0 for those that are not in it. Open addressing. */
function lookUpOf(keys: readonly number[]): (key: number) => number {
  const mask = 2 ** Math.ceil(Math.log2(2 * keys.length + 1)) - 1;
  const slots = new Int32Array(mask + 1);
  const values = Int32Array.of(0, ...keys);
  const slotOf = (key: number) => {
    const hash = Math.imul(key, 0x9e3779b1);
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (slots[slot] !== 0 && values[slots[slot]!] !== key) slot = (slot + 1) & mask;
    return slot;
  };
  keys.forEach((key, i) => {
    slots[slotOf(key)] = i + 1;
  });
  return (key) => slots[slotOf(key)]!;
}

/**
 * How much the delay of a cell counts while mapping, against its being one level. The mapper of the reference flow counts
 * levels alone; among covers of equal levels it has better ones to choose from.
 */
const SLOWNESS = 0.03;

/** Levels of a cell whose delay is so many times that of a NAND2. */
const levelsOf = (delay: number) => 1 + SLOWNESS * (delay - 1);

/** Delay of the smallest cell of a class, driving three NAND2 inputs, against that of a NAND2. */
function typicalDelay({ classes, fo4Ps }: Technology): (cell: CellClass) => number {
  const nand = classes.find(({ inputs, table }) => inputs === 2 && (table & 15) === 7) ?? classes[0]!;
  const loadFf = 3 * nand.drives[0].inputCapacitanceFf;
  const delay = ({ drives: [{ rise, fall }] }: CellClass) =>
    evaluateDelay(rise.delay, loadFf, fo4Ps / 2) + evaluateDelay(fall.delay, loadFf, fo4Ps / 2);
  return (cell) => delay(cell) / delay(nand);
}

function matchesOf(cell: CellClass, index: number, delay: number): (Match & { table: number })[] {
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
      found.push({ cell: index, inverted, order, area, delay, table });
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
