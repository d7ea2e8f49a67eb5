/** A design on so many random vectors against its oracle, whatever kind of design it is. */
import { Random } from '../../src/numerics/index.js';
import type { Design, MacDesign, UnitDesign } from '../designs/index.js';
import { DesignBench, describeMismatch } from './design-bench.js';
import { describeUnitMismatch, UnitBench } from './unit-bench.js';

/** Vectors of one run: what is kept in memory at a time. */
const CHUNK = 100_000;

export interface SimulationReport {
  readonly configuration: string;
  readonly seed: number;
  /** Slices taken by a MAC, blocks taken by a unit. */
  readonly vectors: number;
  /** Results compared. */
  readonly results: number;
  /** Clock edges of 128 streams each. */
  readonly cycles: number;
  readonly mismatches: number;
  /** The first mismatch, decoded. */
  readonly first: string | undefined;
}

type Totals = Omit<SimulationReport, 'configuration' | 'seed'>;

export interface SimulationOptions {
  readonly vectors: number;
  readonly seed: number;
  /** Called between chunks with the vectors done. */
  readonly onProgress?: (vectors: number) => void;
}

/** Runs at least `vectors` vectors. The same seed gives the same vectors. */
export function simulateDesign(design: Design, options: SimulationOptions): SimulationReport {
  const { vectors, seed, onProgress } = options;
  const run = design.kind === 'mac' ? macRunner(design) : unitRunner(design);
  let total: Totals = { vectors: 0, results: 0, cycles: 0, mismatches: 0, first: undefined };
  for (let chunk = 0; total.vectors < vectors; chunk++) {
    const random = new Random(seed).split(`${design.name} ${chunk}`);
    total = added(total, run(random, Math.min(CHUNK, vectors - total.vectors)));
    onProgress?.(total.vectors);
  }
  return { configuration: design.configuration, seed, ...total };
}

function macRunner(design: MacDesign) {
  const bench = new DesignBench(design);
  return (random: Random, count: number): Totals => {
    const { slices, segments, cycles, mismatches } = bench.random(random, count);
    const [first] = mismatches;
    return {
      vectors: slices,
      results: segments,
      cycles,
      mismatches: mismatches.length,
      first: first && describeMismatch(design, first),
    };
  };
}

function unitRunner(design: UnitDesign) {
  const bench = new UnitBench(design);
  return (random: Random, count: number): Totals => {
    const { blocks, cycles, mismatches } = bench.random(random, count);
    const [first] = mismatches;
    return {
      vectors: blocks,
      results: blocks,
      cycles,
      mismatches: mismatches.length,
      first: first && describeUnitMismatch(first),
    };
  };
}

function added(total: Totals, next: Totals): Totals {
  return {
    vectors: total.vectors + next.vectors,
    results: total.results + next.results,
    cycles: total.cycles + next.cycles,
    mismatches: total.mismatches + next.mismatches,
    first: total.first ?? next.first,
  };
}
