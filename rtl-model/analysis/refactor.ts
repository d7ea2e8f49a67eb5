/**
 * Refactoring: a cone of up to twelve leaves replaced by the factored form of its function where that has fewer nodes:
 * the cone that only one node needs or, where that has more leaves, one that gathers paths which meet again. Finds what
 * cuts of four leaves are too small to see.
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
/** The same for cones whose nodes others may read as well. */
const MAX_SHARED_NODES = 200;
/** Readers of a node beyond which a cone does not grow into it. */
const MAX_READERS = 50;
/** Levels of a cone below its node. */
const MAX_DEPTH = 10;

/** The same logic with fewer nodes. With `zeroGain`, replacements that save nothing are taken as well. */
export function refactor(logic: Logic, options: { readonly zeroGain?: boolean } = {}): Logic {
  return new Refactorer(logic, options.zeroGain ?? false).run();
}

class Refactorer extends Replacer {
  /** Leaves of the cone that is looked at. */
  readonly #leaves: number[] = [];
  /** Its other nodes, operands first. */
  readonly #inner: number[] = [];
  /** How often the cone reads each node, and the number of the cone that this was counted for. */
  #uses = new Int32Array(0);
  #countedFor = new Int32Array(0);
  #cone = 0;
  /** Place of each node's table: leaves first, then inner nodes. */
  #places = new Int32Array(0);
  readonly #tables = new Int32Array((MAX_LEAVES + MAX_SHARED_NODES) * tableWords(MAX_LEAVES));

  protected met(): void {}

  protected propose(root: number): void {
    this.#makeRoom();
    this.#inner.length = 0;
    this.#leaves.length = 0;
    this.#cone++;
    this.#visit(root, this.target.level[root]! - MAX_DEPTH);
    if (this.#inner.length < 2) return;
    if (this.#leaves.length > MAX_LEAVES) this.#findReconvergence(root);
    if (this.#inner.length > MAX_SHARED_NODES) return;
    const leaves = this.#leaves.map((node) => 2 * node);
    this.consider(root, leaves, RECIPES.of(this.#tableOf(), leaves.length));
  }

  #makeRoom(): void {
    if (this.#uses.length >= this.target.count) return;
    const nodes = 2 * this.target.count;
    this.#uses = new Int32Array(nodes);
    this.#countedFor = new Int32Array(nodes);
    this.#places = new Int32Array(nodes);
  }

  /** Adds a node to the cone and, above the lowest level, what only the cone reads; what else it reads is a leaf. */
  #visit(node: number, lowest: number): void {
    this.#inner.push(node);
    for (let side = 0; side < 2; side++) {
      const operand = this.#operand(node, side) >> 1;
      const uses = this.#countedFor[operand] === this.#cone ? this.#uses[operand]! + 1 : 1;
      this.#countedFor[operand] = this.#cone;
      this.#uses[operand] = uses;
      const isInner =
        this.target.isAnd(operand) &&
        uses === this.readers(operand) &&
        this.target.level[operand]! > lowest &&
        this.#inner.length < MAX_NODES;
      const at = uses === 1 ? -1 : this.#leaves.indexOf(operand);
      if (isInner) {
        if (at >= 0) this.#leaves.splice(at, 1);
        this.#visit(operand, lowest);
      } else if (at < 0) this.#leaves.push(operand);
    }
  }

  /** A cone that grows at the leaf that brings the fewest new ones, whatever else reads its nodes. */
  #findReconvergence(root: number): void {
    this.#cone++;
    this.#leaves.length = 0;
    this.#inner.length = 0;
    this.#expand(root);
    for (;;) {
      const at = this.#cheapestLeaf();
      if (at < 0) break;
      this.#expand(this.#leaves.splice(at, 1)[0]!);
    }
    this.#cone++;
    this.#orderInner(root);
  }

  /** Makes the operands of a node leaves, but those that were met before. */
  #expand(node: number): void {
    this.#countedFor[node] = this.#cone;
    for (let side = 0; side < 2; side++) {
      const operand = this.#operand(node, side) >> 1;
      if (this.#countedFor[operand] === this.#cone) continue;
      this.#countedFor[operand] = this.#cone;
      this.#leaves.push(operand);
    }
  }

  /** Place of the leaf to expand: fewest new leaves, then highest; −1 if there would be too many leaves. */
  #cheapestLeaf(): number {
    let [best, bestCost, bestLevel] = [-1, 3, -1];
    this.#leaves.forEach((node, at) => {
      if (!this.target.isAnd(node)) return;
      const cost = this.#isNew(node, 0) + this.#isNew(node, 1);
      if (cost === 2 && this.readers(node) > MAX_READERS) return;
      const level = this.target.level[node]!;
      if (cost < bestCost || (cost === bestCost && level > bestLevel))
        [best, bestCost, bestLevel] = [at, cost, level];
    });
    return this.#leaves.length - 1 + bestCost > MAX_LEAVES ? -1 : best;
  }

  #isNew(node: number, side: number): number {
    return this.#countedFor[this.#operand(node, side) >> 1] === this.#cone ? 0 : 1;
  }

  /** Lists the nodes between a root and the leaves, each before those that it reads. */
  #orderInner(root: number): void {
    for (const leaf of this.#leaves) this.#countedFor[leaf] = this.#cone;
    const visit = (node: number): void => {
      if (this.#countedFor[node] === this.#cone) return;
      this.#countedFor[node] = this.#cone;
      visit(this.#operand(node, 0) >> 1);
      visit(this.#operand(node, 1) >> 1);
      this.#inner.push(node);
    };
    visit(root);
    this.#inner.reverse();
  }

  #operand(node: number, side: number): Literal {
    return this.literalOf(side === 0 ? this.target.left[node]! : this.target.right[node]!);
  }

  /** The function of the cone over its leaves. */
  #tableOf(): Table {
    const words = tableWords(this.#leaves.length);
    const tables = this.#tables;
    this.#leaves.forEach((node, i) => {
      this.#places[node] = i * words;
      tables.set(variableTable(i, words), i * words);
    });
    // Behind a node come those that it reads.
    let place = this.#leaves.length * words;
    for (let i = this.#inner.length - 1; i >= 0; i--, place += words) {
      const node = this.#inner[i]!;
      const [a, b] = [this.#operand(node, 0), this.#operand(node, 1)];
      const [p, q] = [this.#places[a >> 1]!, this.#places[b >> 1]!];
      const [x, y] = [-(a & 1), -(b & 1)];
      for (let word = 0; word < words; word++) {
        tables[place + word] = (tables[p + word]! ^ x) & (tables[q + word]! ^ y);
      }
      this.#places[node] = place;
    }
    return tables.slice(place - words, place);
  }
}

/** Functions kept at most. */
const MAX_FUNCTIONS = 2 ** 15;

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
    if (this.#byHash.size === MAX_FUNCTIONS) this.#byHash.clear();
    this.#byHash.set(hash, known);
    return recipes;
  }
}

/** One for all passes: a later pass meets most functions of an earlier one again. */
const RECIPES = new RecipeMemory();

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
