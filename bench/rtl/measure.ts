/** Ratios measured back to back: both sides in turn, several times; medians and spread. */

export interface Sample {
  readonly median: number;
  readonly least: number;
  readonly largest: number;
}

export function summarize(values: readonly number[]): Sample {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, least: sorted[0]!, largest: sorted.at(-1)! };
}

export interface Comparison {
  /** Work per second of each side. */
  readonly ours: Sample;
  readonly theirs: Sample;
  /** ours / theirs, pair by pair. */
  readonly ratio: Sample;
}

/** Calls both sides in turn; each returns its rate. */
export function compareRates(rounds: number, ours: () => number, theirs: () => number): Comparison {
  const pairs = Array.from({ length: rounds }, () => [ours(), theirs()] as const);
  return {
    ours: summarize(pairs.map(([a]) => a)),
    theirs: summarize(pairs.map(([, b]) => b)),
    ratio: summarize(pairs.map(([a, b]) => a / b)),
  };
}

/** Seconds of processor time that a job takes in this process: other people's load does not count. */
export function secondsOf(job: () => void): number {
  const start = process.cpuUsage();
  job();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Seconds on the clock on the wall, for comparing with programs that are started. */
export function wallSecondsOf(job: () => void): number {
  const start = performance.now();
  job();
  return (performance.now() - start) / 1000;
}

/** Three significant digits with a unit prefix: `12.3 M`. */
export function metric(value: number): string {
  const prefixes = [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
    [1, ' '],
    [1e-3, ' m'],
  ] as const;
  const [scale, prefix] = prefixes.find(([limit]) => value >= limit) ?? prefixes.at(-1)!;
  return `${(value / scale).toPrecision(3)}${prefix}`;
}
