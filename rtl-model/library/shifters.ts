/** Right shifts that remember what they drop. */
import { concat, type Word } from '../hdl/index.js';

/**
 * Logical right shift; `sticky` is 1 when a one was shifted out. The amount may be any number its width can hold:
 * from the word's width on, everything is shifted out.
 */
export function shiftRightSticky(word: Word, amount: Word): { value: Word; sticky: Word } {
  let value = word;
  let sticky = word.context.constant(1, 0);
  amount.bitList().forEach((bit, stage) => {
    const distance = Math.min(2 ** stage, word.width);
    sticky = sticky.or(bit.and(value.truncate(distance).anyOne()));
    value = bit.choose(value.shiftRight(distance), value);
  });
  return { value, sticky };
}

/** Logical right shift whose least significant bit also holds the sticky bit ("jamming"). */
export function shiftRightJam(word: Word, amount: Word): Word {
  const { value, sticky } = shiftRightSticky(word, amount);
  return jam(value, sticky);
}

/** The word with a bit or-ed into its least significant one. */
export function jam(word: Word, sticky: Word): Word {
  const low = word.bit(0).or(sticky);
  return word.width === 1 ? low : concat(word.slice(1, word.width - 1), low);
}
