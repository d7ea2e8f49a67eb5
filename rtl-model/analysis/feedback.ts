/**
 * Loops through registers in a mapped netlist: accumulators. What lies on a loop must stay within one clock cycle, so
 * it sets the shortest period whatever is done to the rest.
 */
import { type MappedNetlist, PINS } from './mapped.js';

/** Cells and flip-flops in one topological order in which a loop is one element. */
export interface LoopStructure {
  /** Groups of graph nodes, operands first: node < cells is a cell, else flip-flop node − cells. Loops have several. */
  readonly groups: readonly (readonly number[])[];
  /** Index of each node's group. */
  readonly groupOf: Int32Array;
  /** 1 for groups that are loops. */
  readonly isLoop: Uint8Array;
}

/** The driver of a net as a graph node: a cell, or cells + flip-flop; −1 for constants and inputs. */
export function driverOf({ sourceCount, classes, flipFlops }: MappedNetlist, net: number): number {
  if (net >= sourceCount) return net - sourceCount;
  const flipFlop = net - (sourceCount - flipFlops.length);
  return flipFlop >= 0 ? classes.length + flipFlop : -1;
}

/** Nets that a graph node reads. */
export function readsOf({ classes, pins, flipFlops }: MappedNetlist, node: number): number[] {
  if (node >= classes.length) return [flipFlops[node - classes.length]!.next];
  return [...pins.subarray(node * PINS, node * PINS + PINS)].filter((net) => net >= 0);
}

/**
 * The loops of a netlist. The bits of a register of which any bit is on a loop belong together: an accumulator is not
 * skewed bit by bit, although no signal runs from its high bits back to its low ones.
 */
export function loopStructure(netlist: MappedNetlist): LoopStructure {
  const operands = Array.from({ length: netlist.classes.length + netlist.flipFlops.length }, (_, node) =>
    readsOf(netlist, node)
      .map((net) => driverOf(netlist, net))
      .filter((driver) => driver >= 0),
  );
  return components(tieRegisters(netlist, operands, components(operands)));
}

/** The operands with a ring through the bits of every register that has a bit on a loop. */
function tieRegisters(
  { classes, flipFlops }: MappedNetlist,
  operands: readonly number[][],
  { groupOf, isLoop }: LoopStructure,
): number[][] {
  const bits = new Map<number, number[]>();
  flipFlops.forEach(({ register }, i) => {
    const known = bits.get(register) ?? [];
    known.push(classes.length + i);
    bits.set(register, known);
  });
  const tied = operands.map((list) => [...list]);
  for (const nodes of bits.values()) {
    if (!nodes.some((node) => isLoop[groupOf[node]!] === 1)) continue;
    nodes.forEach((node, i) => {
      tied[node]!.push(nodes[(i + 1) % nodes.length]!);
    });
  }
  return tied;
}

/** Strongly connected components, operands first (Tarjan's algorithm without recursion). */
function components(operands: readonly (readonly number[])[]): LoopStructure {
  const walk = new ComponentWalk(operands);
  for (let node = 0; node < operands.length; node++) walk.from(node);
  const { groups, groupOf } = walk;
  const isLoop = Uint8Array.from(groups, (group) =>
    Number(group.length > 1 || operands[group[0]!]!.includes(group[0]!)),
  );
  return { groups, groupOf, isLoop };
}

class ComponentWalk {
  readonly groups: number[][] = [];
  readonly groupOf: Int32Array;
  readonly #operands: readonly (readonly number[])[];
  readonly #index: Int32Array;
  readonly #low: Int32Array;
  readonly #open: number[] = [];
  #count = 0;

  constructor(operands: readonly (readonly number[])[]) {
    this.#operands = operands;
    this.groupOf = new Int32Array(operands.length).fill(-1);
    this.#index = new Int32Array(operands.length).fill(-1);
    this.#low = new Int32Array(operands.length);
  }

  from(start: number): void {
    if (this.#index[start]! >= 0) return;
    const path = [{ node: start, at: 0 }];
    this.#enter(start);
    while (path.length > 0) {
      const frame = path.at(-1)!;
      const operand = this.#operands[frame.node]![frame.at++];
      if (operand === undefined) {
        path.pop();
        this.#leave(frame.node);
        const above = path.at(-1)?.node;
        if (above !== undefined) this.#low[above] = Math.min(this.#low[above]!, this.#low[frame.node]!);
      } else if (this.#index[operand]! < 0) {
        this.#enter(operand);
        path.push({ node: operand, at: 0 });
      } else if (this.groupOf[operand]! < 0) {
        this.#low[frame.node] = Math.min(this.#low[frame.node]!, this.#index[operand]!);
      }
    }
  }

  #enter(node: number): void {
    this.#index[node] = this.#count;
    this.#low[node] = this.#count++;
    this.#open.push(node);
  }

  #leave(node: number): void {
    if (this.#low[node] !== this.#index[node]) return;
    const group = this.#open.splice(this.#open.lastIndexOf(node));
    for (const member of group) this.groupOf[member] = this.groups.length;
    this.groups.push(group.sort((a, b) => a - b));
  }
}
