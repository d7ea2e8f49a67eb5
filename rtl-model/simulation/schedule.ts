/**
 * The plan for running a gate netlist as straight-line code: the order of the gates, their division into functions,
 * and where each value lives.
 *
 * Values used only inside one function live in locals. Values that later functions read get a slot in memory, freed
 * after its last reader so that the working set stays in the first-level cache.
 */
import type { GateNetlist } from '../hdl/index.js';
import { forOperands, type Instructions, operandsOf } from './instructions.js';

export interface Schedule {
  readonly instructions: Instructions;
  /** Nodes that are computed, function by function, in evaluation order. */
  readonly chunks: readonly Int32Array[];
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
  /** Leaves the order of operands as it is. */
  readonly plain: boolean;
  /** What has to be known in the end: outputs, or what registers load as well. */
  readonly sinks: 'outputs' | 'all';
}

/** A schedule for all gates that the sinks read. */
export function schedule(gates: GateNetlist, instructions: Instructions, options: ScheduleOptions): Schedule {
  const order = depthFirstOrder(instructions, sinksOf(gates, options.sinks), options.plain);
  const chunks: Int32Array[] = [];
  for (let i = 0; i < order.length; i += options.gatesPerFunction) {
    chunks.push(order.subarray(i, i + options.gatesPerFunction));
  }
  const uses = new Int32Array(gates.kinds.length);
  for (const node of order) forOperands(instructions, node, (operand) => uses[operand]!++);
  return { instructions, chunks, uses, ...allocateSlots(instructions, chunks, options.keepAll) };
}

/**
 * Nodes whose values must be known at the end of a cycle. Enables come first, then the registers from the last one
 * made to the first: most registers are then computed after everything that reads their old value.
 */
function sinksOf(gates: GateNetlist, which: ScheduleOptions['sinks']): number[] {
  const sinks = gates.outputs.flatMap(({ bits }) => [...bits]);
  if (which === 'outputs') return sinks;
  for (const { enable } of gates.registers) if (enable > 1) sinks.push(enable);
  for (const { output, next } of [...gates.registers].reverse()) {
    output.forEach((node, i) => {
      if (node > 1) sinks.push(next[i]!);
    });
  }
  return sinks;
}

/**
 * Gates in post-order from the sinks: a value is computed shortly before it is read. Of its operands, that which needs
 * the most registers comes first (Sethi and Ullman 1970), so that few values wait meanwhile.
 */
function depthFirstOrder(instructions: Instructions, sinks: readonly number[], plain: boolean): Int32Array {
  const { counts } = instructions;
  const needs = plain ? undefined : registerNeeds(instructions);
  const seen = new Uint8Array(counts.length);
  const order = new Int32Array(counts.length);
  let length = 0;
  const stack: number[] = [];
  for (const sink of sinks) {
    stack.push(sink);
    while (stack.length > 0) {
      const node = stack.pop()!;
      if (node < 0)
        order[length++] = ~node; // all operands are done
      else if (seen[node] === 0) {
        seen[node] = 1;
        if (counts[node] === 0) continue;
        const read = operandsOf(instructions, node);
        if (needs === undefined) read.reverse();
        else sortFew(read, needs);
        stack.push(~node);
        for (const operand of read) stack.push(operand);
      }
    }
  }
  return order.subarray(0, length);
}

/** Registers that the expression below each node needs, if it shared nothing. */
function registerNeeds(instructions: Instructions): Uint16Array {
  const needs = new Uint16Array(instructions.counts.length).fill(1);
  for (let node = 0; node < needs.length; node++) {
    const read = operandsOf(instructions, node);
    sortFew(read, needs);
    let waiting = 0;
    for (let i = read.length - 1; i >= 0; i--)
      needs[node] = Math.max(needs[node]!, needs[read[i]!]! + waiting++);
  }
  return needs;
}

/** Sorts a handful of nodes by a key, in place; equal ones keep their order. */
function sortFew(nodes: number[], key: Uint16Array): void {
  for (let i = 1; i < nodes.length; i++) {
    const node = nodes[i]!;
    let at = i;
    for (; at > 0 && key[nodes[at - 1]!]! > key[node]!; at--) nodes[at] = nodes[at - 1]!;
    nodes[at] = node;
  }
}

function allocateSlots(
  instructions: Instructions,
  chunks: readonly Int32Array[],
  keepAll: boolean,
): Pick<Schedule, 'slot' | 'slots'> {
  const nodes = instructions.counts.length;
  const lastChunk = new Int32Array(nodes).fill(-1);
  chunks.forEach((chunk, c) => {
    for (const node of chunk) {
      forOperands(instructions, node, (operand) => {
        lastChunk[operand] = c;
      });
    }
  });
  const slot = new Int32Array(nodes).fill(-1);
  const free: number[] = [];
  const expiring: number[][] = chunks.map(() => []);
  let slots = 0;
  chunks.forEach((chunk, c) => {
    for (const node of chunk) {
      if (!keepAll && lastChunk[node]! <= c) continue;
      slot[node] = free.pop() ?? slots++;
      if (!keepAll) expiring[lastChunk[node]!]!.push(slot[node]!);
    }
    free.push(...expiring[c]!);
  });
  return { slot, slots };
}
