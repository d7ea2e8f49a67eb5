/** What one witness file said about this project's numbers. */

/** Comparisons that were left out, and why: a documented quirk of whoever made the witness. */
export interface SkippedItems {
  readonly reason: string;
  readonly count: number;
}

/** One row of a conformance report. */
export interface WitnessResult {
  /** File name, relative to the folder of witnesses. */
  readonly file: string;
  /** Whose output the file holds. */
  readonly source: string;
  /** What was compared: the record of ours, and the items of theirs. */
  readonly what: string;
  /** Number of comparisons. */
  readonly compared: number;
  readonly mismatches: number;
  readonly skipped: readonly SkippedItems[];
  /** The first mismatches, decoded for a reader. */
  readonly firstMismatches: readonly string[];
}

/** How many mismatches a row shows. */
export const SHOWN_MISMATCHES = 5;

/** Counts comparisons and keeps the first mismatches. */
export class Tally {
  #compared = 0;
  #mismatches = 0;
  readonly #first: string[] = [];

  /** One comparison. `describe` is called for the mismatches that are shown only. */
  compare(equal: boolean, describe: () => string): void {
    this.#compared++;
    if (equal) return;
    this.#mismatches++;
    if (this.#first.length < SHOWN_MISMATCHES) this.#first.push(describe());
  }

  result(file: string, source: string, what: string, skipped: readonly SkippedItems[] = []): WitnessResult {
    return {
      file,
      source,
      what,
      compared: this.#compared,
      mismatches: this.#mismatches,
      skipped,
      firstMismatches: this.#first,
    };
  }
}
