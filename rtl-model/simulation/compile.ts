/**
 * The fast simulator: a gate netlist compiled to WebAssembly SIMD at run time, 128 independent lanes at once.
 *
 * Bit i of every 128-bit vector belongs to lane i; a lane is one complete instance of the design with its own inputs
 * and registers. One call evaluates or clocks all lanes.
 *
 * Not modelled: unknown values (X), delays, more than one clock domain, asynchronous reset other than `reset()`.
 */
import { GATE_KINDS, GATES, type GateKind, type GateNetlist, gateCount } from '../hdl/index.js';
import { LaneWord } from './lanes.js';
import { addressOf, type Layout, layOut, PAGE_BYTES, VECTOR_BYTES } from './layout.js';
import { operandsOf, type Schedule, schedule } from './schedule.js';
import { encodeModule, type FunctionEntry, FunctionWriter, type Opcode } from './wasm-encoder.js';
import { WASM } from './webassembly.js';

/** Nodes counted by one toggle-counting function. */
const NODES_PER_COUNTER = 200;

export interface CompileOptions {
  /** Gates in one generated function; 400 by default. */
  readonly gatesPerFunction?: number;
  /** Count how often each node changes; about four times slower. */
  readonly toggles?: boolean;
}

/** SIMD instruction of each gate that computes; a mux needs its select operand last, the others go in order. */
const INSTRUCTIONS: Partial<Record<GateKind, Opcode>> = {
  not: 'not',
  and: 'and',
  or: 'or',
  xor: 'xor',
  mux: 'bitSelect',
};

interface Exports {
  settle(): void;
  clock(): void;
  run(cycles: number): void;
}

/** A compiled netlist with its own memory. Starts in the reset state. */
export class CompiledSimulation {
  static readonly lanes = 128;
  readonly gates: GateNetlist;
  /** Gates evaluated for one cycle of one lane. */
  readonly gateCount: number;
  readonly #layout: Layout;
  readonly #plan: Schedule;
  readonly #memory: Uint32Array;
  readonly #exports: Exports;
  readonly #inputs: ReadonlyMap<string, LaneWord>;
  readonly #outputs: ReadonlyMap<string, LaneWord>;
  readonly #registers: ReadonlyMap<string, LaneWord>;

  constructor(gates: GateNetlist, options: CompileOptions = {}) {
    const { gatesPerFunction = 400, toggles = false } = options;
    this.gates = gates;
    this.gateCount = gateCount(gates);
    this.#plan = schedule(gates, { gatesPerFunction, keepAll: toggles });
    this.#layout = layOut(gates, this.#plan, toggles);
    const pages = Math.ceil(this.#layout.bytes / PAGE_BYTES);
    const memory = new WASM.Memory({ initial: pages });
    this.#memory = new Uint32Array(memory.buffer);
    const binary = encodeModule(new Compiler(gates, this.#plan, this.#layout).functions(), pages);
    const instance = new WASM.Instance(new WASM.Module(binary), { env: { memory } });
    this.#exports = instance.exports as unknown as Exports;
    const view = (address: number, width: number) => new LaneWord(this.#memory, address / 4, width);
    const views = (ports: readonly { name: string; width: number }[], addresses: readonly number[]) =>
      new Map(ports.map(({ name, width }, i) => [name, view(addresses[i]!, width)]));
    const sized = ({ name, bits }: { name: string; bits: Int32Array }) => ({ name, width: bits.length });
    this.#inputs = views(gates.inputs.map(sized), this.#layout.inputs);
    this.#outputs = views(gates.outputs.map(sized), this.#layout.outputs);
    const registers = gates.registers.map(({ name, output }) => ({ name, width: output.length }));
    this.#registers = views(registers, this.#layout.registers);
    this.reset();
  }

  /** The lanes of an input port; write them before `settle`, `clock` or `run`. */
  input(name: string): LaneWord {
    return found(this.#inputs, name, 'input');
  }

  /** The lanes of an output port, as of the last `settle`. */
  output(name: string): LaneWord {
    return found(this.#outputs, name, 'output');
  }

  /** The lanes of a register's output; bits that nothing reads stay at their reset value. */
  register(name: string): LaneWord {
    return found(this.#registers, name, 'register');
  }

  /** Evaluates everything between registers: outputs and next values from inputs and register values. */
  settle(): void {
    this.#exports.settle();
  }

  /** One clock edge: settles, then every enabled register loads. Outputs keep their values from before the edge. */
  clock(): void {
    this.#exports.clock();
  }

  /** `cycles` clock edges with the inputs unchanged. */
  run(cycles: number): void {
    this.#exports.run(cycles);
  }

  /** All registers to their reset values, in all lanes. */
  reset(): void {
    this.gates.registers.forEach(({ name, reset }) => {
      this.register(name).fill(reset);
    });
  }

  /**
   * Changes of every node (by node number), summed over lanes, since `clearToggles`: a node is compared at successive
   * clock edges. Throws `RangeError` if the netlist was compiled without `toggles`.
   */
  toggles(): Float64Array {
    const { counters } = this.#layout;
    if (counters < 0) throw new RangeError('compile with { toggles: true } to count toggles');
    return Float64Array.from(this.gates.kinds, (_, node) => {
      const word = (counters + node * VECTOR_BYTES) / 4;
      return this.#memory.subarray(word, word + 4).reduce((sum, count) => sum + count, 0);
    });
  }

  /** Zeroes the toggle counts and takes the present values as the ones to compare the next edge with. */
  clearToggles(): void {
    const { previous, counters } = this.#layout;
    if (counters < 0) return;
    this.settle();
    this.#memory.fill(0, counters / 4, counters / 4 + this.gates.kinds.length * 4);
    for (const [node, address] of addressOf(this.gates, this.#plan, this.#layout)) {
      this.#memory.copyWithin((previous + node * VECTOR_BYTES) / 4, address / 4, address / 4 + 4);
    }
  }
}

function found(ports: ReadonlyMap<string, LaneWord>, name: string, what: string): LaneWord {
  const word = ports.get(name);
  if (word === undefined) throw new RangeError(`no ${what} ${name}; known: ${[...ports.keys()].join(', ')}`);
  return word;
}

/** Writes the functions: gates chunk by chunk, copies of sources, toggle counting, register loading, the driver. */
class Compiler {
  readonly #gates: GateNetlist;
  readonly #plan: Schedule;
  readonly #layout: Layout;
  readonly #addresses: Map<number, number>;
  /** Where each node's value must be put for the end of the cycle. */
  readonly #sinks = new Map<number, number[]>();

  constructor(gates: GateNetlist, plan: Schedule, layout: Layout) {
    this.#gates = gates;
    this.#plan = plan;
    this.#layout = layout;
    this.#addresses = addressOf(gates, plan, layout);
    this.#collectSinks();
  }

  functions(): FunctionEntry[] {
    const settle = [...this.#plan.chunks.map((nodes) => this.#chunk(nodes)), this.#sourceSinks()];
    const count = this.#layout.counters < 0 ? [] : this.#toggleCounters();
    const parts = [...settle, ...count, this.#commit()];
    const callAll = (from: number, to: number) => {
      const writer = new FunctionWriter();
      for (let i = from; i < to; i++) writer.call(i);
      return writer;
    };
    const settleIndex = parts.length;
    const clock = callAll(settle.length, parts.length);
    clock.bytes.unshift(...callAll(settleIndex, settleIndex + 1).bytes);
    return [
      ...parts.map((writer): FunctionEntry => ({ writer, parameters: 0 })),
      { writer: callAll(0, settle.length), parameters: 0, exportName: 'settle' },
      { writer: clock, parameters: 0, exportName: 'clock' },
      { writer: runLoop(settleIndex + 1), parameters: 1, exportName: 'run' },
    ];
  }

  #collectSinks(): void {
    const add = (node: number, address: number) => {
      const list = this.#sinks.get(node) ?? [];
      list.push(address);
      this.#sinks.set(node, list);
    };
    this.#gates.registers.forEach(({ output, next, enable }, r) => {
      output.forEach((node, i) => {
        if (node > 1) add(next[i]!, this.#layout.nexts[r]! + i * VECTOR_BYTES);
      });
      if (enable >= 0) add(enable, this.#layout.enables[r]!);
    });
    this.#gates.outputs.forEach(({ bits }, o) => {
      bits.forEach((node, i) => {
        add(node, this.#layout.outputs[o]! + i * VECTOR_BYTES);
      });
    });
  }

  /** One function of gates. A gate that only the next one reads becomes part of that expression. */
  #chunk(nodes: readonly number[]): FunctionWriter {
    const writer = new FunctionWriter();
    const locals = new Map<number, number>();
    const inside = new Set(nodes);
    const stays = (node: number) =>
      this.#plan.uses[node]! === 1 && !this.#sinks.has(node) && this.#plan.slot[node]! < 0;
    const push = (node: number): void => {
      const local = locals.get(node);
      if (local !== undefined) writer.get(local);
      else if (node <= 1) writer.constant(node as 0 | 1);
      else if (inside.has(node)) compute(node);
      else {
        writer.load(this.#addresses.get(node)!);
        if (this.#plan.uses[node]! > 1) this.#keep(writer, locals, node);
      }
    };
    const compute = (node: number): void => {
      const [first, ...rest] = operandsOf(this.#gates, node);
      const isMux = rest.length === 2;
      for (const operand of isMux ? [...rest, first!] : [first!, ...rest]) push(operand);
      writer.op(INSTRUCTIONS[GATE_KINDS[this.#gates.kinds[node]!]!]!);
    };
    for (const node of nodes) {
      if (stays(node)) continue;
      compute(node);
      const local = writer.local();
      writer.set(local);
      locals.set(node, local);
      for (const address of this.#destinations(node)) writer.store(address, () => writer.get(local));
    }
    return writer;
  }

  #keep(writer: FunctionWriter, locals: Map<number, number>, node: number): void {
    const local = writer.local();
    writer.tee(local);
    locals.set(node, local);
  }

  /** Addresses that a computed node is stored to. */
  #destinations(node: number): number[] {
    const slot = this.#plan.slot[node]! < 0 ? [] : [this.#addresses.get(node)!];
    return [...slot, ...(this.#sinks.get(node) ?? [])];
  }

  /** Copies inputs, register outputs and constants that are themselves outputs or next values. */
  #sourceSinks(): FunctionWriter {
    const writer = new FunctionWriter();
    for (const [node, addresses] of this.#sinks) {
      if (this.#gates.kinds[node]! >= GATES.not.code) continue;
      for (const address of addresses) {
        writer.store(address, () => {
          if (node <= 1) writer.constant(node as 0 | 1);
          else writer.load(this.#addresses.get(node)!);
        });
      }
    }
    return writer;
  }

  /** Every register takes its next value where it is enabled. */
  #commit(): FunctionWriter {
    const writer = new FunctionWriter();
    this.#gates.registers.forEach(({ output }, r) => {
      const enable = this.#layout.enables[r]!;
      const enableLocal = enable < 0 ? -1 : writer.local();
      if (enable >= 0) {
        writer.load(enable);
        writer.set(enableLocal);
      }
      output.forEach((node, i) => {
        if (node <= 1) return;
        const address = this.#layout.registers[r]! + i * VECTOR_BYTES;
        writer.store(address, () => {
          writer.load(this.#layout.nexts[r]! + i * VECTOR_BYTES);
          if (enable < 0) return;
          writer.load(address);
          writer.get(enableLocal);
          writer.op('bitSelect');
        });
      });
    });
    return writer;
  }

  /** For every node: counter += ones in (previous xor present); previous = present. */
  #toggleCounters(): FunctionWriter[] {
    const nodes = [...this.#addresses.keys()];
    const writers: FunctionWriter[] = [];
    for (let i = 0; i < nodes.length; i += NODES_PER_COUNTER) {
      const writer = new FunctionWriter();
      for (const node of nodes.slice(i, i + NODES_PER_COUNTER)) this.#countNode(writer, node);
      writers.push(writer);
    }
    return writers;
  }

  #countNode(writer: FunctionWriter, node: number): void {
    const present = this.#addresses.get(node)!;
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
