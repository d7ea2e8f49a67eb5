/**
 * A design and its mutants as gates of one builder: what they have in common are the same nodes, so that a mutant only
 * costs the cone behind its mistake.
 *
 * One frame is one clock edge. The state before it is free (or follows from an earlier, free state by edges of the
 * design); the *sinks* are everything that can carry a difference on: what registers load, and the observed outputs.
 */
import { blastCell, blastNets, type GateBuilder, type Netlist, type ScopedCell } from '../hdl/index.js';
import { type Mistake, type Mutant, type Observation, Patch } from '../simulation/index.js';
import { type AlikeSets, areAlike } from './alike-sets.js';

type Bits = readonly number[];

/** A bit of a sink in the design (`right`) and in a mutant (`wrong`). */
export interface SinkPair {
  /** Number of the register that loads it; −1 for an output. */
  readonly register: number;
  readonly right: number;
  readonly wrong: number;
}

/**
 * Registers that may hold something else in the mutant than in the design, as long as nothing shows: a number in
 * another form, or what nobody reads.
 */
export interface Loose {
  readonly registers: ReadonlySet<number>;
  /** One-bit registers: while one of them is 1, the loose registers do hold the same. Empty: never for sure. */
  readonly sameWhile: readonly number[];
  /** Registers that need not load the same in the mutant as in the design, but something alike. */
  readonly alike?: AlikeSets;
}

/** What loose registers that are the same at times hold before an edge: what the design has, or anything. */
export type Start = 'same' | 'anything';

const NOTHING_LOOSE: Loose = { registers: new Set(), sameWhile: [] };

/** Asked for each bit behind a mistake that has become another node: the node to go on with. */
export type Merge = (right: number, wrong: number) => number;
const keep: Merge = (_, wrong) => wrong;

const NO_MISTAKE: Mistake = { kind: 'enable', register: -1 };

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
        known[r]!.map((node, i) => (node <= 1 ? node : this.#loaded(nets, r, i))),
      );
    }
    this.frames = frames;
    this.#live = liveRegisters(netlist, observations);
  }

  /** The frame in which mistakes are made. */
  get last(): Frame {
    return this.frames.at(-1)!;
  }

  /**
   * Sink bits that a mutant has as other nodes than the design. None: it is the same gates.
   *
   * Registers that are not loose are taken to hold the same in all frames. Loose ones that are never the same for sure
   * start with anything before the first frame and then load what the mutant loads. Those that are the same at times
   * start before the last frame: with anything, or with what the design has.
   *
   * @param start the case; the caller's solver has to be told that it is this one
   */
  differences(
    mutant: Mutant,
    merge: Merge = keep,
    loose = NOTHING_LOOSE,
    start: Start = 'anything',
  ): SinkPair[] {
    const { mistake } = mutant;
    const isNever = loose.registers.size > 0 && loose.sameWhile.length === 0;
    const first = isNever ? 0 : this.frames.length - 1;
    let state = start === 'same' ? new Map() : this.#looseState(this.frames[first]!, loose);
    let wrong: readonly Bits[] = [];
    for (let f = first; f < this.frames.length; f++) {
      const frame = this.frames[f]!;
      wrong = this.#wrongNets(frame, mistake, state, merge);
      if (f + 1 < this.frames.length) state = this.#nextLoose(frame, wrong, mistake, loose);
    }
    return [...this.#outputPairs(wrong), ...this.#registerPairs(wrong, mistake, loose)];
  }

  /** Sink bits of the design itself that are another node when a register holds something else; but for what is alike. */
  differencesFrom(register: number, bits: Bits, alike: AlikeSets = new Map()): SinkPair[] {
    const wrong = this.#wrongNets(this.last, NO_MISTAKE, new Map([[register, bits]]), keep);
    const loose = { ...NOTHING_LOOSE, alike };
    return [...this.#outputPairs(wrong), ...this.#registerPairs(wrong, NO_MISTAKE, loose)];
  }

  /** What a register loads in the design, and in a mutant. Bits that are constant are so in both. */
  loads(register: number, { mistake }: Mutant): { readonly right: Bits; readonly wrong: Bits } {
    const { nets, state } = this.last;
    const wrong = this.#wrongNets(this.last, mistake, new Map(), keep);
    const each = (load: (i: number) => number) =>
      state[register]!.map((node, i) => (node <= 1 ? node : load(i)));
    return {
      right: each((i) => this.#loaded(nets, register, i)),
      wrong: each((i) => this.#loadedWrong(wrong, mistake, register, i)),
    };
  }

  /** Registers that a wrong cell depends on within its edge. */
  registersBefore({ mistake }: Mutant): number[] {
    if (mistake.kind !== 'cell') return [];
    const { cells, registers } = this.netlist;
    const read = new Set([mistake.site.cell.output]);
    for (let c = mistake.site.index; c >= 0; c--)
      if (read.has(cells[c]!.output)) for (const net of cells[c]!.inputs) read.add(net);
    return registers.flatMap(({ output }, r) => (read.has(output) ? [r] : []));
  }

  /** Whether one of these registers of one bit is 1 before the last edge. */
  anyBefore(flags: readonly number[]): number {
    const { state } = this.last;
    return flags.map((r) => state[r]![0]!).reduce((x, y) => this.gates.or(x, y), this.gates.zero);
  }

  /** Loose registers at the start: anything. After reset both hold the same constants. */
  #looseState({ state }: Frame, { registers }: Loose): ReadonlyMap<number, Bits> {
    return new Map([...registers].map((r) => [r, this.anythingLike(state[r]!)]));
  }

  /** A word that may be anything, but for bits that are constant in another one. */
  anythingLike(bits: Bits): Bits {
    return bits.map((node) => (node <= 1 ? node : this.gates.source('input')));
  }

  #nextLoose(
    { nets }: Frame,
    wrong: readonly Bits[],
    mistake: Mistake,
    { registers }: Loose,
  ): ReadonlyMap<number, Bits> {
    const bits = (r: number) =>
      nets[this.netlist.registers[r]!.next]!.map((_, i) => this.#loadedWrong(wrong, mistake, r, i));
    return new Map([...registers].map((r) => [r, bits(r)]));
  }

  #outputPairs(wrong: readonly Bits[]): SinkPair[] {
    const { nets } = this.last;
    return this.#observations.flatMap(({ port, when }) => {
      const at = (from: readonly Bits[], name: string) =>
        from[this.netlist.outputs.find((output) => output.name === name)!.net]!;
      const shown = (from: readonly Bits[], i: number) =>
        when === undefined ? at(from, port)[i]! : this.gates.and(at(from, port)[i]!, at(from, when)[0]!);
      return at(nets, port)
        .map((_, i): SinkPair => ({ register: -1, right: shown(nets, i), wrong: shown(wrong, i) }))
        .filter((pair) => pair.right !== pair.wrong);
    });
  }

  #registerPairs(wrong: readonly Bits[], mistake: Mistake, loose: Loose): SinkPair[] {
    const { registers, sameWhile, alike } = loose;
    const { nets } = this.last;
    const same = sameWhile
      .map((r) => this.#loaded(nets, r, 0))
      .reduce((x, y) => this.gates.or(x, y), this.gates.zero);
    const pairs: SinkPair[] = [];
    for (const register of this.#live) {
      const matters = registers.has(register) ? same : this.gates.one;
      const bits = nets[this.netlist.registers[register]!.next]!;
      const loaded = bits.map((_, i) => this.gates.and(matters, this.#loaded(nets, register, i)));
      const others = bits.map((_, i) => {
        return this.gates.and(matters, this.#loadedWrong(wrong, mistake, register, i));
      });
      const sets = alike?.get(register);
      if (sets === undefined)
        pairs.push(...loaded.map((right, i) => ({ register, right, wrong: others[i]! })));
      else {
        const isAlike = areAlike(this.gates, sets, loaded, others);
        pairs.push({ register, right: this.gates.one, wrong: isAlike });
      }
    }
    return pairs.filter((pair) => pair.right !== pair.wrong);
  }

  /** Bit i of register r after an edge: its next value if it is enabled, else what it holds. */
  #loaded(nets: readonly Bits[], r: number, i: number): number {
    const { next, enable, output } = this.netlist.registers[r]!;
    const loaded = nets[next]![i]!;
    return enable === undefined ? loaded : this.gates.mux(nets[enable]![0]!, loaded, nets[output]![i]!);
  }

  #loadedWrong(wrong: readonly Bits[], mistake: Mistake, r: number, i: number): number {
    if (mistake.kind === 'enable' && mistake.register === r)
      return wrong[this.netlist.registers[r]!.next]![i]!;
    return this.#loaded(wrong, r, i);
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

  /** Nets of a frame with the mistake and other values in loose registers: all others are as they are. */
  #wrongNets(
    { nets }: Frame,
    mistake: Mistake,
    loose: ReadonlyMap<number, Bits>,
    merge: Merge,
  ): readonly Bits[] {
    const { cells, registers } = this.netlist;
    const wrong: Bits[] = [...nets];
    const touched = new Set<number>();
    const put = (net: number, bits: Bits) => {
      wrong[net] = bits.map((node, i) => {
        const right = nets[net]![i]!;
        return node === right ? node : merge(right, node);
      });
      if (wrong[net].some((node, i) => node !== nets[net]![i])) touched.add(net);
    };
    for (const [r, bits] of loose) put(registers[r]!.output, bits);
    const site = mistake.kind === 'cell' ? mistake.site.index : cells.length;
    for (let c = touched.size === 0 ? site : 0; c < cells.length; c++) {
      const cell = cells[c]!;
      if (c === site && mistake.kind === 'cell') put(cell.output, this.#patched(mistake, wrong));
      else if (cell.inputs.some((net) => touched.has(net)))
        put(
          cell.output,
          this.#blast(cell, (net) => wrong[net]!),
        );
    }
    return wrong;
  }

  /** What the cell of a mistake drives. */
  #patched({ site, replace }: Mistake & { kind: 'cell' }, wrong: readonly Bits[]): Bits {
    const first = this.netlist.nets.length;
    const patch = new Patch(site, first, site.cell.output);
    replace(patch);
    const own: Bits[] = [];
    let result: Bits = [];
    for (const cell of patch.cells) {
      const width = patch.nets[cell.output - first]?.width;
      const bits = this.#blast(cell, (net) => own[net - first] ?? wrong[net]!, width);
      if (width === undefined) result = bits;
      else own[cell.output - first] = bits;
    }
    return result;
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
