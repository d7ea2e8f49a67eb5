/** What a run gives back: the value that every report is made of. */

import type { EngineReport } from './engine.js';
import { peakMacsPerCycle as peakOf } from './mma-timing.js';
import type { MachineModel } from './model.js';
import type { BusyUnit, Statistics } from './statistics.js';
import type { Verification } from './verify.js';

/** What became of one output tensor. */
export interface OutputResult {
  readonly name: string;
  readonly format: string;
  readonly rows: number;
  readonly cols: number;
  /** SHA-256 of its codes, little endian, row-major; computed when it is first asked for. */
  readonly sha256: string;
  /** Elements that no store has written. */
  readonly unwritten: number;
  /** The values themselves, of outputs of a few elements only. */
  readonly values?: readonly number[];
  /** Absent when the run was told not to verify. */
  readonly verification?: Verification;
}

/** How the program stands to the machine's roofline. */
export interface Roofline {
  /** Multiply-accumulates for each byte that crosses between L2 and the cores. */
  readonly macsPerByte: number;
  /** Multiply-accumulates a cycle, all cores. */
  readonly peakMacsPerCycle: number;
  readonly achievedMacsPerCycle: number;
  /** Bytes a cycle that the machine loads at most: L2 or all the cores' ports, whichever is less. */
  readonly peakBytesPerCycle: number;
  /** min(peak, intensity × bandwidth). */
  readonly attainableMacsPerCycle: number;
  readonly bound: 'compute' | 'bandwidth';
}

/** How the work was spread over the cores. */
export interface Schedule {
  /** Tiles, or parts of tiles, that were handed out, and the least and the most that one core got. */
  readonly items: number;
  readonly leastOfCore: number;
  readonly mostOfCore: number;
  /** Share of the run, 0 … 1, that cores were at work on average, up to their last halt. */
  readonly balance: number;
  /** Cycles from the first core's last halt to the last core's: the tail. */
  readonly tailCycles: number;
  /** Bytes loaded through L2 for each item. */
  readonly loadedBytesPerItem: number;
}

export interface RunResult {
  /** Everything that determines the result, in one line. */
  readonly configuration: string;
  readonly program: string;
  readonly machine: string;
  /** Which engine ran the program. */
  readonly engine: EngineReport;
  readonly seed: number;
  readonly cycles: number;
  readonly macs: number;
  /** Share of its capacity that each unit used, 0 … 1, over all cores and cycles. */
  readonly utilisation: Readonly<Record<BusyUnit | 'l2' | 'issue', number> & { dram?: number }>;
  /** Bytes loaded from DRAM; 0 where every access hits L2. */
  readonly dramBytes: number;
  readonly roofline: Roofline;
  readonly statistics: Statistics;
  readonly schedule: Schedule;
  readonly outputs: readonly OutputResult[];
  /** What a reader should know before trusting a figure. */
  readonly notes: readonly string[];
}

/** How evenly the work was spread. */
export function scheduleOf(
  items: readonly number[],
  { cores, streams }: Statistics,
  cycles: number,
): Schedule {
  const ends = cores.map(({ core }) =>
    Math.max(0, ...streams.filter((stream) => stream.core === core).map((s) => s.haltedAtCycle + 1)),
  );
  const total = items.reduce((sum, count) => sum + count, 0);
  const loaded = cores.reduce((sum, { loadedBytes }) => sum + loadedBytes, 0);
  return {
    items: total,
    leastOfCore: Math.min(...items),
    mostOfCore: Math.max(...items),
    balance: ends.reduce((sum, end) => sum + end, 0) / (ends.length * cycles),
    tailCycles: Math.max(...ends) - Math.min(...ends),
    loadedBytesPerItem: total === 0 ? 0 : loaded / total,
  };
}

/** Share of each unit's capacity that was used. */
export function utilisationOf(
  { cores, streams }: Statistics,
  model: MachineModel,
  cycles: number,
  dramBytes: number,
): RunResult['utilisation'] {
  const { memory } = model;
  const capacity = cycles * cores.length;
  const busy = (unit: BusyUnit): number =>
    cores.reduce((sum, { busyCycles }) => sum + busyCycles[unit], 0) / capacity;
  const issued = streams.reduce((sum, stream) => sum + stream.issued, 0);
  return {
    mma: busy('mma'),
    vector: busy('vector'),
    quantize: busy('quantize'),
    load: busy('load'),
    store: busy('store'),
    l2: bytesMoved(cores) / (cycles * model.l2BytesPerCycle.value),
    ...(memory === undefined ? {} : { dram: dramBytes / (cycles * memory.dramBytesPerCycle.value) }),
    issue: issued / (capacity * model.issueWidth.value),
  };
}

/** Where the run stands between the machine's compute and bandwidth limits. */
export function rooflineOf({ cores }: Statistics, model: MachineModel, cycles: number): Roofline {
  const macs = cores.reduce((sum, core) => sum + core.macs, 0);
  const bytes = bytesMoved(cores);
  const peakMacsPerCycle = cores.length * peakOf(model.mma.rate);
  const peakBytesPerCycle = Math.min(
    model.l2BytesPerCycle.value,
    cores.length * model.copy.loadBytesPerCycle.value,
  );
  const macsPerByte = bytes === 0 ? 0 : macs / bytes;
  const bandwidthLimit = macsPerByte * peakBytesPerCycle;
  return {
    macsPerByte,
    peakMacsPerCycle,
    achievedMacsPerCycle: macs / cycles,
    peakBytesPerCycle,
    attainableMacsPerCycle: Math.min(peakMacsPerCycle, bandwidthLimit),
    bound: bandwidthLimit < peakMacsPerCycle ? 'bandwidth' : 'compute',
  };
}

function bytesMoved(cores: Statistics['cores']): number {
  return cores.reduce((sum, { loadedBytes, storedBytes }) => sum + loadedBytes + storedBytes, 0);
}
