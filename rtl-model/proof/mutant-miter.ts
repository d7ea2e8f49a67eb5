/**
 * A design and its mutants as gates of one builder: what they have in common are the same nodes, so that a mutant only
 * costs the cone behind its mistake.
 *
 * One frame is one clock edge. The state before it is free (or follows from an earlier, free state by edges of the
 * design); the *sinks* are everything that can carry a difference on: what registers load, and the observed outputs.
 */
import { blastCell, blastNets, type GateBuilder, type Netlist, type ScopedCell } from '../hdl/index.js';
import { type Mistake, type Mutant, type Observation, Patch } from '../simulation/index.js';

type Bits = readonly number[];

/** A bit of a sink in the design (`right`) and in a mutant (`wrong`). */
export interface SinkPair {
  readonly right: number;
  readonly wrong: number;
}

/** Asked for each bit behind a mistake that has become another node: the node to go on with. */
export type Merge = (right: number, wrong: number) => number;

/** Values of all nets at an edge. */
export interface Frame {
  /** Nodes of the registers before the edge. */
  readonly state: readonly Bits[];
  /** Nodes of the input ports. */
  readonly inputs: readonly Bits[];
  /** Nodes of each net. */
  readonly nets: readonly Bits[];
}

export class MutantMiter {
  readonly gates: GateBuilder;
  /** From the earliest to the last edge; the mistake is made at the last. */
  readonly frames: readonly Frame[];
  readonly netlist: Netlist;
  readonly #observations: readonly Observation[];
  readonly #live: ReadonlySet<number>;

  /**
   * @param depth edges before the one in question
   * @param start the state before the first of them: anything, or that after reset
   */
  constructor(
    netlist: Netlist,
    observations: readonly Observation[],
    depth: number,
    start: 'free' | 'reset',
  ) {
    this.netlist = netlist;
    this.#observations = observations;
    const blasted = blastNets(netlist);
    this.gates = blasted.gates;
    const known = netlist.registers.map(({ output }) => blasted.bits[output]!);
    const resetBits = netlist.registers.map(({ reset }, r) =>
      known[r]!.map((_, i) => Number((reset >> BigInt(i)) & 1n)),
    );
    let state = start === 'free' ? known : resetBits;
    const frames: Frame[] = [];
    for (let k = 0; k <= depth; k++) {
      frames.push(this.#frame(state, k === 0 && start === 'free' ? blasted.bits : undefined));
      const nets = frames[k]!.nets;
      state = netlist.registers.map((_, r) =>
        known[r]!.map((node, i) => (node <= 1 ? node : this.#loaded(nets, nets, r, i))),
      );
    }
    this.frames = frames;
    this.#live = liveRegisters(netlist, observations);
  }

  /** The frame in which mistakes are made. */
  get last(): Frame {
    return this.frames.at(-1)!;
  }

  /** Sink bits that a mutant has as other nodes than the design. None: it is the same gates. */
  differences(mutant: Mutant, merge: Merge = (_, wrong) => wrong): SinkPair[] {
    const { nets } = this.last;
    const wrong = mutant.mistake.kind === 'cell' ? this.#wrongNets(mutant.mistake, merge) : nets;
    const always = mutant.mistake.kind === 'enable' ? mutant.mistake.register : -1;
    const pairs: SinkPair[] = [];
    const add = (right: number, other: number) => {
      if (right !== other) pairs.push({ right, wrong: other });
    };
    for (const { port, when } of this.#observations) {
      const at = (from: readonly Bits[], name: string) =>
        from[this.netlist.outputs.find((output) => output.name === name)!.net]!;
      const gate = (from: readonly Bits[]) => (when === undefined ? this.gates.one : at(from, when)[0]!);
      at(nets, port).forEach((node, i) => {
        add(this.gates.and(node, gate(nets)), this.gates.and(at(wrong, port)[i]!, gate(wrong)));
      });
    }
    for (const r of this.#live) {
      const { next } = this.netlist.registers[r]!;
      nets[next]!.forEach((_, i) => {
        const right = this.#loaded(nets, nets, r, i);
        add(right, r === always ? nets[next]![i]! : this.#loaded(nets, wrong, r, i));
      });
    }
    return pairs;
  }

  /** Bit i of register r after an edge: its next value if it is enabled, else what it holds. */
  #loaded(nets: readonly Bits[], from: readonly Bits[], r: number, i: number): number {
    const { next, enable, output } = this.netlist.registers[r]!;
    const loaded = from[next]![i]!;
    return enable === undefined ? loaded : this.gates.mux(from[enable]![0]!, loaded, nets[output]![i]!);
  }

  #frame(state: readonly Bits[], made: readonly Bits[] | undefined): Frame {
    const { inputs, registers, cells, nets: all } = this.netlist;
    if (made !== undefined) return { state, inputs: inputs.map(({ net }) => made[net]!), nets: made };
    const nets: Bits[] = new Array(all.length).fill([]);
    for (const { net, width } of inputs)
      nets[net] = Array.from({ length: width }, () => this.gates.source('input'));
    registers.forEach(({ output }, r) => {
      nets[output] = state[r]!;
    });
    for (const cell of cells) nets[cell.output] = this.#blast(cell, (net) => nets[net]!);
    return { state, inputs: inputs.map(({ net }) => nets[net]!), nets };
  }

  #blast(cell: ScopedCell, bitsOf: (net: number) => Bits, width?: number): Bits {
    const inputs = cell.inputs.map(bitsOf);
    return blastCell(this.gates, cell, width ?? this.netlist.nets[cell.output]!.width, inputs);
  }

  /** Nets with the mistake: those behind it as they become, all others as they are. */
  #wrongNets({ site, replace }: Mistake & { kind: 'cell' }, merge: Merge): readonly Bits[] {
    const { nets } = this.last;
    const { cells } = this.netlist;
    const wrong: Bits[] = [...nets];
    const patch = new Patch(site, nets.length, site.cell.output);
    replace(patch);
    const merged = (output: number, bits: Bits) => {
      wrong[output] = bits.map((node, i) => {
        const right = nets[output]![i]!;
        return node === right ? node : merge(right, node);
      });
    };
    for (const cell of patch.cells) {
      const width = patch.nets[cell.output - nets.length]?.width;
      const bits = this.#blast(cell, (net) => wrong[net]!, width);
      if (width === undefined) merged(cell.output, bits);
      else wrong[cell.output] = bits;
    }
    const touched = new Set([site.cell.output]);
    const differs = (net: number) => wrong[net]!.some((node, i) => node !== nets[net]![i]);
    if (!differs(site.cell.output)) return nets;
    for (let c = site.index + 1; c < cells.length; c++) {
      const cell = cells[c]!;
      if (!cell.inputs.some((net) => touched.has(net))) continue;
      merged(
        cell.output,
        this.#blast(cell, (net) => wrong[net]!),
      );
      if (differs(cell.output)) touched.add(cell.output);
    }
    return wrong;
  }
}

/** Registers that observed outputs depend on, directly or through others. */
function liveRegisters(netlist: Netlist, observations: readonly Observation[]): ReadonlySet<number> {
  const driver = new Map(netlist.cells.map((cell) => [cell.output, cell.inputs]));
  const register = new Map(netlist.registers.map(({ output }, r) => [output, r]));
  const names = new Set(
    observations.flatMap(({ port, when }) => (when === undefined ? [port] : [port, when])),
  );
  const stack = netlist.outputs.filter(({ name }) => names.has(name)).map(({ net }) => net);
  const seen = new Set(stack);
  const live = new Set<number>();
  while (stack.length > 0) {
    const net = stack.pop()!;
    const r = register.get(net);
    const from = r === undefined ? (driver.get(net) ?? []) : loads(netlist, r);
    if (r !== undefined) live.add(r);
    for (const source of from) {
      if (seen.has(source)) continue;
      seen.add(source);
      stack.push(source);
    }
  }
  return live;
}

function loads({ registers }: Netlist, r: number): readonly number[] {
  const { next, enable } = registers[r]!;
  return enable === undefined ? [next] : [next, enable];
}
