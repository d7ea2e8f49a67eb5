/** What a witness leaves out, counted by the documented quirk that is the reason. */
import type { SkippedItems } from '../result.js';

/** Counts what is left out of a comparison, by reason. */
export class Skips {
  readonly #counts = new Map<string, number>();

  add(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  items(): SkippedItems[] {
    return [...this.#counts].map(([reason, count]) => ({ reason, count }));
  }
}
