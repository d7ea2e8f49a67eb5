/**
 * The integer factor that the types of two blocks put on their product, as few rows of an addition.
 *
 * On the grid of IF4 a block pair counts 7·7, 7·6 or 6·6, and each integer side has steps of two: 49, 84, 144. Powers of
 * two are free, because the product is shifted by the scales' exponents anyway. So the factors may be written
 *
 *   49 = (16 + 1 + 32)    84 = (16 + 1 + 4) · 4    144 = (16 + 1 + 1) · 8
 *
 * two rows that are always the same, and one that is chosen. Multiplying the scale significands by 7 or 6 instead makes
 * them six bits wider, and with them the multiplication that follows.
 *
 * Not modelled: formats of more than two choices; different formats on the two sides.
 */
import type { BlockFormat } from '../../../src/formats/index.js';
import type { Word } from '../../hdl/index.js';
import { sumOf } from '../../library/index.js';
import { bitsOf, gridGains } from './operand.js';

/** factor = (Σ 2^constantPlaces + 2^place) · 2^extraShift, by how many of the two sides have the second choice. */
export interface FactorPlan {
  readonly constantPlaces: readonly number[];
  /** For none, one and both sides. */
  readonly classes: readonly [FactorClass, FactorClass, FactorClass];
}

export interface FactorClass {
  readonly place: number;
  readonly extraShift: number;
  /** Without the extra shift. */
  readonly factor: number;
}

/** The plan with the fewest rows, then the least shift; undefined for formats of one choice, or without a plan. */
export function factorPlan(format: BlockFormat): FactorPlan | undefined {
  const { factors, extraShift } = gridGains(format);
  if (factors.length !== 2 || factors[0] === factors[1]) return undefined;
  const products = [0, 1, 2].map((second) => {
    const shift = second * extraShift[1]! + (2 - second) * extraShift[0]!;
    return factors[1]! ** second * factors[0]! ** (2 - second) * 2 ** shift;
  });
  const plans = basesOf(products).flatMap((base) => planOn(base, products) ?? []);
  return plans.sort((x, y) => cost(x) - cost(y))[0];
}

/** What may be common: a factor of the first class without one of its powers of two. */
function basesOf([first]: readonly number[]): number[] {
  const odd = halvings(first!);
  return odd.flatMap((factor) =>
    Array.from({ length: bitsOf(factor) }, (_, place) => factor - 2 ** place).filter((base) => base > 0),
  );
}

function planOn(base: number, products: readonly number[]): FactorPlan | undefined {
  const classes = products.map((product) =>
    halvings(product)
      .map((factor, extraShift) => ({ factor, extraShift, place: Math.log2(factor - base) }))
      .find(({ place }) => Number.isInteger(place)),
  );
  const [none, one, both] = classes;
  if (none === undefined || one === undefined || both === undefined) return undefined;
  return { constantPlaces: setBits(base), classes: [none, one, both] };
}

const cost = ({ constantPlaces, classes }: FactorPlan) =>
  64 * constantPlaces.length + Math.max(...classes.map(({ extraShift }) => extraShift));

/** x, x/2, x/4 … as long as they are integers. */
function halvings(x: number): number[] {
  return x % 2 === 0 ? [x, ...halvings(x / 2)] : [x];
}

function setBits(x: number): number[] {
  return Array.from({ length: bitsOf(x) }, (_, i) => i).filter((i) => (x >> i) & 1);
}

/** One bit a side: whether the block is of the second choice. */
export interface Selectors {
  readonly a: Word;
  readonly w: Word;
}

/** word × factor for a two's complement word, modulo 2^width. */
export function timesFactor(plan: FactorPlan, word: Word, selectors: Selectors, width: number): Word {
  const wide = word.signExtend(width);
  const chosen = byClass(selectors, (k) => wide.shiftLeft(plan.classes[k].place));
  return sumOf([...plan.constantPlaces.map((place) => wide.shiftLeft(place)), chosen]);
}

/** What the class adds to the exponent, less `least`; two's complement. */
export function extraShiftOf(plan: FactorPlan, selectors: Selectors, least: number, width: number): Word {
  const { context } = selectors.a;
  return byClass(selectors, (k) =>
    context.constant(width, BigInt.asUintN(width, BigInt(plan.classes[k].extraShift - least))),
  );
}

function byClass({ a, w }: Selectors, word: (integerSides: 0 | 1 | 2) => Word): Word {
  return a.or(w).choose(a.and(w).choose(word(2), word(1)), word(0));
}
