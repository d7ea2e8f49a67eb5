/**
 * Values of registers that nothing behind them tells apart: numbers that are rounded off, or saturate. A mutant may load
 * another value of a set than the design does.
 *
 * Two states are alike when each register holds the same in both, or values of one of its sets. Claim (`firstTold`): from
 * alike states the design shows the same and comes to alike states. Then a mutant is equivalent if from every state it
 * comes to one that is alike to what the design comes to from there.
 */
import { FP32 } from '../../src/formats/index.js';
import type { Netlist } from '../hdl/index.js';
import type { Observation } from '../simulation/index.js';
import { type AlikeSet, alikeSetsIn } from './alike-sets.js';
import { type Assumption, CircuitSolver } from './circuit-solver.js';
import { assumptionsOf, atLeast, type Invariant, isNumber, stateReader } from './invariants.js';
import { MutantMiter } from './mutant-miter.js';

type Bits = readonly number[];

/** A number as constant nodes, which are numbered as they count. */
const bitsOf = (value: number, width: number): Bits =>
  Array.from({ length: width }, (_, i) => Math.floor(value / 2 ** i) % 2);

const exponentOf = (bits: Bits) => bits.slice(FP32.fractionBits, FP32.fractionBits + FP32.exponentBits);

/** FP32 numbers of any sign below 2^`power` in magnitude. */
export function below(register: string, power: number): AlikeSet {
  return {
    register,
    representative: 0,
    contains: (gates, bits) => gates.not(atLeast(gates, exponentOf(bits), power + FP32.bias)),
  };
}

/** FP32 numbers of at least 2^`power` in magnitude, of any sign; infinities among them, and NaN unless they are `numbers`. */
export function atOrAbove(register: string, power: number, { numbers = false } = {}): AlikeSet {
  return {
    register,
    representative: (power + FP32.bias) * 2 ** FP32.fractionBits,
    contains: (gates, bits) => {
      const large = atLeast(gates, exponentOf(bits), power + FP32.bias);
      return numbers
        ? gates.and(
            large,
            isNumber(register).holds(gates, () => bits),
          )
        : large;
    },
  };
}

/** FP32 words of any sign whose magnitude code is at least `least` and below `end`; NaN codes are the largest. */
export function within(register: string, least: number, end: number): AlikeSet {
  return {
    register,
    representative: least,
    contains: (gates, bits) => {
      const magnitude = bits.slice(0, -1);
      return gates.and(atLeast(gates, magnitude, least), gates.not(atLeast(gates, magnitude, end)));
    },
  };
}

/**
 * Invariants as assumptions about a state that is alike to a reachable one: it may hold anything of a set that the
 * invariant speaks of.
 */
export function alikeAssumptions(
  invariants: readonly Invariant[],
  sets: readonly AlikeSet[],
  miter: MutantMiter,
): Assumption[] {
  const read = stateReader(miter.netlist)(miter.last);
  const { gates } = miter;
  return assumptionsOf(invariants, miter).map(({ node, sources }, i) => {
    const own = sets.filter(({ register }) => invariants[i]!.registers.includes(register));
    const inside = own.map(({ register, contains }) => contains(gates, read(register)));
    return { node: inside.reduce((a, b) => gates.or(a, b), node), sources };
  });
}

/** What tells values of one set apart, or a register whose sets overlap; undefined if nothing could be found to. */
export function firstTold(
  netlist: Netlist,
  observations: readonly Observation[],
  invariants: readonly Invariant[],
  sets: readonly AlikeSet[],
  conflicts: number,
): string | undefined {
  const miter = new MutantMiter(netlist, observations, 0, 'free');
  const { gates, last } = miter;
  const alike = alikeSetsIn(netlist, sets);
  for (const [r, own] of alike) {
    const inside = own.map(({ contains }) => contains(gates, last.state[r]!));
    const both = inside.flatMap((one, i) => inside.slice(0, i).map((other) => gates.and(one, other)));
    const isFree = (node: number) => new CircuitSolver(gates).canBeOne(node, conflicts) !== 'unsatisfiable';
    if (both.some(isFree)) return netlist.registers[r]!.name;
  }
  const assumptions = alikeAssumptions(invariants, sets, miter);
  // One register after the other becomes the representative: states in between are alike as well.
  for (const [r, own] of alike) {
    for (const { contains, representative } of own) {
      const solver = new CircuitSolver(gates, assumptions);
      solver.assume(contains(gates, last.state[r]!));
      const told = miter
        .differencesFrom(r, bitsOf(representative, last.state[r]!.length), alike)
        .find(({ right, wrong }) => solver.canDiffer(right, wrong, conflicts) !== 'unsatisfiable');
      if (told !== undefined) return told.register < 0 ? 'an output' : netlist.registers[told.register]!.name;
    }
  }
  return undefined;
}
