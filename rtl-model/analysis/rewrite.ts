/**
 * Rewriting: cones of up to four leaves replaced by the smallest circuits of their functions, counting what is shared.
 * Source of the method: A. Mishchenko, S. Chatterjee, R. Brayton, "DAG-aware AIG rewriting", DAC 2006.
 */
import type { Literal } from './aig.js';
import { CutSet } from './cuts.js';
import type { Logic } from './logic.js';
import { Replacer } from './replace.js';
import { structureTable } from './structures.js';

const LIMITS = { leaves: 4, cuts: 10 };
/** Readers of a leaf beyond which more make a cut no better. */
const READERS_COUNTED = 1000;

/** The same logic with fewer nodes. With `zeroGain`, replacements that save nothing are taken as well. */
export function rewrite(logic: Logic, options: { readonly zeroGain?: boolean } = {}): Logic {
  return new Rewriter(logic, options.zeroGain ?? false).run();
}

class Rewriter extends Replacer {
  readonly #cuts: CutSet;
  readonly #structures = structureTable();

  constructor(logic: Logic, zeroGain: boolean) {
    super(logic, zeroGain);
    const readersOf = (node: number) => Math.min(READERS_COUNTED, this.readers(node));
    this.#cuts = new CutSet(this.target, { ...LIMITS, readersOf }, 2 * this.target.count);
  }

  protected met(node: number): void {
    if (!this.target.isAnd(node) || this.#cuts.has(node)) return;
    this.met(this.target.left[node]! >> 1);
    this.met(this.target.right[node]! >> 1);
    this.#cuts.add(node);
  }

  protected propose(node: number): void {
    const { sizes, tables, leaves: nodes } = this.#cuts;
    const start = this.#cuts.start(node);
    for (let cut = start; cut < start + this.#cuts.counts[node]!; cut++) {
      const size = sizes[cut]!;
      if (size < 2) continue;
      const leaves: Literal[] = [];
      for (let i = 0; i < size; i++) leaves.push(2 * nodes[cut * LIMITS.leaves + i]!);
      this.consider(node, leaves, this.#structures.recipes(tables[cut]! & 0xffff));
    }
  }
}
