/** Files that only a development machine has: figures measured elsewhere and data to measure with. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'shared');

/** Whether the folder `../shared` stands beside this repository. */
export const hasShared = existsSync(FOLDER);

if (!hasShared && process.env.FP4SIM_REQUIRE_TOOLS === '1') {
  throw new Error(`FP4SIM_REQUIRE_TOOLS=1, but there is no folder ${FOLDER}`);
}

/** Absolute path of a file in `../shared`. */
export function shared(path: string): string {
  return join(FOLDER, path);
}
