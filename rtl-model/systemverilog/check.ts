/** What checking recordings in another simulator has in common: build once, play each, add up. */
import type { ProbeLayout } from './probe.js';
import { fieldAt, type Mismatch, type Vectors, wordsOfState } from './vectors.js';

/** Result of checking one simulator. */
export interface CheckResult {
  /** Words that differ, over all lanes and cycles. */
  readonly mismatches: number;
  /** The first of them. */
  readonly first: readonly Mismatch[];
  readonly cycles: number;
  /** Compiling the design for the simulator, and running it. */
  readonly buildSeconds: number;
  readonly runSeconds: number;
}

/** The result of one recording. */
export type PlayResult = Omit<CheckResult, 'buildSeconds'>;

/** A simulator that can be built for a design and play recordings of it. */
export interface Player {
  /** Builds it for the design of these recordings; seconds. */
  build(vectors: Vectors): number;
  play(vectors: Vectors): PlayResult;
}

/** Plays every recording. Throws `RangeError` without one, or when one holds too little. */
export function playAll(recordings: Vectors | Iterable<Vectors>, player: Player): CheckResult {
  let total: CheckResult | undefined;
  for (const vectors of 'layout' in recordings ? [recordings] : recordings) {
    if (vectors.expected.length !== wordsOfState(vectors))
      throw new RangeError('a recording that is not whole');
    total ??= { mismatches: 0, first: [], cycles: 0, buildSeconds: player.build(vectors), runSeconds: 0 };
    const next = player.play(vectors);
    total = {
      mismatches: total.mismatches + next.mismatches,
      first: [...total.first, ...next.first],
      cycles: total.cycles + next.cycles,
      buildSeconds: total.buildSeconds,
      runSeconds: total.runSeconds + next.runSeconds,
    };
  }
  if (total === undefined) throw new RangeError('no recording to check');
  return total;
}

/** Reads what a testbench prints. */
export function parseCheck(output: string, layout: ProbeLayout): Omit<PlayResult, 'runSeconds'> {
  const end = /(\d+) mismatches in (\d+) cycles/.exec(output);
  if (end === null) throw new Error(`the testbench did not finish:\n${output.slice(-2000)}`);
  const first = [...output.matchAll(/^mismatch (\d+) (\d+) (\d+) (\S+) (\S+)$/gm)].map((match): Mismatch => {
    const [lane, cycle, word] = [Number(match[1]), Number(match[2]), Number(match[3])];
    return { lane, cycle, field: fieldAt(layout, word), expected: match[4]!, found: match[5]! };
  });
  return { mismatches: Number(end[1]), cycles: Number(end[2]), first };
}
