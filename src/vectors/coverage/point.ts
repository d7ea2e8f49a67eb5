/** What a coverage point is. A bin that no stimulus can reach says why. */

export interface CoverageBin {
  readonly name: string;
  /** Why nothing reaches it; undefined for reachable bins. */
  readonly unreachable?: string;
}

/** What is listed and counted of a point. */
export interface PointBins {
  readonly name: string;
  readonly summary: string;
  readonly bins: readonly CoverageBin[];
}

/** A point over what is known of one dot product, or of one block. */
export interface CoveragePoint<Facts> extends PointBins {
  /** Names of the bins that it hits. */
  hit(facts: Facts): Iterable<string>;
}

/** Bins that can all be reached; a name that comes twice is one bin. */
export const reachable = (names: Iterable<string>): CoverageBin[] =>
  [...new Set(names)].map((name) => ({ name }));

/** Bins of which some have a reason why nothing reaches them. */
export const binsOf = (
  names: Iterable<string>,
  reasonFor: (name: string) => string | undefined,
): CoverageBin[] =>
  reachable(names).map(({ name }) => {
    const unreachable = reasonFor(name);
    return unreachable === undefined ? { name } : { name, unreachable };
  });
