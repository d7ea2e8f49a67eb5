/** One-bit words as an algebra, so that the circuits of the description can be instantiated with structure. */
import type { BitAlgebra, Word, WordContext } from '../hdl/index.js';

/** The algebra of one-bit words of one module. */
export function wordAlgebra(context: WordContext): BitAlgebra<Word> {
  return {
    zero: context.constant(1, 0),
    one: context.constant(1, 1),
    not: (a) => a.not(),
    and: (a, b) => a.and(b),
    or: (a, b) => a.or(b),
    xor: (a, b) => a.xor(b),
    mux: (select, whenOne, whenZero) => select.choose(whenOne, whenZero),
  };
}
