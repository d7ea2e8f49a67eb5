/** Whether two literals of a graph are equal, by trying every value of the few sources below them. */
import type { Aig, Literal } from './aig.js';
import { type Table, tableWords, variableTable } from './tables.js';

/** Values of sources (nodes) on which two literals differ. */
export type Difference = ReadonlyMap<number, 0 | 1>;

/** Words that all tables take together at most: 32 MiB. */
const MOST_WORDS = 2 ** 23;

/**
 * Compares literals of a graph whose nodes stay what they are. Questions that follow each other are mostly about the same
 * sources: the tables of their nodes are kept.
 */
export class Exhaustion {
  readonly #aig: Aig;
  readonly #mostSources: number;
  /** Place of each source that tables are over. */
  readonly #places = new Map<number, number>();
  /** By node, its value for every value of those sources, 32 in a word. */
  readonly #tables = new Map<number, Table>();

  constructor(aig: Aig, mostSources: number) {
    this.#aig = aig;
    this.#mostSources = mostSources;
  }

  /**
   * The literals' first difference, `equal`, or undefined if they depend on more than `mostSources` sources, or on more
   * nodes than there is room for.
   */
  compare(a: Literal, b: Literal): Difference | 'equal' | undefined {
    const cone = coneBelow(this.#aig, [a >> 1, b >> 1], this.#mostSources);
    if (cone === undefined || !this.#makeTables(cone)) return undefined;
    const [first, second] = [this.#tables.get(a >> 1)!, this.#tables.get(b >> 1)!];
    const inverse = -((a ^ b) & 1);
    for (let word = 0; word < first.length; word++) {
      const different = first[word]! ^ second[word]! ^ inverse;
      if (different !== 0) return this.#valuesAt(word, 31 - Math.clz32(different), cone.sources);
    }
    return 'equal';
  }

  /** False if they would take too much room. */
  #makeTables({ sources, ands }: Cone): boolean {
    if (sources.some((source) => !this.#places.has(source))) {
      this.#places.clear();
      this.#tables.clear();
      for (const source of sources) this.#places.set(source, this.#places.size);
    }
    const words = tableWords(this.#places.size);
    if ((this.#tables.size + ands.length) * words > MOST_WORDS) this.#tables.clear();
    if (ands.length * words > MOST_WORDS) return false;
    this.#tables.set(0, new Int32Array(words));
    for (const [source, place] of this.#places) this.#tables.set(source, variableTable(place, words));
    for (const node of ands) if (!this.#tables.has(node)) this.#tables.set(node, this.#tableOf(node, words));
    return true;
  }

  /** The table of an AND whose operands have theirs. */
  #tableOf(node: number, words: number): Table {
    const [a, b] = [this.#aig.left[node]!, this.#aig.right[node]!];
    const [left, right] = [this.#tables.get(a >> 1)!, this.#tables.get(b >> 1)!];
    const [p, q] = [-(a & 1), -(b & 1)];
    const table = new Int32Array(words);
    for (let word = 0; word < words; word++) table[word] = (left[word]! ^ p) & (right[word]! ^ q);
    return table;
  }

  #valuesAt(word: number, pattern: number, sources: readonly number[]): Difference {
    return new Map(
      sources.map((source) => [source, ((this.#tables.get(source)![word]! >>> pattern) & 1) as 0 | 1]),
    );
  }
}

interface Cone {
  readonly sources: readonly number[];
  /** Operands first. */
  readonly ands: readonly number[];
}

/** What is below some nodes; undefined beyond so many sources. */
function coneBelow(aig: Aig, roots: readonly number[], mostSources: number): Cone | undefined {
  const seen = new Set([0]);
  const [sources, ands]: [number[], number[]] = [[], []];
  const stack = [...roots];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (node < 0) ands.push(-node);
    else if (!seen.has(node)) {
      seen.add(node);
      if (aig.isAnd(node)) stack.push(-node, aig.left[node]! >> 1, aig.right[node]! >> 1);
      else if (sources.push(node) > mostSources) return undefined;
    }
  }
  return { sources, ands };
}
