/**
 * Walks a graph once, operands first, and replaces cones by recipes that need fewer nodes, counting what is shared:
 * nodes that only the old cone used are freed, nodes that exist elsewhere cost nothing. Of equal savings the lowest form
 * is taken; else depth is no concern here. What reads a replaced node reads the replacement at once, so that cones to come
 * find and share it. Which recipes there are for a node is up to `propose`.
 */
import type { Aig, Literal } from './aig.js';
import { depthFirst, fanOuts, type Logic } from './logic.js';
import type { Recipe } from './recipe.js';

/** Stands for a node that a recipe would have to make. */
const NEW = -1;
/** Ends a list of readers. */
const NO_READER = -1;

/** Nodes of a cone beyond which a cut cannot bound it any more: something inside has been replaced. */
const MAX_CONE = 60;
/** More than the readers that nodes can lose before that is found out. */
const MOST_RELEASED = 1024;
/** A recipe this much dearer than what it frees is not tried: it could only win by sharing more. */
const MAX_SHARED = 4;

interface Candidate {
  readonly recipe: Recipe;
  readonly leaves: readonly Literal[];
  readonly saved: number;
  /** Level of its result. */
  readonly level: number;
}

export abstract class Replacer {
  /** The graph, to which new nodes are added; nodes that are replaced stay, unread. */
  protected readonly target: Aig;
  readonly #given: Logic;
  /** The same with a graph of its own, whose nodes are changed. */
  readonly #logic: Logic;
  readonly #least: number;
  /** Nodes of the graph as it was. */
  readonly #oldCount: number;
  /** Literal that replaces each old node; its own if it stays. */
  readonly #made: Int32Array;
  /** Nodes that have lost a reader while a cone is tried. */
  readonly #released = new Int32Array(MOST_RELEASED);
  #releasedCount = 0;
  /** Lists of the places (2 × reader + side) where nodes are read: by node the first, by place the next. */
  #firstReader: Int32Array;
  #nextReader: Int32Array;
  /** Readers of each node; an old node's count moves on to its replacement. */
  #references: Int32Array;
  #best: Candidate | undefined;
  /** Literals of a recipe's nodes while it is tried: the constant, leaves, steps. */
  #values = new Int32Array(64);
  /** Their levels. */
  #levels = new Int32Array(64);
  /** Nodes out of use that have been counted for the present recipe, by its number. */
  #countedFor = new Int32Array(0);
  #recipe = 0;

  /** With `zeroGain`, replacements that save nothing are taken as well. */
  constructor(logic: Logic, zeroGain: boolean) {
    // A chain is met from its beginning, whatever order it was written in.
    this.#given = logic;
    this.#logic = depthFirst(logic)!;
    this.#least = zeroGain ? 0 : 1;
    this.target = this.#logic.aig;
    this.#oldCount = this.target.count;
    this.#made = Int32Array.from({ length: this.#oldCount }, (_, node) => 2 * node);
    this.#references = fanOuts(this.#logic);
    this.#firstReader = new Int32Array(2 * this.#oldCount).fill(NO_READER);
    this.#nextReader = new Int32Array(4 * this.#oldCount);
    for (let node = 1; node < this.#oldCount; node++) if (this.target.isAnd(node)) this.#listReads(node);
  }

  run(): Logic {
    for (let node = 1; node < this.#oldCount; node++) {
      if (this.#references[node] === 0 || !this.target.isAnd(node)) continue;
      this.target.scope = this.target.scopes[node]!;
      this.#visit(node);
    }
    // The graph as it was given if replacements have run into each other.
    return depthFirst(this.#logic, (literal) => this.literalOf(literal)) ?? this.#given;
  }

  /** Calls `consider` for what may replace a node. */
  protected abstract propose(node: number): void;
  /** Told of every AND that is new or has come into sight. */
  protected abstract met(node: number): void;

  protected readers(node: number): number {
    return this.#references[node] ?? 0;
  }

  /** What stands for a literal of the old graph now. */
  protected literalOf(literal: Literal): Literal {
    let present = literal;
    for (;;) {
      const node = present >> 1;
      if (node >= this.#oldCount || this.#made[node] === 2 * node) return present;
      present = this.#made[node]! ^ (present & 1);
    }
  }

  /** Brings the node up to date with its operands, then replaces it by the best recipe. */
  #visit(node: number): void {
    const [left, right] = [this.target.left[node]!, this.target.right[node]!];
    const [a, b] = [this.literalOf(left), this.literalOf(right)];
    // Asked for again even with the same operands: what they read may have changed.
    const made = this.#and(a, b);
    this.target.level[node] = 1 + Math.max(this.target.level[a >> 1]!, this.target.level[b >> 1]!);
    const root = made >> 1;
    if (root !== node) this.#replace(node, made);
    // A root that other nodes read as well can only be replaced as a whole when it is this node.
    if ((root < this.#oldCount && root !== node) || !this.target.isAnd(root)) return;
    this.#best = undefined;
    this.propose(root);
    if (this.#best === undefined) return;
    const replacement = this.#build(this.#best);
    this.#handOver(root, replacement);
    this.#made[node] = replacement ^ (made & 1);
    this.#rewireReaders(node);
  }

  /** Hands the readers of an old node over to its replacement. */
  #replace(node: number, by: Literal): void {
    this.#handOver(node, by);
    this.#made[node] = by;
    this.#rewireReaders(node);
  }

  /** Lets the readers of a replaced node read what replaces it, so that they are found by their present operands. */
  #rewireReaders(node: number): void {
    const { left, right } = this.target;
    let place = this.#firstReader[node]!;
    this.#firstReader[node] = NO_READER;
    while (place !== NO_READER) {
      const next = this.#nextReader[place]!;
      const reader = place >> 1;
      this.#rewire(reader, this.literalOf(left[reader]!), this.literalOf(right[reader]!));
      this.#listRead(place, this.literalOf(2 * node) >> 1);
      place = next;
    }
  }

  /** Lets a node read its present operands, unless it folds or there is another one in use that does. */
  #rewire(node: number, a: Literal, b: Literal): void {
    const found = this.target.find(a, b);
    const isTaken = found !== undefined && found >> 1 !== node && this.#references[found >> 1]! > 0;
    if (a > 1 && b > 1 && a >> 1 !== b >> 1 && !isTaken) this.target.rewire(node, a, b);
  }

  #listReads(node: number): void {
    this.#listRead(2 * node, this.target.left[node]! >> 1);
    this.#listRead(2 * node + 1, this.target.right[node]! >> 1);
  }

  #listRead(place: number, operand: number): void {
    this.#nextReader[place] = this.#firstReader[operand]!;
    this.#firstReader[operand] = place;
  }

  #handOver(node: number, by: Literal): void {
    const readers = this.#references[node]!;
    for (let reader = 0; reader < readers; reader++) this.#reference(by >> 1);
    for (let reader = 0; reader < readers; reader++) this.#dereference(node);
  }

  /** Keeps the best of the recipes for a node over these leaves, which must bound its cone. */
  protected consider(node: number, leaves: readonly Literal[], recipes: readonly Recipe[]): void {
    // A leaf that has been replaced no longer bounds the cone.
    for (const leaf of leaves) if (this.literalOf(leaf) !== leaf) return;
    const readers = this.#references[node]!;
    for (const leaf of leaves) this.#bump(leaf >> 1);
    this.#references[node] = 1;
    this.#releasedCount = 0;
    const freed = this.#release(node, 0);
    if (freed <= MAX_CONE) for (const recipe of recipes) this.#try(node, leaves, recipe, freed);
    for (let i = 0; i < this.#releasedCount; i++) this.#references[this.#released[i]!]!++;
    this.#references[node] = readers;
    for (const leaf of leaves) this.#references[leaf >> 1]!--;
  }

  #try(node: number, leaves: readonly Literal[], recipe: Recipe, freed: number): void {
    const least = this.#best === undefined ? this.#least : this.#best.saved;
    if (freed < least || recipe.steps.length / 2 > freed + MAX_SHARED) return;
    const cost = this.#costOf(recipe, leaves, freed - least);
    const result = this.#valueOf(recipe.result);
    if (cost < 0 || result >> 1 === node) return;
    const [saved, level] = [freed - cost, this.#levels[recipe.result >> 1]!];
    if (this.#best !== undefined && saved === this.#best.saved && level >= this.#best.level) return;
    this.#best = { recipe, leaves: [...leaves], saved, level };
  }

  /** Nodes that a recipe would make or bring back into use; −1 if more than `limit`. Leaves their values behind. */
  #costOf(recipe: Recipe, leaves: readonly Literal[], limit: number): number {
    const { steps } = recipe;
    let next = this.#setLeaves(recipe, leaves);
    this.#recipe++;
    let cost = 0;
    for (let at = 0; at < steps.length; at += 2) {
      const a = this.#valueOf(steps[at]!);
      const b = this.#valueOf(steps[at + 1]!);
      const known = a === NEW || b === NEW ? NEW : this.#existing(a, b);
      this.#levels[next] =
        known === NEW
          ? 1 + Math.max(this.#levels[steps[at]! >> 1]!, this.#levels[steps[at + 1]! >> 1]!)
          : this.target.level[known >> 1]!;
      this.#values[next++] = known;
      if (known === NEW || this.#isFree(known >> 1)) cost++;
      if (cost > limit) return -1;
    }
    return cost;
  }

  /** Room for a recipe's nodes, its leaves filled in, and the place of its first step. */
  #setLeaves(recipe: Recipe, leaves: readonly Literal[]): number {
    const first = recipe.leaves + 1;
    const nodes = first + recipe.steps.length / 2;
    if (nodes > this.#values.length) {
      this.#values = new Int32Array(2 * nodes);
      this.#levels = new Int32Array(2 * nodes);
    }
    // A recipe may have more leaves than it reads.
    for (let i = 0; i < first; i++) {
      this.#values[i] = i === 0 || i > leaves.length ? 0 : leaves[i - 1]!;
      this.#levels[i] = this.target.level[this.#values[i]! >> 1]!;
    }
    return first;
  }

  /** What a recipe's literal is: a literal of the graph, or NEW. */
  #valueOf(literal: Literal): Literal {
    const value = this.#values[literal >> 1]!;
    return value === NEW ? NEW : value ^ (literal & 1);
  }

  /** Whether a node is out of use and not counted yet; counts it. */
  #isFree(node: number): boolean {
    if (this.#references[node] !== 0 || !this.target.isAnd(node)) return false;
    if (node >= this.#countedFor.length) this.#countedFor = new Int32Array(2 * this.target.count);
    if (this.#countedFor[node] === this.#recipe) return false;
    this.#countedFor[node] = this.#recipe;
    return true;
  }

  /** The literal of a ∧ b, or NEW if a node has to be made for it. */
  #existing(a: Literal, b: Literal): Literal {
    if (a === 0 || b === 0 || a === (b ^ 1)) return 0;
    if (a === 1 || a === b) return b;
    if (b === 1) return a;
    const found = this.target.find(a, b);
    return found === undefined ? NEW : this.literalOf(found);
  }

  #build({ recipe, leaves }: Candidate): Literal {
    let next = this.#setLeaves(recipe, leaves);
    const { steps } = recipe;
    for (let at = 0; at < steps.length; at += 2) {
      this.#values[next++] = this.#and(this.#valueOf(steps[at]!), this.#valueOf(steps[at + 1]!));
    }
    return this.#valueOf(recipe.result);
  }

  #and(a: Literal, b: Literal): Literal {
    const before = this.target.count;
    const literal = this.literalOf(this.target.and(a, b));
    for (let node = before; node < this.target.count; node++) {
      this.#makeRoomForReaders();
      this.#listReads(node);
    }
    this.met(literal >> 1);
    return literal;
  }

  #makeRoomForReaders(): void {
    const nodes = this.#firstReader.length;
    if (this.target.count <= nodes) return;
    const first = new Int32Array(2 * nodes).fill(NO_READER);
    first.set(this.#firstReader);
    const next = new Int32Array(4 * nodes);
    next.set(this.#nextReader);
    [this.#firstReader, this.#nextReader] = [first, next];
  }

  #bump(node: number): void {
    if (node >= this.#references.length) {
      const wider = new Int32Array(2 * Math.max(node, this.#references.length));
      wider.set(this.#references);
      this.#references = wider;
    }
    this.#references[node]!++;
  }

  /** Adds a reader; a node that comes into use reads its operands. */
  #reference(node: number): void {
    this.#bump(node);
    if (this.#references[node]! > 1 || !this.target.isAnd(node)) return;
    this.#reference(this.literalOf(this.target.left[node]!) >> 1);
    this.#reference(this.literalOf(this.target.right[node]!) >> 1);
  }

  /**
   * Nodes that go out of use when `node` loses a reader, added to those already `freed`; every loss is noted in
   * `#released` so that it can be undone. Gives up beyond `MAX_CONE`.
   */
  #release(node: number, freed: number): number {
    this.#released[this.#releasedCount++] = node;
    if (--this.#references[node]! > 0 || !this.target.isAnd(node) || freed > MAX_CONE) return freed;
    const { left, right } = this.target;
    const withLeft = this.#release(this.literalOf(left[node]!) >> 1, freed + 1);
    return this.#release(this.literalOf(right[node]!) >> 1, withLeft);
  }

  /** Undoes `#reference`. */
  #dereference(node: number): void {
    if (--this.#references[node]! > 0 || !this.target.isAnd(node)) return;
    this.#dereference(this.literalOf(this.target.left[node]!) >> 1);
    this.#dereference(this.literalOf(this.target.right[node]!) >> 1);
  }
}
