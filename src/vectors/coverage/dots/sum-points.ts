/** Coverage of what is computed: exponent distances, cancellation, the accumulator, rounding. */
import type { DotUnit } from '../../../../rtl-model/designs/index.js';
import { hasBlockScales, type OperandFormat } from '../../../dot/index.js';
import { codecOf, type ElementFormat, FP16, FP32 } from '../../../formats/index.js';
import { Dyadic, type DyadicValue, Rational } from '../../../numerics/index.js';
import { type CoverageBin, reachable } from '../point.js';
import { DISTANCES, distanceName, LOSSES, lossName, signName } from './bins.js';
import type { BlockFacts, DotPoint } from './facts.js';
import { elementsOf } from './operand-points.js';
import { productDivisor } from './small-sums.js';

export const isEach = ({ protocol }: DotUnit) => protocol.segmentEnd === 'each';
const ONE_BLOCK = 'a dot product is a single block: nothing is accumulated over time';
const severalBlocks = (unit: DotUnit) => !isEach(unit) || blocksPerSlice(unit) > 1;

function blocksPerSlice({ a, w, lanes }: DotUnit): number {
  const size = Math.min(...[a, w].map((format) => (hasBlockScales(format) ? format.blockSize : lanes)));
  return Math.max(1, lanes / size);
}

/** Exponent of a term minus that of the sum before it. */
export function exponentDistance(unit: DotUnit): DotPoint {
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
export function cancellation(unit: DotUnit): DotPoint {
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

/** Sign and leading bit of the exact sum. */
export function accumulatorPoints(unit: DotUnit, longest: number): DotPoint[] {
  const [least, largest] = termRange(unit, longest * blocksPerSlice(unit));
  const [low, high] = [lowestBit(unit, least), Dyadic.leadingExponent(largest)];
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
  const widthPoint: DotPoint = {
    name: 'accumulator-width',
    summary: 'leading bit of the exact sum',
    bins,
    // Longer dot products than are counted on may lead with bits that have no bin.
    *hit({ sum }) {
      if (sum === null || Dyadic.isZero(sum)) return;
      const exponent = Dyadic.leadingExponent(sum);
      if (exponent <= Math.max(top, high)) yield `2^${exponent}`;
    },
  };
  const signPoint: DotPoint = {
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

/** The lowest bit that a sum leads with. */
function lowestBit(unit: DotUnit, least: DyadicValue): number {
  const divisor = productDivisor(unit);
  if (divisor === undefined) return Dyadic.leadingExponent(least);
  const scales = [unit.a, unit.w].map((format) =>
    hasBlockScales(format) ? extremesOf([format.scale], undefined)[0] : Dyadic.ONE,
  );
  return Dyadic.leadingExponent(scales.reduce(Dyadic.multiply, divisor));
}

/** Sums that may lead with more bits than this are not listed bit by bit: E8M0 scales, BF16 elements. */
const WIDEST_LISTED = 80;

/** How the exact sum lies between two results, for results that are rounded once. */
export function roundingPoints(unit: DotUnit): DotPoint[] {
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
