/** Truth tables of up to twelve variables in 32-bit words; those of fewer than five variables repeat in their word. */
import { VARIABLES } from '../technology/index.js';

export type Table = Int32Array;

/** Words of a table over so many variables. */
export function tableWords(variables: number): number {
  return variables <= 5 ? 1 : 1 << (variables - 5);
}

export function zeroTable(words: number): Table {
  return new Int32Array(words);
}

export function isZero(table: Table): boolean {
  return table.every((word) => word === 0);
}

export function isOnes(table: Table): boolean {
  return table.every((word) => word === -1);
}

/** The table of a variable. */
export function variableTable(variable: number, words: number): Table {
  return Int32Array.from({ length: words }, (_, i) =>
    variable < 5 ? VARIABLES[variable]! : -((i >> (variable - 5)) & 1),
  );
}

/** The table where a variable has a value, as one that no longer depends on it. */
export function cofactor(table: Table, variable: number, value: number): Table {
  if (variable >= 5) {
    const distance = 1 << (variable - 5);
    return table.map((_, i) => table[value === 1 ? i | distance : i & ~distance]!);
  }
  const [ones, shift] = [VARIABLES[variable]!, 1 << variable];
  return value === 1
    ? table.map((word) => (word & ones) | ((word & ones) >>> shift))
    : table.map((word) => (word & ~ones) | ((word & ~ones) << shift));
}
