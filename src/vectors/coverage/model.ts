/** The functional coverage model of a unit: its points as records, and what vectors hit of them. */
import type { Columns } from '../layout.js';
import type { CoveragePoint, PointBins } from './point.js';

export interface CoverageModel {
  /** Name of the design or semantic. */
  readonly unit: string;
  /** What the bins are hit by. */
  readonly counted: 'dot products' | 'blocks';
  readonly points: readonly PointBins[];
  /** For each thing counted among the first `count` vectors, the bins that it hits, point by point. */
  hits(columns: Columns, count: number): Iterable<readonly Iterable<string>[]>;
}

/** A model by its points and how the facts that they look at are read from vectors. */
export function coverageModel<Facts>(
  unit: string,
  counted: CoverageModel['counted'],
  points: readonly CoveragePoint<Facts>[],
  read: (columns: Columns, count: number) => Iterable<Facts>,
): CoverageModel {
  return {
    unit,
    counted,
    points,
    *hits(columns, count) {
      for (const facts of read(columns, count)) yield points.map((point) => point.hit(facts));
    },
  };
}
