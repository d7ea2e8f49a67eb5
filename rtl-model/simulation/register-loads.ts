/**
 * How each register bit takes its next value at a clock edge without disturbing those who still read the old one.
 *
 * - direct: stored at the end of the function that computes it, when nothing later reads the old value;
 * - copied: the next value is another register's or an input's; copies run at the end, readers before what they read;
 * - buffered: everything else. The next value waits in memory until all functions have run.
 */
import { GATES, type GateNetlist } from '../hdl/index.js';
import { forOperands } from './instructions.js';
import type { Layout } from './layout.js';
import { VECTOR_BYTES } from './layout.js';
import type { Schedule } from './schedule.js';

/** A register bit that loads a node. Addresses in bytes. */
export interface BitLoad {
  /** Node of the register's output. */
  readonly output: number;
  readonly next: number;
  readonly address: number;
  /** Where the next value waits if it is buffered. */
  readonly buffer: number;
  /** Where the enable is, or −1 when it always loads. */
  readonly enable: number;
  readonly enableNode: number;
}

export interface RegisterLoads {
  readonly direct: ReadonlyMap<number, readonly BitLoad[]>;
  /** In the order in which they have to run. */
  readonly copied: readonly BitLoad[];
  readonly buffered: readonly BitLoad[];
}

/** Every register bit that is a flip-flop. An enable that is constant 1 is none. */
export function bitLoads({ registers }: GateNetlist, layout: Layout): BitLoad[] {
  const loads: BitLoad[] = [];
  registers.forEach(({ output, next, enable }, r) => {
    const enabled = enable >= 0 && enable !== 1;
    const gate = { enable: enabled ? layout.enables[r]! : -1, enableNode: enabled ? enable : 1 };
    output.forEach((node, i) => {
      if (node <= 1) return;
      const offset = i * VECTOR_BYTES;
      const places = { address: layout.registers[r]! + offset, buffer: layout.nexts[r]! + offset };
      loads.push({ output: node, next: next[i]!, ...places, ...gate });
    });
  });
  return loads;
}

/** All of them buffered: old values stay readable until the end. */
export function allBuffered(loads: readonly BitLoad[]): RegisterLoads {
  return { direct: new Map(), copied: [], buffered: loads };
}

/** The cheapest way for each. */
export function planLoads(gates: GateNetlist, plan: Schedule, loads: readonly BitLoad[]): RegisterLoads {
  const isSource = (node: number) => gates.kinds[node]! < GATES.not.code;
  const { chunkOf, lastRead } = readTimes(gates, plan);
  const copies = loads.filter(({ next }) => isSource(next));
  const copiedFrom = new Set(copies.map(({ next }) => next));
  const copied = orderedCopies(copies);
  const done = new Set<BitLoad>(copied);
  const direct = new Map<number, BitLoad[]>();
  for (const load of loads) {
    const { next, output, enableNode } = load;
    const chunk = chunkOf[next]!;
    const early = chunk < lastRead[output]! || chunkOf[enableNode]! > chunk;
    if (isSource(next) || early || copiedFrom.has(output)) continue;
    const list = direct.get(next);
    if (list === undefined) direct.set(next, [load]);
    else list.push(load);
    done.add(load);
  }
  return { direct, copied, buffered: loads.filter((load) => !done.has(load)) };
}

/** The function that computes each gate, and the last one that reads each node; −1 for sources and unread nodes. */
function readTimes(gates: GateNetlist, plan: Schedule): { chunkOf: Int32Array; lastRead: Int32Array } {
  const chunkOf = new Int32Array(gates.kinds.length).fill(-1);
  const lastRead = new Int32Array(gates.kinds.length).fill(-1);
  plan.chunks.forEach((nodes, chunk) => {
    for (const node of nodes) {
      chunkOf[node] = chunk;
      forOperands(plan.instructions, node, (operand) => {
        lastRead[operand] = chunk;
      });
    }
  });
  return { chunkOf, lastRead };
}

/** Copies so that each is done before what it reads is overwritten; those on a ring of copies are left out. */
function orderedCopies(copies: readonly BitLoad[]): BitLoad[] {
  const readers = new Map<number, number>();
  const into = new Map(copies.map((copy) => [copy.output, copy]));
  for (const { next } of copies) readers.set(next, (readers.get(next) ?? 0) + 1);
  const ready = copies.filter(({ output }) => !readers.has(output));
  const ordered: BitLoad[] = [];
  for (let copy = ready.pop(); copy !== undefined; copy = ready.pop()) {
    ordered.push(copy);
    const left = readers.get(copy.next)! - 1;
    readers.set(copy.next, left);
    const source = into.get(copy.next);
    if (left === 0 && source !== undefined) ready.push(source);
  }
  return ordered;
}
