/** What a coverage point is. A bin that no stimulus can reach says why. */
import type { SegmentFacts } from './facts.js';

export interface CoverageBin {
  readonly name: string;
  /** Why nothing reaches it; undefined for reachable bins. */
  readonly unreachable?: string;
}

export interface CoveragePoint {
  readonly name: string;
  readonly summary: string;
  readonly bins: readonly CoverageBin[];
  /** Names of the bins that a dot product hits. */
  hit(facts: SegmentFacts): Iterable<string>;
}

/** Bins that can all be reached; a name that comes twice is one bin. */
export const reachable = (names: Iterable<string>): CoverageBin[] =>
  [...new Set(names)].map((name) => ({ name }));
