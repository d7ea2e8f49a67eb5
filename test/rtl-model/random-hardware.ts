/** Random clocked hardware of the tests: every operator, registers with and without feedback, instances. */
import {
  CLOCK,
  concat,
  defineModule,
  type Module,
  type ModuleBuilder,
  type Word,
} from '../../rtl-model/hdl/index.js';
import type { Random } from '../../src/numerics/index.js';

/** Adjusts a word to a width, keeping the bits that fit. */
const resized = (word: Word, width: number) =>
  word.width === width ? word : word.width > width ? word.truncate(width) : word.zeroExtend(width);

const RANDOM_OPERATORS: readonly ((a: Word, b: Word, c: Word) => Word)[] = [
  (a, b) => a.and(b),
  (a, b) => a.or(b),
  (a, b) => a.xor(b),
  (a) => a.not(),
  (a, b, c) => a.plus(b, { carryIn: c.bit(0) }),
  (a, b) => a.minus(b),
  (a, b) => a.truncate(Math.min(a.width, 6)).times(b.truncate(Math.min(b.width, 5))),
  (a, b) => a.shiftLeft(b.truncate(Math.min(b.width, 4))),
  (a, b) => a.shiftRightArithmetic(b.truncate(Math.min(b.width, 4))),
  (a, b, c) => c.bit(0).choose(a, b),
  (a, b) => a.equals(b),
  (a, b) => a.lessThanSigned(b),
  (a, b) => a.lessThan(b),
  (a) => a.parity(),
  (a, b) => concat(a, b).truncate(Math.min(a.width + b.width, 24)),
  (a) => a.signExtend(a.width + 3).truncate(Math.min(a.width + 3, 24)),
];

/** Random words, registers (enabled or not, with feedback or not) and an instance of itself one level down. */
export function randomModule(random: Random, depth: number, name: string): Module {
  const child = depth > 0 ? randomModule(random, depth - 1, `${name}_inner`) : undefined;
  return defineModule({
    name,
    summary: 'Random hardware.',
    clock: CLOCK,
    inputs: { p: 8, q: 5, en: 1 },
    body: (m: ModuleBuilder, { p, q, en }) => {
      const words: Word[] = [p, q, en, m.constant(3, 5), m.constant(8, 0)];
      const feedback = m.feedbackRegister('loop', 7, { stage: 's1', reset: 9n, enable: en });
      words.push(feedback);
      if (child !== undefined) {
        words.push(m.instance('inner', child, { p: resized(words[random.below(4)]!, 8), q, en }).y!);
      }
      for (let i = 0; i < 40; i++) {
        const [a, b, c] = [random.pick(words), random.pick(words), random.pick(words)];
        const made = random.pick(RANDOM_OPERATORS)(a, resized(b, a.width), c);
        words.push(made);
        if (i % 8 === 3) {
          const options = i % 16 === 3 ? { stage: 's1' } : { stage: 's2', enable: random.pick(words).bit(0) };
          words.push(m.register(`r${i}`, made, options));
        }
      }
      m.setNext(feedback, resized(random.pick(words), 7));
      return { y: concat(...words.slice(-6)) };
    },
  });
}
