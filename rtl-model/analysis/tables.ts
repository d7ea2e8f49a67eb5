/** Truth tables in 32-bit words; those of fewer than five variables repeat in their word. */
import { VARIABLES } from '../technology/index.js';

export { VARIABLES };

export type Table = Int32Array;

/** Words of a table over so many variables. */
export function tableWords(variables: number): number {
  return variables <= 5 ? 1 : 1 << (variables - 5);
}

export function zeroTable(words: number): Table {
  return new Int32Array(words);
}

export function isZero(table: Table): boolean {
  for (let i = 0; i < table.length; i++) if (table[i] !== 0) return false;
  return true;
}

export function isOnes(table: Table): boolean {
  for (let i = 0; i < table.length; i++) if (table[i] !== -1) return false;
  return true;
}

/** Whether two tables over as many variables are the same. */
export function areEqual(a: Table, b: Table): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const variableTables = new Map<number, Table>();

/** The table of a variable. */
export function variableTable(variable: number, words: number): Table {
  const key = 64 * words + variable;
  let table = variableTables.get(key);
  if (table === undefined) {
    table = Int32Array.from({ length: words }, (_, i) =>
      variable < 5 ? VARIABLES[variable]! : -((i >> (variable - 5)) & 1),
    );
    variableTables.set(key, table);
  }
  return table;
}

/** A table of one word where one of its variables has a value, as a table that no longer depends on it. */
export function cofactor(word: number, variable: number, value: number): number {
  const [ones, shift] = [VARIABLES[variable]!, 1 << variable];
  return value === 1 ? (word & ones) | ((word & ones) >>> shift) : (word & ~ones) | ((word & ~ones) << shift);
}
