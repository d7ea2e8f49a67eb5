/** Counters of a run, gathered from events alone. */
import type { StallReason, UnitName, UnitOperation } from '../../isa/index.js';
import type { Listener, StreamId } from './events.js';

/** Counts of one stream of one core. */
export interface StreamStatistics {
  readonly core: number;
  readonly stream: string;
  readonly issued: number;
  /** Cycles in which it could not issue, by reason. */
  readonly stalls: Readonly<Partial<Record<StallReason | 'issue-slot', number>>>;
  /** Cycle of its halt. */
  readonly haltedAtCycle: number;
}

/** Units whose occupation is counted. */
export type BusyUnit = 'mma' | 'vector' | 'quantize' | 'load' | 'store';

/** Counts of one core. */
export interface CoreStatistics {
  readonly core: number;
  readonly macs: number;
  /** Cycles in which each unit was occupied; of the copy engine, its ports. */
  readonly busyCycles: Readonly<Record<BusyUnit, number>>;
  readonly loadedBytes: number;
  readonly storedBytes: number;
  /** Cycles that MMAs take longer to read their operands because rows meet in a bank, hidden or not. */
  readonly bankConflictCycles: number;
}

export interface Statistics {
  readonly streams: readonly StreamStatistics[];
  readonly cores: readonly CoreStatistics[];
}

interface MutableStream {
  id: StreamId;
  issued: number;
  stalls: Partial<Record<StallReason | 'issue-slot', number>>;
  haltedAtCycle: number;
}

/** Gathers statistics; `result` reads them at the end. */
export class StatisticsListener implements Listener {
  readonly #streams = new Map<StreamId, MutableStream>();
  readonly #cores: { -readonly [K in keyof CoreStatistics]: CoreStatistics[K] }[];
  readonly #busy: Record<BusyUnit, number>[];

  constructor(cores: number) {
    this.#busy = Array.from({ length: cores }, () => ({ mma: 0, vector: 0, quantize: 0, load: 0, store: 0 }));
    this.#cores = this.#busy.map((busyCycles, core) => ({
      core,
      macs: 0,
      busyCycles,
      loadedBytes: 0,
      storedBytes: 0,
      bankConflictCycles: 0,
    }));
  }

  onIssued(stream: StreamId): void {
    this.#of(stream).issued++;
  }

  onStall(stream: StreamId, reason: StallReason | 'issue-slot', _cycle: number, cycles: number): void {
    const { stalls } = this.#of(stream);
    stalls[reason] = (stalls[reason] ?? 0) + cycles;
  }

  onHalted(stream: StreamId, cycle: number): void {
    this.#of(stream).haltedAtCycle = cycle;
  }

  onStarted(
    core: number,
    unit: Exclude<UnitName, 'scalar'>,
    _operation: UnitOperation,
    _cycle: number,
    busyCycles: number,
  ): void {
    if (unit !== 'copy') this.#busy[core]![unit] += busyCycles;
  }

  onTransfer(
    core: number,
    direction: 'load' | 'store',
    bytes: number,
    _cycle: number,
    busyCycles: number,
  ): void {
    const counts = this.#cores[core]!;
    this.#busy[core]![direction] += busyCycles;
    if (direction === 'load') counts.loadedBytes += bytes;
    else counts.storedBytes += bytes;
  }

  onMacs(core: number, macs: number, _cycle: number, bankConflictCycles: number): void {
    const counts = this.#cores[core]!;
    counts.macs += macs;
    counts.bankConflictCycles += bankConflictCycles;
  }

  result(): Statistics {
    const streams = [...this.#streams.values()]
      .sort((a, b) => a.id.core - b.id.core || a.id.index - b.id.index)
      .map(({ id, issued, stalls, haltedAtCycle }) => ({
        core: id.core,
        stream: id.name,
        issued,
        stalls,
        haltedAtCycle,
      }));
    return { streams, cores: this.#cores };
  }

  #of(id: StreamId): MutableStream {
    let entry = this.#streams.get(id);
    if (entry === undefined) {
      entry = { id, issued: 0, stalls: {}, haltedAtCycle: 0 };
      this.#streams.set(id, entry);
    }
    return entry;
  }
}
