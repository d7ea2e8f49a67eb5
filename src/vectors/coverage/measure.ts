/** How much of a coverage model some vectors reach. */
import type { Columns } from '../layout.js';
import type { CoverageModel } from './model.js';

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
  /** What was counted, and how many there were. */
  readonly counted: CoverageModel['counted'];
  readonly count: number;
  readonly reachable: number;
  readonly covered: number;
  readonly points: readonly PointCoverage[];
}

/** Counts the bins that vectors hit, block by block. */
export class CoverageMeter {
  readonly #model: CoverageModel;
  readonly #hits: readonly Map<string, number>[];
  #count = 0;

  constructor(model: CoverageModel) {
    this.#model = model;
    this.#hits = model.points.map(({ bins }) => new Map(bins.map(({ name }) => [name, 0])));
  }

  /** Adds the first `count` vectors of a block. */
  add(columns: Columns, count: number): void {
    const { points } = this.#model;
    for (const hitsOfPoints of this.#model.hits(columns, count)) {
      this.#count++;
      hitsOfPoints.forEach((bins, i) => {
        const hits = this.#hits[i]!;
        for (const bin of bins) {
          const before = hits.get(bin);
          if (before === undefined) throw new Error(`coverage point ${points[i]!.name} has no bin "${bin}"`);
          hits.set(bin, before + 1);
        }
      });
    }
  }

  report(): CoverageReport {
    const points = this.#model.points.map(({ name, summary, bins }, i): PointCoverage => {
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
      unit: this.#model.unit,
      counted: this.#model.counted,
      count: this.#count,
      reachable: sum(({ reachable }) => reachable),
      covered: sum(({ covered }) => covered),
      points,
    };
  }
}
