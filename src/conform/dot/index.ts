/** Dot products against their witnesses: MMA-Sim, the published MAC's golden segments, recorded silicon. */
import type { WitnessResult } from '../result.js';
import { conformMacSegments } from './mac-segments.js';
import { conformMmaSim } from './mma-sim.js';
import { conformSilicon } from './silicon.js';

export { conformMacSegments } from './mac-segments.js';
export { conformMmaSim, type MmaSimPolicy } from './mma-sim.js';
export { conformSilicon, SILICON_CLASSES } from './silicon.js';

/**
 * Files of a folder that these witnesses read, by name: `mma_index.json` with the `mma.*.bin.gz` it lists,
 * `if4_mac_segments.jsonl.gz`, and `*.fpv`.
 */
export function isDotWitness(name: string): boolean {
  return /^(mma_index\.json|mma\..*\.bin\.gz|if4_mac_segments\.jsonl\.gz|.*\.fpv)$/.test(name);
}

/** One row for every dot-product witness in a folder. Files that are cut off or not understood are errors. */
export function conformDot(folder: string): WitnessResult[] {
  return [...conformMmaSim(folder), ...conformMacSegments(folder), ...conformSilicon(folder)];
}
