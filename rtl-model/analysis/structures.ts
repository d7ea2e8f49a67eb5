/**
 * Small circuits for functions of up to four variables: for each function the formulas of AND and XOR with the fewest
 * ANDs (an XOR counts three), found by building all functions from the cheapest up.
 *
 * A formula is a tree; that parts of it may be shared is left to the graph it is built into.
 */
import type { Literal } from './aig.js';
import { type Recipe, RecipeBuilder } from './recipe.js';

/** Dearest formula that is kept, in ANDs; functions beyond it are rarely worth rewriting. */
const MAX_COST = 8;
/** Formulas kept of a function: more of them find more nodes that exist already. */
const ALTERNATIVES = 6;
const FUNCTIONS = 2 ** 16;
const UNKNOWN = 255;
const XOR_COST = 3;

/** Truth tables of the four variables, 16 bits. */
const VARIABLE_TABLES = [0xaaaa, 0xcccc, 0xf0f0, 0xff00];

type Operation = 'and' | 'nand' | 'xor' | 'xnor' | 'mux';
const OPERATIONS: readonly Operation[] = ['and', 'nand', 'xor', 'xnor', 'mux'];

/** A function as an operation on cheaper functions. */
interface Formula {
  readonly operation: Operation;
  readonly left: number;
  readonly right: number;
  /** Of a multiplexer, which gives `left` where it is 1, else `right`. */
  readonly select: number;
}

export class StructureTable {
  /** ANDs of the cheapest formula, by truth table. */
  readonly #costs = new Uint8Array(FUNCTIONS).fill(UNKNOWN);
  readonly #counts = new Uint8Array(FUNCTIONS);
  readonly #operations = new Uint8Array(FUNCTIONS * ALTERNATIVES);
  readonly #lefts = new Uint16Array(FUNCTIONS * ALTERNATIVES);
  readonly #rights = new Uint16Array(FUNCTIONS * ALTERNATIVES);
  readonly #selects = new Uint16Array(FUNCTIONS * ALTERNATIVES);
  readonly #recipes = new Array<readonly Recipe[] | undefined>(FUNCTIONS).fill(undefined);

  constructor() {
    const byCost: number[][] = [[0, 0xffff, ...VARIABLE_TABLES.flatMap((table) => [table, table ^ 0xffff])]];
    for (const table of byCost[0]!) this.#costs[table] = 0;
    for (let cost = 1; cost <= MAX_COST; cost++) {
      const found: number[] = [];
      byCost.push(found);
      this.#combine(byCost, cost, found);
    }
  }

  /** Cheap circuits of a 16-bit truth table over four leaves; none for functions beyond the limit. */
  recipes(table: number): readonly Recipe[] {
    this.#recipes[table] ??= this.#makeRecipes(table);
    return this.#recipes[table];
  }

  #makeRecipes(table: number): Recipe[] {
    const make = (variant: number, inner: number) => {
      const builder = new RecipeBuilder(VARIABLE_TABLES.length);
      return builder.finish(this.#build(builder, table, variant, inner));
    };
    if (this.#costs[table] === 0) return [make(0, 0)];
    const all = Array.from({ length: this.#counts[table]! }, (_, i) => [0, i].map((inner) => make(i, inner)));
    const known = new Set<string>();
    return all.flat().filter((recipe) => {
      const text = `${recipe.steps.join()}:${recipe.result}`;
      return !known.has(text) && known.add(text);
    });
  }

  #build(builder: RecipeBuilder, table: number, variant: number, inner: number): Literal {
    if (this.#costs[table] === 0) return literalOfTable(builder, table);
    const formula = this.#formula(table, variant % this.#counts[table]!);
    const [left, right] = [
      this.#build(builder, formula.left, inner, inner),
      this.#build(builder, formula.right, inner, inner),
    ];
    switch (formula.operation) {
      case 'and':
        return builder.and(left, right);
      case 'nand':
        return builder.and(left, right) ^ 1;
      case 'xor':
        return builder.xor(left, right);
      case 'xnor':
        return builder.xor(left, right) ^ 1;
      case 'mux':
        return builder.mux(this.#build(builder, formula.select, inner, inner), left, right);
    }
  }

  #formula(table: number, index: number): Formula {
    const at = table * ALTERNATIVES + index;
    return {
      operation: OPERATIONS[this.#operations[at]!]!,
      left: this.#lefts[at]!,
      right: this.#rights[at]!,
      select: this.#selects[at]!,
    };
  }

  /** All functions that `cost` ANDs make of cheaper ones. */
  #combine(byCost: readonly (readonly number[])[], cost: number, found: number[]): void {
    for (let i = 0; i <= cost - 1 - i; i++) {
      const [lefts, rights] = [byCost[i]!, byCost[cost - 1 - i]!];
      for (const left of lefts) {
        for (const right of rights) {
          if (lefts === rights && right < left) continue;
          const both = left & right;
          this.#add(both, cost, 0, left, right, found);
          this.#add(both ^ 0xffff, cost, 1, left, right, found);
        }
      }
    }
    for (let i = 0; i <= cost - XOR_COST - i; i++) {
      const [lefts, rights] = [byCost[i]!, byCost[cost - XOR_COST - i]!];
      for (const left of lefts) {
        for (const right of rights) {
          if (lefts === rights && right < left) continue;
          this.#add(left ^ right, cost, 2, left, right, found);
          this.#add(left ^ right ^ 0xffff, cost, 3, left, right, found);
        }
      }
    }
    // A select that is a variable gives an AND of two NANDs, which is above.
    if (cost <= XOR_COST) return;
    for (const select of byCost[cost - XOR_COST]!) {
      for (const left of byCost[0]!) {
        for (const right of byCost[0]!) {
          this.#add((select & left) | (~select & 0xffff & right), cost, 4, left, right, found, select);
        }
      }
    }
  }

  #add(
    table: number,
    cost: number,
    operation: number,
    left: number,
    right: number,
    found: number[],
    select = 0,
  ): void {
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
    this.#selects[at] = select;
    this.#counts[table] = count + 1;
  }
}

/** The literal of a constant or a variable. */
function literalOfTable(builder: RecipeBuilder, table: number): Literal {
  if (table === 0 || table === 0xffff) return table & 1;
  const plain = VARIABLE_TABLES.indexOf(table);
  return plain >= 0 ? builder.leaf(plain) : builder.leaf(VARIABLE_TABLES.indexOf(table ^ 0xffff)) ^ 1;
}

let shared: StructureTable | undefined;

/** The table, made at first use (some tenths of a second). */
export function structureTable(): StructureTable {
  shared ??= new StructureTable();
  return shared;
}
