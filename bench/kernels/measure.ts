/**
 * Speeds as ratios. The machine's clock and its neighbours change from second to second, so candidates run in turn,
 * round after round, and what is reported is the median over the rounds of one candidate's speed by another's, with
 * the quartiles. Runs are short: a long one is interrupted by the scheduler of a busy machine, a short one seldom.
 */

/** Something that does an amount of work each time it is called, or says in how many seconds it did it. */
export interface Candidate {
  readonly name: string;
  /** Unit of work a call. */
  readonly work: number;
  /** May return the seconds it took, where it measures itself (another process). */
  run(): unknown;
}

export interface Speed {
  readonly name: string;
  /** Work a second: the median and the best over the rounds. */
  readonly median: number;
  readonly best: number;
}

export interface Ratio {
  readonly name: string;
  readonly against: string;
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  /** Ratio of the best rounds: what an undisturbed machine would show. */
  readonly ofBest: number;
}

export interface Measurement {
  readonly speeds: readonly Speed[];
  ratio(name: string, against: string): Ratio;
}

/** Rounds that do not count: compilers of JavaScript and WebAssembly take their time. */
const WARM_UP = 6;

/** Runs all candidates in turn for `rounds` rounds, after the warm-up. */
export async function measure(candidates: readonly Candidate[], rounds: number): Promise<Measurement> {
  const seen = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const { name, work, run } of candidates) {
      const start = performance.now();
      const told = await run();
      const seconds = typeof told === 'number' ? told : (performance.now() - start) / 1000;
      if (round >= 0) seen.get(name)!.push(work / seconds);
    }
  }
  const speeds = [...seen].map(([name, all]) => ({
    name,
    median: quantile(all, 0.5),
    best: Math.max(...all),
  }));
  return { speeds, ratio: (name, against) => ratioOf(seen, name, against) };
}

function ratioOf(seen: ReadonlyMap<string, readonly number[]>, name: string, against: string): Ratio {
  const [own, other] = [seen.get(name) ?? [], seen.get(against) ?? []];
  const ratios = own.map((speed, round) => speed / other[round]!);
  return {
    name,
    against,
    median: quantile(ratios, 0.5),
    lowerQuartile: quantile(ratios, 0.25),
    upperQuartile: quantile(ratios, 0.75),
    ofBest: Math.max(...own) / Math.max(...other),
  };
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((x, y) => x - y);
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}
