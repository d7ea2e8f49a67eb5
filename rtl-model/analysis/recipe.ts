/**
 * What a cone may be replaced by: ANDs over its leaves, in the convention of the graph itself. Node 0 is the constant 0,
 * then come the leaves, then one node a step; a literal is 2 × node + 1 if inverted.
 */
import type { Literal } from './aig.js';

export interface Recipe {
  readonly leaves: number;
  /** Two literals a step. */
  readonly steps: readonly Literal[];
  readonly result: Literal;
}

/** Collects the steps of a recipe; equal ones are made once. */
export class RecipeBuilder {
  readonly #leaves: number;
  readonly #steps: Literal[] = [];

  constructor(leaves: number) {
    this.#leaves = leaves;
  }

  leaf(index: number): Literal {
    return 2 * (1 + index);
  }

  and(a: Literal, b: Literal): Literal {
    if (a > b) return this.and(b, a);
    if (a === 0 || a === (b ^ 1)) return 0;
    if (a === 1 || a === b) return b;
    for (let at = 0; at < this.#steps.length; at += 2) {
      if (this.#steps[at] === a && this.#steps[at + 1] === b) return this.#literal(at);
    }
    this.#steps.push(a, b);
    return this.#literal(this.#steps.length - 2);
  }

  or(a: Literal, b: Literal): Literal {
    return this.and(a ^ 1, b ^ 1) ^ 1;
  }

  xor(a: Literal, b: Literal): Literal {
    return this.and(this.and(a, b) ^ 1, this.or(a, b));
  }

  mux(select: Literal, whenOne: Literal, whenZero: Literal): Literal {
    return this.or(this.and(select, whenOne), this.and(select ^ 1, whenZero));
  }

  finish(result: Literal): Recipe {
    return { leaves: this.#leaves, steps: this.#steps, result };
  }

  #literal(at: number): Literal {
    return 2 * (1 + this.#leaves + at / 2);
  }
}
