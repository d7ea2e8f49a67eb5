/**
 * The slow simulator: evaluates the words of a netlist one cell after the other, with bigints. It is the oracle that
 * the compiled simulator and the emitted SystemVerilog are compared with, so it does nothing clever.
 *
 * Not modelled: unknown values (X), delays, asynchronous reset other than `reset()`.
 */
import { type CellShape, evaluateCell, type Netlist, type NetName } from '../hdl/index.js';

export class Interpreter {
  readonly netlist: Netlist;
  readonly #values: bigint[];
  readonly #shapes: readonly CellShape[];
  readonly #inputs: ReadonlyMap<string, { net: number; width: number }>;
  readonly #names: ReadonlyMap<string, number>;

  constructor(netlist: Netlist) {
    this.netlist = netlist;
    this.#values = new Array<bigint>(netlist.nets.length).fill(0n);
    this.#shapes = netlist.cells.map(({ inputs, output, parameters }) => ({
      inputWidths: inputs.map((net) => netlist.nets[net]!.width),
      width: netlist.nets[output]!.width,
      parameters,
    }));
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
    this.#values[port.net] = wide;
  }

  /** The value of a port, a register or a named net (hierarchical), as of the last `settle` or `clock`. */
  get(name: string): bigint {
    const net = this.#names.get(name);
    if (net === undefined) throw new RangeError(`no net ${name}`);
    return this.#values[net]!;
  }

  /** Evaluates everything between registers. */
  settle(): void {
    this.netlist.cells.forEach(({ kind, inputs, output }, i) => {
      const operands = inputs.map((net) => this.#values[net]!);
      this.#values[output] = evaluateCell(kind, operands, this.#shapes[i]!);
    });
  }

  /** One clock edge: settles, then every enabled register loads. Other nets keep their values from before the edge. */
  clock(): void {
    this.settle();
    const loaded = this.netlist.registers.map(({ output, next, enable }) =>
      enable === undefined || this.#values[enable] === 1n ? this.#values[next]! : this.#values[output]!,
    );
    this.netlist.registers.forEach(({ output }, i) => {
      this.#values[output] = loaded[i]!;
    });
  }

  /** All registers to their reset values. */
  reset(): void {
    for (const { output, reset } of this.netlist.registers) this.#values[output] = reset;
  }
}
