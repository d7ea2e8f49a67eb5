/**
 * The quick form of the benchmarks, for every change: few rounds, no peers, nothing written. A ratio counts as lost if it
 * is below half of the recorded one, and again when its suite is repeated: a neighbour's burst seldom comes three times.
 */
import { type NativeLibrary, nativeLibrary } from '../../src/kernels/index.js';
import { measure } from './measure.js';
import type { HistoryEntry } from './report.js';
import { nativeProducts, portableProducts, quantizers, type Suite } from './suites.js';

const ROUNDS = 10;
const ATTEMPTS = 3;
const LARGEST_LOSS = 0.5;

export interface QuickResult {
  /** Ratios that were compared with recorded ones. */
  readonly compared: number;
  /** One line for each that is lost. */
  readonly losses: readonly string[];
}

/**
 * The last recorded ratios on this processor; on another one, where instruction sets and with them the ratios of native
 * kernels differ, those without native code.
 */
export function recordedRatios(
  history: readonly HistoryEntry[],
  processor: string,
): Readonly<Record<string, number>> {
  const own = history.findLast((entry) => entry.processor === processor);
  if (own !== undefined) return own.ratios;
  const anyone = history.at(-1)?.ratios ?? {};
  const portable = portableProducts().goals.map(({ what }) => what);
  return Object.fromEntries(portable.flatMap((what) => (what in anyone ? [[what, anyone[what]!]] : [])));
}

function suites(library: NativeLibrary | null): Suite[] {
  const portable = [portableProducts()];
  return library === null ? portable : [...portable, nativeProducts(library, []), quantizers(library)];
}

/** Measures the recorded ratios; what is not recorded is not measured. */
export async function measureQuickly(recorded: Readonly<Record<string, number>>): Promise<QuickResult> {
  const losses: string[] = [];
  let compared = 0;
  for (const suite of suites(nativeLibrary().library)) {
    let goals = suite.goals.filter(({ what }) => recorded[what] !== undefined);
    compared += goals.length;
    let lines: string[] = [];
    for (let attempt = 0; attempt < ATTEMPTS && goals.length > 0; attempt++) {
      const names = new Set(goals.flatMap(({ name, against }) => [name, against]));
      const measured = await measure(
        suite.candidates.filter(({ name }) => names.has(name)),
        ROUNDS,
      );
      const reached = new Map(
        goals.map(({ what, name, against }) => {
          const { median, ofBest } = measured.ratio(name, against);
          return [what, Math.max(median, ofBest)];
        }),
      );
      goals = goals.filter(({ what }) => reached.get(what)! < recorded[what]! * LARGEST_LOSS);
      lines = goals.map(
        ({ what }) => `${what}: ${reached.get(what)!.toFixed(2)}, recorded ${recorded[what]!.toFixed(2)}`,
      );
    }
    losses.push(...lines);
  }
  return { compared, losses };
}
