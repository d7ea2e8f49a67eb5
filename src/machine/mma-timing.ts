/** From the shape of an MMA to its steps and cycles, as a model's rate says. */
import { conflictDegree } from './banks.js';
import type { BankFigures, GridRate, MmaRate, StepPort, StepRate } from './model.js';
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
  /** Cycles that all steps together take longer to read because of conflicts, whether something hides them or not. */
  readonly conflictCycles: number;
}

/** The plan of a shape whose operands lie in these banks. */
export function planMma(rate: MmaRate, shape: MmaShape, banks: BankFigures): MmaPlan {
  const degree = conflictDegree(banks, (shape.k * shape.bits) / 8);
  return rate.kind === 'grid' ? planGrid(rate, shape, degree) : planSteps(rate, shape, degree);
}

/** A grid reads as fast as it multiplies, but for conflicts. */
function planGrid({ rows, cols, mac }: GridRate, { m, n, k }: MmaShape, degree: number): MmaPlan {
  const { depth, latencyCycles } = macFiguresOf(mac);
  const free = Math.ceil(m / rows.value) * Math.ceil(n / cols.value) * Math.ceil(k / depth.value);
  const busyCycles = free * degree;
  return {
    steps: 1,
    issueCycles: 0,
    busyCycles,
    latencyCycles: busyCycles + latencyCycles.value,
    restartCycles: 0,
    conflictCycles: busyCycles - free,
  };
}

function planSteps(rate: StepRate, { m, n, k, bits, source }: MmaShape, degree: number): MmaPlan {
  const { rows, depthBytes, issueCycles, ports, latencyCycles, latencyPerColumn, restart } = rate;
  const steps = Math.ceil(m / rows.value) * Math.ceil((k * bits) / 8 / depthBytes.value);
  const reading = ports[source].filter(({ readsBanks }) => readsBanks);
  return {
    steps,
    issueCycles: issueCycles.value,
    busyCycles: duration(Math.max(...ports[source].map((port) => portCycles(port, n, degree)))),
    latencyCycles: duration(latencyCycles[source].value + latencyPerColumn.value * n),
    restartCycles: source === 'registers' && n > restart.columns.value ? restart.cycles.value : 0,
    conflictCycles: reading.reduce((sum, port) => sum + steps * portCycles(port, n, degree - 1), 0),
  };
}

/** @param degree how often a beat repeats that meets conflicts. */
function portCycles({ cycles, cyclesPerColumn, readsBanks }: StepPort, n: number, degree: number): number {
  return (cycles.value + cyclesPerColumn.value * n) * (readsBanks ? degree : 1);
}

/** Multiply-accumulates a cycle of one core at best; of `steps`, for 8-bit elements. */
export function peakMacsPerCycle(rate: MmaRate): number {
  if (rate.kind === 'grid') return rate.rows.value * rate.cols.value * macFiguresOf(rate.mac).depth.value;
  const slowest = Math.max(...rate.ports.shared.map(({ cyclesPerColumn }) => cyclesPerColumn.value));
  return (rate.rows.value * rate.depthBytes.value) / slowest;
}
