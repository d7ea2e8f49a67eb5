/**
 * The fast simulator: a gate netlist compiled to WebAssembly SIMD at run time, 128 independent lanes at once.
 *
 * Bit i of every 128-bit vector belongs to lane i; a lane is one complete instance of the design with its own inputs
 * and registers. One call evaluates or clocks all lanes.
 *
 * Not modelled: unknown values (X), delays, more than one clock domain, asynchronous reset other than `reset()`.
 */
import { type GateNetlist, gateCount } from '../hdl/index.js';
import { GateProgram } from './gate-program.js';
import { instructionsOf } from './instructions.js';
import { LaneWord } from './lanes.js';
import { addressOf, type Layout, layOut, PAGE_BYTES, VECTOR_BYTES } from './layout.js';
import { type Schedule, schedule } from './schedule.js';
import { encodeModule } from './wasm-encoder.js';
import { WASM, type WasmMemory } from './webassembly.js';

export interface CompileOptions {
  /** Gates in one generated function; 300 by default. */
  readonly gatesPerFunction?: number;
  /**
   * `plain`: every next value waits in memory for the end of the cycle, gates are not joined, operands are taken in
   * their order. Slower; kept for comparison. Default `fast`.
   */
  readonly style?: 'fast' | 'plain';
  /** Count how often each node changes; about four times slower. */
  readonly toggles?: boolean;
}

/** Functions of the two programs: one evaluates outputs, the other takes clock edges. */
interface SettleExports {
  settle(): void;
}
interface ClockExports {
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
  readonly #settlePlan: Schedule;
  readonly #clockPlan: Schedule;
  readonly #buffer: WasmMemory;
  readonly #memory: Uint32Array;
  #settling: SettleExports | undefined;
  #clocking: ClockExports | undefined;
  readonly #inputs: ReadonlyMap<string, LaneWord>;
  readonly #outputs: ReadonlyMap<string, LaneWord>;
  readonly #registers: ReadonlyMap<string, LaneWord>;

  constructor(gates: GateNetlist, options: CompileOptions = {}) {
    const { gatesPerFunction = 300, toggles = false, style = 'fast' } = options;
    this.gates = gates;
    this.gateCount = gateCount(gates);
    const plain = style === 'plain';
    const instructions = instructionsOf(gates, !plain && !toggles);
    const common = { gatesPerFunction, keepAll: toggles, plain };
    this.#clockPlan = schedule(gates, instructions, { ...common, sinks: 'all' });
    this.#settlePlan = toggles
      ? this.#clockPlan
      : schedule(gates, instructions, { ...common, sinks: 'outputs' });
    this.#layout = layOut(gates, Math.max(this.#clockPlan.slots, this.#settlePlan.slots), toggles);
    this.#buffer = new WASM.Memory({ initial: this.#pages });
    this.#memory = new Uint32Array(this.#buffer.buffer);
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

  /** Evaluates the outputs from inputs and register values. */
  settle(): void {
    this.#settling ??= this.#instance<SettleExports>('settle', this.#settlePlan);
    this.#settling.settle();
  }

  /** One clock edge: settles, then every enabled register loads. Outputs keep their values from before the edge. */
  clock(): void {
    this.#clock().clock();
  }

  /** `cycles` clock edges with the inputs unchanged. */
  run(cycles: number): void {
    this.#clock().run(cycles);
  }

  get #pages(): number {
    return Math.ceil(this.#layout.bytes / PAGE_BYTES);
  }

  #clock(): ClockExports {
    this.#clocking ??= this.#instance<ClockExports>('clock', this.#clockPlan);
    return this.#clocking;
  }

  /** Compiles one of the two programs; each when it is first needed. */
  #instance<E>(kind: 'settle' | 'clock', plan: Schedule): E {
    const program = new GateProgram(this.gates, plan, this.#layout);
    const binary = encodeModule(program.functions(kind), this.#pages);
    const instance = new WASM.Instance(new WASM.Module(binary), { env: { memory: this.#buffer } });
    return instance.exports as unknown as E;
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
    addressOf(this.gates, this.#clockPlan, this.#layout).forEach((address, node) => {
      if (address < 0) return;
      this.#memory.copyWithin((previous + node * VECTOR_BYTES) / 4, address / 4, address / 4 + 4);
    });
  }
}

function found(ports: ReadonlyMap<string, LaneWord>, name: string, what: string): LaneWord {
  const word = ports.get(name);
  if (word === undefined) throw new RangeError(`no ${what} ${name}; known: ${[...ports.keys()].join(', ')}`);
  return word;
}
