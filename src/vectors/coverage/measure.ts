/** How much of a coverage model some vectors reach. */
import type { Columns } from '../layout.js';
import { type MacVectors, segmentLines } from '../mac/layout.js';
import { segmentAt } from '../mac/segments.js';
import { factsOf } from './facts.js';
import { coverageModel } from './model.js';
import type { CoveragePoint } from './point.js';

export interface BinCount {
  readonly name: string;
  readonly hits: number;
  readonly unreachable?: string;
}

export interface PointCoverage {
  readonly name: string;
  readonly summary: string;
  /** Bins that can be reached, and those that are. */
  readonly reachable: number;
  readonly covered: number;
  readonly bins: readonly BinCount[];
}

export interface CoverageReport {
  readonly unit: string;
  readonly dotProducts: number;
  readonly reachable: number;
  readonly covered: number;
  readonly points: readonly PointCoverage[];
}

/** Longest dot product, in slices, by which bins are judged reachable. */
export const COVERED_SLICES = 64;

/** Counts the bins that vectors hit, block by block. */
export class CoverageMeter {
  readonly #vectors: MacVectors;
  readonly #points: readonly CoveragePoint[];
  readonly #hits: readonly Map<string, number>[];
  readonly #facts: ReturnType<typeof factsOf>;
  #dotProducts = 0;

  constructor(vectors: MacVectors) {
    this.#vectors = vectors;
    this.#points = coverageModel(
      vectors.design,
      vectors.design.protocol.segmentEnd === 'each' ? 1 : COVERED_SLICES,
    );
    this.#hits = this.#points.map(({ bins }) => new Map(bins.map(({ name }) => [name, 0])));
    this.#facts = factsOf(vectors.design);
  }

  /** Adds the first `count` vectors of a block. */
  add(columns: Columns, count: number): void {
    for (const lines of segmentLines(this.#vectors, columns, count)) {
      const facts = this.#facts(segmentAt(this.#vectors, columns, lines));
      this.#dotProducts++;
      this.#points.forEach((point, i) => {
        const hits = this.#hits[i]!;
        for (const bin of point.hit(facts)) {
          const before = hits.get(bin);
          if (before === undefined) throw new Error(`coverage point ${point.name} has no bin "${bin}"`);
          hits.set(bin, before + 1);
        }
      });
    }
  }

  report(): CoverageReport {
    const points = this.#points.map(({ name, summary, bins }, i): PointCoverage => {
      const wrong = bins.find((bin) => bin.unreachable !== undefined && this.#hits[i]!.get(bin.name)! > 0);
      if (wrong !== undefined)
        throw new Error(`coverage: ${name} "${wrong.name}" was reached, but ${wrong.unreachable}`);
      const counts = bins.map((bin) => ({ ...bin, hits: this.#hits[i]!.get(bin.name)! }));
      const wanted = counts.filter(({ unreachable }) => unreachable === undefined);
      const covered = wanted.filter(({ hits }) => hits > 0).length;
      return { name, summary, reachable: wanted.length, covered, bins: counts };
    });
    const sum = (of: (point: PointCoverage) => number) =>
      points.reduce((total, point) => total + of(point), 0);
    return {
      unit: this.#vectors.design.name,
      dotProducts: this.#dotProducts,
      reachable: sum(({ reachable }) => reachable),
      covered: sum(({ covered }) => covered),
      points,
    };
  }
}
