/**
 * Who reads what in a module: which cells matter, how often each net is read, and which of its bits.
 *
 * A cell matters when an output, a register, an instance or a net that the designer named depends on it.
 */
import { CELLS, type Cell, type Module } from '../hdl/index.js';

export class Usage {
  /** The cell that drives each net, for nets that a cell drives. */
  readonly driver: ReadonlyMap<number, Cell>;
  /** Nets of cells that matter. */
  readonly live = new Set<number>();
  /** Reads of each net by cells that matter, registers, instances and output ports. */
  readonly reads: Int32Array;
  /** Nets whose reader only takes identifiers. */
  readonly needsName = new Set<number>();
  readonly #module: Module;
  readonly #bits: (boolean[] | undefined)[];

  constructor(module: Module) {
    this.#module = module;
    this.driver = new Map(module.cells.map((cell) => [cell.output, cell]));
    this.reads = new Int32Array(module.nets.length);
    this.#bits = new Array(module.nets.length).fill(undefined);
    for (const net of this.#roots()) this.#follow(net);
    for (const cell of module.cells) if (this.live.has(cell.output)) this.#countOperands(cell);
    for (const net of this.#sinks()) this.#read(net, 0, module.nets[net]!.width);
  }

  /** Whether a cell drives this net and matters. */
  isLiveCell(cell: Cell): boolean {
    return this.live.has(cell.output);
  }

  /** Runs of bits of a net that nothing reads, as [low, width]. */
  unreadBits(net: number): [low: number, width: number][] {
    const runs: [number, number][] = [];
    const { width } = this.#module.nets[net]!;
    for (let bit = 0; bit < width; bit++) {
      if (this.#bits[net]?.[bit]) continue;
      const last = runs.at(-1);
      if (last !== undefined && last[0] + last[1] === bit) last[1]++;
      else runs.push([bit, 1]);
    }
    return runs;
  }

  /** Nets that something other than a cell reads. */
  #sinks(): number[] {
    const { outputs, registers, instances } = this.#module;
    return [
      ...outputs.map(({ net }) => net),
      ...registers.flatMap(({ next, enable }) => (enable === undefined ? [next] : [next, enable])),
      ...instances.flatMap(({ module, connections }) => module.inputs.map(({ name }) => connections[name]!)),
    ];
  }

  #roots(): number[] {
    const named = this.#module.nets.flatMap(({ name }, net) => (name === undefined ? [] : [net]));
    return [...this.#sinks(), ...named];
  }

  #follow(root: number): void {
    const stack = [root];
    while (stack.length > 0) {
      const net = stack.pop()!;
      const cell = this.driver.get(net);
      if (cell === undefined || this.live.has(net)) continue;
      this.live.add(net);
      stack.push(...cell.inputs);
    }
  }

  #countOperands({ kind, inputs, output, parameters }: Cell): void {
    for (const net of inputs) {
      if (CELLS[kind].needsNames) this.needsName.add(net);
      if (kind === 'slice') this.#read(net, parameters.low!, this.#module.nets[output]!.width);
      else this.#read(net, 0, this.#module.nets[net]!.width);
    }
  }

  #read(net: number, low: number, width: number): void {
    this.reads[net]!++;
    this.#bits[net] ??= new Array<boolean>(this.#module.nets[net]!.width).fill(false);
    this.#bits[net].fill(true, low, low + width);
  }
}
