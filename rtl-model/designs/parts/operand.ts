/**
 * One operand of an integer datapath, derived from its block format: which integers its elements become, what the
 * scale is multiplied by, and the hardware that decodes codes.
 *
 * Elements are integers of the finest step of the format's choices. A choice whose steps are coarser (INT4 beside
 * E2M1: steps of 1 beside 1/2) adds the difference to the scale's exponent. On the grid, a choice's gain becomes an
 * integer by the common denominator of the gains (IF4: 1 and 6/7 become 7 and 6), which multiplies the scale's
 * significand, or the product of the two sides (`block-factor.ts`), once a block instead of each product.
 *
 * Not modelled: more than two choices, choices marked otherwise than by the scale's sign bit.
 */
import {
  type BlockFormat,
  codecOf,
  type ElementFormat,
  SELECTOR_BIT,
  widthOf,
} from '../../../src/formats/index.js';
import { concat, type Word } from '../../hdl/index.js';
import { decodeFloat, decodeSignMagnitude, stepExponent, sumOf, timesOneOf } from '../../library/index.js';
import { decodeE2m1OrInt4, isE2m1OrInt4 } from './mixed-element.js';

/**
 * What a multiply lane is given of an element, beside its sign.
 * - `integer`: the magnitude itself;
 * - `float`: significand (low) and exponent code, subnormals 1: the lane multiplies the short significands and shifts
 *   their product, which takes about half the gates of multiplying decoded magnitudes.
 */
export interface LaneOperand {
  readonly kind: 'integer' | 'float';
  /** Of the magnitude as an integer. */
  readonly magnitudeWidth: number;
  readonly significandWidth: number;
  /** 0 for integers. */
  readonly exponentWidth: number;
  /** Exponent of subnormals: what a product is shifted too far by each side. */
  readonly leastExponent: number;
  /** Pairs of bits of an integer that no code sets both; empty for floats. */
  readonly neverBoth: readonly (readonly [number, number])[];
}

/** A format as integers: everything that widths follow from. */
export interface SideShape {
  readonly format: BlockFormat;
  /** Width of an element code, the widest choice. */
  readonly codeWidth: number;
  /** Width of a scale code, selector bit included. */
  readonly scaleWidth: number;
  readonly hasSelector: boolean;
  /** Largest |integer| of an element, of all choices and codes. */
  readonly largestElement: number;
  readonly operand: LaneOperand;
  /** Width of the lane operand. */
  readonly elementWidth: number;
  /** Value of an element's unit: the finest step. */
  readonly elementUnit: number;
  /** Per choice: what is added to the scale's exponent; all 0 when that happens to the product. */
  readonly extraShift: readonly number[];
  /** Per choice: integer factor of the scale's significand; all 1 unless the gains are on its grid. */
  readonly factors: readonly number[];
  /** Common denominator of the gains; 1 when they are left out. */
  readonly denominator: number;
  /** Width of the scale's significand times its factor, and its largest value. */
  readonly significandWidth: number;
  readonly largestSignificand: number;
  /** True when the significand is always 1 (E8M0). */
  readonly powerOfTwo: boolean;
  /** Width of the shift word (exponent code + extra shift) and its least value, which is taken off by wiring. */
  readonly shiftWidth: number;
  readonly leastShift: number;
  readonly largestShift: number;
  /** Exponent of the scale's unit, its significand counted as an integer. */
  readonly scaleUnit: number;
}

/**
 * Where gains go: into the scale's significand on the common grid, on the product of the two sides on that grid, or
 * left to the caller.
 */
export type GainPlace = 'on-grid' | 'on-product' | 'left-out';

/** The gains of a format's choices as integers over a common denominator, and how much coarser their steps are. */
export function gridGains({ choices }: BlockFormat) {
  const steps = choices.map(({ element }) => stepExponent(element));
  const denominator = choices.reduce((d, { gain }) => lcm(d, Number(gain.denominator)), 1);
  const factors = choices.map(
    ({ gain }) => (Number(gain.numerator) * denominator) / Number(gain.denominator),
  );
  return { denominator, factors, extraShift: steps.map((step) => step - Math.min(...steps)) };
}

/** The shape of one side. */
export function sideShape(format: BlockFormat, gains: GainPlace): SideShape {
  const { choices, scale, selector } = format;
  const grid = gridGains(format);
  const elementUnit = Math.min(...choices.map(({ element }) => stepExponent(element)));
  const extraShift = gains === 'on-product' ? grid.extraShift.map(() => 0) : grid.extraShift;
  const denominator = gains === 'left-out' ? 1 : grid.denominator;
  const factors = gains === 'on-grid' ? grid.factors : grid.factors.map(() => 1);
  const largestElement = Math.max(...choices.map(({ element }) => largestSteps(element)));
  const operand = laneOperand(choices, bitsOf(largestElement));
  const fractionSpan = 2 ** scale.fractionBits;
  const leastShift = scale.subnormals ? 1 : 0;
  const largestSignificand = (2 * fractionSpan - 1) * Math.max(...factors);
  const largestShift = 2 ** scale.exponentBits - 1 + Math.max(...extraShift);
  return {
    format,
    codeWidth: Math.max(...choices.map(({ element }) => widthOf(element))),
    scaleWidth: selector === 'none' ? widthOf(scale) : bitsOf(SELECTOR_BIT),
    hasSelector: selector !== 'none',
    largestElement,
    operand,
    elementWidth: operand.significandWidth + operand.exponentWidth,
    elementUnit,
    extraShift,
    factors,
    denominator,
    significandWidth: bitsOf(largestSignificand),
    largestSignificand,
    powerOfTwo: scale.fractionBits === 0 && !scale.subnormals && Math.max(...factors) === 1,
    shiftWidth: bitsOf(largestShift),
    leastShift,
    largestShift,
    scaleUnit: (scale.subnormals ? 1 : 0) - scale.bias - scale.fractionBits,
  };
}

/** The operand of an integer of `width` bits; `values` are all that occur, if not every one does. */
export function integerOperand(width: number, values?: readonly number[]): LaneOperand {
  return {
    kind: 'integer',
    magnitudeWidth: width,
    significandWidth: width,
    exponentWidth: 0,
    leastExponent: 0,
    neverBoth: values === undefined ? [] : neverBothOf(width, values),
  };
}

function neverBothOf(width: number, values: readonly number[]): [number, number][] {
  const bits = Array.from({ length: width }, (_, i) => i);
  const both = (i: number, j: number) => (value: number) => ((value >> i) & (value >> j) & 1) === 1;
  return bits.flatMap((i) =>
    bits.filter((j) => j > i && !values.some(both(i, j))).map((j): [number, number] => [i, j]),
  );
}

/** Floats alone keep significand and exponent apart; choices that mix with others become integers. */
function laneOperand(choices: BlockFormat['choices'], magnitudeWidth: number): LaneOperand {
  const [{ element }, second] = choices;
  if (second !== undefined || element.kind !== 'float' || element.exponentBits < 2) {
    return integerOperand(
      magnitudeWidth,
      choices.flatMap((choice) => magnitudesOf(choice.element)),
    );
  }
  return {
    kind: 'float',
    magnitudeWidth,
    significandWidth: element.fractionBits + 1,
    exponentWidth: element.exponentBits,
    leastExponent: element.subnormals ? 1 : 0,
    neverBoth: [],
  };
}

/** One element: its sign, and what the lane is given. */
export interface ElementWords {
  readonly sign: Word;
  readonly magnitude: Word;
}

/** A decoded scale: value = significand × 2^(shift − leastShift + scaleUnit). */
export interface ScaleWords {
  /** Times the choice's factor. */
  readonly significand: Word;
  readonly shift: Word;
  readonly isNaN: Word;
  /** 1 for the second choice; undefined without a selector. */
  readonly selector: Word | undefined;
}

/** The element with this code as its lane operand; `selector` picks the second choice. */
export function decodeElement(shape: SideShape, code: Word, selector: Word | undefined): ElementWords {
  const [{ element: only }] = shape.format.choices;
  if (shape.operand.kind === 'float' && only.kind === 'float') {
    const { sign, exponent, significand } = decodeFloat(only, code);
    return { sign, magnitude: concat(exponent, significand) };
  }
  if (selector !== undefined && isE2m1OrInt4(shape.format)) {
    const { sign, magnitude } = decodeE2m1OrInt4(code, selector);
    return { sign, magnitude: fitted(magnitude, shape.elementWidth) };
  }
  const decoded = shape.format.choices.map(({ element }) => {
    const { sign, magnitude } = decodeSignMagnitude(element, code.truncate(widthOf(element)));
    return { sign, magnitude: fitted(magnitude, shape.elementWidth) };
  });
  const [first, second] = decoded as [ElementWords, ElementWords?];
  if (selector === undefined || second === undefined) return first;
  return {
    sign: selector.choose(second.sign, first.sign),
    magnitude: selector.choose(second.magnitude, first.magnitude),
  };
}

/** The scale with this code (`scaleWidth` bits). */
export function decodeScale(shape: SideShape, code: Word): ScaleWords {
  const { scale } = shape.format;
  const selector = shape.hasSelector ? code.bit(-1) : undefined;
  const fields = decodeFloat(scale, code.truncate(widthOf(scale)));
  const shift = fields.exponent.zeroExtend(shape.shiftWidth);
  const [extraFirst = 0, extraSecond = 0] = shape.extraShift;
  const [first = 1, second = 1] = shape.factors;
  const times = (factor: number) =>
    factor === 1
      ? fields.significand
      : fields.significand.times(code.context.constant(bitsOf(factor), factor));
  const significand =
    selector === undefined || first === second
      ? times(first)
      : timesOneOf(selector, fields.significand, [first, second]);
  const extra = (amount: number) => code.context.constant(shape.shiftWidth, amount);
  return {
    significand: fitted(significand, shape.significandWidth),
    shift:
      selector === undefined ? shift : shift.plus(selector.choose(extra(extraSecond), extra(extraFirst))),
    isNaN: fields.isNaN,
    selector,
  };
}

/** Words of `width` bits that stand side by side, lowest first. */
export function split(word: Word, width: number): Word[] {
  return Array.from({ length: word.width / width }, (_, i) => word.slice(i * width, width));
}

/** Words side by side, the first one lowest. */
export function join(words: readonly Word[]): Word {
  return concat(...[...words].reverse());
}

/** The word at another width; bits above it are known to be zero. */
export function fitted(word: Word, width: number): Word {
  return word.width > width ? word.truncate(width) : word.zeroExtend(width);
}

/** Sum of unsigned words at a width that holds it. */
export function sumAt(width: number, ...words: readonly Word[]): Word {
  return sumOf(words.map((word) => word.zeroExtend(width)));
}

/** Bits of a non-negative integer, at least 1. Exact up to 2^53. */
export function bitsOf(x: number): number {
  return Math.max(1, x.toString(2).length);
}

/** Largest |code value| in steps. */
export function largestSteps(element: ElementFormat): number {
  return magnitudesOf(element).reduce((max, x) => Math.max(max, x), 0);
}

/** |code value| in steps of all codes that are numbers. */
function magnitudesOf(element: ElementFormat): number[] {
  const { decode, width } = codecOf(element);
  const step = 2 ** stepExponent(element);
  const magnitudes = Array.from({ length: 2 ** width }, (_, code) => Math.abs(decode(code)) / step);
  return magnitudes.filter(Number.isFinite);
}

function lcm(x: number, y: number): number {
  let [p, q] = [x, y];
  while (q !== 0) [p, q] = [q, p % q];
  return (x / p) * y;
}
