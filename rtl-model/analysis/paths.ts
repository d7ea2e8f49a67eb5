/**
 * What a designer asks of a timing analysis: the period of each stage, the longest path with the names of the design,
 * slack against a clock, and the nets with most readers.
 */
import { cellTable } from './cells.js';
import type { MappedFlipFlop, MappedNetlist } from './mapped.js';
import { readerCounts } from './sizing.js';
import type { Timing } from './timing.js';

/** One cell of a path. */
export interface PathStep {
  /** Instance that the cell belongs to; empty for the design itself. */
  readonly instance: string;
  /** Name of the design's net on the cell's output, or undefined where it is between two named ones. */
  readonly net: string | undefined;
  /** Cell of the library; the register's name at the start. */
  readonly cell: string;
  readonly edge: 'rise' | 'fall';
  readonly delayPs: number;
  readonly arrivalPs: number;
  readonly loadFf: number;
  readonly fanOut: number;
}

export interface TimingPath {
  /** Where the path ends: `name[bit]` of a register or an output. */
  readonly endpoint: string;
  readonly steps: readonly PathStep[];
  /** Arrival at the endpoint, set-up included. */
  readonly delayPs: number;
}

export interface StageTiming {
  /** The stage that ends in these registers; undefined for output ports. */
  readonly stage: string | undefined;
  /** Shortest clock period that the stage allows. */
  readonly delayPs: number;
  readonly path: TimingPath;
}

interface Endpoint {
  readonly net: number;
  readonly label: string;
  readonly stage: string | undefined;
  readonly setupPs: number;
}

/** The longest path into each stage's registers, and into the output ports; longest first. */
export function stageTimings(timing: Timing): StageTiming[] {
  const latest = new Map<string | undefined, { endpoint: Endpoint; delayPs: number }>();
  for (const endpoint of endpointsOf(timing.netlist)) {
    const delayPs = latestArrival(timing, endpoint.net) + endpoint.setupPs;
    const known = latest.get(endpoint.stage);
    if (known === undefined || delayPs > known.delayPs) latest.set(endpoint.stage, { endpoint, delayPs });
  }
  const namer = new Namer(timing);
  return [...latest]
    .map(([stage, { endpoint, delayPs }]) => ({ stage, delayPs, path: namer.path(endpoint, delayPs) }))
    .sort((a, b) => b.delayPs - a.delayPs);
}

/** The path that sets the period; undefined for a design without registers and outputs. */
export function criticalPath(timing: Timing): TimingPath | undefined {
  const stages = stageTimings(timing);
  return (stages.find(({ stage }) => stage !== undefined) ?? stages[0])?.path;
}

/** The latest arrival at a net, of either edge. */
export function latestArrival({ arrivalsPs }: Timing, net: number): number {
  return Math.max(arrivalsPs[2 * net]!, arrivalsPs[2 * net + 1]!);
}

function endpointsOf(netlist: MappedNetlist): Endpoint[] {
  const { gates, flipFlops, outputs, technology } = netlist;
  const { setupPs } = cellTable(technology).flipFlop;
  const registers = flipFlops.map(({ register, bit, next }) => {
    const { name, stage } = gates.registers[register]!;
    return { net: next, label: `${name}[${bit}]`, stage, setupPs };
  });
  const labels = gates.outputs.flatMap(({ name, bits }) => [...bits.keys()].map((bit) => `${name}[${bit}]`));
  return [
    ...registers,
    ...[...outputs].map((net, i) => ({ net, label: labels[i]!, stage: undefined, setupPs: 0 })),
  ];
}

/** Finds the design's names for nets. */
class Namer {
  readonly #timing: Timing;
  /** `name[bit]` by net. */
  readonly #names = new Map<number, string>();
  readonly #readers: Int32Array;
  readonly #registers: Map<number, MappedFlipFlop>;

  constructor(timing: Timing) {
    this.#timing = timing;
    const { gates, netOfGate, flipFlops } = timing.netlist;
    this.#readers = readerCounts(timing.netlist);
    this.#registers = new Map(flipFlops.map((flipFlop) => [flipFlop.output, flipFlop]));
    for (const { register, bit, output } of flipFlops) {
      this.#names.set(output, `${gates.registers[register]!.name}[${bit}]`);
    }
    for (const { name, bits } of [...gates.probes, ...gates.inputs]) {
      bits.forEach((node, bit) => {
        const net = node < 2 ? -1 : netOfGate[node]!;
        if (net >= 0 && !this.#registers.has(net))
          this.#names.set(net, bits.length === 1 ? name : `${name}[${bit}]`);
      });
    }
  }

  path({ net, label }: Endpoint, delayPs: number): TimingPath {
    const { arrivalsPs, causes } = this.#timing;
    const steps: PathStep[] = [];
    let edge = arrivalsPs[2 * net]! >= arrivalsPs[2 * net + 1]! ? 2 * net : 2 * net + 1;
    for (; edge >= 0; edge = causes[edge]!) steps.push(this.#step(edge));
    return { endpoint: label, steps: steps.reverse(), delayPs };
  }

  #step(edge: number): PathStep {
    const { arrivalsPs, causes, loadsFf } = this.#timing;
    const net = edge >> 1;
    const cause = causes[edge]!;
    return {
      instance: this.#instanceOf(net),
      net: this.#names.get(net),
      cell: this.#cellOf(net),
      edge: (edge & 1) === 0 ? 'rise' : 'fall',
      delayPs: arrivalsPs[edge]! - (cause < 0 ? 0 : arrivalsPs[cause]!),
      arrivalPs: arrivalsPs[edge]!,
      loadFf: loadsFf[net]!,
      fanOut: this.#readers[net]!,
    };
  }

  #instanceOf(net: number): string {
    const { gates, scopes, sourceCount } = this.#timing.netlist;
    const register = this.#registers.get(net);
    if (register !== undefined) return gates.hierarchy[gates.registers[register.register]!.scope]!.path;
    return net < sourceCount ? '' : gates.hierarchy[scopes[net - sourceCount]!]!.path;
  }

  #cellOf(net: number): string {
    const { classes, drives, sourceCount, technology } = this.#timing.netlist;
    if (this.#registers.has(net)) return cellTable(technology).flipFlop.cell;
    if (net < sourceCount) return net < 2 ? 'constant' : 'input';
    const cell = net - sourceCount;
    return technology.classes[classes[cell]!]!.drives[drives[cell]!]!.cell;
  }
}

export interface BusyNet {
  readonly net: string;
  readonly fanOut: number;
  readonly loadFf: number;
}

/** Named nets with most readers, busiest first. */
export function busiestNets(timing: Timing, count: number): BusyNet[] {
  const { netlist, loadsFf } = timing;
  const readers = readerCounts(netlist);
  const seen = new Set<number>();
  const nets = netlist.gates.probes.flatMap(({ name, bits }) =>
    [...bits].flatMap((node, bit) => {
      const net = node < 2 ? -1 : netlist.netOfGate[node]!;
      if (net < 0 || seen.has(net)) return [];
      seen.add(net);
      return [
        { net: bits.length === 1 ? name : `${name}[${bit}]`, fanOut: readers[net]!, loadFf: loadsFf[net]! },
      ];
    }),
  );
  return nets.sort((a, b) => b.fanOut - a.fanOut).slice(0, count);
}
