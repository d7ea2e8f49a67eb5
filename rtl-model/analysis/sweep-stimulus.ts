/**
 * Values of a logic's sources that bring out what random bits hardly ever do: equal words, words of nearly all zeros or
 * ones, exponents that are close to each other.
 */
import type { Random } from '../../src/numerics/index.js';
import type { Logic } from './logic.js';

/** So many arrays with one number a source, bit i of all of them being pattern i. */
export function* stimulusOf(logic: Logic, count: number, random: Random): Generator<Int32Array> {
  const words = wordsOf(logic);
  for (let i = 0; i < count; i++) {
    const values = new Int32Array(logic.sources.length);
    words.forEach(({ from, width }, at) => {
      const like = i % 2 === 0 ? undefined : words.slice(0, at).findLast((other) => other.width === width);
      const sparse = random.uint32() % STYLES.length;
      for (let bit = 0; bit < width; bit++) {
        values[from + bit] =
          like === undefined || (i % 4 === 3 && bit % 8 === 0)
            ? STYLES[sparse]!(random)
            : values[like.from + bit]! ^ rare(random);
      }
    });
    yield values;
  }
}

const rare = (random: Random) => random.uint32() & random.uint32() & random.uint32() & random.uint32();

/** Bits that are one half, an eighth, or seven eighths of the time. */
const STYLES: readonly ((random: Random) => number)[] = [
  (random) => random.uint32(),
  (random) => random.uint32() & random.uint32() & random.uint32(),
  (random) => random.uint32() | random.uint32() | random.uint32(),
];

/** The sources that belong to one port or register, ascending; sources that are neither are one word. */
function wordsOf({ gates, sources, flipFlops }: Logic): { from: number; width: number }[] {
  const words: { from: number; width: number }[] = [];
  let at = 0;
  for (const { bits } of gates.inputs) {
    words.push({ from: at, width: bits.length });
    at += bits.length;
  }
  flipFlops.forEach(({ register }, i) => {
    if (i === 0 || flipFlops[i - 1]!.register !== register) words.push({ from: at + i, width: 0 });
    words.at(-1)!.width++;
  });
  at += flipFlops.length;
  if (at < sources.length) words.push({ from: at, width: sources.length - at });
  return words;
}
