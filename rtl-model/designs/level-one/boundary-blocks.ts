/**
 * Blocks for quantise units built backwards from a code's boundary: an element whose product with the inverse scale lies
 * on the boundary only if a product, the reciprocal or the step is rounded correctly. Random blocks do not meet these:
 * a last place decides, of one number in 2^24.
 */
import { BF16, codecOf, UE4M3 } from '../../../src/formats/index.js';
import type { Random } from '../../../src/numerics/index.js';

/** One number of the block with the scales that put it there. */
export interface BoundaryCase {
  /** A BF16 number. */
  readonly x: number;
  readonly dec: number;
  /** UE4M3 value of the block's scale. */
  readonly scale: number;
}

/** FP32 significand bits, and those of BF16. */
const PRECISION = 24;
const ELEMENT_PRECISION = 8;
const f = Math.fround;
const isElement = (x: number) => codecOf(BF16).decode(codecOf(BF16).encode(x)) === x;
const scales = Array.from({ length: 126 }, (_, i) => codecOf(UE4M3).decode(i + 1));
const powers = scales.filter((scale) => Number.isInteger(Math.log2(scale)));

/**
 * Odd factors of significands a little above a boundary s: X of 8 bits times I of 24 bits is 2^24·s + 1/2 (a tie) or
 * 2^24·s + 3/4, in last places of a product.
 */
const EXACT_PRODUCTS = [1, 1.25, 1.5, 1.75].flatMap((s) =>
  [s * 2 ** PRECISION + 1, s * 2 ** (PRECISION + 1) + 3].flatMap((product) =>
    Array.from({ length: 2 ** (ELEMENT_PRECISION - 1) }, (_, i) => 2 * i + 1)
      .filter((x) => product % x === 0 && product / x < 2 ** PRECISION)
      .map((x) => ({ boundary: s, x, inverse: product / x })),
  ),
);

/** A float32 whose rounded reciprocal is a number; undefined if there is none. */
function reciprocalOf(inverse: number): number | undefined {
  const near = f(1 / inverse);
  const place = 2 ** (Math.floor(Math.log2(near)) - PRECISION + 1);
  return [0, 1, -1, 2, -2].map((k) => near + k * place).find((step) => f(1 / step) === inverse);
}

/** A product that is exactly half, or a little more than half, a last place above a boundary. */
function productCase(random: Random, boundary: number): BoundaryCase | undefined {
  const significand = boundary / 2 ** Math.floor(Math.log2(boundary));
  const products = EXACT_PRODUCTS.filter((product) => product.boundary === significand);
  if (products.length === 0) return undefined;
  const { x, inverse } = random.pick(products);
  const size = 2 ** (random.below(40) - 20);
  const step = reciprocalOf((inverse / 2 ** PRECISION) * size);
  if (step === undefined) return undefined;
  const scale = random.pick(powers);
  const places = Math.round(Math.log2(boundary / (x * (inverse / 2 ** PRECISION) * size)));
  return { x: x * 2 ** places, dec: step / scale, scale };
}

/** An element, and the inverse scale at which it lies on the boundary. */
function drawn(random: Random, boundary: number, least: number, largest: number) {
  const size = least + random.below(largest - least + 1) + random.uniform();
  const places = Math.floor(Math.log2(boundary) - size) - ELEMENT_PRECISION + 1;
  const x = (2 ** (ELEMENT_PRECISION - 1) + random.below(2 ** (ELEMENT_PRECISION - 1))) * 2 ** places;
  return { x, inverse: boundary / x };
}

/** A last place of float32 numbers near x, subnormal ones included. */
const placeOf = (x: number) => 2 ** (Math.max(-126, Math.floor(Math.log2(x))) - PRECISION + 1);

/** A number near the middle between two neighbours around x; `off`: in last places. */
function middle(x: number, off: number): number {
  const place = placeOf(x);
  return (Math.floor(x / place) + 0.5 + off) * place;
}

const off = (random: Random) => (random.uniform() - 0.5) / 2;

/** A reciprocal near the middle between two inverse scales, of which only one takes the element over the boundary. */
function reciprocalCase(random: Random, boundary: number): BoundaryCase {
  const { x, inverse } =
    random.below(2) === 0 ? drawn(random, boundary, -128, -126) : drawn(random, boundary, -20, 20);
  const scale = random.pick(powers);
  return { x, dec: f(1 / middle(inverse, off(random))) / scale, scale };
}

/** The same of the step dec · scale, which has up to 28 bits. */
function stepCase(random: Random, boundary: number): BoundaryCase {
  const { x, inverse } =
    random.below(2) === 0 ? drawn(random, boundary, 125, 126) : drawn(random, boundary, -20, 20);
  const scale = random.pick(random.below(2) === 0 ? scales.slice(0, 16) : scales);
  return { x, dec: f(middle(1 / inverse, off(random)) / scale), scale };
}

/** A case at one of these boundaries: finite, of numbers that the ports can say. */
export function boundaryCase(random: Random, boundaries: readonly number[]): BoundaryCase {
  for (;;) {
    const made = random.pick([productCase, reciprocalCase, stepCase])(random, random.pick(boundaries));
    if (made === undefined || !isElement(made.x) || f(made.dec) !== made.dec) continue;
    // A subnormal one has too few places.
    if (made.dec >= 2 ** -126 && Number.isFinite(made.dec)) return made;
  }
}

/**
 * A subnormal step a little above the middle between an even one and the next: only what is shifted out last says that
 * it is not a tie. The boundary lies between the two.
 */
export function stickyStepCase(random: Random, boundaries: readonly number[]): BoundaryCase {
  const place = 2 ** -149;
  for (;;) {
    const { x, inverse } = drawn(random, random.pick(boundaries), 126, 127);
    const scale = random.pick(scales);
    const dec = f(middle(1 / inverse, 0) / scale);
    const places = (dec * scale) / place;
    const above = places - Math.floor(places) - 0.5;
    const isSticky = above > 0 && above < 0.25 && Math.floor(places) % 2 === 0;
    if (isSticky && dec >= 2 ** -126 && isElement(x)) return { x, dec, scale };
  }
}

/**
 * A block maximum so small that its sixth is subnormal, and an encode scale at which the last place of that quotient
 * decides between two scale codes. `stretch`: the candidate's factor on the mapped scale.
 */
export function smallMaximumCase(random: Random, stretch: number): { maximum: number; enc: number } {
  for (;;) {
    const maximum = (1 + random.below(2 ** (1 + random.below(8)))) * 2 ** (random.below(4) - 133);
    const i = random.below(40);
    const between = (scales[i]! + scales[i + 1]!) / 2 / stretch;
    const enc = f(between / (f(maximum / 6) + (random.below(2) - 0.5) * 2 ** -149));
    if (Number.isFinite(enc)) return { maximum, enc };
  }
}
