/**
 * Rounding modes, once, over integers with a discarded remainder.
 *
 * A mode is a decision about one question: the magnitude lies strictly between two neighbours n and n + 1 on the
 * grid; which of the two is taken? Everything that rounds in this project asks `roundsAwayFromZero`.
 */

/**
 * - `nearest-even`: ties to the even neighbour (IEEE 754 roundTiesToEven, RNE)
 * - `nearest-away`: ties away from zero (roundTiesToAway, "half up" on magnitudes)
 * - `nearest-down`: ties toward zero
 * - `nearest-positive`: ties toward +∞
 * - `toward-zero` (RZ, truncation), `toward-positive` (RU), `toward-negative` (RD), `away-from-zero`
 */
export type RoundingMode =
  | 'nearest-even'
  | 'nearest-away'
  | 'nearest-down'
  | 'nearest-positive'
  | 'toward-zero'
  | 'toward-positive'
  | 'toward-negative'
  | 'away-from-zero';

/** Where the discarded part lies between the lower neighbour (0) and the upper one (1). */
export type Remainder = 'zero' | 'below-half' | 'half' | 'above-half';

/** Whether a magnitude with the given (non-zero) remainder goes to the upper neighbour. */
type Decision = (remainder: Exclude<Remainder, 'zero'>, odd: boolean, negative: boolean) => boolean;

const DECISIONS: Record<RoundingMode, Decision> = {
  'nearest-even': (r, odd) => r === 'above-half' || (r === 'half' && odd),
  'nearest-away': (r) => r !== 'below-half',
  'nearest-down': (r) => r === 'above-half',
  'nearest-positive': (r, _odd, negative) => r === 'above-half' || (r === 'half' && !negative),
  'toward-zero': () => false,
  'toward-positive': (_r, _odd, negative) => !negative,
  'toward-negative': (_r, _odd, negative) => negative,
  'away-from-zero': () => true,
};

export const ROUNDING_MODES = Object.keys(DECISIONS) as readonly RoundingMode[];

/** True if a magnitude n + remainder (n odd or even, of the given sign) rounds to n + 1. */
export function roundsAwayFromZero(
  mode: RoundingMode,
  remainder: Remainder,
  odd: boolean,
  negative: boolean,
): boolean {
  return remainder !== 'zero' && DECISIONS[mode](remainder, odd, negative);
}

/**
 * x rounded to an integer. Exact for every finite double; keeps infinities and NaN; the sign of a zero result is
 * that of x.
 */
export function roundNumber(x: number, mode: RoundingMode): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < 2 ** 52)) return x; // already an integer, or not finite
  const lower = Math.floor(magnitude);
  const fraction = magnitude - lower; // exact: both are multiples of ulp(magnitude)
  const remainder: Remainder =
    fraction === 0 ? 'zero' : fraction < 0.5 ? 'below-half' : fraction > 0.5 ? 'above-half' : 'half';
  const negative = x < 0 || Object.is(x, -0);
  const rounded = roundsAwayFromZero(mode, remainder, lower % 2 === 1, negative) ? lower + 1 : lower;
  return negative ? -rounded : rounded;
}

/** value × 2^shift rounded to an integer. */
export function roundScaledBigint(value: bigint, shift: number, mode: RoundingMode): bigint {
  if (shift >= 0) return value << BigInt(shift);
  const negative = value < 0n;
  const magnitude = negative ? -value : value;
  const drop = BigInt(-shift);
  const lower = magnitude >> drop;
  const rest = magnitude - (lower << drop);
  const half = 1n << (drop - 1n);
  const remainder: Remainder =
    rest === 0n ? 'zero' : rest < half ? 'below-half' : rest > half ? 'above-half' : 'half';
  const rounded = roundsAwayFromZero(mode, remainder, (lower & 1n) === 1n, negative) ? lower + 1n : lower;
  return negative ? -rounded : rounded;
}
