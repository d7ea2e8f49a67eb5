/** The invariants of each family of designs, as data. */
import type { Design } from '../designs/index.js';
import { atMostOne, type FloatRange, floatRange, type Invariant } from './invariants.js';

/** Products of a lane: ±0, or from the smallest to the largest with a margin; all 24 bits may be used. */
const LANE_PRODUCT: FloatRange = { least: 106, largest: 152, grid: 106 };
/**
 * A sum of multiples of the products' last place is one; a sum 2^26 times the largest product does not grow, as adding
 * one more is rounded away.
 */
const LANE_SUM: FloatRange = { least: 106 - 23, largest: LANE_PRODUCT.largest + 26, grid: 106 };

/** What is known of the states of a design; empty for those whose states are all needed. */
export function invariantsOf(design: Design): readonly Invariant[] {
  if (design.kind === 'mac' && design.semantic.accumulation.kind === 'lanes')
    return laneInvariants(design.lanes);
  return [];
}

function laneInvariants(lanes: number): Invariant[] {
  const each = (make: (lane: number) => Invariant) => Array.from({ length: lanes }, (_, lane) => make(lane));
  const levels = Math.log2(lanes);
  const tokens = Array.from({ length: levels }, (_, k) => `s3_step${k + 1}`);
  const raised = (by: number) => ({ ...LANE_SUM, largest: LANE_SUM.largest + by });
  return [
    atMostOne(tokens),
    ...each((lane) => floatRange(`s1_product${lane}`, LANE_PRODUCT)),
    ...each((lane) => floatRange(`s2_acc${lane}`, LANE_SUM)),
    ...each((lane) => floatRange(`s2_snapshot${lane}`, LANE_SUM)),
    ...each((lane) => floatRange(`s3_value${lane}`, raised(levels))),
    // Each step of the reduction may add a bit.
    ...tokens.flatMap((token, k) =>
      each((lane) =>
        floatRange(`s3_value${lane}`, raised(k), {
          registers: [token],
          node: (_, state) => state(token)[0]!,
        }),
      ),
    ),
  ];
}
