/**
 * Directed classes: segments built backwards from what an FP32 adder or a rounder has to meet. Each row makes the
 * steps of one segment; exponents beyond what scales can say are moved to the nearest they can.
 *
 * Every column has a case of its own: a mistake may sit in the adder of one lane only.
 */
import type { Random } from '../../../src/numerics/index.js';
import {
  beforeGain,
  type Digit,
  equalPairs,
  longCarries,
  singleBits,
  type Weighted,
} from './combinations.js';
import type { Step } from './palette.js';

/** What a plan may use. */
export interface PlanKit {
  readonly random: Random;
  readonly columns: number;
  readonly least: number;
  readonly largest: number;
  /** Magnitudes of products, rising; the first is 1. */
  readonly magnitudes: readonly number[];
  /** Exponents at which a digit of 1 is half the smallest result, and the first place that a fused sum cuts off. */
  readonly ends?: { readonly halfSmallest: number; readonly firstCut: number };
  /** What digits of each pair of choices are worth. */
  readonly weights: readonly Weighted[];
}

export interface Plan {
  readonly summary: string;
  steps(kit: PlanKit): Step[];
  /** Scales between powers of two as well. */
  readonly fraction?: boolean;
  /** Segments a round; 1 by default. */
  readonly turns?: number;
}

/** Bits of an FP32 significand. */
const PRECISION = 24;

const between = (random: Random, from: number, to: number) => from + random.below(to - from + 1);
const fill = (kit: PlanKit, digit: (column: number) => number) =>
  Array.from({ length: kit.columns }, (_, column) => digit(column));
const sign = (random: Random) => (random.below(2) === 0 ? 1 : -1);
const anything = ({ random, magnitudes }: PlanKit) => sign(random) * random.pick(magnitudes);
const perhaps = (kit: PlanKit, oneIn: number) => (kit.random.below(oneIn) === 0 ? anything(kit) : 0);
const opposite = ({ exponent, digits }: Step): Step => ({ exponent, digits: digits.map((d) => 0 - d) });

/** A place from which `below` places down can still be said. */
function high({ random, least, largest }: PlanKit, below: number): number {
  return between(random, Math.min(largest, least + below), largest);
}

/** Digits side by side from an exponent down: all bits of a significand. */
function positional(kit: PlanKit, top: number, length: number, stride: number): Step[] {
  return Array.from({ length }, (_, i) => ({
    exponent: top - i * stride,
    digits: fill(kit, () => perhaps(kit, 1)),
  }));
}

/** Few digits, each column taking part in some of the steps: single bits, far apart, at different places. */
function sparse(kit: PlanKit, top: number, length: number): Step[] {
  let exponent = top;
  return Array.from({ length }, () => {
    const step = { exponent, digits: fill(kit, () => perhaps(kit, 3)) };
    exponent -= between(kit.random, 0, 6);
    return step;
  });
}

/** Neighbours at the distance get the same number with the other sign: what a tree of adders cancels. */
function mirrored({ exponent, digits }: Step, distance: number): Step {
  return { exponent, digits: digits.map((d, i) => ((i & distance) === 0 ? d : 0 - digits[i - distance]!)) };
}

export const PLANS: Readonly<Record<string, Plan>> = {
  'leading-zeros': {
    summary: 'a large number, a small one, the large one taken away: every count of leading zeros',
    steps: (kit) => {
      const distance = kit.random.below(PRECISION + 4);
      const top = high(kit, distance + 4);
      const large = { exponent: top, digits: fill(kit, () => anything(kit)) };
      const small = { exponent: top - distance, digits: fill(kit, () => anything(kit)) };
      const smaller = {
        exponent: top - distance - kit.random.below(5),
        digits: fill(kit, () => perhaps(kit, 2)),
      };
      return [large, small, smaller, opposite(large)];
    },
  },
  positional: {
    summary: 'digits from the top down until they fall out at the bottom',
    steps: (kit) => {
      const stride = between(kit.random, 1, 5);
      const length = between(kit.random, 2, 8);
      return positional(kit, high(kit, stride * length), length, stride);
    },
  },
  rising: {
    summary: 'digits from the bottom up: the accumulator is the smaller operand, every bit of it shifted out',
    steps: (kit) => {
      const stride = between(kit.random, 1, 4);
      const length = between(kit.random, 3, 8);
      return positional(kit, high(kit, stride * length), length, stride).reverse();
    },
  },
  sticky: {
    summary: 'single bits in the accumulator under a large number: stickiness from each place',
    steps: (kit) => {
      const top = high(kit, PRECISION);
      const over = {
        exponent: Math.min(kit.largest, top + kit.random.below(PRECISION)),
        digits: fill(kit, () => anything(kit)),
      };
      return [...sparse(kit, top, between(kit.random, 1, 6)), over, opposite(over)];
    },
  },
  ties: {
    summary: 'half a last place on an odd or even number, alone, with more below, or with less',
    steps: (kit) => {
      const top = high(kit, PRECISION + 5);
      const at = (below: number, digits: number[]): Step => ({ exponent: top - below, digits });
      const one = () => fill(kit, () => sign(kit.random) * kit.random.pick(kit.magnitudes.slice(0, 4)));
      const bias = between(kit.random, -3, 6);
      return [
        at(
          0,
          fill(kit, () => anything(kit)),
        ),
        at(
          between(kit.random, 1, 20),
          fill(kit, () => perhaps(kit, 2)),
        ),
        at(PRECISION - 1 - bias, one()),
        at(PRECISION - bias, one()),
        at(PRECISION - bias + kit.random.below(3), one()),
      ];
    },
  },
  'tie-breakers': {
    summary: 'a number whose first bit is half a last place of a large one, with a single bit far below it',
    steps: (kit) => {
      const { random, least, largest, magnitudes } = kit;
      const far = 1 + random.below(Math.max(1, Math.min(PRECISION - 1, largest - least - PRECISION + 8)));
      const first = least + far + random.below(4);
      const unit = () => sign(random) * magnitudes[random.below(2)]!;
      const large = () => sign(random) * random.pick(magnitudes.slice(-3));
      // Either a column gets both, or its neighbour in the tree gets the large number.
      const distance = 2 ** random.below(Math.max(1, Math.log2(kit.columns)));
      const apart = random.below(2) === 0;
      const small = (column: number) => !apart || (column & distance) === 0;
      const last = fill(kit, () => (random.below(2) === 0 ? unit() : 0));
      return [
        { exponent: first, digits: fill(kit, (c) => (small(c) ? unit() : 0)) },
        { exponent: first - far, digits: last.map((d, c) => (small(c) ? d : 0)) },
        {
          exponent: first + PRECISION - between(random, 4, 9),
          digits: fill(kit, (c) => (apart && small(c) ? 0 : large())),
        },
      ];
    },
  },
  'carry-out': {
    summary: 'all ones from a power of two minus a little, then rounded up over the top',
    steps: (kit) => {
      const below = between(kit.random, PRECISION - 6, PRECISION + 3);
      const top = high(kit, below + 3);
      const power = fill(kit, () => sign(kit.random) * 2 ** kit.random.below(3));
      const little = (from: number) => ({
        exponent: top - below + between(kit.random, -2, 2),
        digits: power.map((p) => from * Math.sign(p) * kit.random.pick(kit.magnitudes.slice(0, 3))),
      });
      return [{ exponent: top, digits: power }, little(-1), little(1), little(1)];
    },
  },
  zeros: {
    summary: 'zeros of both signs, exact cancellation to zero, numbers after zeros',
    steps: (kit) => {
      const some = { exponent: high(kit, 2), digits: fill(kit, () => perhaps(kit, 2)) };
      const none = () => ({ exponent: high(kit, 2), digits: fill(kit, () => 0) });
      return kit.random.pick([
        [none(), none()],
        [none(), some, opposite(some)],
        [some, opposite(some), none(), some],
        [none(), some],
      ]);
    },
  },
  'negative-zeros': {
    summary: 'one column cancels to +0, all others add nothing but −0',
    steps: (kit) => {
      const own = kit.random.below(kit.columns);
      const exponent = high(kit, 2);
      const digit = anything(kit);
      const step = (value: number) => ({ exponent, digits: fill(kit, (i) => (i === own ? value : -0)) });
      return kit.random.pick([[step(digit), step(-digit)], [step(0), step(-0)], [step(-0)]]);
    },
  },
  smallest: {
    summary: 'half the smallest result in one block, the first place that is cut off in the others',
    steps: (kit) => {
      const { halfSmallest, firstCut } = kit.ends ?? { halfSmallest: kit.least, firstCut: kit.least };
      const exponent = halfSmallest + between(kit.random, -1, 2);
      const lower = Math.max(0, exponent - firstCut - between(kit.random, -1, 1));
      const some = kit.random.below(2) === 0 ? kit.magnitudes : kit.magnitudes.slice(0, 3);
      const digits = fill(kit, () => sign(kit.random) * kit.random.pick(some));
      const less = digits.map((digit) => -Math.sign(digit) * kit.random.pick(kit.magnitudes.slice(0, 3)));
      return [
        { exponent, lower, digits },
        { exponent, lower, digits: less },
      ];
    },
  },
  alone: {
    summary: 'one block at any place',
    turns: 4,
    steps: (kit) => {
      const { random, least, largest, weights } = kit;
      const { choice, magnitudes } = random.pick(weights);
      const digits = fill(kit, () => sign(random) * random.pick(magnitudes));
      return [{ exponent: between(random, least, largest), choice, digits }];
    },
  },
  'gains-cancel': {
    summary:
      'two numbers that differ by last places after their gains, which round up from long runs of ones',
    steps: (kit) => {
      const { random, weights } = kit;
      const [one, other] = [random.pick(weights), random.pick(weights)];
      const isPower = random.below(2) === 0;
      const wanted = isPower ? 2 ** (PRECISION - 1) : random.pick(longCarries(one.gain));
      // Just below a power of two there is one more bit.
      const near = isPower ? 2 * wanted - 1 : wanted + between(random, -2, 2);
      const own = fill(kit, () => sign(random));
      const top = high(kit, PRECISION + 2);
      const unit = ({ weight, gain }: Weighted) => Math.log2(weight / gain / weights[0]!.weight);
      // Two bits at a time: 1, 2 and 3 are products of any elements.
      const steps = (option: Weighted, value: number, by: 1 | -1, below: number): Step[] => {
        const number = beforeGain(value, option.gain);
        return Array.from({ length: PRECISION / 2 + 1 }, (_, i): Step => {
          const digit = by * ((number >>> (2 * i)) & 3);
          const exponent = top - PRECISION - below + 2 * i - unit(option);
          return { exponent, choice: option.choice, digits: own.map((s) => s * digit + 0) };
        });
      };
      const [first, second] = [steps(one, wanted, 1, 0), steps(other, near, -1, isPower ? 1 : 0)];
      return random.below(2) === 0 ? [...first, ...second] : [...second, ...first];
    },
  },
  'choices-cancel': {
    summary: 'blocks of different choices that cancel under their gains, but for a little',
    turns: 2,
    steps: (kit) => {
      const { random, weights } = kit;
      const distance = random.below(PRECISION + 4);
      const top = high(kit, distance + 4);
      const pairs = equalPairs(weights);
      const own = fill(kit, () => sign(random));
      const large = ({ choice, digit }: Digit, by: 1 | -1): Step => {
        return { exponent: top, choice, digits: own.map((s) => by * s * digit) };
      };
      const { choice, magnitudes } = random.pick(weights);
      const digits = fill(kit, () => sign(random) * random.pick(magnitudes));
      const small = { exponent: top - distance, choice, digits };
      if (pairs.length === 0) return [small];
      const [one, other] = random.pick(pairs);
      return random.pick([
        [large(one, 1), large(other, -1), small],
        [large(one, 1), small, large(other, -1)],
        [small, large(one, 1), large(other, -1)],
        [large(one, 1), small],
      ]);
    },
  },
  'single-bits': {
    summary: 'two or three single bits far apart, one of them half a last place of a large number',
    turns: 3,
    steps: (kit) => {
      const { random, least, weights } = kit;
      const bits = singleBits(weights);
      const far = 1 + random.below(PRECISION - 1);
      const first = least + far + random.below(4);
      const own = fill(kit, () => sign(random));
      const bit = (place: number): Step[] => {
        const made = random.pick(bits);
        return made.digits.map(({ choice, digit }) => {
          return { exponent: first + place - made.place, choice, digits: own.map((s) => s * digit) };
        });
      };
      const { choice, weight, magnitudes } = random.pick(weights);
      const digit = random.pick(magnitudes);
      const above = PRECISION - Math.floor(Math.log2(weight * digit)) + between(random, -1, 1);
      const large = { exponent: first + above, choice, digits: own.map(() => sign(random) * digit) };
      const base = Math.max(...bits.map(({ place }) => place));
      const leading = random.below(2) === 0 ? [] : bit(base + 1 + random.below(5));
      return [...leading, ...bit(base), ...bit(base - far), { ...large, exponent: large.exponent + base }];
    },
  },
  swallowed: {
    summary: 'small numbers that a large one swallows, from either side',
    steps: (kit) => {
      const top = high(kit, PRECISION + 8);
      const large = { exponent: top, digits: fill(kit, () => anything(kit)) };
      const small = Array.from({ length: between(kit.random, 1, 4) }, () => ({
        exponent: top - between(kit.random, PRECISION - 8, PRECISION + 8),
        digits: fill(kit, () => anything(kit)),
      }));
      return kit.random.pick([
        [large, ...small],
        [...small, large],
        [large, ...small, opposite(large)],
      ]);
    },
  },
  'tree-cancellation': {
    summary: 'neighbouring columns cancel but for what is added after: the adders of a reduction',
    steps: (kit) => {
      const distance = 2 ** kit.random.below(Math.max(1, Math.log2(kit.columns)));
      const top = high(kit, PRECISION);
      const same = [...positional(kit, top, between(kit.random, 1, 4), between(kit.random, 1, 4))];
      const rest = sparse(kit, top - kit.random.below(PRECISION + 4), between(kit.random, 0, 3));
      return [...same.map((step) => mirrored(step, distance)), ...rest];
    },
  },
  'tree-distances': {
    summary: 'columns at different places: the adders of a reduction meet every distance',
    steps: (kit) => sparse(kit, high(kit, PRECISION), between(kit.random, 4, 9)),
  },
  'one-column': {
    summary: 'one column alone is not zero',
    steps: (kit) => {
      const own = kit.random.below(kit.columns);
      const only = (step: Step) => ({ ...step, digits: step.digits.map((d, i) => (i === own ? d : 0)) });
      return positional(kit, high(kit, 12), between(kit.random, 1, 4), between(kit.random, 1, 5)).map(only);
    },
  },
  fractions: {
    summary: 'scales between powers of two: long significands of products',
    fraction: true,
    steps: (kit) => {
      const length = between(kit.random, 2, 6);
      const stride = between(kit.random, 0, 6);
      return positional(kit, high(kit, stride * length), length, stride);
    },
  },
  'fractions-cancel': {
    summary: 'the same, and neighbours or successive steps that nearly cancel',
    fraction: true,
    steps: (kit) => {
      const top = high(kit, PRECISION);
      const steps = positional(kit, top, between(kit.random, 1, 3), between(kit.random, 0, 6));
      const back = kit.random.below(2) === 0 ? steps.map(opposite) : [];
      return [...steps.map((s) => (kit.random.below(2) === 0 ? mirrored(s, 1) : s)), ...back];
    },
  },
  largest: {
    summary: 'every lane at or near its largest product, all of one sign, under any scale',
    fraction: true,
    steps: (kit) => {
      const { random, magnitudes, least, largest } = kit;
      const exponent = random.below(2) === 0 ? largest : between(random, least, largest);
      const top = () => magnitudes[magnitudes.length - 1 - Math.min(random.below(8), magnitudes.length - 1)]!;
      const own = sign(random);
      const step = () => ({ exponent, digits: fill(kit, () => own * top()), everywhere: true });
      return Array.from({ length: between(random, 1, 3) }, step);
    },
  },
  long: {
    summary: 'a long segment of one sign: the accumulator grows',
    fraction: true,
    steps: (kit) => {
      const signs = fill(kit, () => sign(kit.random));
      return Array.from({ length: between(kit.random, 20, 40) }, () => ({
        exponent: kit.largest - kit.random.below(4),
        digits: signs.map((s) => s * kit.magnitudes[kit.magnitudes.length - 1 - kit.random.below(3)]!),
      }));
    },
  },
};
