/** Stage registers of a datapath, and the control bits that travel with the data. */
import type { ModuleBuilder, Word } from '../../hdl/index.js';

/** What travels with a slice: whether there is one, and its place in the segment. */
export interface Control {
  readonly valid: Word;
  readonly first: Word;
  readonly last: Word;
}

/**
 * Registers at the end of a stage. Data registers load at every edge, bubbles included: only the accumulator needs to
 * know whether its operand is real.
 */
export class Stage {
  readonly #builder: ModuleBuilder;
  readonly #stage: string;
  readonly #prefix: string;
  readonly #present: boolean;

  /** @param stage `s1_multiply`; registers are called `s1_…`. @param present false leaves the registers out. */
  constructor(builder: ModuleBuilder, stage: string, present = true) {
    this.#builder = builder;
    this.#stage = stage;
    this.#prefix = stage.slice(0, stage.indexOf('_'));
    this.#present = present;
  }

  /** A word behind the stage's register; `format` is the name of its number format, if it holds codes of one. */
  word(name: string, next: Word, format?: string): Word {
    if (!this.#present) return next;
    const options = { stage: this.#stage, ...(format === undefined ? {} : { format }) };
    return this.#builder.register(`${this.#prefix}_${name}`, next, options);
  }

  /** All words of a record behind registers. */
  words<T extends Readonly<Record<string, Word>>>(prefix: string, words: T): { [K in keyof T]: Word } {
    const entries = Object.entries(words).map(([name, word]) => [name, this.word(prefix + name, word)]);
    return Object.fromEntries(entries) as { [K in keyof T]: Word };
  }

  control({ valid, first, last }: Control): Control {
    return {
      valid: this.word('valid', valid),
      first: this.word('first', first),
      last: this.word('last', last),
    };
  }
}
