/**
 * The slow simulator: evaluates the words of a netlist one cell after the other, with bigints. It is the oracle that
 * the compiled simulator and the emitted SystemVerilog are compared with, so it does nothing clever but this: a cell
 * keeps its value while its operands keep theirs.
 *
 * Not modelled: unknown values (X), delays, asynchronous reset other than `reset()`.
 */
import { type CellKind, type CellShape, evaluateCell, type Netlist, type NetName } from '../hdl/index.js';

/** A cell with all that its evaluation looks at. */
interface Step {
  readonly kind: CellKind;
  readonly shape: CellShape;
  readonly inputs: readonly number[];
  readonly output: number;
  /** Values of the inputs, filled in anew each time. */
  readonly operands: bigint[];
}

export class Interpreter {
  readonly netlist: Netlist;
  readonly #values: bigint[];
  /** By net: 1 if its value has changed since the cells that read it were evaluated. */
  readonly #changed: Uint8Array;
  #isSettled = false;
  /** One a cell, in order; constants have been evaluated. */
  readonly #steps: readonly Step[];
  readonly #inputs: ReadonlyMap<string, { net: number; width: number }>;
  readonly #names: ReadonlyMap<string, number>;

  constructor(netlist: Netlist) {
    this.netlist = netlist;
    this.#values = new Array<bigint>(netlist.nets.length).fill(0n);
    this.#changed = new Uint8Array(netlist.nets.length).fill(1);
    const steps = netlist.cells.map(({ kind, inputs, output, parameters }): Step => {
      const inputWidths = inputs.map((net) => netlist.nets[net]!.width);
      const shape = { inputWidths, width: netlist.nets[output]!.width, parameters };
      return { kind, shape, inputs, output, operands: inputs.map(() => 0n) };
    });
    for (const step of steps) if (step.inputs.length === 0) this.#evaluate(step);
    this.#steps = steps.filter(({ inputs }) => inputs.length > 0);
    this.#inputs = new Map(netlist.inputs.map((port) => [port.name, port]));
    const ports = [...netlist.outputs, ...netlist.inputs];
    const named: readonly Pick<NetName, 'name' | 'net'>[] = [...netlist.names, ...ports];
    this.#names = new Map(named.map(({ name, net }) => [name, net]));
    this.reset();
  }

  /** Sets an input port; throws `RangeError` if the value does not fit or the port is unknown. */
  set(name: string, value: bigint | number): void {
    const port = this.#inputs.get(name);
    if (port === undefined) throw new RangeError(`no input ${name}`);
    const wide = BigInt(value);
    if (wide < 0n || wide >> BigInt(port.width) !== 0n) {
      throw new RangeError(`${wide} does not fit input ${name} of ${port.width} bits`);
    }
    this.#put(port.net, wide);
  }

  /** The value of a port, a register or a named net (hierarchical), as of the last `settle` or `clock`. */
  get(name: string): bigint {
    const net = this.#names.get(name);
    if (net === undefined) throw new RangeError(`no net ${name}`);
    return this.#values[net]!;
  }

  /** Evaluates everything between registers. */
  settle(): void {
    if (this.#isSettled) return;
    for (const step of this.#steps) if (this.#isDue(step)) this.#evaluate(step);
    this.#changed.fill(0);
    this.#isSettled = true;
  }

  /** Whether some operand of a cell has changed. */
  #isDue({ inputs }: Step): boolean {
    for (let i = 0; i < inputs.length; i++) if (this.#changed[inputs[i]!] === 1) return true;
    return false;
  }

  #evaluate({ kind, shape, inputs, output, operands }: Step): void {
    for (let i = 0; i < inputs.length; i++) operands[i] = this.#values[inputs[i]!]!;
    this.#put(output, evaluateCell(kind, operands, shape));
  }

  /** One clock edge: settles, then every enabled register loads. Other nets keep their values from before the edge. */
  clock(): void {
    this.settle();
    const loaded = this.netlist.registers.map(({ output, next, enable }) =>
      enable === undefined || this.#values[enable] === 1n ? this.#values[next]! : this.#values[output]!,
    );
    this.netlist.registers.forEach(({ output }, i) => {
      this.#put(output, loaded[i]!);
    });
  }

  /** All registers to their reset values. */
  reset(): void {
    for (const { output, reset } of this.netlist.registers) this.#put(output, reset);
  }

  #put(net: number, value: bigint): void {
    if (this.#values[net] === value) return;
    this.#values[net] = value;
    this.#changed[net] = 1;
    this.#isSettled = false;
  }
}
