/** How much of the element range a block maximum may use; the rest is room for stochastic rounding upward. */
import type { Policy } from '../policy.js';

/** The share of the element range that the block maximum may use, as the fraction written in the policy. */
export function headroomOf(policy: Policy): { numerator: number; denominator: number } {
  const [numerator = 1, denominator = 1] = policy.headroom.split('/').map(Number);
  return { numerator, denominator };
}
