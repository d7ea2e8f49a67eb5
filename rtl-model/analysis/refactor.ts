/**
 * Refactoring: the cone that only one node needs, of up to twelve leaves, replaced by the factored form of its function
 * where that has fewer nodes. Finds what cuts of four leaves are too small to see.
 * Source of the method: A. Mishchenko, R. Brayton, "Scalable logic synthesis using a simple circuit structure", IWLS
 * 2006.
 */
import type { Literal } from './aig.js';
import { factor, irredundantCubes } from './cubes.js';
import type { Logic } from './logic.js';
import { type Recipe, RecipeBuilder } from './recipe.js';
import { Replacer } from './replace.js';
import { areEqual, isOnes, isZero, type Table, tableWords, variableTable } from './tables.js';

const MAX_LEAVES = 12;
/** Nodes of a cone; larger ones are cut off. */
const MAX_NODES = 40;
/** Levels of a cone below its node. */
const MAX_DEPTH = 10;

/** The same logic with fewer nodes. With `zeroGain`, replacements that save nothing are taken as well. */
export function refactor(logic: Logic, options: { readonly zeroGain?: boolean } = {}): Logic {
  return new Refactorer(logic, options.zeroGain ?? false).run();
}

class Refactorer extends Replacer {
  readonly #recipes = new RecipeMemory();

  protected met(): void {}

  protected propose(root: number): void {
    const cone = this.#coneOf(root);
    if (cone === undefined) return;
    const leaves = cone.map((node) => 2 * node);
    this.consider(root, leaves, this.#recipes.of(this.#tableOf(root, cone), leaves.length));
  }

  /** What the nodes that only `root` needs read; undefined if they are one or read too much. */
  #coneOf(root: number): readonly number[] | undefined {
    let nodes = 0;
    const leaves: number[] = [];
    const uses = new Map<number, number>();
    const lowest = this.target.level[root]! - MAX_DEPTH;
    const visit = (node: number) => {
      nodes++;
      for (const literal of this.#operands(node)) {
        const operand = literal >> 1;
        const used = (uses.get(operand) ?? 0) + 1;
        uses.set(operand, used);
        const isInner =
          this.target.isAnd(operand) &&
          used === this.readers(operand) &&
          this.target.level[operand]! > lowest;
        if (isInner && nodes < MAX_NODES) {
          const at = leaves.indexOf(operand);
          if (at >= 0) leaves.splice(at, 1);
          visit(operand);
        } else if (!leaves.includes(operand)) leaves.push(operand);
      }
    };
    visit(root);
    return nodes < 2 || leaves.length > MAX_LEAVES ? undefined : leaves;
  }

  #operands(node: number): [Literal, Literal] {
    return [this.literalOf(this.target.left[node]!), this.literalOf(this.target.right[node]!)];
  }

  #tableOf(root: number, leaves: readonly number[]): Table {
    const words = tableWords(leaves.length);
    const tables = new Map(leaves.map((node, i) => [node, variableTable(i, words)]));
    const tableOf = (node: number): Table => {
      const known = tables.get(node);
      if (known !== undefined) return known;
      const [a, b] = this.#operands(node);
      const [p, q] = [tableOf(a >> 1), tableOf(b >> 1)];
      const [x, y] = [-(a & 1), -(b & 1)];
      const table = p.map((word, i) => (word ^ x) & (q[i]! ^ y));
      tables.set(node, table);
      return table;
    };
    return tableOf(root);
  }
}

/** Recipes by function: the cones of regular logic have few different ones. */
class RecipeMemory {
  readonly #byHash = new Map<
    number,
    { readonly table: Table; readonly leaves: number; readonly recipes: Recipe[] }[]
  >();

  of(table: Table, leaves: number): readonly Recipe[] {
    let hash = leaves;
    for (const word of table) hash = (Math.imul(hash, 0x9e3779b1) ^ (hash >>> 15)) + word;
    const known = this.#byHash.get(hash) ?? [];
    const same = known.find((one) => one.leaves === leaves && areEqual(one.table, table));
    if (same !== undefined) return same.recipes;
    const recipes = recipesOf(table, leaves);
    known.push({ table, leaves, recipes });
    this.#byHash.set(hash, known);
    return recipes;
  }
}

/** The factored forms of a function and of its inverse. */
function recipesOf(table: Table, leaves: number): Recipe[] {
  if (isZero(table) || isOnes(table)) return [new RecipeBuilder(leaves).finish(isZero(table) ? 0 : 1)];
  return [0, 1].flatMap((inverse) => {
    const cubes = irredundantCubes(inverse === 0 ? table : table.map((word) => ~word), leaves);
    if (cubes === undefined) return [];
    const builder = new RecipeBuilder(leaves);
    return [builder.finish(factor(builder, cubes) ^ inverse)];
  });
}
