/**
 * Which registers of a design have something of a vector, and after which edges. Found by playing random vectors, one
 * at a time in the pipeline, with noise on the ports between them:
 *
 * - a register with an enable: the edges at which it loads;
 * - one without, in a unit that takes a block at a time: the edges after which it is the same whatever came before, and
 *   not what an idle pipeline has in it, but for those at which it keeps what it has;
 * - any other: the first edge at which an input can reach it.
 */
import { type Design, registerEdges } from '../../../rtl-model/designs/index.js';
import { WordSimulation } from '../../../rtl-model/simulation/index.js';
import { Random } from '../../numerics/index.js';
import { intervalOf } from './schedule.js';

/** A register with an edge after which it has something of a vector. */
export interface Stamp {
  /** The register, with the edge if it has several. */
  readonly name: string;
  readonly register: string;
  readonly width: number;
  readonly stage: string;
  /** 1 takes the vector. */
  readonly edge: number;
  /** Net that must be 1 for it to load. */
  readonly enable: number | undefined;
}

const enableName = (net: number) => `enable ${net}`;

/** A simulation in which the enables of registers can be read. */
export function watchedSimulation({ netlist }: Design): WordSimulation {
  const enables = [...new Set(netlist.registers.flatMap(({ enable }) => enable ?? []))];
  const watched = enables.map((net) => ({ name: enableName(net), net, width: 1 }));
  return new WordSimulation({ ...netlist, outputs: [...netlist.outputs, ...watched] });
}

/** Place of an enable among the words of a watched simulation. */
export function enablePlace(simulation: WordSimulation, enable: number | undefined): number | undefined {
  return enable === undefined ? undefined : simulation.placeOf(enableName(enable)).at;
}

/** In the order of the edges; registers that no input reaches are left out. The same for a design at any time. */
export function stampsOf(design: Design, simulation: WordSimulation): Stamp[] {
  const { nets, registers } = design.netlist;
  const first = registerEdges(design.netlist);
  const finite = first.filter(Number.isFinite);
  const found = observedEdges(
    design,
    simulation,
    Math.max(design.latencyCycles, intervalOf(design), ...finite),
  );
  return registers
    .flatMap(({ name, stage, output, enable }, i): Stamp[] => {
      const edges = found[i]!.length > 0 ? found[i]! : [first[i]!].filter(Number.isFinite);
      const { width } = nets[output]!;
      const field = name.replaceAll('.', '_');
      return edges.map((edge) => ({
        name: edges.length === 1 ? field : `${field}_edge${edge}`,
        register: name,
        width,
        stage,
        edge,
        enable,
      }));
    })
    .sort((x, y) => x.edge - y.edge);
}

const PROBES = 16;

/** By register: the edges up to the last one, as the header says; none where only the first edge counts. */
function observedEdges(design: Design, simulation: WordSimulation, last: number): number[][] {
  const { registers } = design.netlist;
  const probe = new Probe(design, simulation, last);
  const every = Array.from({ length: last }, (_, i) => i + 1);
  const isSame = registers.map(() => every.map(() => true));
  const isIdle = registers.map(() => every.map(() => true));
  const isKept = registers.map(() => every.map(() => true));
  for (let n = 0; n < PROBES; n++) {
    const vector = probe.noise();
    const [one, other, idle] = [probe.after(vector), probe.after(vector), probe.after(undefined)];
    for (const [edge, values] of one.entries()) {
      values.forEach((value, i) => {
        if (value !== other[edge]![i]) isSame[i]![edge] = false;
        if (value !== idle[edge]![i]) isIdle[i]![edge] = false;
        if (value !== one[edge - 1]?.[i]) isKept[i]![edge] = false;
      });
    }
  }
  return registers.map(({ enable }, i) => {
    if (enable !== undefined) return every.filter((edge) => probe.loads[i]!.has(edge));
    if (design.kind === 'mac') return [];
    const holds = (edge: number) => isSame[i]![edge - 1] && !isIdle[i]![edge - 1];
    return every.filter((edge) => holds(edge) && !(holds(edge - 1) && isKept[i]![edge - 1]));
  });
}

class Probe {
  readonly #design: Design;
  readonly #simulation: WordSimulation;
  readonly #edges: number;
  readonly #enables: readonly (number | undefined)[];
  readonly #random = new Random(1);
  /** By register: edges at which its enable has been 1. */
  readonly loads: readonly Set<number>[];

  constructor(design: Design, simulation: WordSimulation, edges: number) {
    this.#design = design;
    this.#simulation = simulation;
    this.#edges = edges;
    this.#enables = design.netlist.registers.map(({ enable }) => enablePlace(simulation, enable));
    this.loads = design.netlist.registers.map(() => new Set());
  }

  /** A value for every input port. */
  noise(): bigint[] {
    return this.#design.netlist.inputs.map(({ width }) => {
      let bits = 0n;
      for (let filled = 0; filled < width; filled += 32) bits = (bits << 32n) | BigInt(this.#random.uint32());
      return BigInt.asUintN(width, bits);
    });
  }

  /** The registers after each edge of a vector, or of none, that follows another one after a reset. */
  after(vector: readonly bigint[] | undefined): bigint[][] {
    this.#simulation.reset();
    this.#play(this.noise());
    return this.#play(vector);
  }

  #play(vector: readonly bigint[] | undefined): bigint[][] {
    const simulation = this.#simulation;
    const { netlist, protocol } = this.#design;
    return Array.from({ length: this.#edges }, (_, i) => {
      const taken = i === 0 ? vector : undefined;
      const values = taken ?? this.noise();
      netlist.inputs.forEach(({ name }, at) => {
        simulation.set(name, values[at]!);
      });
      simulation.set(protocol.enable, taken === undefined ? 0n : 1n);
      simulation.settle();
      if (vector !== undefined) this.#seeLoads(i + 1);
      simulation.load();
      return netlist.registers.map(({ name }) => simulation.get(name));
    });
  }

  #seeLoads(edge: number): void {
    this.#enables.forEach((at, i) => {
      if (at !== undefined && this.#simulation.words[at] !== 0) this.loads[i]!.add(edge);
    });
  }
}
