/** Names of a program: constants and objects share one name space, labels and streams another. */
import type { ObjectClass } from '../../isa/index.js';
import type { Span } from './program.js';

/** A declared tensor, buffer, accumulator or barrier. */
export interface ObjectSymbol {
  readonly class: ObjectClass;
  readonly name: string;
  /** Place in the program's list of its class. */
  readonly id: number;
  /** Stages, or barriers under the name; 1 for a tensor. */
  readonly count: number;
  /** Size for `sizeof`, `rows` and `cols`; none for a barrier. */
  readonly size: { readonly rows: number; readonly cols: number; readonly bytes: number } | undefined;
}

/** What a name of the constants' and objects' name space stands for. */
export type Meaning =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'object'; readonly object: ObjectSymbol };

/** The names that are known at a point of the text. */
export class Symbols {
  readonly #meanings = new Map<string, Meaning & { readonly span: Span }>();
  /** Names whose declaration is wrong and has been reported: uses of them are not. */
  readonly #broken = new Set<string>();

  define(name: string, span: Span, meaning: Meaning): void {
    this.#meanings.set(name, { ...meaning, span });
  }

  get(name: string): (Meaning & { readonly span: Span }) | undefined {
    return this.#meanings.get(name);
  }

  markBroken(name: string): void {
    if (!this.#meanings.has(name)) this.#broken.add(name);
  }

  isBroken(name: string): boolean {
    return this.#broken.has(name);
  }

  isConstant(name: string): boolean {
    return this.#meanings.get(name)?.kind === 'constant';
  }

  /** Names of constants, or of objects of the given classes. */
  *names(...kinds: readonly ('constant' | ObjectClass)[]): Iterable<string> {
    for (const [name, meaning] of this.#meanings) {
      const kind = meaning.kind === 'constant' ? 'constant' : meaning.object.class;
      if (kinds.includes(kind)) yield name;
    }
  }
}

/** What each class of objects is called in messages. */
export const CLASS_NOUNS: Readonly<Record<ObjectClass, string>> = {
  tensor: 'tensor',
  buffer: 'shared-memory buffer',
  accumulator: 'accumulator',
  barrier: 'barrier',
};

/** `a tensor`, `an accumulator` */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

/** Whether a word is an operand of its own and so cannot be declared as a name. */
export function isReserved(name: string): boolean {
  return name === 'init' || /^r[0-9]+$/.test(name);
}
