/** What coverage looks at in one dot product: codes, scales, exact terms and sums, and how the result was rounded. */
import type { DotUnit, OperandSlice, Segment } from '../../../../rtl-model/designs/index.js';
import { hasBlockScales, type OperandFormat } from '../../../dot/index.js';
import { codecOf, type ElementFormat, SELECTOR_BIT } from '../../../formats/index.js';
import { Dyadic, type DyadicValue, Rational } from '../../../numerics/index.js';
import type { CoveragePoint } from '../point.js';

/** One side of an element pair. */
export interface CodeFact {
  /** Which of the block's element formats. */
  readonly choice: number;
  readonly code: number;
}

/** One block of a slice. */
export interface BlockFacts {
  /** Scale bytes; 0 for bare elements. */
  readonly scales: readonly [number, number];
  /** Exact sum of products × scales, gains multiplied out; null with NaN or an infinity. */
  readonly term: DyadicValue | null;
  /** Whether some product is not zero. */
  readonly isNonZero: boolean;
  /** The sum before this block; null after NaN or an infinity. */
  readonly before: DyadicValue | null;
}

export interface SegmentFacts {
  readonly segment: Segment;
  /** In the order of the lanes, slice by slice. */
  readonly pairs: readonly { readonly lane: number; readonly a: CodeFact; readonly w: CodeFact }[];
  readonly blocks: readonly BlockFacts[];
  /** Exact sum of all blocks without C; null with NaN or an infinity. */
  readonly sum: DyadicValue | null;
}

/** A point over dot products. */
export type DotPoint = CoveragePoint<SegmentFacts>;

type SideReader = (
  slice: OperandSlice,
  lane: number,
) => CodeFact & {
  readonly value: DyadicValue | null;
  readonly scale: DyadicValue | null;
  readonly scaleByte: number;
};

/** Reads the facts of segments of a unit. Micro-exponents are not looked at. */
export function factsOf(unit: DotUnit): (segment: Segment) => SegmentFacts {
  const [left, right] = [sideReader(unit.a, unit.lanes), sideReader(unit.w, unit.lanes)];
  const blockSize = Math.min(unit.lanes, ...[unit.a, unit.w].map(blockSizeOf));
  return (segment) => {
    const pairs: SegmentFacts['pairs'][number][] = [];
    const blocks: BlockFacts[] = [];
    let sum: DyadicValue | null = Dyadic.ZERO;
    for (const slice of segment.slices) {
      for (let from = 0; from < unit.lanes; from += blockSize) {
        const lanes = Array.from({ length: blockSize }, (_, i) => {
          const lane = from + i;
          return { lane, a: left(slice.a, lane), w: right(slice.w, lane) };
        });
        pairs.push(...lanes);
        const block = blockOf(lanes, sum);
        blocks.push(block);
        sum = sum === null || block.term === null ? null : Dyadic.add(sum, block.term);
      }
    }
    return { segment, pairs, blocks, sum };
  };
}

type Lane = { readonly a: ReturnType<SideReader>; readonly w: ReturnType<SideReader> };

function blockOf(lanes: readonly Lane[], before: DyadicValue | null): BlockFacts {
  const [first] = lanes as [Lane, ...Lane[]];
  let total: DyadicValue | null = Dyadic.ZERO;
  let isNonZero = false;
  for (const { a, w } of lanes) {
    if (total === null || a.value === null || w.value === null) {
      total = null;
      continue;
    }
    const product = Dyadic.multiply(a.value, w.value);
    isNonZero ||= !Dyadic.isZero(product);
    total = Dyadic.add(total, product);
  }
  const scale =
    first.a.scale === null || first.w.scale === null ? null : Dyadic.multiply(first.a.scale, first.w.scale);
  const term = total === null || scale === null ? null : Dyadic.multiply(total, scale);
  return { scales: [first.a.scaleByte, first.w.scaleByte], term, isNonZero, before };
}

function blockSizeOf(format: OperandFormat): number {
  return hasBlockScales(format) ? format.blockSize : Number.POSITIVE_INFINITY;
}

function sideReader(format: OperandFormat, lanes: number): SideReader {
  const choices = format.kind === 'block' ? format.choices : [];
  const denominator = Rational.commonDenominator(choices.map(({ gain }) => gain));
  const elements: readonly ElementFormat[] =
    format.kind === 'block' ? choices.map(({ element }) => element) : [format];
  const values = elements.map((element, i) => {
    const gain = choices[i]?.gain;
    const factor = gain === undefined ? 1n : (gain.numerator * denominator) / gain.denominator;
    return exactValues(element, factor);
  });
  const scales = hasBlockScales(format) ? exactValues(format.scale, 1n) : undefined;
  const selects = format.kind === 'block' && format.selector !== 'none';
  const perScale = Math.min(blockSizeOf(format), lanes);
  return (slice, lane) => {
    const scaleByte = scales === undefined ? 0 : slice.scales[Math.floor(lane / perScale)]!;
    const choice = selects && (scaleByte & SELECTOR_BIT) !== 0 ? 1 : 0;
    const code = slice.codes[lane]!;
    const scale = scales === undefined ? Dyadic.ONE : scales(scaleByte);
    return { choice, code, value: values[choice]!(code), scale, scaleByte };
  };
}

/** Values of codes × an integer factor, remembered; null for NaN and infinities. */
function exactValues(format: ElementFormat, factor: bigint): (code: number) => DyadicValue | null {
  const { decodeExact, width } = codecOf(format);
  const known = new Map<number, DyadicValue | null>();
  return (code) => {
    const low = code & (2 ** width - 1);
    let value = known.get(low);
    if (value === undefined) {
      const exact = decodeExact(low);
      value = exact === null ? null : Dyadic.multiply(exact, Dyadic.dyadic(factor));
      known.set(low, value);
    }
    return value;
  };
}
