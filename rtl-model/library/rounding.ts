/** The one decision of rounding, in hardware: does a magnitude go up to its upper neighbour? */

import type { RoundingMode } from '../../src/numerics/index.js';
import type { Word } from '../hdl/index.js';

/** What lies below the last kept bit of a magnitude, and what decides ties. One-bit words. */
export interface RoundingBits {
  readonly sign: Word;
  /** The last kept bit. */
  readonly odd: Word;
  /** The first dropped bit. */
  readonly guard: Word;
  /** Whether any later dropped bit is 1. */
  readonly sticky: Word;
}

const ROUND_UP: Record<RoundingMode, (bits: RoundingBits) => Word> = {
  'nearest-even': ({ odd, guard, sticky }) => guard.and(sticky.or(odd)),
  'nearest-away': ({ guard }) => guard,
  'nearest-down': ({ guard, sticky }) => guard.and(sticky),
  'nearest-positive': ({ sign, guard, sticky }) => guard.and(sticky.or(sign.not())),
  'toward-zero': ({ guard }) => guard.context.constant(1, 0),
  'toward-positive': ({ sign, guard, sticky }) => guard.or(sticky).and(sign.not()),
  'toward-negative': ({ sign, guard, sticky }) => guard.or(sticky).and(sign),
  'away-from-zero': ({ guard, sticky }) => guard.or(sticky),
};

/** 1 when the magnitude is to be incremented at its last kept bit. */
export function roundsUp(mode: RoundingMode, bits: RoundingBits): Word {
  return ROUND_UP[mode](bits);
}

/** A magnitude without its low `drop` bits, rounded; one bit wider than what is kept, for the carry. */
export function roundOff(mode: RoundingMode, sign: Word, magnitude: Word, drop: number, sticky?: Word): Word {
  const zero = magnitude.context.constant(1, 0);
  const kept = magnitude.slice(drop, magnitude.width - drop).zeroExtend(magnitude.width - drop + 1);
  if (drop === 0) return kept;
  const below = drop === 1 ? zero : magnitude.truncate(drop - 1).anyOne();
  const bits = { sign, odd: kept.bit(0), guard: magnitude.bit(drop - 1), sticky: below.or(sticky ?? zero) };
  return kept.plus(0, { carryIn: roundsUp(mode, bits) });
}
