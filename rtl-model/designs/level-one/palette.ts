/**
 * What a MAC can be given to add a chosen number in a chosen place: pairs of codes by their product, and pairs of scale
 * codes by the exponent of theirs. Directed segments are made of these.
 *
 * A *column* is a place that gets numbers of its own: a lane where every lane has an accumulator, else a block.
 */
import { hasBlockScales, type OperandFormat } from '../../../src/dot/index.js';
import { codecOf, type ElementFormat, SELECTOR_BIT } from '../../../src/formats/index.js';
import { type Random, Rational, type RationalValue } from '../../../src/numerics/index.js';
import type { MacDesign, OperandPorts } from '../design.js';
import type { Slice } from '../drive.js';
import type { Weighted } from './combinations.js';

/**
 * One addition: in each column digit × 2^exponent, digits in units of the smallest product of elements. A digit of −0
 * stands for products that are all −0.
 */
export interface Step {
  readonly exponent: number;
  readonly digits: readonly number[];
  /** Every lane of a column gets its digit, not one of them: the largest sums of a block. */
  readonly everywhere?: boolean;
  /** How far below the first block the others lie, where there are several. Default: anywhere. */
  readonly lower?: number;
  /** The largest scale codes of the exponent. */
  readonly largestScales?: boolean;
  /** Which pair of choices the digits are of: a position in `Palette.choices`. Default: that of the segment. */
  readonly choice?: number;
}

/** Codes of both sides with one product, and its sign, which a zero has too. */
interface Pair {
  readonly codes: readonly [a: number, w: number];
  readonly isNegative: boolean;
}

/** How far apart the blocks of one slice lie at most, in binary places: beyond what alignment keeps. */
const SPREAD = 44;

/** Which choice of its format each side takes. */
export type Choices = readonly [a: 0 | 1, w: 0 | 1];

export class Palette {
  readonly columns: number;
  /** Exponents of products of scales that are powers of two: least and largest. */
  readonly least: number;
  readonly largest: number;
  /** Exponent of the smallest product of elements of the first choices. */
  readonly unitExponent: number;
  /** What each pair of choices offers. */
  readonly choices: readonly Choices[];
  readonly #design: MacDesign;
  readonly #pairs = new Map<string, ReadonlyMap<number, readonly Pair[]>>();
  /** Scale codes by exponent: exact powers of two, and all that lie below the next one. */
  readonly #scales: readonly ScaleCodes[];

  constructor(design: MacDesign) {
    this.#design = design;
    const { a, w, semantic, lanes, protocol } = design;
    this.columns = semantic.accumulation.kind === 'lanes' ? lanes : Math.max(1, protocol.a.blocks);
    this.#scales = [a, w].map(scaleCodes);
    this.least = this.#scales[0]!.least + this.#scales[1]!.least;
    this.largest = this.#scales[0]!.largest + this.#scales[1]!.largest;
    this.unitExponent = Math.log2(smallestOf(elementOf(a, 0)) * smallestOf(elementOf(w, 0)));
    const options = [a, w].map((format) => (choiceCount(format) > 1 ? ([0, 1] as const) : ([0] as const)));
    this.choices = options[0]!.flatMap((x) => options[1]!.map((y): Choices => [x, y]));
  }

  /** Magnitudes that a product can have, in units, rising. */
  magnitudes(choices: Choices): readonly number[] {
    return [...this.#table(choices).keys()].filter((digit) => digit > 0).sort((x, y) => x - y);
  }

  /** What a digit of each pair of choices is worth, gains included: numbers in a unit that they share. */
  weights(): readonly Weighted[] {
    const { a, w } = this.#design;
    const gains = this.choices.map(([x, y]) => Rational.multiply(gainOf(a, x), gainOf(w, y)));
    const denominator = Rational.commonDenominator(gains);
    return this.choices.map((choices, choice) => {
      const { numerator, denominator: own } = gains[choice]!;
      const unit = smallestOf(elementOf(a, choices[0])) * smallestOf(elementOf(w, choices[1]));
      const weight = unit * Number((numerator * denominator) / own);
      return {
        choice,
        weight,
        gain: Rational.toNumber(gains[choice]!),
        magnitudes: this.magnitudes(choices),
      };
    });
  }

  /**
   * The slices that make a step; several where a block takes several edges. Digits have to be 0 or a magnitude with a
   * sign. `fraction`: scales between powers of two as well.
   */
  slices(step: Step, segmentChoices: Choices, random: Random, fraction = false): Slice[] {
    const choices = step.choice === undefined ? segmentChoices : this.choices[step.choice]!;
    const { lanes, protocol, a } = this.#design;
    const scales = this.#blockScales(step, choices, random, fraction);
    const codes: [Uint16Array, Uint16Array][] = [];
    const perBlock = Math.max(1, (hasBlockScales(a) ? a.blockSize : 1) / lanes);
    for (let part = 0; part < perBlock; part++) codes.push(this.#codes(step, choices, random, part));
    const blocks = (side: 0 | 1, ports: OperandPorts) =>
      ports.scales === undefined
        ? []
        : Uint8Array.from({ length: ports.blocks }, (_, block) => scales[block]![side]);
    const micro = (ports: OperandPorts) => new Uint8Array(ports.microWidth);
    return codes.map(([left, right]) => ({
      a: { codes: left, scales: blocks(0, protocol.a), micro: micro(protocol.a) },
      w: { codes: right, scales: blocks(1, protocol.w), micro: micro(protocol.w) },
    }));
  }

  /** Codes of one slice: each column's digit in one of its lanes, zeros or pairs that cancel in the others. */
  #codes(
    { digits, everywhere = false }: Step,
    choices: Choices,
    random: Random,
    part: number,
  ): [Uint16Array, Uint16Array] {
    const { lanes } = this.#design;
    const [left, right] = [new Uint16Array(lanes), new Uint16Array(lanes)];
    const put = (lane: number, digit: number) => {
      [left[lane], right[lane]] = this.#pair(digit, choices, random);
    };
    const width = lanes / this.columns;
    digits.forEach((digit, column) => {
      const at = random.below(width);
      for (let i = 0; i < width; i++)
        put(column * width + i, everywhere || (i === at && part === 0) ? digit : digit === 0 ? digit : 0);
      if (everywhere || Object.is(digit, -0) || width < 4 || random.below(2) === 0) return;
      const magnitude = random.pick(this.magnitudes(choices));
      put(column * width + ((at + 1) % width), magnitude);
      put(column * width + ((at + 2) % width), -magnitude);
    });
    return [left, right];
  }

  #pair(digit: number, choices: Choices, random: Random): Pair['codes'] {
    const pairs = this.#table(choices).get(digit)!;
    return random.pick(Object.is(digit, -0) ? pairs.filter(({ isNegative }) => isNegative) : pairs).codes;
  }

  #table(choices: Choices): ReadonlyMap<number, readonly Pair[]> {
    const key = choices.join();
    let table = this.#pairs.get(key);
    if (table === undefined) {
      const { a, w } = this.#design;
      table = pairsByProduct(elementOf(a, choices[0]), elementOf(w, choices[1]));
      this.#pairs.set(key, table);
    }
    return table;
  }

  /** Scales of each block; where there are several, some lie further down than the step says. */
  #blockScales(
    { exponent, lower, largestScales = false }: Step,
    choices: Choices,
    random: Random,
    fraction: boolean,
  ): [number, number][] {
    return Array.from({ length: Math.max(1, this.#design.protocol.a.blocks) }, (_, block) => {
      const anywhere = () => lower ?? (random.below(2) === 0 ? 0 : random.below(SPREAD));
      const down = block === 0 ? 0 : anywhere();
      const place = Math.max(this.least, exponent - down);
      return this.#scalePair(place, choices, random, largestScales ? 'largest' : fraction);
    });
  }

  #scalePair(
    exponent: number,
    choices: Choices,
    random: Random,
    fraction: boolean | 'largest',
  ): [number, number] {
    const [a, w] = this.#scales as [ScaleCodes, ScaleCodes];
    const from = Math.max(a.least, exponent - w.largest);
    const to = Math.min(a.largest, exponent - w.least);
    const left = from + random.below(to - from + 1);
    const code = (side: ScaleCodes, e: number) =>
      fraction === 'largest'
        ? side.all.get(e)!.at(-1)!
        : random.pick((fraction ? side.all : side.exact).get(e)!);
    const pick = (side: ScaleCodes, e: number, choice: 0 | 1) =>
      code(side, e) | (choice === 1 ? SELECTOR_BIT : 0);
    return [pick(a, left, choices[0]), pick(w, exponent - left, choices[1])];
  }
}

interface ScaleCodes {
  readonly least: number;
  readonly largest: number;
  readonly exact: ReadonlyMap<number, readonly number[]>;
  readonly all: ReadonlyMap<number, readonly number[]>;
}

function scaleCodes(format: OperandFormat): ScaleCodes {
  const exact = new Map<number, number[]>();
  const all = new Map<number, number[]>();
  const add = (map: Map<number, number[]>, key: number, code: number) =>
    map.set(key, [...(map.get(key) ?? []), code]);
  if (hasBlockScales(format)) {
    const { decode, width } = codecOf(format.scale);
    for (let code = 0; code < 2 ** width; code++) {
      const value = decode(code);
      if (!(value > 0 && Number.isFinite(value))) continue;
      const exponent = Math.floor(Math.log2(value));
      add(all, exponent, code);
      if (value === 2 ** exponent) add(exact, exponent, code);
    }
  } else {
    add(exact, 0, 0);
    add(all, 0, 0);
  }
  const exponents = [...exact.keys()];
  return { least: Math.min(...exponents), largest: Math.max(...exponents), exact, all };
}

function choiceCount(format: OperandFormat): number {
  return format.kind === 'block' ? format.choices.length : 1;
}

function gainOf(format: OperandFormat, choice: 0 | 1): RationalValue {
  return format.kind === 'block' ? format.choices[choice]!.gain : Rational.rational(1n);
}

function elementOf(format: OperandFormat, choice: 0 | 1): ElementFormat {
  return format.kind === 'block' ? format.choices[choice]!.element : format;
}

function smallestOf(format: ElementFormat): number {
  const { decode, width } = codecOf(format);
  const magnitudes = Array.from({ length: 2 ** width }, (_, code) => Math.abs(decode(code)));
  return Math.min(...magnitudes.filter((value) => value > 0));
}

/** Codes of elements that encoders produce, paired by their product in units of the smallest one. */
function pairsByProduct(a: ElementFormat, w: ElementFormat): ReadonlyMap<number, readonly Pair[]> {
  const [left, right] = [a, w].map((format) => {
    const { decode, width, maxValue } = codecOf(format);
    return Array.from({ length: 2 ** width }, (_, code) => ({ code, value: decode(code) })).filter(
      ({ value }) => Math.abs(value) <= maxValue,
    );
  });
  const unit = smallestOf(a) * smallestOf(w);
  const isNegative = (value: number) => value < 0 || Object.is(value, -0);
  const pairs = new Map<number, Pair[]>();
  for (const x of left!) {
    for (const y of right!) {
      const digit = (x.value * y.value) / unit + 0;
      const pair: Pair = { codes: [x.code, y.code], isNegative: isNegative(x.value) !== isNegative(y.value) };
      const list = pairs.get(digit);
      if (list === undefined) pairs.set(digit, [pair]);
      else list.push(pair);
    }
  }
  return pairs;
}
