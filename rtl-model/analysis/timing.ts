/**
 * Static timing of a mapped netlist: the latest arrival at every net, for rising and falling edges, with transition
 * times.
 *
 * The clock is ideal, inputs arrive at the clock edge, wires have no capacitance or delay of their own. All paths count:
 * false paths are not recognised. Hold is not checked.
 */
import { type CellTable, cellTable, DRIVES, SENSE, TIMING_FIGURES } from './cells.js';
import { type MappedNetlist, PINS } from './mapped.js';

export interface TimingOptions {
  /** Load of every output bit in fF. Default 0. */
  readonly outputLoadFf?: number;
}

/** Arrivals by net. Rising edges at 2 × net, falling ones at 2 × net + 1. */
export interface Timing {
  readonly netlist: MappedNetlist;
  readonly arrivalsPs: Float64Array;
  readonly transitionsPs: Float64Array;
  readonly loadsFf: Float64Array;
  /** The edge (2 × net + falling) that decided an arrival; −1 at sources. */
  readonly causes: Int32Array;
  /** Shortest clock period: the latest register input with set-up. 0 without registers. */
  readonly periodPs: number;
  /** Latest arrival at an output port; 0 if there is none. */
  readonly outputArrivalPs: number;
}

/** Number of nets: sources and cell outputs. */
export function netCount({ sourceCount, classes }: MappedNetlist): number {
  return sourceCount + classes.length;
}

/** Capacitance that each net drives, in fF. */
export function netLoads(netlist: MappedNetlist, outputLoadFf = 0): Float64Array {
  const cells = cellTable(netlist.technology);
  const loads = new Float64Array(netCount(netlist));
  const { classes, drives, pins, outputs, flipFlops } = netlist;
  for (let cell = 0; cell < classes.length; cell++) {
    const capacitance = cells.inputCapacitanceFf[classes[cell]! * DRIVES + drives[cell]!]!;
    for (let pin = 0; pin < PINS; pin++) {
      const net = pins[cell * PINS + pin]!;
      if (net >= 0) loads[net]! += capacitance;
    }
  }
  for (const net of outputs) loads[net]! += outputLoadFf;
  for (const { next } of flipFlops) loads[next]! += cells.flipFlop.inputCapacitanceFf;
  return loads;
}

/** The timing of a netlist. */
export function analyseTiming(netlist: MappedNetlist, { outputLoadFf = 0 }: TimingOptions = {}): Timing {
  const cells = cellTable(netlist.technology);
  const nets = netCount(netlist);
  const timing = {
    netlist,
    arrivalsPs: new Float64Array(2 * nets),
    transitionsPs: new Float64Array(2 * nets),
    loadsFf: netLoads(netlist, outputLoadFf),
    causes: new Int32Array(2 * nets).fill(-1),
  };
  startSources(timing, cells);
  propagate(timing, cells);
  const latest = (net: number) => Math.max(timing.arrivalsPs[2 * net]!, timing.arrivalsPs[2 * net + 1]!);
  const setup = cells.flipFlop.setupPs;
  const periodPs = netlist.flipFlops.reduce((late, { next }) => Math.max(late, latest(next) + setup), 0);
  const outputArrivalPs = netlist.outputs.reduce((late, net) => Math.max(late, latest(net)), 0);
  return { ...timing, periodPs, outputArrivalPs };
}

type Arrivals = Omit<Timing, 'periodPs' | 'outputArrivalPs'>;

/** Flip-flop outputs change a clock-to-output delay after the edge; inputs with it, as sharply as a gate does. */
function startSources({ netlist, arrivalsPs, transitionsPs, loadsFf }: Arrivals, cells: CellTable): void {
  const { technology, sourceCount, flipFlops } = netlist;
  for (let net = 0; net < sourceCount; net++) transitionsPs.fill(technology.fo4Ps / 2, 2 * net, 2 * net + 2);
  const figures = cells.flipFlopTiming;
  for (const { output } of flipFlops) {
    const load = loadsFf[output]!;
    for (const falling of [0, 1]) {
      const at = 6 * falling;
      arrivalsPs[2 * output + falling] = figures[at]! + figures[at + 1]! * load;
      transitionsPs[2 * output + falling] = Math.max(0, figures[at + 3]! + figures[at + 4]! * load);
    }
  }
}

function propagate(
  { netlist, arrivalsPs, transitionsPs, loadsFf, causes }: Arrivals,
  cells: CellTable,
): void {
  const { classes, drives, pins, sourceCount } = netlist;
  const { timing, senses } = cells;
  for (let cell = 0; cell < classes.length; cell++) {
    const output = sourceCount + cell;
    const load = loadsFf[output]!;
    const cellClass = classes[cell]!;
    const figures = (cellClass * DRIVES + drives[cell]!) * TIMING_FIGURES;
    for (let falling = 0; falling < 2; falling++) {
      const at = figures + 6 * falling;
      const base = timing[at]! + timing[at + 1]! * load;
      const perTransition = timing[at + 2]!;
      let arrival = Number.NEGATIVE_INFINITY;
      let sharpness = 0;
      let cause = -1;
      for (let pin = 0; pin < PINS; pin++) {
        const net = pins[cell * PINS + pin]!;
        if (net < 0) break;
        const sense = senses[cellClass * PINS + pin]!;
        for (let from = 0; from < 2; from++) {
          if ((sense & (from === falling ? SENSE.positive : SENSE.negative)) === 0) continue;
          const edge = 2 * net + from;
          const candidate = arrivalsPs[edge]! + base + perTransition * transitionsPs[edge]!;
          const transition = transitionsPs[edge]!;
          if (transition > sharpness) sharpness = transition;
          if (candidate <= arrival) continue;
          arrival = candidate;
          cause = edge;
        }
      }
      const edge = 2 * output + falling;
      arrivalsPs[edge] = arrival;
      causes[edge] = cause;
      // The transition that the deciding input causes; slower ones of early inputs do not matter to it.
      const driving = cause < 0 ? sharpness : transitionsPs[cause]!;
      transitionsPs[edge] = Math.max(0, timing[at + 3]! + timing[at + 4]! * load + timing[at + 5]! * driving);
    }
  }
}
