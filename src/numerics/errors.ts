/**
 * Errors that concern what a user handed in: a parameter, a file, a tensor. The command line prints their message
 * and exits with status 2; anything else that is thrown is a bug of this project.
 */

/** A parameter or an input that cannot be used. The message names it and says what was expected. */
export class ConfigurationError extends Error {
  /** What to do about it, as one sentence; shown on a line of its own. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'ConfigurationError';
    this.hint = hint;
  }
}

/** The candidate nearest to `name` by edit distance, if it is near enough to be what was meant. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** "did you mean X?" for the nearest candidate, or the list of candidates when none is near. */
export function suggest(name: string, candidates: Iterable<string>): string {
  const all = [...candidates];
  const near = nearest(name, all);
  return near === undefined ? `known: ${all.join(', ')}` : `did you mean "${near}"?`;
}

/** Levenshtein distance of two short strings; anything ≥ limit is reported as limit. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return Math.min(row[b.length]!, limit);
}
