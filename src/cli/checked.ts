/** Whether a design was compared with its oracle in this build; if not, it is done now and kept. */
import type { Design } from '../../rtl-model/designs/index.js';
import { findStamp, type Stamp, simulateDesign, writeStamp } from '../../rtl-model/proof/index.js';
import { ConfigurationError } from '../numerics/index.js';

/** Slices of a MAC or blocks of a unit that the check runs, and its seed: a second or two. */
const VECTORS = 20_000;
const SEED = 1;

/**
 * The stamp of a design: found, or made by a check; undefined when the user does without. Throws `ConfigurationError`
 * when the design differs from its oracle.
 */
export function ensureChecked(design: Design, unchecked: boolean): Stamp | undefined {
  if (unchecked) return undefined;
  const known = findStamp(design);
  if (known !== undefined) return known;
  const { vectors, results, mismatches, first } = simulateDesign(design, { vectors: VECTORS, seed: SEED });
  if (mismatches > 0) {
    throw new ConfigurationError(
      `${design.configuration} differs from its oracle in ${mismatches} of ${results} results: no estimate\n${first}`,
      'add --unchecked to estimate it all the same',
    );
  }
  return writeStamp(design, { vectors, results, seed: SEED });
}

/** Keeps a comparison that found nothing as a stamp, if it was long enough to be one. */
export function keepCheck(
  design: Design,
  {
    vectors,
    results,
    mismatches,
    seed,
  }: Pick<Stamp, 'vectors' | 'results' | 'seed'> & { readonly mismatches: number },
): void {
  if (mismatches === 0 && vectors >= VECTORS) writeStamp(design, { vectors, results, seed });
}

/** What was checked, in a line. */
export function checkedText(stamp: Stamp | undefined): string {
  if (stamp === undefined) return 'NOT CHECKED against its oracle (--unchecked)';
  const { vectors, results, seed, date } = stamp;
  const count = (value: number) => value.toLocaleString('en');
  return `${count(results)} results on ${count(vectors)} constrained-random vectors equal the oracle's (seed ${seed}, ${date.slice(0, 16)}Z)`;
}
