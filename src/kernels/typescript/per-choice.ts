/**
 * One exact register for float·float, mixed and int·int blocks (`PerChoiceAccumulation`): the sums of `exact-sums.ts`,
 * each rounded to FP32, corrected and added at the end.
 */
import { bitsToFloat32, float32Bits } from '../../numerics/index.js';
import { ExactSumsTile, exactSide, type Finish, groupBound } from './exact-sums.js';
import type { Family } from './family.js';
import { gainCorrections, packsWell } from './group-sums.js';
import { GROUP } from './packed.js';
import { exactTotal, nearestFloat32 } from './quotient.js';
import { addToFloat32, isFp32Nearest } from './rounding.js';
import type { WideRegisters } from './wide-registers.js';

const REGISTERS = 3;

/** C enters with the first register; the others are multiplied by their correction and added, all in FP32. */
function correctAndAdd(unitExponent: number, corrections: Float64Array): Finish {
  return (registers, first, c) => {
    let result = rounded(registers, first, unitExponent, c);
    for (let i = 1; i < REGISTERS; i++) {
      const corrected = Math.fround(rounded(registers, first + i, unitExponent, 0) * corrections[i]!);
      result = Math.fround(result + corrected) + 0;
    }
    return float32Bits(result);
  };
}

/** A register's sum + c as a float32. */
function rounded(registers: WideRegisters, register: number, unitExponent: number, c: number): number {
  const total = registers.number(register);
  if (total !== null) return addToFloat32(total * 2 ** unitExponent, c);
  return bitsToFloat32(nearestFloat32(exactTotal(registers.integer(register), unitExponent, 1n, c)));
}

export const perChoice: Family = {
  prepare: (tile, side, { operands }) => {
    if (packsWell(tile.format, operands) && tile.depth % GROUP === 0)
      exactSide(tile, side, operands, REGISTERS);
  },
  create: (setup) => {
    const { accumulation, result } = setup.semantic;
    if (accumulation.kind !== 'per-choice' || !isFp32Nearest(result)) return null;
    const [bound, corrections] = [groupBound(setup), gainCorrections(setup)];
    if (bound === null || corrections === null) return null;
    const finish = correctAndAdd(bound.unitExponent, corrections);
    return new ExactSumsTile(setup, bound, REGISTERS, result.nanBits, finish);
  },
};
