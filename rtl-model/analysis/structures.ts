/**
 * Small circuits for functions of up to four variables: for each function the formulas of AND and XOR with the fewest
 * ANDs (an XOR counts three), found by building all functions from the cheapest up.
 *
 * A formula is a tree; that parts of it may be shared is left to the graph it is built into.
 */

/** Dearest formula that is kept, in ANDs; functions beyond it are rarely worth rewriting. */
const MAX_COST = 8;
/** Formulas kept of a function: more of them find more nodes that exist already. */
const ALTERNATIVES = 6;
const FUNCTIONS = 2 ** 16;
const UNKNOWN = 255;
const XOR_COST = 3;

/** Truth tables of the four variables, 16 bits. */
const VARIABLE_TABLES = [0xaaaa, 0xcccc, 0xf0f0, 0xff00];

export type Operation = 'and' | 'nand' | 'xor';
const OPERATIONS: readonly Operation[] = ['and', 'nand', 'xor'];

/** A function as an operation on two cheaper functions. */
export interface Formula {
  readonly operation: Operation;
  readonly left: number;
  readonly right: number;
}

export class StructureTable {
  /** ANDs of the cheapest formula, by truth table. */
  readonly #costs = new Uint8Array(FUNCTIONS).fill(UNKNOWN);
  readonly #counts = new Uint8Array(FUNCTIONS);
  readonly #operations = new Uint8Array(FUNCTIONS * ALTERNATIVES);
  readonly #lefts = new Uint16Array(FUNCTIONS * ALTERNATIVES);
  readonly #rights = new Uint16Array(FUNCTIONS * ALTERNATIVES);
  readonly #formulas = new Array<readonly Formula[] | undefined>(FUNCTIONS).fill(undefined);

  constructor() {
    const byCost: number[][] = [[0, 0xffff, ...VARIABLE_TABLES.flatMap((table) => [table, table ^ 0xffff])]];
    for (const table of byCost[0]!) this.#costs[table] = 0;
    for (let cost = 1; cost <= MAX_COST; cost++) {
      const found: number[] = [];
      byCost.push(found);
      this.#combine(byCost, cost, found);
    }
  }

  /** ANDs of the cheapest formula of a 16-bit truth table; more than `MAX_COST` if none is known. */
  cost(table: number): number {
    return this.#costs[table]!;
  }

  /** The cheapest formulas; none for constants and variables, and for functions beyond the limit. */
  formulas(table: number): readonly Formula[] {
    let formulas = this.#formulas[table];
    if (formulas === undefined) {
      formulas = Array.from({ length: this.#counts[table]! }, (_, i) => {
        const at = table * ALTERNATIVES + i;
        return {
          operation: OPERATIONS[this.#operations[at]!]!,
          left: this.#lefts[at]!,
          right: this.#rights[at]!,
        };
      });
      this.#formulas[table] = formulas;
    }
    return formulas;
  }

  /** All functions that `cost` ANDs make of cheaper ones. */
  #combine(byCost: readonly (readonly number[])[], cost: number, found: number[]): void {
    for (let i = 0; i <= cost - 1 - i; i++) {
      const [lefts, rights] = [byCost[i]!, byCost[cost - 1 - i]!];
      for (const left of lefts) {
        for (const right of rights) {
          const both = left & right;
          this.#add(both, cost, 0, left, right, found);
          this.#add(both ^ 0xffff, cost, 1, left, right, found);
        }
      }
    }
    for (let i = 0; i <= cost - XOR_COST - i; i++) {
      const [lefts, rights] = [byCost[i]!, byCost[cost - XOR_COST - i]!];
      for (const left of lefts) {
        for (const right of rights) this.#add(left ^ right, cost, 2, left, right, found);
      }
    }
  }

  #add(table: number, cost: number, operation: number, left: number, right: number, found: number[]): void {
    const known = this.#costs[table]!;
    if (known < cost) return;
    const count = this.#counts[table]!;
    if (count === ALTERNATIVES) return;
    if (known > cost) {
      this.#costs[table] = cost;
      found.push(table);
    }
    const at = table * ALTERNATIVES + count;
    this.#operations[at] = operation;
    this.#lefts[at] = left;
    this.#rights[at] = right;
    this.#counts[table] = count + 1;
  }
}

let shared: StructureTable | undefined;

/** The table, made at first use (some tenths of a second). */
export function structureTable(): StructureTable {
  shared ??= new StructureTable();
  return shared;
}
