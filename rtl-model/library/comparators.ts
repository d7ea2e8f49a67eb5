/** Order and selection: the larger of two words, maxima of many, and how a maximum differs from its operands. */
import type { Word } from '../hdl/index.js';

/** The larger of two unsigned words. */
export function larger(a: Word, b: Word): Word {
  return a.lessThan(b).choose(b, a);
}

/** The larger of two two's complement words. */
export function largerSigned(a: Word, b: Word): Word {
  return a.lessThanSigned(b).choose(b, a);
}

/** The largest of at least one word by a balanced tree of pairwise choices (`larger` or `largerSigned`). */
export function maximumOf(words: readonly Word[], pick: (a: Word, b: Word) => Word = larger): Word {
  const [first, ...others] = words;
  if (first === undefined) throw new RangeError('a maximum needs at least one word');
  if (others.length === 0) return first;
  const half = Math.ceil(words.length / 2);
  return pick(maximumOf(words.slice(0, half), pick), maximumOf(words.slice(half), pick));
}
