/**
 * Four-way multiplexers in a graph: a multiplexer of two multiplexers with one select. They have more inputs than cuts
 * that are found by joining, so they are cuts of their own.
 */
import { MUX4, VARIABLES } from '../technology/index.js';
import type { CutSet } from './cuts.js';

/** Cuts that a node may get this way. */
export const MULTIPLEXERS = { cuts: 4, leaves: MUX4.inputs } as const;
/** Bit i of a multiplexer's mask: input i of its data is inverted. */
export const DATA_MASK = 0b1111;

/** A multiplexer over three leaves: the places of its inputs, and which of its data are inverted. */
interface Shape {
  readonly select: number;
  readonly data: readonly [whenZero: number, whenOne: number];
  readonly inverted: readonly [whenZero: number, whenOne: number];
}

/** The same over nodes. */
type Multiplexer = Shape;

const ROWS = 0xff;

/** By truth table over three leaves. */
const SHAPES = new Map<number, Shape>(
  [0, 1, 2].flatMap((select) =>
    [0, 1, 2, 3].flatMap((mask) =>
      [0, 1].map((swapped): [number, Shape] => {
        const [zero, one] = [0, 1, 2].filter((leaf) => leaf !== select);
        const data = swapped === 0 ? ([zero!, one!] as const) : ([one!, zero!] as const);
        const inverted = [mask & 1, mask >> 1] as const;
        const [whenZero, whenOne] = data.map((leaf, i) => VARIABLES[leaf]! ^ -inverted[i]!);
        const table = (whenOne! & VARIABLES[select]!) | (whenZero! & ~VARIABLES[select]!);
        return [table & ROWS, { select, data, inverted }];
      }),
    ),
  ),
);

/** Gives nodes their four-way multiplexers: leaves in the order of the cell's inputs, as table the mask of its data. */
export function appendMultiplexers(cuts: CutSet, nodes: Iterable<number>): void {
  const found = new Map<number, Multiplexer[]>();
  for (const node of nodes) {
    const multiplexers = multiplexersAt(cuts, node);
    if (multiplexers.length > 0) found.set(node, multiplexers);
  }
  for (const [node, uppers] of found) {
    for (const { select, data, inverted } of uppers) {
      for (const low of found.get(data[0]) ?? []) {
        for (const high of found.get(data[1]) ?? []) {
          if (low.select !== high.select) continue;
          const mask = [
            ...low.inverted.map((i) => i ^ inverted[0]),
            ...high.inverted.map((i) => i ^ inverted[1]),
          ];
          const leaves = [...low.data, ...high.data, low.select, select];
          cuts.append(
            node,
            leaves,
            mask.reduce((bits, bit, i) => bits | (bit << i), 0),
          );
        }
      }
    }
  }
}

/** The multiplexers among the cuts of a node. */
function multiplexersAt(cuts: CutSet, node: number): Multiplexer[] {
  const { counts, sizes, tables, leaves, leavesPerCut } = cuts;
  const multiplexers: Multiplexer[] = [];
  const start = cuts.start(node);
  for (let cut = start; cut < start + counts[node]!; cut++) {
    const shape = sizes[cut] === 3 ? SHAPES.get(tables[cut]! & ROWS) : undefined;
    if (shape === undefined) continue;
    const at = (leaf: number) => leaves[cut * leavesPerCut + leaf]!;
    const { select, data, inverted } = shape;
    multiplexers.push({ select: at(select), data: [at(data[0]), at(data[1])], inverted });
  }
  return multiplexers;
}
