/**
 * The fast Walsh–Hadamard transform as butterflies of adders and subtractors: y = H·x with the natural (Sylvester)
 * order, H entries ±1, not normalised. Two's complement; every level is one bit wider, so nothing overflows.
 */
import type { Word } from '../hdl/index.js';

/** The transform of 2^n words of one width w; results have w + n bits. Throws `RangeError` for other counts. */
export function hadamard(words: readonly Word[]): Word[] {
  const count = words.length;
  if (count === 0 || (count & (count - 1)) !== 0) throw new RangeError(`${count} is not a power of two`);
  let current = [...words];
  for (let distance = 1; distance < count; distance *= 2) {
    const wide = current.map((word) => word.signExtend(word.width + 1));
    current = wide.map((word, i) =>
      (i & distance) === 0 ? word.plus(wide[i + distance]!) : wide[i - distance]!.minus(word),
    );
  }
  return current;
}
