/** The counters of a run, from the state of its cores. */
import type { Statistics, StreamStatistics } from '../statistics.js';
import type { CoreRunner } from './runner.js';
import { REASONS, Total } from './state.js';

export function statisticsOf(runners: readonly CoreRunner[]): Statistics {
  return {
    streams: runners.flatMap((runner) =>
      Array.from({ length: runner.state.streams }, (_, w) => streamStatistics(runner, w)),
    ),
    cores: runners.map(({ state }) => ({
      core: state.index,
      macs: state.totals[Total.macs]!,
      busyCycles: {
        mma: state.totals[Total.mmaBusy]!,
        quantize: state.totals[Total.quantizeBusy]!,
        vector: state.totals[Total.vectorBusy]!,
        load: state.totals[Total.loadBusy]!,
        store: state.totals[Total.storeBusy]!,
      },
      loadedBytes: state.totals[Total.loadedBytes]!,
      storedBytes: state.totals[Total.storedBytes]!,
      bankConflictCycles: state.totals[Total.bankConflicts]!,
    })),
  };
}

function streamStatistics(runner: CoreRunner, w: number): StreamStatistics {
  const { state } = runner;
  const counted = REASONS.map((reason, i) => [reason, state.stalls[w * REASONS.length + i]!] as const);
  return {
    core: state.index,
    stream: runner.id(w).name,
    issued: state.issued[w]!,
    stalls: Object.fromEntries(counted.filter(([, cycles]) => cycles > 0)),
    haltedAtCycle: state.haltedAt[w]!,
  };
}
