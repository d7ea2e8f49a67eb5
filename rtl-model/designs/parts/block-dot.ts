/**
 * The integer dot product of the elements that share a pair of scales: decoders, lane multipliers and the sum tree,
 * as modules of their own, so that each can be simulated, proved and costed alone.
 *
 *   codes ─ decode ─ sign, operand ─┐
 *                                   ├ lane: sign ⊕, magnitude ─ tree ─ sum (two's complement)
 *   codes ─ decode ─ sign, operand ─┘
 *
 * Width of the sum: 16 · 12 · 12 = 2304 half units squared, 13 bits, for E2M1; derived from the formats in general.
 */
import { ConfigurationError } from '../../../src/numerics/index.js';
import { defineModule, type ModuleBuilder, memoizedModule, type Word } from '../../hdl/index.js';
import { rippleColumns, sumOf, sumSignMagnitude } from '../../library/index.js';
import {
  bitsOf,
  decodeElement,
  decodeScale,
  fitted,
  join,
  type LaneOperand,
  type SideShape,
  split,
} from './operand.js';

/** A decoded operand of one group of lanes under one scale. */
export interface DecodedSide {
  /** One bit a lane. */
  readonly signs: Word;
  /** Lane operands, `elementWidth` bits a lane. */
  readonly magnitudes: Word;
  readonly significand: Word;
  readonly shift: Word;
  readonly nan: Word;
}

/** Decoder of `lanes` elements and their scale. */
export const sideDecoder = memoizedModule((shape: SideShape, lanes: number) =>
  defineModule({
    name: `${shape.format.name}_decode_${lanes}`,
    summary: `${lanes} ${shape.format.name} elements as sign and lane operand, their scale as significand * 2^shift`,
    inputs: { codes: lanes * shape.codeWidth, scale: shape.scaleWidth },
    body: (_, { codes, scale }) => {
      const { selector, significand, shift, isNaN: nan } = decodeScale(shape, scale);
      const elements = split(codes, shape.codeWidth).map((code) => decodeElement(shape, code, selector));
      return {
        signs: join(elements.map(({ sign }) => sign)),
        magnitudes: join(elements.map(({ magnitude }) => magnitude)),
        significand,
        shift,
        nan,
      };
    },
  }),
);

/** One multiply lane: sign and magnitude of a product. Float operands: significands multiplied, then shifted. */
export const laneMultiplier = memoizedModule((a: LaneOperand, w: LaneOperand) =>
  defineModule({
    name: `lane_${operandName(a)}_${operandName(w)}`,
    summary: 'sign and magnitude of a product of two elements',
    inputs: { sign_a: 1, element_a: operandWidth(a), sign_w: 1, element_w: operandWidth(w) },
    body: (_, { sign_a, element_a, sign_w, element_w }) => {
      if (a.neverBoth.length > 0 || w.neverBoth.length > 0) {
        return { sign: sign_a.xor(sign_w), magnitude: sparseProduct(a, w, element_a, element_w) };
      }
      const [left, right] = [element_a.truncate(a.significandWidth), element_w.truncate(w.significandWidth)];
      const width = a.magnitudeWidth + w.magnitudeWidth;
      const least = a.leastExponent + w.leastExponent;
      let product = fitted(left.times(right), width + least);
      if (a.exponentWidth > 0)
        product = product.shiftLeft(element_a.slice(a.significandWidth, a.exponentWidth));
      if (w.exponentWidth > 0)
        product = product.shiftLeft(element_w.slice(w.significandWidth, w.exponentWidth));
      // Shifted by whole exponent codes: as many zeros as the two least exponents stand below.
      return { sign: sign_a.xor(sign_w), magnitude: product.slice(least, width) };
    },
  }),
);

/**
 * The product of two integers of which some pairs of bits are never both 1: partial products of one weight that exclude
 * each other share a place, so that fewer are left to add. (E2M1 and INT4 magnitudes: 13 instead of 16.)
 */
function sparseProduct(a: LaneOperand, w: LaneOperand, left: Word, right: Word): Word {
  const [width, widthA] = [a.magnitudeWidth + w.magnitudeWidth, a.magnitudeWidth];
  const columns = Array.from({ length: width }, (_, weight) => {
    const places: [number, number][][] = [];
    for (let i = Math.min(widthA - 1, weight); i >= Math.max(0, weight - w.magnitudeWidth + 1); i--) {
      const bits: [number, number] = [i, weight - i];
      const home = places.find((place) => place.every((other) => excludes(a, w, bits, other)));
      if (home === undefined) places.push([bits]);
      else home.push(bits);
    }
    return places.map((place) =>
      place.map(([i, j]) => left.bit(i).and(right.bit(j))).reduce((x, y) => x.or(y)),
    );
  });
  return rippleColumns(columns);
}

/** Whether two partial products are never both 1. */
function excludes(
  a: LaneOperand,
  w: LaneOperand,
  [i, j]: readonly [number, number],
  [k, l]: readonly [number, number],
): boolean {
  const among = ({ neverBoth }: LaneOperand, x: number, y: number) =>
    neverBoth.some(([low, high]) => low === Math.min(x, y) && high === Math.max(x, y));
  return among(a, i, k) || among(w, j, l);
}

const operandWidth = ({ significandWidth, exponentWidth }: LaneOperand) => significandWidth + exponentWidth;
const operandName = ({ kind, significandWidth, exponentWidth, neverBoth }: LaneOperand) =>
  kind === 'integer'
    ? `i${significandWidth}${neverBoth.length === 0 ? '' : `x${neverBoth.flat().join('')}`}`
    : `f${exponentWidth}m${significandWidth}`;

/**
 * Sum of `count` sign-magnitude products; two's complement of `width` bits, which holds each of them. Products of
 * integers may have bits above that, never 1: the only −8 · −8 = 64 of two INT4 takes 7 of 8.
 */
export const productTree = memoizedModule((count: number, magnitudeWidth: number, width: number) =>
  defineModule({
    name: `tree_${count}x${magnitudeWidth}_${width}`,
    summary: `sum of ${count} products of ${magnitudeWidth} bits: carry-save adders, then one adder`,
    inputs: { signs: count, magnitudes: count * magnitudeWidth },
    body: (_, { signs, magnitudes }) => {
      const kept = Math.min(magnitudeWidth, width - 1);
      const words = split(magnitudes, magnitudeWidth).map((word) => word.truncate(kept));
      const terms = signs.bitList().map((sign, i) => ({ sign, magnitude: words[i]! }));
      return { sum: sumSignMagnitude(terms, width) };
    },
  }),
);

/** Largest |sum| of the products of `lanes` lanes, micro-exponents left out. */
export function largestSum(a: SideShape, w: SideShape, lanes: number): number {
  return lanes * a.largestElement * w.largestElement;
}

/** Width of the two's complement sum over `lanes` lanes. */
export function sumWidth(a: SideShape, w: SideShape, lanes: number): number {
  return bitsOf(largestSum(a, w, lanes)) + microLevels(a, w) + 1;
}

/** Nested group sizes of the two operands, which must agree, and their bits for a slice of `lanes`. */
export function microBits(shape: SideShape, lanes: number): number {
  const groups = shape.format.microGroups ?? [];
  const misfit = groups.find((size) => lanes % size !== 0);
  if (misfit !== undefined) {
    throw new ConfigurationError(
      `${shape.format.name}: ${lanes} lanes are not whole micro-exponent groups of ${misfit}`,
      `expected a multiple of ${Math.max(...groups)} lanes`,
    );
  }
  return groups.reduce((bits, size) => bits + lanes / size, 0);
}

/** Places that the micro-exponents of both sides shift a product by at most. */
export function microLevels(...sides: readonly SideShape[]): number {
  return sides.reduce((levels, { format }) => levels + (format.microGroups?.length ?? 0), 0);
}

/** Micro-exponent words of the two sides, where the formats have them. */
export interface MicroWords {
  readonly a: Word | undefined;
  readonly w: Word | undefined;
}

/** The sum over one group of lanes: lanes, trees, and the shifts of micro-exponents between two levels of trees. */
export function blockSum(
  m: ModuleBuilder,
  prefix: string,
  shapes: { readonly a: SideShape; readonly w: SideShape },
  sides: { readonly a: DecodedSide; readonly w: DecodedSide },
  micro: MicroWords,
): Word {
  const { a, w } = shapes;
  const lanes = sides.a.signs.width;
  const products = laneProducts(m, prefix, shapes, sides);
  const width = sumWidth(a, w, lanes);
  if (micro.a === undefined && micro.w === undefined) return treeOf(m, `${prefix}tree`, products, width);
  const size = Math.min(...(a.format.microGroups ?? [lanes]), ...(w.format.microGroups ?? [lanes]));
  const partialWidth = bitsOf(largestSum(a, w, size)) + 1;
  const partials = Array.from({ length: lanes / size }, (_, g) => {
    const sum = treeOf(m, `${prefix}tree${g}`, products.slice(g * size, (g + 1) * size), partialWidth);
    const amount = microShift(shapes, micro, lanes, g * size);
    return sum.signExtend(width).shiftLeft(amount);
  });
  return sumOf(partials);
}

function laneProducts(
  m: ModuleBuilder,
  prefix: string,
  { a, w }: { readonly a: SideShape; readonly w: SideShape },
  sides: { readonly a: DecodedSide; readonly w: DecodedSide },
) {
  const multiplier = laneMultiplier(a.operand, w.operand);
  const [magnitudesA, magnitudesW] = [
    split(sides.a.magnitudes, a.elementWidth),
    split(sides.w.magnitudes, w.elementWidth),
  ];
  return magnitudesA.map((magnitude, lane) =>
    m.instance(`${prefix}lane${lane}`, multiplier, {
      sign_a: sides.a.signs.bit(lane),
      element_a: magnitude,
      sign_w: sides.w.signs.bit(lane),
      element_w: magnitudesW[lane]!,
    }),
  );
}

function treeOf(
  m: ModuleBuilder,
  name: string,
  products: readonly { readonly sign: Word; readonly magnitude: Word }[],
  width: number,
): Word {
  const tree = productTree(products.length, products[0]!.magnitude.width, width);
  const signs = join(products.map(({ sign }) => sign));
  const magnitudes = join(products.map(({ magnitude }) => magnitude));
  return m.instance(name, tree, { signs, magnitudes }).sum;
}

/** Sum of the micro-exponent bits that element `lane` falls under, of both sides. */
function microShift(
  shapes: { readonly a: SideShape; readonly w: SideShape },
  micro: MicroWords,
  lanes: number,
  lane: number,
): Word {
  const bits: Word[] = [];
  for (const side of ['a', 'w'] as const) {
    let start = 0;
    for (const size of shapes[side].format.microGroups ?? []) {
      bits.push(micro[side]!.bit(start + Math.floor(lane / size)));
      start += lanes / size;
    }
  }
  const width = bitsOf(bits.length);
  return sumOf(bits.map((bit) => bit.zeroExtend(width)));
}
