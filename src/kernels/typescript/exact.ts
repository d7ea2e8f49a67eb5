/** One exact accumulator an output (`ExactAccumulation`): the sums of `exact-sums.ts` and their last rounding. */
import type { ExactBound } from '../../dot/index.js';
import { float32Bits } from '../../numerics/index.js';
import { ExactSumsTile, exactSide, type Finish, groupBound } from './exact-sums.js';
import type { Family } from './family.js';
import { packsWell } from './group-sums.js';
import { GROUP } from './packed.js';
import { exactTotal, nearestFloat32 } from './quotient.js';
import { addToFloat32, isFp32Nearest } from './rounding.js';

/** units / denominator × 2^unitExponent + c, rounded once. */
function roundOnce({ unitExponent }: ExactBound, denominator: bigint): Finish {
  const unit = 2 ** unitExponent;
  return (registers, register, c) => {
    const total = registers.number(register);
    if (total !== null) {
      if (denominator === 1n) return float32Bits(addToFloat32(total * unit, c));
      const quotient = c === 0 ? unambiguousQuotient(total, Number(denominator)) : null;
      if (quotient !== null) return float32Bits(quotient * unit + 0);
    }
    return nearestFloat32(exactTotal(registers.integer(register), unitExponent, denominator, c));
  };
}

/** n / d as the nearest float32, if the rounding of the double quotient cannot have changed which one that is. */
function unambiguousQuotient(n: number, d: number): number | null {
  const quotient = n / d;
  const below = Math.fround(quotient * (1 - 2 ** -51));
  return below === Math.fround(quotient * (1 + 2 ** -51)) ? below : null;
}

export const exact: Family = {
  prepare: (tile, side, { operands }) => {
    if (packsWell(tile.format, operands) && tile.depth % GROUP === 0) exactSide(tile, side, operands, 1);
  },
  create: (setup) => {
    const { accumulation: rule, result } = setup.semantic;
    if (rule.kind !== 'exact' || !isFp32Nearest(result)) return null;
    const bound = groupBound(setup);
    if (bound === null) return null;
    const finish = roundOnce(bound, rule.result === 'grid' ? 1n : bound.denominator);
    return new ExactSumsTile(setup, bound, 1, result.nanBits, finish);
  },
};
