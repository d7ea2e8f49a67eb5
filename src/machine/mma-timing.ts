/** From the shape of an MMA to its steps and cycles, as a model's rate says. */
import type { GridRate, MmaRate, StepPort, StepRate } from './model.js';
import { macFiguresOf } from './netlist-mac.js';
import { duration } from './time.js';

/** An m × n × k instruction; `bits` is the width of an element. */
export interface MmaShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly bits: number;
  /** Where A comes from. */
  readonly source: 'shared' | 'registers';
}

/** What an instruction does to the unit and to its stream. All cycles may be fractions. */
export interface MmaPlan {
  /** Steps that the instruction is issued as, each with the figures below. */
  readonly steps: number;
  /** Cycles of its stream between two steps. */
  readonly issueCycles: number;
  /** Cycles that a step occupies the unit. */
  readonly busyCycles: number;
  /** From a step's start to its result. */
  readonly latencyCycles: number;
  /** Later start of a step that accumulates on an empty unit. */
  readonly restartCycles: number;
}

/** The plan of a shape. */
export function planMma(rate: MmaRate, shape: MmaShape): MmaPlan {
  return rate.kind === 'grid' ? planGrid(rate, shape) : planSteps(rate, shape);
}

function planGrid({ rows, cols, mac }: GridRate, { m, n, k }: MmaShape): MmaPlan {
  const { depth, latencyCycles } = macFiguresOf(mac);
  const busyCycles = Math.ceil(m / rows.value) * Math.ceil(n / cols.value) * Math.ceil(k / depth.value);
  return {
    steps: 1,
    issueCycles: 0,
    busyCycles,
    latencyCycles: busyCycles + latencyCycles.value,
    restartCycles: 0,
  };
}

function planSteps(rate: StepRate, { m, n, k, bits, source }: MmaShape): MmaPlan {
  const { rows, depthBytes, issueCycles, ports, latencyCycles, latencyPerColumn, restart } = rate;
  return {
    steps: Math.ceil(m / rows.value) * Math.ceil((k * bits) / 8 / depthBytes.value),
    issueCycles: issueCycles.value,
    busyCycles: duration(Math.max(...ports[source].map((port) => portCycles(port, n)))),
    latencyCycles: duration(latencyCycles[source].value + latencyPerColumn.value * n),
    restartCycles: source === 'registers' && n > restart.columns.value ? restart.cycles.value : 0,
  };
}

function portCycles({ cycles, cyclesPerColumn }: StepPort, n: number): number {
  return cycles.value + cyclesPerColumn.value * n;
}

/** Multiply-accumulates a cycle of one core at best; of `steps`, for 8-bit elements. */
export function peakMacsPerCycle(rate: MmaRate): number {
  if (rate.kind === 'grid') return rate.rows.value * rate.cols.value * macFiguresOf(rate.mac).depth.value;
  const slowest = Math.max(...rate.ports.shared.map(({ cyclesPerColumn }) => cyclesPerColumn.value));
  return (rate.rows.value * rate.depthBytes.value) / slowest;
}
