/**
 * Corners that the shared classes do not reach, listed rather than drawn: what a solver found to be the only way to tell
 * certain mistakes. Each is for some designs only.
 */
import { type Digit, type SingleBit, singleBits, type Weighted } from './combinations.js';
import type { Step } from './palette.js';
import type { PlanKit } from './plans.js';

/** What a corner may use. */
export type CornerKit = Omit<PlanKit, 'random'>;

export interface Corner {
  readonly summary: string;
  readonly designs: readonly string[];
  /** Scales between powers of two as well. */
  readonly fraction?: boolean;
  /** The steps of each segment. */
  segments(kit: CornerKit): Iterable<readonly Step[]>;
}

/** Bits of an FP32 significand. */
const PRECISION = 24;
/**
 * Slices in which the sum of a class grows past the last power of two that it reaches: as many as its register is
 * defined for (K = 19,008 in 16 lanes; the oracle refuses more).
 */
const GROWTH = 1188;

/** How a corner says a single bit, and a large number: digits of choices, of weights in a common unit. */
interface Digits {
  /** Worth 2^place together. */
  readonly bit: SingleBit;
  /** Rising; the first is taken that needs no larger scale than there is. */
  readonly large: readonly (Digit & { readonly value: number })[];
}

/** Digits of the first choices alone, as if they had no gain: for lanes, which each round their product. */
function plainDigits({ magnitudes }: CornerKit): Digits {
  // 3·2^k: taking a little away from it does not move its first bit.
  const large = magnitudes.filter((digit) => digit % 3 === 0 && Number.isInteger(Math.log2(digit / 3)));
  return {
    bit: { place: 0, digits: [{ choice: 0, digit: 1 }] },
    large: large.map((digit) => ({ choice: 0, digit, value: digit })),
  };
}

/** Blocks under their gains: several of them make a single bit. */
function gainedDigits({ weights }: CornerKit): Digits {
  const [bit] = singleBits(weights).sort((x, y) => x.digits.length - y.digits.length || x.place - y.place);
  const [{ choice, weight, magnitudes }] = weights as [Weighted];
  const large = magnitudes.map((digit) => ({ choice, digit, value: digit * weight }));
  return { bit: bit!, large: large.filter(({ value }) => value > 1.25 * 2 ** Math.floor(Math.log2(value))) };
}

/**
 * An accumulator of three bits: the first, half a last place of the large number that follows, and one far below, which
 * alone makes it more than half. Every distance of alignment with every place of the last bit: each stage of the
 * shifter has to tell of what it drops when no other stage has anything to tell.
 */
function* loneSticky(kit: CornerKit, { bit, large }: Digits): Iterable<readonly Step[]> {
  const { columns, least, largest } = kit;
  const at = (exponent: number, { choice, digit }: Digit, takesPart: (column: number) => boolean): Step => ({
    exponent,
    choice,
    digits: Array.from({ length: columns }, (_, column) => (takesPart(column) ? digit : 0)),
  });
  for (let distance = 2; distance < PRECISION; distance++) {
    // `place`: of the last bit in the significand, below that of half a last place.
    for (let place = 0; place < distance - 1; place++) {
      const exponents = [PRECISION - 1 - place, distance - 1 - place, 0].map((above) => least + above);
      const top = exponents[0]! + bit.place + distance;
      const over = large
        .map((digit) => ({ ...digit, exponent: top - Math.floor(Math.log2(digit.value)) }))
        .find(({ exponent }) => exponent <= largest);
      if (over === undefined) continue;
      const sign = (distance + place) % 2 === 0 ? 1 : -1;
      const last = { choice: over.choice, digit: sign * over.digit };
      const segment = (small: (column: number) => boolean, other: (column: number) => boolean) => [
        ...exponents.flatMap((exponent) => bit.digits.map((digit) => at(exponent, digit, small))),
        at(over.exponent, last, other),
      ];
      yield segment(
        () => true,
        () => true,
      );
      if (columns === 1) continue;
      // Neighbours of a reduction: one has the bits, the other the large number.
      const isSmall = (column: number) => (column + place) % 2 === 0;
      yield segment(isSmall, (column) => !isSmall(column));
    }
  }
}

/** The largest blocks of each pair of choices, so many that the accumulator of a class has its top bits set. */
function* longGrowth({ columns, largest, weights }: CornerKit): Iterable<readonly Step[]> {
  const distinct = new Map(weights.map((option) => [option.weight, option]));
  for (const { choice, magnitudes } of distinct.values()) {
    const digits = new Array<number>(columns).fill(magnitudes.at(-1)!);
    yield new Array<Step>(GROWTH).fill({
      exponent: largest,
      digits,
      everywhere: true,
      choice,
      largestScales: true,
    });
  }
}

export const CORNERS: Readonly<Record<string, Corner>> = {
  'lone-sticky': {
    summary: 'one bit far below half a last place, at every place under every distance of alignment',
    designs: ['nvfp4-lanes', 'if4-lanes'],
    segments: (kit) => loneSticky(kit, plainDigits(kit)),
  },
  'lone-sticky-gained': {
    summary: 'the same of blocks that make a single bit under their gains',
    designs: ['if4-fp32-49'],
    segments: (kit) => loneSticky(kit, gainedDigits(kit)),
  },
  'long-growth': {
    summary: `${GROWTH} of the largest blocks of each pair of choices`,
    designs: ['if4-three-acc'],
    segments: longGrowth,
  },
};
