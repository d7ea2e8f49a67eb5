/** Sets of values of registers that nothing tells apart; `alike.ts` proves that nothing does. */
import type { GateBuilder, Netlist } from '../hdl/index.js';

type Bits = readonly number[];

/** A set of values of a register. */
export interface AlikeSet {
  readonly register: string;
  /** What all others are compared with. */
  readonly representative: number;
  /** The node that is 1 for values of the set. */
  contains(gates: GateBuilder, bits: Bits): number;
}

/** The sets of registers that have some, by the number of the register. Those of one register have nothing in common. */
export type AlikeSets = ReadonlyMap<number, readonly AlikeSet[]>;

/** The sets by the number of their register in a netlist. */
export function alikeSetsIn({ registers }: Netlist, sets: readonly AlikeSet[]): AlikeSets {
  const setsOf = (name: string) => sets.filter(({ register }) => register === name);
  return new Map(
    registers.map(({ name }, r) => [r, setsOf(name)] as const).filter(([, own]) => own.length > 0),
  );
}

/** The node that is 1 when two values are equal, or in one of the sets. */
export function areAlike(gates: GateBuilder, sets: readonly AlikeSet[], one: Bits, other: Bits): number {
  const equal = one
    .map((bit, i) => gates.not(gates.xor(bit, other[i]!)))
    .reduce((a, b) => gates.and(a, b), gates.one);
  return sets
    .map(({ contains }) => gates.and(contains(gates, one), contains(gates, other)))
    .reduce((a, b) => gates.or(a, b), equal);
}
