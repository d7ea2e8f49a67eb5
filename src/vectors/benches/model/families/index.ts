/**
 * One C accumulator for each family of `src/dot/semantic.ts`, from the same rules as the oracle's: `start`, `step` over
 * STEP_K elements, `finish`. What a record says is in constants before them.
 */
import type { Accumulation } from '../../../../dot/index.js';
import { EXACT, PER_BLOCK, PER_CHOICE } from './exact.js';
import { FUSED } from './fused.js';
import { INTEGER, LANES } from './lanes.js';
import { SCALES } from './shared.js';
import { TWO_STAGE } from './two-stage.js';

export const FAMILIES: Readonly<Record<Accumulation['kind'], string>> = {
  fused: SCALES + FUSED,
  'two-stage': TWO_STAGE,
  exact: SCALES + EXACT,
  'per-choice': SCALES + PER_CHOICE,
  'per-block': SCALES + PER_BLOCK,
  lanes: SCALES + LANES,
  integer: INTEGER,
};
