/** What every engine takes and gives: a device's program is run to its end, with the same result by each. */
import type { Statistics } from './statistics.js';

export interface EngineOptions {
  /** The run traps when it gets here. */
  readonly maxCycles: number;
  /** Whether events are listened to. */
  readonly observed: boolean;
  /** Look at cores in falling instead of rising order where their order must not matter. For tests. */
  readonly reverse?: boolean | undefined;
  /** Called now and then with the current cycle, for a progress line. */
  readonly onProgress?: ((cycle: number) => void) | undefined;
}

export interface EngineResult {
  readonly cycles: number;
  readonly statistics: Statistics;
  /** Work items that each core took. */
  readonly items: readonly number[];
  /** Cycles that were extrapolated instead of simulated, in so many jumps. */
  readonly extrapolated?: Extrapolation;
  /** Why none were, by an engine that could have. */
  readonly notExtrapolated?: string;
}

export interface Extrapolation {
  readonly cycles: number;
  readonly jumps: number;
}

export type EngineName = 'tick' | 'timestamp' | 'fast-forward';

/** How the cycles of a run came about. */
export interface EngineReport {
  readonly name: EngineName;
  readonly extrapolated?: Extrapolation;
  readonly notExtrapolated?: string;
}
