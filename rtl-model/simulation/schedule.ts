/**
 * The plan for running a gate netlist as straight-line code: the order of the gates, their division into functions,
 * and where each value lives.
 *
 * Values used only inside one function live in locals. Values that later functions read get a slot in memory, freed
 * after its last reader so that the working set stays in the first-level cache.
 */
import { GATES, type GateNetlist } from '../hdl/index.js';

export interface Schedule {
  /** Nodes that are computed, function by function, in evaluation order. */
  readonly chunks: readonly (readonly number[])[];
  /** Number of gates that read each node. */
  readonly uses: Int32Array;
  /** Slot of each node that a later function reads, else −1. */
  readonly slot: Int32Array;
  readonly slots: number;
}

export interface ScheduleOptions {
  /** Gates a function. 250–500 keeps the just-in-time compiler's register allocation cheap. */
  readonly gatesPerFunction: number;
  /** Gives every node a slot of its own, for looking at all of them between cycles. */
  readonly keepAll: boolean;
}

/** A schedule for all gates that the sinks (outputs, register inputs) read. */
export function schedule(gates: GateNetlist, options: ScheduleOptions): Schedule {
  const order = depthFirstOrder(gates, sinksOf(gates));
  const chunks: number[][] = [];
  for (let i = 0; i < order.length; i += options.gatesPerFunction) {
    chunks.push(order.slice(i, i + options.gatesPerFunction));
  }
  const uses = useCounts(gates, order);
  return { chunks, uses, ...allocateSlots(gates, chunks, options.keepAll) };
}

/** Nodes whose values must be known at the end of a cycle. */
export function sinksOf(gates: GateNetlist): number[] {
  const sinks: number[] = [];
  for (const { output, next, enable } of gates.registers) {
    output.forEach((node, i) => {
      if (node > 1) sinks.push(next[i]!);
    });
    if (enable > 1) sinks.push(enable);
  }
  for (const { bits } of gates.outputs) sinks.push(...bits);
  return sinks;
}

/** Operands of a node. */
export function operandsOf(gates: GateNetlist, node: number): number[] {
  const kind = gates.kinds[node]!;
  if (kind < GATES.not.code) return [];
  if (kind === GATES.not.code) return [gates.a[node]!];
  if (kind === GATES.mux.code) return [gates.a[node]!, gates.b[node]!, gates.c[node]!];
  return [gates.a[node]!, gates.b[node]!];
}

/** Gates in post-order from the sinks: a value is computed shortly before it is read. */
function depthFirstOrder(gates: GateNetlist, sinks: readonly number[]): number[] {
  const seen = new Uint8Array(gates.kinds.length);
  const order: number[] = [];
  const stack: number[] = [];
  for (const sink of sinks) {
    stack.push(sink);
    while (stack.length > 0) {
      const node = stack.pop()!;
      if (node < 0)
        order.push(~node); // all operands are done
      else if (!seen[node]) {
        seen[node] = 1;
        if (gates.kinds[node]! < GATES.not.code) continue;
        stack.push(~node, ...operandsOf(gates, node).reverse());
      }
    }
  }
  return order;
}

function useCounts(gates: GateNetlist, order: readonly number[]): Int32Array {
  const uses = new Int32Array(gates.kinds.length);
  for (const node of order) for (const operand of operandsOf(gates, node)) uses[operand]!++;
  return uses;
}

function allocateSlots(
  gates: GateNetlist,
  chunks: readonly (readonly number[])[],
  keepAll: boolean,
): Pick<Schedule, 'slot' | 'slots'> {
  const lastChunk = new Int32Array(gates.kinds.length).fill(-1);
  chunks.forEach((nodes, chunk) => {
    for (const node of nodes) for (const operand of operandsOf(gates, node)) lastChunk[operand] = chunk;
  });
  const slot = new Int32Array(gates.kinds.length).fill(-1);
  const free: number[] = [];
  const expiring: number[][] = chunks.map(() => []);
  let slots = 0;
  chunks.forEach((nodes, chunk) => {
    for (const node of nodes) {
      if (!keepAll && lastChunk[node]! <= chunk) continue;
      slot[node] = free.pop() ?? slots++;
      if (!keepAll) expiring[lastChunk[node]!]!.push(slot[node]!);
    }
    free.push(...expiring[chunk]!);
  });
  return { slot, slots };
}
