/**
 * The functional coverage model of a unit that works by dot products: points with bins, as records. A bin that no
 * stimulus can reach says why.
 */
import type { DotUnit } from '../../../rtl-model/designs/index.js';
import { codeSets } from '../../../rtl-model/designs/index.js';
import { hasBlockScales, type OperandFormat } from '../../dot/index.js';
import { codecOf, type ElementFormat, FP16, FP32, SELECTOR_BIT, widthOf } from '../../formats/index.js';
import { Dyadic, type DyadicValue, Rational } from '../../numerics/index.js';
import { slicesOfBlock } from '../mac/draw.js';
import { DISTANCES, distanceName, LOSSES, lossName, signName } from './bins.js';
import type { BlockFacts, SegmentFacts } from './facts.js';

export interface CoverageBin {
  readonly name: string;
  /** Why nothing reaches it; undefined for reachable bins. */
  readonly unreachable?: string;
}

export interface CoveragePoint {
  readonly name: string;
  readonly summary: string;
  readonly bins: readonly CoverageBin[];
  /** Names of the bins that a dot product hits. */
  hit(facts: SegmentFacts): Iterable<string>;
}

/** Codes up to this width are crossed one by one; wider ones by what they are. */
const CROSSED_BITS = 4;

/** All points of a unit. `longest` is the longest dot product in blocks that the vectors use. */
export function coverageModel(unit: DotUnit, longest: number): CoveragePoint[] {
  return [
    elementPairs(unit),
    lanesUsed(unit),
    ...scalePoints(unit),
    exponentDistance(unit),
    cancellation(unit),
    reservedCodes(unit),
    ...accumulatorPoints(unit, longest),
    ...roundingPoints(unit),
    ...addendPoints(unit),
    segmentLength(unit),
  ];
}

const reachable = (names: Iterable<string>): CoverageBin[] => [...new Set(names)].map((name) => ({ name }));
const elementsOf = (format: OperandFormat): readonly ElementFormat[] =>
  format.kind === 'block' ? format.choices.map(({ element }) => element) : [format];

/** What a code is, for formats whose codes are too many to cross. */
export function kindOfCode(format: ElementFormat, code: number): string {
  const { decode, maxValue } = codecOf(format);
  const value = decode(code);
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return 'infinity';
  if (value === 0) return 'zero';
  const size = Math.abs(value);
  if (format.kind === 'float' && format.subnormals && size < 2 ** (1 - format.bias)) return 'subnormal';
  if (size >= maxValue) return 'largest';
  return size < 1 ? 'below-1' : 'from-1';
}

function codeName(format: ElementFormat, code: number): string {
  return widthOf(format) <= CROSSED_BITS ? code.toString(16) : kindOfCode(format, code);
}

function codeNames(format: ElementFormat): string[] {
  return [...new Set(Array.from({ length: 2 ** widthOf(format) }, (_, code) => codeName(format, code)))];
}

function elementPairs(unit: DotUnit): CoveragePoint {
  const [a, w] = [elementsOf(unit.a), elementsOf(unit.w)];
  const selectable = [unit.a, unit.w].some((f) => f.kind === 'block' && f.selector !== 'none');
  const label = (element: ElementFormat, name: string) => (selectable ? `${element.name}:${name}` : name);
  const names = a.flatMap((x) =>
    w.flatMap((y) => codeNames(x).flatMap((p) => codeNames(y).map((q) => `${label(x, p)} × ${label(y, q)}`))),
  );
  return {
    name: 'element-pairs',
    summary: 'element codes × element codes',
    bins: reachable(names),
    *hit({ pairs }) {
      for (const { a: left, w: right } of pairs) {
        const [x, y] = [a[left.choice]!, w[right.choice]!];
        yield `${label(x, codeName(x, left.code))} × ${label(y, codeName(y, right.code))}`;
      }
    },
  };
}

function lanesUsed({ lanes, a, w }: DotUnit): CoveragePoint {
  const isZero = (format: OperandFormat, choice: number, code: number) =>
    codecOf(elementsOf(format)[choice]!).decode(code) === 0;
  return {
    name: 'lanes',
    summary: 'lanes with a product that is not zero, while another lane has none',
    bins: reachable(Array.from({ length: lanes }, (_, lane) => `${lane}`)),
    *hit({ pairs }) {
      const zero = pairs.map(
        (pair) => isZero(a, pair.a.choice, pair.a.code) || isZero(w, pair.w.choice, pair.w.code),
      );
      if (!zero.includes(true)) return;
      for (let i = 0; i < pairs.length; i++) if (!zero[i]) yield `${pairs[i]!.lane}`;
    },
  };
}

function scalePoints({ a, w }: DotUnit): CoveragePoint[] {
  if (!hasBlockScales(a) || !hasBlockScales(w)) return [];
  const kind = (format: typeof a, byte: number) => {
    const code = byte & (2 ** widthOf(format.scale) - 1);
    const selected = format.selector !== 'none' && (byte & SELECTOR_BIT) !== 0 ? '/second' : '';
    return kindOfCode(format.scale, code) + selected;
  };
  const kinds = (format: typeof a) => {
    const bytes = Array.from({ length: 2 ** widthOf(format.scale) }, (_, code) => code);
    const both = format.selector === 'none' ? bytes : [...bytes, ...bytes.map((code) => code | SELECTOR_BIT)];
    return [...new Set(both.map((byte) => kind(format, byte)))];
  };
  const names = kinds(a).flatMap((x) => kinds(w).map((y) => `${x} × ${y}`));
  const codes = (format: typeof a, side: string) =>
    Array.from({ length: 2 ** widthOf(format.scale) }, (_, code) => `${side} ${code.toString(16)}`);
  return [
    {
      name: 'scale-classes',
      summary: 'what the scale of a is × what the scale of w is',
      bins: reachable(names),
      hit: ({ blocks }) => blocks.map(({ scales: [x, y] }) => `${kind(a, x)} × ${kind(w, y)}`),
    },
    {
      name: 'scale-codes',
      summary: 'every scale code on either side',
      bins: reachable([...codes(a, 'a'), ...codes(w, 'w')]),
      *hit({ blocks }) {
        for (const {
          scales: [x, y],
        } of blocks) {
          yield `a ${(x & (2 ** widthOf(a.scale) - 1)).toString(16)}`;
          yield `w ${(y & (2 ** widthOf(w.scale) - 1)).toString(16)}`;
        }
      },
    },
  ];
}

const isEach = ({ protocol }: DotUnit) => protocol.segmentEnd === 'each';
const ONE_BLOCK = 'a dot product is a single block: nothing is accumulated over time';
const severalBlocks = (unit: DotUnit) => !isEach(unit) || blocksPerSlice(unit) > 1;

function blocksPerSlice({ a, w, lanes }: DotUnit): number {
  const size = Math.min(...[a, w].map((format) => (hasBlockScales(format) ? format.blockSize : lanes)));
  return Math.max(1, lanes / size);
}

/** Exponent of a term minus that of the sum before it. */
function exponentDistance(unit: DotUnit): CoveragePoint {
  const reach = reachOf(unit);
  const bins = DISTANCES.map(({ name, least }): CoverageBin => {
    if (!severalBlocks(unit)) return { name, unreachable: ONE_BLOCK };
    return least > reach ? { name, unreachable: `terms span no more than ${reach} binades` } : { name };
  });
  return {
    name: 'exponent-distance',
    summary: 'binades between a term and the sum that it is added to',
    bins,
    *hit({ blocks }) {
      for (const { term, before } of blocks) {
        if (term === null || before === null || Dyadic.isZero(term) || Dyadic.isZero(before)) continue;
        yield distanceName(Dyadic.leadingExponent(term) - Dyadic.leadingExponent(before));
      }
    },
  };
}

/** Binades between the smallest and the largest term of one block that is not zero. */
function reachOf(unit: DotUnit): number {
  const [least, largest] = termRange(unit, 1);
  return Dyadic.leadingExponent(largest) - Dyadic.leadingExponent(least);
}

/** The smallest product that is not zero, and the largest sum of `blocks` blocks; gains multiplied out. */
function termRange({ a, w, lanes }: DotUnit, blocks: number): [DyadicValue, DyadicValue] {
  const sides = [a, w].map((format) => {
    const element = extremesOf(elementsOf(format), format);
    const scale = hasBlockScales(format)
      ? extremesOf([format.scale], undefined)
      : ([Dyadic.ONE, Dyadic.ONE] as const);
    const micro = format.kind === 'block' ? (format.microGroups?.length ?? 0) : 0;
    return [
      Dyadic.multiply(element[0], scale[0]),
      Dyadic.scale(Dyadic.multiply(element[1], scale[1]), micro),
    ] as const;
  });
  const size = Math.min(lanes, ...[a, w].map((f) => (hasBlockScales(f) ? f.blockSize : lanes)));
  const product = Dyadic.multiply(sides[0]![1], sides[1]![1]);
  const total = Dyadic.multiply(product, Dyadic.dyadic(BigInt(size * blocks)));
  return [Dyadic.multiply(sides[0]![0], sides[1]![0]), total];
}

function extremesOf(
  formats: readonly ElementFormat[],
  block: OperandFormat | undefined,
): readonly [DyadicValue, DyadicValue] {
  const gains = block?.kind === 'block' ? block.choices.map(({ gain }) => gain) : [];
  const denominator = Rational.commonDenominator(gains);
  const all = formats.flatMap((format, i) => {
    const gain = gains[i];
    const factor = gain === undefined ? 1n : (gain.numerator * denominator) / gain.denominator;
    const { decodeExact, width } = codecOf(format);
    return Array.from({ length: 2 ** width }, (_, code) => decodeExact(code))
      .filter((value): value is DyadicValue => value !== null && !Dyadic.isZero(value))
      .map((value) => Dyadic.multiply(absolute(value), Dyadic.dyadic(factor)));
  });
  const sorted = all.sort(Dyadic.compare);
  return [sorted[0]!, sorted.at(-1)!];
}

const absolute = (x: DyadicValue) => (x.significand < 0n ? Dyadic.negate(x) : x);

/** Sums that lose their leading bits. */
function cancellation(unit: DotUnit): CoveragePoint {
  const several = severalBlocks(unit);
  const inside: CoverageBin[] = [{ name: 'within a block, to zero' }];
  const across = ['to zero', ...LOSSES.map(({ name }) => name)].map(
    (name): CoverageBin => (several ? { name } : { name, unreachable: ONE_BLOCK }),
  );
  return {
    name: 'cancellation',
    summary: 'products or blocks that undo each other: leading binades lost by an addition',
    bins: [...inside, ...across],
    *hit({ blocks }) {
      for (const block of blocks) {
        if (block.isNonZero && block.term !== null && Dyadic.isZero(block.term))
          yield 'within a block, to zero';
        const loss = lossOf(block);
        if (loss !== undefined) yield loss;
      }
    },
  };
}

function lossOf({ term, before }: BlockFacts): string | undefined {
  if (term === null || before === null || Dyadic.isZero(term) || Dyadic.isZero(before)) return undefined;
  const after = Dyadic.add(term, before);
  if (Dyadic.isZero(after)) return 'to zero';
  const larger = Math.max(Dyadic.leadingExponent(term), Dyadic.leadingExponent(before));
  return lossName(larger - Dyadic.leadingExponent(after));
}

function reservedCodes({ a, w }: DotUnit): CoveragePoint {
  const sides = [
    ['a', elementsOf(a)],
    ['w', elementsOf(w)],
  ] as const;
  const name = (side: string, format: ElementFormat, code: number) =>
    `${side} ${format.name} ${code.toString(16)}`;
  const names = sides.flatMap(([side, formats]) =>
    formats.flatMap((format) => codeSets(format).reserved.map((code) => name(side, format, code))),
  );
  return {
    name: 'reserved-codes',
    summary: '−0 and codes that no encoder makes, on either side',
    bins: reachable(names),
    *hit({ pairs }) {
      for (const pair of pairs) {
        for (const [side, formats] of sides) {
          const { choice, code } = side === 'a' ? pair.a : pair.w;
          const format = formats[choice]!;
          if (codeSets(format).reserved.includes(code)) yield name(side, format, code);
        }
      }
    },
  };
}

/** Sign and leading bit of the exact sum. */
function accumulatorPoints(unit: DotUnit, longest: number): CoveragePoint[] {
  const [least, largest] = termRange(unit, longest * blocksPerSlice(unit));
  const [low, high] = [Dyadic.leadingExponent(least), Dyadic.leadingExponent(largest)];
  const [result] = unit.protocol.results;
  const top = result.kind === 'fixed-point' ? result.width - 2 + result.unitExponent : high;
  const bins = Array.from({ length: Math.max(top, high) - low + 1 }, (_, i): CoverageBin => {
    const exponent = low + i;
    const name = `2^${exponent}`;
    return exponent > high
      ? { name, unreachable: `dot products of ${longest} slices stay below 2^${high + 1}` }
      : { name };
  });
  const wide = bins.length > WIDEST_LISTED;
  const widthPoint: CoveragePoint = {
    name: 'accumulator-width',
    summary: 'leading bit of the exact sum',
    bins,
    *hit({ sum }) {
      if (sum !== null && !Dyadic.isZero(sum)) yield `2^${Dyadic.leadingExponent(sum)}`;
    },
  };
  const signPoint: CoveragePoint = {
    name: 'accumulator-sign',
    summary: 'sign of the sum, and its changes on the way',
    bins: ['minus', 'zero', 'plus', 'minus to plus', 'plus to minus'].map((name) =>
      name.includes('to') && !severalBlocks(unit) ? { name, unreachable: ONE_BLOCK } : { name },
    ),
    *hit({ sum, blocks }) {
      if (sum !== null) yield signName(sum);
      for (const { term, before } of blocks) {
        if (term === null || before === null) continue;
        const [from, to] = [signName(before), signName(Dyadic.add(before, term))];
        if (from !== to && from !== 'zero' && to !== 'zero') yield `${from} to ${to}`;
      }
    },
  };
  return wide ? [signPoint] : [signPoint, widthPoint];
}

/** Sums that may lead with more bits than this are not listed bit by bit: E8M0 scales, BF16 elements. */
const WIDEST_LISTED = 80;

/** How the exact sum lies between two results, for results that are rounded once. */
function roundingPoints(unit: DotUnit): CoveragePoint[] {
  const { semantic, protocol } = unit;
  const { result, accumulation } = semantic;
  const once =
    accumulation.kind === 'exact' && result.kind === 'float' && semantic.resultFactor.denominator === 1n;
  const names = REMAINDERS.flatMap((name) => [`plus ${name}`, `minus ${name}`]);
  const summary = 'where the exact sum lies between two results';
  if (protocol.results[0].kind === 'fixed-point') {
    const why = 'the register holds every sum exactly: nothing is rounded';
    return [
      { name: 'rounding', summary, bins: names.map((name) => ({ name, unreachable: why })), hit: () => [] },
    ];
  }
  if (!once || result.kind !== 'float') return [];
  const format = result.format === 'fp32' ? FP32 : FP16;
  return [
    {
      name: 'rounding',
      summary,
      bins: reachable(names),
      *hit({ sum }) {
        if (sum === null || Dyadic.isZero(sum)) return;
        const place = Math.max(Dyadic.leadingExponent(sum), 1 - format.bias) - result.fractionBits;
        yield `${signName(sum)} ${remainderName(sum, place)}`;
      },
    },
  ];
}

const REMAINDERS = ['exact', 'below half', 'half, even', 'half, odd', 'above half'] as const;

function remainderName(sum: DyadicValue, place: number): string {
  const size = absolute(sum);
  const lower = Dyadic.roundToMultiple(size, place, 'toward-zero');
  const rest = Dyadic.subtract(size, Dyadic.dyadic(lower, place));
  if (Dyadic.isZero(rest)) return 'exact';
  const side = Dyadic.compare(rest, Dyadic.dyadic(1n, place - 1));
  if (side === 0) return (lower & 1n) === 0n ? 'half, even' : 'half, odd';
  return side < 0 ? 'below half' : 'above half';
}

function addendPoints({ protocol, semantic }: DotUnit): CoveragePoint[] {
  if (protocol.addend === undefined || semantic.result.kind !== 'float') return [];
  const { decode } = codecOf(FP32);
  const kind = (bits: number) => {
    const value = decode(bits);
    if (Number.isNaN(value)) return 'nan';
    if (value === 0) return 'zero';
    const sign = value < 0 ? 'minus ' : 'plus ';
    if (!Number.isFinite(value)) return `${sign}infinity`;
    return sign + (Math.abs(value) < 2 ** -126 ? 'subnormal' : 'normal');
  };
  const signed = ['infinity', 'subnormal', 'normal'].flatMap((name) => [`plus ${name}`, `minus ${name}`]);
  return [
    {
      name: 'addend',
      summary: 'what C is',
      bins: reachable(['zero', 'nan', ...signed]),
      hit: ({ segment }) => [kind(segment.addend ?? 0)],
    },
  ];
}

/** Lengths of dot products in slices, by the longest of each class. */
const LENGTH_CLASSES = [
  ['1', 1],
  ['2', 2],
  ['3 to 7', 7],
  ['8 or more', Number.POSITIVE_INFINITY],
] as const;

function segmentLength(unit: DotUnit): CoveragePoint {
  const least = slicesOfBlock(unit);
  const unreachable = (longest: number): string | undefined => {
    if (isEach(unit) && longest > 1) return 'every slice is a dot product of its own';
    return longest < least ? `dot products are of whole blocks, which take ${least} slices` : undefined;
  };
  return {
    name: 'segment-length',
    summary: 'slices of a dot product',
    bins: LENGTH_CLASSES.map(([name, longest]) => {
      const why = unreachable(longest);
      return why === undefined ? { name } : { name, unreachable: why };
    }),
    hit: ({ segment: { slices } }) => [LENGTH_CLASSES.find(([, longest]) => slices.length <= longest)![0]],
  };
}
