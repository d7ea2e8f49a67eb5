/**
 * Rewriting: small cones of the graph replaced by cheaper circuits of the same function, counting what is shared.
 *
 * Every node is visited once, operands first. For each of its cuts of four leaves the cheapest formulas of its function
 * are tried; the one that saves most nodes is taken: nodes that only the old cone used are freed, nodes that exist
 * elsewhere cost nothing. Depth is not a concern here, as in area-driven synthesis scripts; `balance` follows.
 * Source of the method: A. Mishchenko, S. Chatterjee, R. Brayton, "DAG-aware AIG rewriting", DAC 2006.
 */
import type { Aig, Literal } from './aig.js';
import { CutSet } from './cuts.js';
import { depthFirst, fanOuts, type Logic } from './logic.js';
import { type Formula, structureTable } from './structures.js';

const LIMITS = { leaves: 4, cuts: 12 };
const VARIABLE_TABLES = [0xaaaa, 0xcccc, 0xf0f0, 0xff00];
/** Readers of a leaf beyond which more make a cut no better. */
const READERS_COUNTED = 1000;
/** Nodes of a cone beyond which the cut cannot bound it any more: something inside has been replaced. */
const MAX_CONE = 40;
/** Stands for a node that a formula would have to make. */
const NEW = -1;

/** A formula over the leaves of a cut, and what it saves. */
interface Candidate {
  readonly table: number;
  readonly leaves: readonly Literal[];
  readonly formula: Formula | undefined;
  readonly saved: number;
}

/** What a dry run has found so far. */
interface Counter {
  /** Nodes to be made or brought back into use. */
  cost: number;
  readonly limit: number;
  /** Existing nodes out of use that are counted in `cost`. */
  counted: readonly number[];
}

const NOTHING: readonly number[] = [];

/** The same logic with fewer nodes. With `zeroGain`, replacements that save nothing are taken as well. */
export function rewrite(logic: Logic, options: { readonly zeroGain?: boolean } = {}): Logic {
  return new Rewriter(logic, options.zeroGain ?? false).run();
}

class Rewriter {
  readonly #logic: Logic;
  readonly #least: number;
  /** The graph, to which new nodes are added; nodes that are replaced stay, unread. */
  readonly #target: Aig;
  /** Nodes of the graph as it was. */
  readonly #oldCount: number;
  readonly #cuts: CutSet;
  readonly #structures = structureTable();
  /** Literal that replaces each old node; its own if it stays. */
  readonly #made: Int32Array;
  /** Nodes that have lost a reader while a cut is tried. */
  readonly #released: number[] = [];
  /** Readers of each node; an old node's count moves on to its replacement. */
  #references: Int32Array;

  constructor(logic: Logic, zeroGain: boolean) {
    // A chain is met from its beginning, whatever order it was written in.
    this.#logic = depthFirst(logic)!;
    this.#least = zeroGain ? 0 : 1;
    this.#target = this.#logic.aig;
    this.#oldCount = this.#target.count;
    this.#made = Int32Array.from({ length: this.#oldCount }, (_, node) => 2 * node);
    this.#references = fanOuts(this.#logic);
    const readersOf = (node: number) => Math.min(READERS_COUNTED, this.#references[node] ?? 0);
    this.#cuts = new CutSet(this.#target, { ...LIMITS, readersOf }, 2 * this.#oldCount);
  }

  run(): Logic {
    for (let node = 1; node < this.#oldCount; node++) {
      if (this.#references[node] === 0 || !this.#target.isAnd(node)) continue;
      this.#target.scope = this.#target.scopes[node]!;
      this.#visit(node);
    }
    return this.#finish();
  }

  /** The graph without what is not read; the old one if replacements have run into each other. */
  #finish(): Logic {
    const at = (literal: Literal) => this.#literalOf(literal);
    return depthFirst(this.#logic, at) ?? this.#logic;
  }

  /** What stands for a literal of the old graph now. */
  #literalOf(literal: Literal): Literal {
    let present = literal;
    for (;;) {
      const node = present >> 1;
      if (node >= this.#oldCount || this.#made[node] === 2 * node) return present;
      present = this.#made[node]! ^ (present & 1);
    }
  }

  /** Brings the node up to date with its operands, then replaces it by the best formula. */
  #visit(node: number): void {
    const [left, right] = [this.#target.left[node]!, this.#target.right[node]!];
    const [a, b] = [this.#literalOf(left), this.#literalOf(right)];
    const made = a === left && b === right ? 2 * node : this.#and(a, b);
    this.#ensureCuts(made >> 1);
    if (made >> 1 !== node) this.#replace(node, made);
    const root = made >> 1;
    // A root that other nodes read as well can only be replaced as a whole when it is this node.
    if (root < this.#oldCount && root !== node) return;
    const candidate = this.#best(made);
    if (candidate === undefined) return;
    const replacement = this.#build(candidate.table, candidate.leaves, candidate.formula);
    if (root === node) this.#replace(node, replacement);
    else this.#replaceNew(node, made, replacement);
  }

  /** Hands the readers of an old node over to its replacement. */
  #replace(node: number, by: Literal): void {
    const readers = this.#references[node]!;
    for (let reader = 0; reader < readers; reader++) this.#reference(by >> 1);
    for (let reader = 0; reader < readers; reader++) this.#dereference(node);
    this.#made[node] = by;
  }

  /** The same for a node that was just made in place of an old one. */
  #replaceNew(node: number, made: Literal, by: Literal): void {
    const root = made >> 1;
    const readers = this.#references[root]!;
    for (let reader = 0; reader < readers; reader++) this.#reference(by >> 1);
    for (let reader = 0; reader < readers; reader++) this.#dereference(root);
    this.#made[node] = by ^ (made & 1);
  }

  /** The formula that saves most nodes, of all cuts of a literal's node. */
  #best(literal: Literal): Candidate | undefined {
    const node = literal >> 1;
    if (!this.#target.isAnd(node)) return undefined;
    let best: Candidate | undefined;
    const start = this.#cuts.start(node);
    for (let cut = start; cut < start + this.#cuts.counts[node]!; cut++) {
      const size = this.#cuts.sizes[cut]!;
      if (size < 2) continue;
      const candidate = this.#bestOfCut(node, cut, size, best?.saved ?? this.#least - 1);
      best = candidate ?? best;
    }
    return best;
  }

  #bestOfCut(node: number, cut: number, size: number, beat: number): Candidate | undefined {
    const table = this.#cuts.tables[cut]! & 0xffff;
    const from = cut * LIMITS.leaves;
    const leaves: Literal[] = [];
    for (let i = 0; i < size; i++) leaves.push(2 * this.#cuts.leaves[from + i]!);
    // A cut with a leaf that has been replaced no longer bounds the cone.
    if (leaves.some((leaf) => this.#literalOf(leaf) !== leaf)) return undefined;
    const readers = this.#references[node]!;
    for (const leaf of leaves) this.#bump(leaf >> 1);
    this.#references[node] = 1;
    this.#released.length = 0;
    const freed = this.#release(node, 0);
    let best: Candidate | undefined;
    if (freed > beat && freed <= MAX_CONE && this.#structures.cost(table) <= freed + MAX_SHARED) {
      const formulas = this.#structures.formulas(table);
      const tried: readonly (Formula | undefined)[] = formulas.length === 0 ? [undefined] : formulas;
      for (const formula of tried) {
        const cost = this.#costOf(table, leaves, formula, node, freed - (best?.saved ?? beat) - 1);
        const saved = freed - cost;
        if (cost < 0 || saved <= (best?.saved ?? beat)) continue;
        best = { table, leaves, formula, saved };
      }
    }
    for (const released of this.#released) this.#references[released]!++;
    this.#references[node] = readers;
    for (const leaf of leaves) this.#references[leaf >> 1]!--;
    return best;
  }

  /** Nodes that a formula would add; −1 if it has none, adds more than `limit`, or gives the same node again. */
  #costOf(
    table: number,
    leaves: readonly Literal[],
    formula: Formula | undefined,
    node: number,
    limit: number,
  ): number {
    const counter = { cost: 0, limit, counted: NOTHING };
    const literal = this.#dryRun(table, leaves, formula, counter);
    if (literal === undefined) return -1;
    return literal >> 1 === node && literal !== NEW ? -1 : counter.cost;
  }

  /** The literal that a formula would give, or NEW; counts nodes that are missing or unused. */
  #dryRun(
    table: number,
    leaves: readonly Literal[],
    formula: Formula | undefined,
    counter: Counter,
  ): Literal | undefined {
    const simple = simpleLiteral(table, leaves);
    if (simple !== undefined) return simple;
    const chosen = formula ?? this.#structures.formulas(table)[0];
    if (chosen === undefined) return undefined;
    const left = this.#dryRun(chosen.left, leaves, undefined, counter);
    if (left === undefined || counter.cost > counter.limit) return undefined;
    const right = this.#dryRun(chosen.right, leaves, undefined, counter);
    if (right === undefined || counter.cost > counter.limit) return undefined;
    if (chosen.operation !== 'xor') {
      const both = this.#dryAnd(left, right, counter);
      return both === NEW ? NEW : both ^ Number(chosen.operation === 'nand');
    }
    const both = this.#dryAnd(left, right, counter);
    const neither = this.#dryAnd(invert(left), invert(right), counter);
    return this.#dryAnd(invert(both), invert(neither), counter);
  }

  #dryAnd(a: Literal, b: Literal, counter: Counter): Literal {
    const known = a === NEW || b === NEW ? undefined : this.#existing(a, b);
    if (known === undefined) {
      counter.cost++;
      return NEW;
    }
    const node = known >> 1;
    if (this.#references[node] === 0 && this.#target.isAnd(node) && !counter.counted.includes(node)) {
      counter.counted = [...counter.counted, node];
      counter.cost++;
    }
    return known;
  }

  /** The literal of a ∧ b if no node has to be made for it. */
  #existing(a: Literal, b: Literal): Literal | undefined {
    if (a === 0 || b === 0 || a === (b ^ 1)) return 0;
    if (a === 1 || a === b) return b;
    if (b === 1) return a;
    const found = this.#target.find(a, b);
    return found === undefined ? undefined : this.#literalOf(found);
  }

  #build(table: number, leaves: readonly Literal[], formula: Formula | undefined): Literal {
    const simple = simpleLiteral(table, leaves);
    if (simple !== undefined) return simple;
    const { operation, left, right } = formula ?? this.#structures.formulas(table)[0]!;
    const [a, b] = [this.#build(left, leaves, undefined), this.#build(right, leaves, undefined)];
    if (operation !== 'xor') return this.#and(a, b) ^ Number(operation === 'nand');
    const [both, neither] = [this.#and(a, b), this.#and(a ^ 1, b ^ 1)];
    return this.#and(both ^ 1, neither ^ 1);
  }

  /** An AND of the target with its cuts. */
  #and(a: Literal, b: Literal): Literal {
    const literal = this.#literalOf(this.#target.and(a, b));
    this.#ensureCuts(literal >> 1);
    return literal;
  }

  #ensureCuts(node: number): void {
    if (!this.#target.isAnd(node) || this.#cuts.has(node)) return;
    this.#ensureCuts(this.#target.left[node]! >> 1);
    this.#ensureCuts(this.#target.right[node]! >> 1);
    this.#cuts.add(node);
  }

  #bump(node: number): void {
    if (node >= this.#references.length) {
      const wider = new Int32Array(2 * Math.max(node, this.#references.length));
      wider.set(this.#references);
      this.#references = wider;
    }
    this.#references[node]!++;
  }

  /** Adds a reader; a node that comes into use reads its operands. Returns the nodes that came into use. */
  #reference(node: number): number {
    this.#bump(node);
    if (this.#references[node]! > 1 || !this.#target.isAnd(node)) return 0;
    const { left, right } = this.#target;
    return (
      1 +
      this.#reference(this.#literalOf(left[node]!) >> 1) +
      this.#reference(this.#literalOf(right[node]!) >> 1)
    );
  }

  /**
   * Nodes that go out of use when `node` loses a reader, added to those already `freed`; every loss is noted in
   * `#released` so that it can be undone. Gives up beyond `MAX_CONE`.
   */
  #release(node: number, freed: number): number {
    this.#released.push(node);
    if (--this.#references[node]! > 0 || !this.#target.isAnd(node) || freed > MAX_CONE) return freed;
    const { left, right } = this.#target;
    const withLeft = this.#release(this.#literalOf(left[node]!) >> 1, freed + 1);
    return this.#release(this.#literalOf(right[node]!) >> 1, withLeft);
  }

  /** Undoes `#reference`; returns the nodes that went out of use. */
  #dereference(node: number): number {
    if (--this.#references[node]! > 0 || !this.#target.isAnd(node)) return 0;
    const { left, right } = this.#target;
    return (
      1 +
      this.#dereference(this.#literalOf(left[node]!) >> 1) +
      this.#dereference(this.#literalOf(right[node]!) >> 1)
    );
  }
}

/** A formula this much dearer than what it frees is not tried: it could only win by sharing more. */
const MAX_SHARED = 4;

function invert(literal: Literal): Literal {
  return literal === NEW ? NEW : literal ^ 1;
}

/** For each 16-bit table that is a constant or a variable: 1 and 2 for 0 and 1, 3 + 2 × variable + inverted; else 0. */
const SIMPLE = new Uint8Array(2 ** 16);
SIMPLE[0] = 1;
SIMPLE[0xffff] = 2;
VARIABLE_TABLES.forEach((table, variable) => {
  SIMPLE[table] = 3 + 2 * variable;
  SIMPLE[table ^ 0xffff] = 4 + 2 * variable;
});

/** The literal of a constant or a single leaf. */
function simpleLiteral(table: number, leaves: readonly Literal[]): Literal | undefined {
  const simple = SIMPLE[table]!;
  if (simple === 0) return undefined;
  if (simple <= 2) return simple - 1;
  const leaf = leaves[(simple - 3) >> 1];
  return leaf === undefined ? undefined : leaf ^ ((simple - 3) & 1);
}
