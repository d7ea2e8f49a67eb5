/**
 * The plan for running a gate netlist as straight-line code: the order of the gates, their division into functions,
 * and where each value lives.
 *
 * Values used only inside one function live in locals. Values that later functions read get a slot in memory, freed
 * after its last reader so that the working set stays in the first-level cache.
 */
import { GATE_KINDS, GATES, type GateKind, type GateNetlist } from '../hdl/index.js';
import type { Opcode } from './wasm-encoder.js';

export interface Schedule {
  /** Whether gates are joined to one instruction where there is one; see `instructionOf`. */
  readonly fused: boolean;
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
  /** Leaves gates and the order of their operands as they are. */
  readonly plain: boolean;
  /** What has to be known in the end: outputs, or what registers load as well. */
  readonly sinks: 'outputs' | 'all';
}

/** A schedule for all gates that the sinks read. */
export function schedule(gates: GateNetlist, options: ScheduleOptions): Schedule {
  const fused = !options.keepAll && !options.plain;
  const operandsOf = (node: number) => instructionOf(gates, node, fused)?.operands ?? [];
  const order = depthFirstOrder(gates, sinksOf(gates, options.sinks), operandsOf, options.plain);
  const chunks: number[][] = [];
  for (let i = 0; i < order.length; i += options.gatesPerFunction) {
    chunks.push(order.slice(i, i + options.gatesPerFunction));
  }
  const uses = new Int32Array(gates.kinds.length);
  for (const node of order) for (const operand of operandsOf(node)) uses[operand]!++;
  return { fused, chunks, uses, ...allocateSlots(gates, chunks, options.keepAll, operandsOf) };
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

/** How a node is computed: its operands in the order in which they are pushed. */
export interface Instruction {
  readonly opcode: Opcode;
  readonly operands: readonly number[];
}

/** SIMD instruction of each gate. */
const INSTRUCTIONS: Partial<Record<GateKind, Opcode>> = {
  not: 'not',
  and: 'and',
  or: 'or',
  xor: 'xor',
  mux: 'bitSelect',
};

/** The instruction of a gate; undefined for sources. With `fused`, an `and` takes an inverter in with `andNot`. */
export function instructionOf(gates: GateNetlist, node: number, fused: boolean): Instruction | undefined {
  const opcode = INSTRUCTIONS[GATE_KINDS[gates.kinds[node]!]!];
  if (opcode === undefined) return undefined;
  const [a, b, c] = [gates.a[node]!, gates.b[node]!, gates.c[node]!];
  if (opcode === 'not') return { opcode, operands: [a] };
  if (opcode === 'bitSelect') return { opcode, operands: [b, c, a] };
  if (opcode === 'and' && fused) {
    const isNot = (operand: number) => gates.kinds[operand] === GATES.not.code;
    if (isNot(b)) return { opcode: 'andNot', operands: [a, gates.a[b]!] };
    if (isNot(a)) return { opcode: 'andNot', operands: [b, gates.a[a]!] };
  }
  return { opcode, operands: [a, b] };
}

type OperandsOf = (node: number) => readonly number[];

/**
 * Gates in post-order from the sinks: a value is computed shortly before it is read. Of its operands, that which needs
 * the most registers comes first (Sethi and Ullman 1970), so that few values wait meanwhile.
 */
function depthFirstOrder(
  gates: GateNetlist,
  sinks: readonly number[],
  operandsOf: OperandsOf,
  plain: boolean,
): number[] {
  const needs = plain ? undefined : registerNeeds(gates, operandsOf);
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
        const operands = [...operandsOf(node)];
        if (needs !== undefined) operands.sort((x, y) => needs[x]! - needs[y]!);
        else operands.reverse();
        stack.push(~node, ...operands);
      }
    }
  }
  return order;
}

/** Registers that the expression below each node needs, if it shared nothing. */
function registerNeeds(gates: GateNetlist, operandsOf: OperandsOf): Uint16Array {
  const needs = new Uint16Array(gates.kinds.length).fill(1);
  for (let node = 0; node < needs.length; node++) {
    const operands = [...operandsOf(node)].map((operand) => needs[operand]!).sort((x, y) => y - x);
    operands.forEach((need, i) => {
      needs[node] = Math.max(needs[node]!, need + i);
    });
  }
  return needs;
}

function allocateSlots(
  gates: GateNetlist,
  chunks: readonly (readonly number[])[],
  keepAll: boolean,
  operandsOf: OperandsOf,
): Pick<Schedule, 'slot' | 'slots'> {
  const lastChunk = new Int32Array(gates.kinds.length).fill(-1);
  chunks.forEach((nodes, chunk) => {
    for (const node of nodes) for (const operand of operandsOf(node)) lastChunk[operand] = chunk;
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
