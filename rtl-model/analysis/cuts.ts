/**
 * Cuts: for every node of a graph, small sets of nodes ("leaves") that decide its value, with the truth table of the
 * node over the leaves.
 * Source of the method: A. Mishchenko, S. Cho, S. Chatterjee, R. Brayton, "Combinational and sequential mapping with
 * priority cuts", ICCAD 2007.
 */
import { VARIABLES } from '../technology/index.js';
import type { Aig, Literal } from './aig.js';
import { ones } from './bit-count.js';

export interface CutLimits {
  /** Most leaves of a cut: 2 to 5. */
  readonly leaves: number;
  /** Cuts kept of a node, besides the node itself. */
  readonly cuts: number;
  /**
   * Readers of a node, when cuts whose leaves have many are to be kept first, as their cones overlap least with other
   * logic; else cuts with few and early leaves are.
   */
  readonly readersOf?: (node: number) => number;
  /** Room for further cuts of a node, which `append` gives it, and most leaves of those. */
  readonly appended?: { readonly cuts: number; readonly leaves: number };
}

/** All cuts of the nodes of a graph. */
export function enumerateCuts(aig: Aig, needed: Uint8Array, limits: CutLimits): CutSet {
  const cuts = new CutSet(aig, limits, aig.count);
  for (let node = 1; node < aig.count; node++) {
    if (needed[node] === 1 && aig.isAnd(node)) cuts.add(node);
  }
  return cuts;
}

/** Larger than any node. */
const NO_LEAF = 0x7fffffff;

/** More than any graph has levels: one leaf less counts more than all of them. */
const LEVELS = 2 ** 20;

/** Cuts in flat arrays; those of node n are start(n) … start(n) + counts[n] − 1. */
export class CutSet {
  /** Leaves that a cut has room for. */
  readonly leavesPerCut: number;
  counts: Uint8Array;
  sizes: Uint8Array;
  tables: Int32Array;
  /** `leavesPerCut` nodes a cut, ascending but for appended cuts. */
  leaves: Int32Array;
  readonly #aig: Aig;
  readonly #cutsPerNode: number;
  readonly #limits: CutLimits;
  readonly #merged = new Int32Array(5);
  #mergedRank = 0;
  /** Of the node that cuts are being found for, once it has as many as are kept: the one to be dropped first. */
  #worst = -1;
  #worstRank = Number.POSITIVE_INFINITY;
  /** One bit of 32 for each leaf, by cut: cuts with many different bits cannot have few leaves together. */
  #signatures: Int32Array;
  #ranks: Int32Array;

  /** No cuts yet; room for those of `nodes` nodes, more being made as needed. */
  constructor(aig: Aig, limits: CutLimits, nodes: number) {
    this.#aig = aig;
    const { appended = { cuts: 0, leaves: 0 } } = limits;
    this.leavesPerCut = Math.max(limits.leaves, appended.leaves);
    this.#cutsPerNode = limits.cuts + appended.cuts;
    this.#limits = limits;
    const cuts = nodes * this.#cutsPerNode;
    this.counts = new Uint8Array(nodes);
    this.sizes = new Uint8Array(cuts);
    this.tables = new Int32Array(cuts);
    this.leaves = new Int32Array(cuts * this.leavesPerCut);
    this.#ranks = new Int32Array(cuts);
    this.#signatures = new Int32Array(cuts);
  }

  start(node: number): number {
    return node * this.#cutsPerNode;
  }

  /** Whether the cuts of a node have been found; an AND has at least one. */
  has(node: number): boolean {
    return node < this.counts.length && this.counts[node]! > 0;
  }

  /** Finds the cuts of an AND from those of its operands: every pair that has few enough leaves. */
  add(node: number): void {
    while (node >= this.counts.length) this.#grow();
    this.#worstRank = Number.POSITIVE_INFINITY;
    const [a, b] = [this.#aig.left[node]!, this.#aig.right[node]!];
    const [countA, countB] = [this.counts[a >> 1]!, this.counts[b >> 1]!];
    // Index −1 is the operand itself as the only leaf.
    for (let i = -1; i < countA; i++) {
      const signature = this.#signature(a >> 1, i);
      for (let j = -1; j < countB; j++) {
        const both = signature | this.#signature(b >> 1, j);
        const least = ones(both);
        if (least > this.#limits.leaves) continue;
        // Most pairs would be dropped again: where that is certain, they are not joined at all.
        if (this.#isLate(a >> 1, i, b >> 1, j, least)) continue;
        this.#join(node, a, i, b, j, both);
      }
    }
  }

  /** Gives a node one more cut, with what its finder says of it in place of a table, if there is room. */
  append(node: number, leaves: readonly number[], table: number): void {
    const cut = this.start(node) + this.counts[node]!;
    if (cut === this.start(node + 1)) return;
    this.counts[node]!++;
    this.sizes[cut] = leaves.length;
    this.tables[cut] = table;
    this.leaves.set(leaves, cut * this.leavesPerCut);
  }

  /** Makes a cut over other nodes, one for each leaf of another cut, in its order. */
  copyLeaves(from: number, to: number, nodeOf: Int32Array): void {
    const width = this.leavesPerCut;
    for (let i = 0; i < width; i++) this.leaves[to * width + i] = nodeOf[this.leaves[from * width + i]!]!;
  }

  #signature(node: number, index: number): number {
    return index < 0 ? 1 << (node & 31) : this.#signatures[this.start(node) + index]!;
  }

  /** Whether the joined cut, of `least` leaves or more, cannot be better than the worst of as many as are kept. */
  #isLate(a: number, i: number, b: number, j: number, least: number): boolean {
    if (this.#limits.readersOf !== undefined || this.#worstRank === Number.POSITIVE_INFINITY) return false;
    return LEVELS * least + Math.max(this.#level(a, i), this.#level(b, j)) >= this.#worstRank;
  }

  /** Level of a cut's latest leaf. */
  #level(node: number, index: number): number {
    return index < 0 ? this.#aig.level[node]! : this.#ranks[this.start(node) + index]! & (LEVELS - 1);
  }

  #join(node: number, a: Literal, i: number, b: Literal, j: number, signature: number): void {
    const size = this.#merge(a >> 1, i, b >> 1, j);
    if (size === 0) return;
    const cut = this.#placeFor(node, size, signature);
    if (cut < 0) return;
    this.#store(cut, size, this.#stretched(a, i, size) & this.#stretched(b, j, size), signature);
    if (this.counts[node] === this.#limits.cuts) this.#findWorst(node);
  }

  /** Leaves of both cuts, ascending, into `#merged`; 0 if there are too many. */
  #merge(a: number, i: number, b: number, j: number): number {
    const { leaves, leavesPerCut: width } = this;
    const [startA, startB] = [(this.start(a) + i) * width, (this.start(b) + j) * width];
    const [sizeA, sizeB] = [this.#size(a, i), this.#size(b, j)];
    let size = 0;
    for (let p = 0, q = 0; p < sizeA || q < sizeB; size++) {
      if (size === this.#limits.leaves) return 0;
      const x = p === sizeA ? NO_LEAF : i < 0 ? a : leaves[startA + p]!;
      const y = q === sizeB ? NO_LEAF : j < 0 ? b : leaves[startB + q]!;
      this.#merged[size] = Math.min(x, y);
      if (x <= y) p++;
      if (y <= x) q++;
    }
    return size;
  }

  #size(node: number, index: number): number {
    return index < 0 ? 1 : this.sizes[this.start(node) + index]!;
  }

  /** The table of a literal's cut over the merged leaves. */
  #stretched(literal: Literal, index: number, size: number): number {
    const node = literal >> 1;
    const inverse = -(literal & 1);
    const merged = this.#merged;
    if (index < 0) {
      let position = 0;
      while (merged[position] !== node) position++;
      return VARIABLES[position]! ^ inverse;
    }
    const cut = this.start(node) + index;
    const from = cut * this.leavesPerCut;
    let table = this.tables[cut]!;
    let position = size - 1;
    for (let variable = this.sizes[cut]! - 1; variable >= 0; variable--) {
      while (merged[position] !== this.leaves[from + variable]) position--;
      if (position !== variable) table = moveVariable(table, variable, position);
    }
    return table ^ inverse;
  }

  /**
   * Where the merged leaves are to be kept: nowhere (−1) if a kept cut has the same leaves or fewer of them, else behind
   * the others or, when there are enough of them, in place of the worst if that is worse.
   */
  #placeFor(node: number, size: number, signature: number): number {
    const start = this.start(node);
    const count = this.counts[node]!;
    for (let cut = start; cut < start + count; cut++) {
      if ((this.#signatures[cut]! & ~signature) === 0 && this.#isSubset(cut, size)) return -1;
    }
    this.#mergedRank = this.#rankMerged(size);
    if (count === this.#limits.cuts) return this.#mergedRank < this.#worstRank ? this.#worst : -1;
    this.counts[node] = count + 1;
    return start + count;
  }

  #findWorst(node: number): void {
    const start = this.start(node);
    let worst = start;
    for (let cut = start + 1; cut < start + this.#limits.cuts; cut++)
      if (this.#ranks[cut]! > this.#ranks[worst]!) worst = cut;
    this.#worst = worst;
    this.#worstRank = this.#ranks[worst]!;
  }

  /** How early the merged leaves are dropped: the higher, the earlier. */
  #rankMerged(size: number): number {
    const { readersOf } = this.#limits;
    let rank = readersOf === undefined ? LEVELS * size : 0;
    let level = 0;
    for (let i = 0; i < size; i++) {
      if (readersOf !== undefined) rank -= readersOf(this.#merged[i]!);
      else level = Math.max(level, this.#aig.level[this.#merged[i]!]!);
    }
    return rank + level;
  }

  #isSubset(cut: number, mergedSize: number): boolean {
    const size = this.sizes[cut]!;
    if (size > mergedSize) return false;
    const from = cut * this.leavesPerCut;
    for (let i = 0, at = 0; i < size; i++, at++) {
      while (at < mergedSize && this.#merged[at]! < this.leaves[from + i]!) at++;
      if (at === mergedSize || this.#merged[at] !== this.leaves[from + i]) return false;
    }
    return true;
  }

  #store(cut: number, size: number, table: number, signature: number): void {
    this.sizes[cut] = size;
    this.tables[cut] = table;
    this.#ranks[cut] = this.#mergedRank;
    const from = cut * this.leavesPerCut;
    for (let i = 0; i < size; i++) this.leaves[from + i] = this.#merged[i]!;
    this.#signatures[cut] = signature;
  }

  #grow(): void {
    this.counts = doubled(this.counts, (length) => new Uint8Array(length));
    this.sizes = doubled(this.sizes, (length) => new Uint8Array(length));
    this.tables = doubled(this.tables, (length) => new Int32Array(length));
    this.leaves = doubled(this.leaves, (length) => new Int32Array(length));
    this.#ranks = doubled(this.#ranks, (length) => new Int32Array(length));
    this.#signatures = doubled(this.#signatures, (length) => new Int32Array(length));
  }
}

/** The numbers at the front of an array of twice the length. */
function doubled<T extends Uint8Array | Int32Array>(old: T, make: (length: number) => T): T {
  const array = make(2 * old.length);
  array.set(old);
  return array;
}

/** A table in which variable `from` becomes the unused variable `to` > from; both then depend on `to` only. */
function moveVariable(table: number, from: number, to: number): number {
  const [ones, shift] = [VARIABLES[from]!, 1 << from];
  const whenOne = table & ones;
  const whenZero = table & ~ones;
  const high = whenOne | (whenOne >>> shift);
  const low = whenZero | (whenZero << shift);
  return (high & VARIABLES[to]!) | (low & ~VARIABLES[to]!);
}
