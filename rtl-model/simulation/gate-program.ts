/**
 * The WebAssembly functions of a gate netlist: gates chunk by chunk, copies of sources, toggle counting, the loading of
 * registers, and what calls them.
 */
import { GATES, type GateNetlist } from '../hdl/index.js';
import { forOperands } from './instructions.js';
import { addressOf, type Layout, VECTOR_BYTES } from './layout.js';
import { allBuffered, type BitLoad, bitLoads, planLoads, type RegisterLoads } from './register-loads.js';
import type { Schedule } from './schedule.js';
import { type FunctionEntry, FunctionWriter } from './wasm-encoder.js';

/** Nodes counted by one toggle-counting function, and register bits loaded by one. */
const NODES_PER_COUNTER = 200;
const LOADS_PER_FUNCTION = 400;

/** `settle` leaves registers alone; `clock` is one edge, with `run` for many. */
export type ProgramKind = 'settle' | 'clock';

export class GateProgram {
  readonly #gates: GateNetlist;
  readonly #plan: Schedule;
  readonly #layout: Layout;
  readonly #addresses: Int32Array;
  /** Where each node's value must be put as soon as it is known. */
  readonly #sinks = new Map<number, number[]>();
  #loads: RegisterLoads = { direct: new Map(), copied: [], buffered: [] };

  constructor(gates: GateNetlist, plan: Schedule, layout: Layout) {
    this.#gates = gates;
    this.#plan = plan;
    this.#layout = layout;
    this.#addresses = addressOf(gates, plan, layout);
  }

  /** The functions of one kind of program, the exported one last. */
  functions(kind: ProgramKind): FunctionEntry[] {
    const counting = this.#layout.counters >= 0;
    if (kind === 'clock') {
      const all = bitLoads(this.#gates, this.#layout);
      const direct = this.#plan.instructions.fused && !counting;
      this.#loads = direct ? planLoads(this.#gates, this.#plan, all) : allBuffered(all);
    }
    this.#collectSinks();
    const parts = [this.#sourceSinks(), ...this.#plan.chunks.map((nodes) => this.#chunk(nodes))];
    if (kind === 'clock') parts.push(...(counting ? this.#toggleCounters() : []), ...this.#loadFunctions());
    const entries = parts.map((writer): FunctionEntry => ({ writer, parameters: 0 }));
    const main = { writer: callAll(parts.length), parameters: 0, exportName: kind } as const;
    if (kind === 'settle') return [...entries, main];
    return [...entries, main, { writer: runLoop(parts.length), parameters: 1, exportName: 'run' }];
  }

  #collectSinks(): void {
    const add = (node: number, address: number) => {
      const list = this.#sinks.get(node) ?? [];
      if (!list.includes(address)) list.push(address);
      this.#sinks.set(node, list);
    };
    const { direct, copied, buffered } = this.#loads;
    for (const { next, buffer } of buffered) add(next, buffer);
    for (const { enable, enableNode } of [...direct.values()].flat().concat(copied, buffered)) {
      if (enable >= 0) add(enableNode, enable);
    }
    this.#gates.outputs.forEach(({ bits }, o) => {
      bits.forEach((node, i) => {
        add(node, this.#layout.outputs[o]! + i * VECTOR_BYTES);
      });
    });
  }

  /** One function of gates. A gate that only the next one reads becomes part of that expression. */
  #chunk(nodes: Int32Array): FunctionWriter {
    const writer = new FunctionWriter();
    const { uses, slot, instructions } = this.#plan;
    const { direct } = this.#loads;
    /** Of nodes that have one: their local. */
    const locals = new Map<number, number>();
    const inside = new Set(nodes);
    const stays = (node: number) =>
      uses[node]! === 1 && slot[node]! < 0 && !this.#sinks.has(node) && !direct.has(node);
    const push = (node: number): void => {
      const local = locals.get(node);
      if (local !== undefined) writer.get(local);
      else if (node <= 1) writer.constant(node as 0 | 1);
      else if (inside.has(node)) compute(node);
      else {
        writer.load(this.#addresses[node]!);
        if (uses[node]! > 1) keep(node);
      }
    };
    const keep = (node: number): void => {
      const local = writer.local();
      writer.tee(local);
      locals.set(node, local);
    };
    const compute = (node: number): void => {
      forOperands(instructions, node, push);
      writer.op(instructions.opcode(node));
    };
    for (const node of nodes) {
      if (stays(node)) continue;
      compute(node);
      const local = writer.local();
      writer.set(local);
      locals.set(node, local);
      const store = (address: number) => writer.store(address, () => writer.get(local));
      if (slot[node]! >= 0) store(this.#addresses[node]!);
      this.#sinks.get(node)?.forEach(store);
    }
    // Registers last: everything in this function has read their old values by now.
    const enables = new Map<number, number>();
    for (const node of nodes) {
      for (const load of direct.get(node) ?? []) {
        loadBit(writer, load, enables, () => writer.get(locals.get(node)!));
      }
    }
    return writer;
  }

  /** Copies inputs, register outputs and constants that are themselves outputs, enables or buffered next values. */
  #sourceSinks(): FunctionWriter {
    const writer = new FunctionWriter();
    for (const [node, addresses] of this.#sinks) {
      if (this.#gates.kinds[node]! >= GATES.not.code) continue;
      for (const address of addresses) writer.store(address, () => this.#pushSource(writer, node));
    }
    return writer;
  }

  #pushSource(writer: FunctionWriter, node: number): void {
    if (node <= 1) writer.constant(node as 0 | 1);
    else writer.load(this.#addresses[node]!);
  }

  /** The register bits that are not loaded by the functions of gates. */
  #loadFunctions(): FunctionWriter[] {
    const { copied, buffered } = this.#loads;
    const push = (writer: FunctionWriter, { next, buffer }: BitLoad, isCopy: boolean) => {
      if (isCopy) this.#pushSource(writer, next);
      else writer.load(buffer);
    };
    const all = [
      ...copied.map((load) => ({ load, isCopy: true })),
      ...buffered.map((load) => ({ load, isCopy: false })),
    ];
    const writers: FunctionWriter[] = [];
    for (let i = 0; i < all.length; i += LOADS_PER_FUNCTION) {
      const writer = new FunctionWriter();
      const enables = new Map<number, number>();
      for (const { load, isCopy } of all.slice(i, i + LOADS_PER_FUNCTION)) {
        loadBit(writer, load, enables, () => push(writer, load, isCopy));
      }
      writers.push(writer);
    }
    return writers;
  }

  /** For every node: counter += ones in (previous xor present); previous = present. */
  #toggleCounters(): FunctionWriter[] {
    const nodes = [...this.#addresses.keys()].filter((node) => this.#addresses[node]! >= 0);
    const writers: FunctionWriter[] = [];
    for (let i = 0; i < nodes.length; i += NODES_PER_COUNTER) {
      const writer = new FunctionWriter();
      for (const node of nodes.slice(i, i + NODES_PER_COUNTER)) this.#countNode(writer, node);
      writers.push(writer);
    }
    return writers;
  }

  #countNode(writer: FunctionWriter, node: number): void {
    const present = this.#addresses[node]!;
    const previous = this.#layout.previous + node * VECTOR_BYTES;
    const counter = this.#layout.counters + node * VECTOR_BYTES;
    writer.store(counter, () => {
      writer.load(present);
      writer.load(previous);
      for (const op of ['xor', 'popcntBytes', 'addPairsOfBytes', 'addPairsOfShorts'] as const) writer.op(op);
      writer.load(counter);
      writer.op('addWords');
    });
    writer.store(previous, () => writer.load(present));
  }
}

/** Stores the value that `push` pushes into a register bit, in the lanes where it is enabled. */
function loadBit(
  writer: FunctionWriter,
  { address, enable }: BitLoad,
  enables: Map<number, number>,
  push: () => void,
): void {
  if (enable >= 0 && !enables.has(enable)) {
    const local = writer.local();
    writer.load(enable);
    writer.set(local);
    enables.set(enable, local);
  }
  writer.store(address, () => {
    push();
    if (enable < 0) return;
    writer.load(address);
    writer.get(enables.get(enable)!);
    writer.op('bitSelect');
  });
}

/** Calls the functions 0 … count − 1. */
function callAll(count: number): FunctionWriter {
  const writer = new FunctionWriter();
  for (let i = 0; i < count; i++) writer.call(i);
  return writer;
}

/** Calls a function as often as its parameter says. */
function runLoop(functionIndex: number): FunctionWriter {
  const writer = new FunctionWriter(1);
  writer.op('blockVoid');
  writer.op('loopVoid');
  writer.get(0);
  writer.op('i32Eqz');
  writer.branchIf(1);
  writer.call(functionIndex);
  writer.get(0);
  writer.i32(1);
  writer.op('i32Sub');
  writer.set(0);
  writer.branch(0);
  writer.op('end');
  writer.op('end');
  return writer;
}
