/**
 * Mistakes and other readings that devices with dot products are known for, as policies: other readings of the
 * operands, other roundings, and an accumulator that is not cleared or not fed. Most are the oracle with a changed
 * record; the rest change the operands before it, or the result after it.
 */
import {
  codeSets,
  type DotUnit,
  type Expectation,
  expectationOf,
  type OperandSlice,
  type Segment,
  type Slice,
  traceOf,
} from '../../../rtl-model/designs/index.js';
import { type FloatResult, hasBlockScales, type OperandFormat } from '../../dot/index.js';
import { codecOf, type ElementFormat, FP16, FP32, minExponent, SELECTOR_BIT } from '../../formats/index.js';
import { Dyadic, type DyadicValue } from '../../numerics/index.js';
import type { Policy, Predictor, Sample } from '../verify/policy.js';
import { arithmeticPolicies } from './arithmetic-policies.js';
import type { DotFields } from './layout.js';
import { segmentAt } from './segments.js';

/** Changes operands; the arithmetic stays. */
type Reading = (segment: Segment, previous: Segment | undefined) => Segment | undefined;

/** All policies for the dot products of a unit. */
export function dotPolicies(vectors: DotFields): Policy[] {
  const readings = READINGS.map(
    ({ name, says, reading }): Policy => ({
      name,
      says,
      predictor: () => predictorOf(vectors, vectors.design, reading(vectors.design)),
    }),
  );
  const arithmetic = arithmeticPolicies(vectors.design).map(
    ({ name, says, unit }): Policy => ({
      name,
      says,
      predictor: () => {
        const changed = unit();
        return changed === undefined ? undefined : predictorOf(vectors, changed);
      },
    }),
  );
  return [...readings, ...arithmetic, ...stickyPolicy(vectors)];
}

/** Results of a changed unit as the values of the result fields. */
function predictorOf(vectors: DotFields, unit: DotUnit, reading: Reading = (segment) => segment): Predictor {
  const expectation = expectationOf(unit);
  const segment = (of: Pick<Sample, 'columns' | 'lines'> | undefined) =>
    of === undefined ? undefined : segmentAt(vectors, of.columns, of.lines);
  return ({ columns, lines, previous }) => {
    const changed = reading(segmentAt(vectors, columns, lines), segment(previous));
    return changed === undefined ? undefined : fieldValues(vectors, expectation(changed));
  };
}

/** As the files have it: NaN as zero with its flag, two's complement in the width of the field. */
function fieldValues({ results, nan }: DotFields, values: readonly (bigint | null)[]): bigint[] {
  const fields = results.map((field, i) => BigInt.asUintN(field.width, values[i] ?? 0n));
  return nan === undefined ? fields : [...fields, values.includes(null) ? 1n : 0n];
}

/** A rounding that sees the first dropped bit and nothing below it. */
function stickyPolicy(vectors: DotFields): Policy[] {
  const { design, results } = vectors;
  const { result } = design.semantic;
  if (result.kind !== 'float' || result.rounding !== 'nearest-even' || results.length > 1) return [];
  if (design.protocol.results[0].kind !== 'bits') return [];
  const predictor = (): Predictor => {
    const trace = traceOf(design);
    return ({ columns, lines }) => {
      const { events } = trace(segmentAt(vectors, columns, lines));
      const last = events.findLast((event) => event.kind === 'round');
      if (last?.kind !== 'round') return undefined;
      return [BigInt(roundedWithoutSticky(Dyadic.parse(last.exact.exact), result))];
    };
  };
  const says = 'does not see the bits below the first dropped one when it rounds (no sticky bit)';
  return [{ name: 'missing-sticky', says, predictor }];
}

function roundedWithoutSticky(x: DyadicValue, { format, fractionBits }: FloatResult): number {
  if (Dyadic.isZero(x)) return 0;
  const register = format === 'fp32' ? FP32 : FP16;
  const place = Math.max(Dyadic.leadingExponent(x), minExponent(register)) - fractionBits;
  const guarded = Dyadic.dyadic(Dyadic.roundToMultiple(x, place - 1, 'toward-zero'), place - 1);
  const multiple = Dyadic.roundToMultiple(guarded, place, 'nearest-even');
  return codecOf(register).encode(Dyadic.toNumber(Dyadic.dyadic(multiple, place)), { overflow: 'special' });
}

type Change = (slice: OperandSlice, format: OperandFormat) => OperandSlice;

const bothSides =
  (change: Change) =>
  (unit: DotUnit): Reading =>
  (segment) => ({
    ...segment,
    slices: segment.slices.map(({ a, w }): Slice => ({ a: change(a, unit.a), w: change(w, unit.w) })),
  });

const oneSide =
  (change: Change) =>
  (unit: DotUnit): Reading =>
  (segment) => ({ ...segment, slices: segment.slices.map(({ a, w }) => ({ a: change(a, unit.a), w })) });

const codes =
  (change: (codes: number[]) => number[]): Change =>
  (slice) => ({ ...slice, codes: change(Array.from(slice.codes)) });

const eachCode =
  (change: (code: number, element: ElementFormat) => number): Change =>
  (slice, format) => {
    const element = elementOf(format, slice.scales[0] ?? 0);
    return codes((all) => all.map((code) => change(code, element)))(slice, format);
  };

const eachScale =
  (change: (scale: number, format: OperandFormat) => number): Change =>
  (slice, format) => ({ ...slice, scales: Array.from(slice.scales, (scale) => change(scale, format)) });

/** The element format that a scale byte selects. */
function elementOf(format: OperandFormat, scale: number): ElementFormat {
  if (format.kind !== 'block') return format;
  return format.choices[selects(format) && (scale & SELECTOR_BIT) !== 0 ? 1 : 0]!.element;
}

const selects = (format: OperandFormat) => format.kind === 'block' && format.selector !== 'none';

/** Subnormal codes become zero. */
function flushed(code: number, format: ElementFormat): number {
  if (format.kind === 'integer' || !format.subnormals) return code;
  const field = (code >>> format.fractionBits) & (2 ** format.exponentBits - 1);
  return field === 0 ? 0 : code;
}

function flushedScale(scale: number, format: OperandFormat): number {
  if (!hasBlockScales(format)) return scale;
  const { width } = codecOf(format.scale);
  const above = scale & ~(2 ** width - 1);
  return flushed(scale & (2 ** width - 1), format.scale) | above;
}

function finiteScale(scale: number, format: OperandFormat): number {
  if (!hasBlockScales(format)) return scale;
  const { decode, encode, maxValue, width } = codecOf(format.scale);
  return Number.isNaN(decode(scale)) ? encode(maxValue) | (scale & ~(2 ** width - 1)) : scale;
}

/**
 * The segment with reserved element codes exchanged for those that an encoder makes. Products keep their signs, those of
 * zeros too.
 */
export function withoutReserved({ a, w }: DotUnit, segment: Segment): Segment {
  const slices = segment.slices.map((slice): Slice => {
    const elements = [elementOf(a, slice.a.scales[0] ?? 0), elementOf(w, slice.w.scales[0] ?? 0)] as const;
    const pairs = Array.from(slice.a.codes, (code, k) => plainPair([code, slice.w.codes[k]!], elements));
    const side = (i: 0 | 1) => pairs.map((pair) => pair[i]);
    return { a: { ...slice.a, codes: side(0) }, w: { ...slice.w, codes: side(1) } };
  });
  return { ...segment, slices };
}

type Pair<T> = readonly [a: T, w: T];

function plainPair([x, y]: Pair<number>, [a, w]: Pair<ElementFormat>): Pair<number> {
  if (!isReserved(x, a) && !isReserved(y, w)) return [x, y];
  const product = codecOf(a).decode(x) * codecOf(w).decode(y);
  if (product === 0) return [codecOf(a).encode(Object.is(product, -0) ? -1 : 1), codecOf(w).encode(0)];
  return [clamped(x, a), clamped(y, w)];
}

const isReserved = (code: number, element: ElementFormat) => codeSets(element).reserved.includes(code);

/** The results of a unit that reads a NaN scale code as the largest finite scale. */
export function finiteScales(unit: DotUnit): Expectation {
  const expectation = expectationOf(unit);
  const reading = bothSides(eachScale(finiteScale))(unit);
  return (segment) => expectation(reading(segment, undefined) ?? segment);
}

/** The code of the magnitude; two's complement negates. */
function magnitude(code: number, element: ElementFormat): number {
  const value = codecOf(element).decode(code);
  return value < 0 ? codecOf(element).encode(-value) : code;
}

/** Codes that no encoder makes: the nearest one that it does. */
function clamped(code: number, element: ElementFormat): number {
  if (!isReserved(code, element)) return code;
  return codecOf(element).encode(codecOf(element).decode(code) + 0);
}

interface ReadingRow {
  readonly name: string;
  readonly says: string;
  readonly reading: (unit: DotUnit) => Reading;
}

/** A reading that needs more than one slice. */
const ofSlices =
  (change: (slices: readonly Slice[]) => readonly Slice[]): ReadingRow['reading'] =>
  () =>
  (segment) =>
    segment.slices.length < 2 ? undefined : { ...segment, slices: change(segment.slices) };

const READINGS: readonly ReadingRow[] = [
  {
    name: 'lane-order-reversed',
    says: 'takes the lanes of one operand in reverse order',
    reading: oneSide(codes((all) => all.reverse())),
  },
  {
    name: 'nibble-swap',
    says: 'swaps the two elements of each pair in one operand (the other nibble first)',
    reading: oneSide(codes((all) => all.map((code, i) => all[i ^ 1] ?? code))),
  },
  {
    name: 'reserved-codes-as-zero',
    says: 'reads −0 and reserved element codes as +0',
    reading: bothSides(eachCode((code, element) => (isReserved(code, element) ? 0 : code))),
  },
  {
    name: 'reserved-codes-clamped',
    says: 'clamps reserved element codes to the largest that an encoder makes (−8 to −7)',
    reading: bothSides(eachCode(clamped)),
  },
  {
    name: 'subnormal-elements-flushed',
    says: 'reads subnormal elements as zero',
    reading: bothSides(eachCode(flushed)),
  },
  {
    name: 'subnormal-scales-flushed',
    says: 'reads subnormal scales as zero',
    reading: bothSides(eachScale(flushedScale)),
  },
  {
    name: 'nan-scale-as-largest',
    says: 'reads the NaN scale code (0x7F in UE4M3) as the largest finite scale (448)',
    reading: bothSides(eachScale(finiteScale)),
  },
  {
    name: 'selector-ignored',
    says: 'does not look at the bit of the scale byte that chooses the element format',
    reading: bothSides(eachScale((scale, format) => (selects(format) ? scale & ~SELECTOR_BIT : scale))),
  },
  {
    name: 'selector-inverted',
    says: 'takes the bit that chooses the element format the wrong way round',
    reading: bothSides(eachScale((scale, format) => (selects(format) ? scale ^ SELECTOR_BIT : scale))),
  },
  {
    name: 'scale-ignored',
    says: 'does not multiply by the block scale of operand a',
    reading: oneSide(
      eachScale((scale, format) =>
        hasBlockScales(format) ? codecOf(format.scale).encode(1) | (scale & SELECTOR_BIT) : scale,
      ),
    ),
  },
  {
    name: 'sign-ignored',
    says: 'does not look at the signs of operand a',
    reading: oneSide(eachCode(magnitude)),
  },
  {
    name: 'accumulator-not-cleared',
    says: 'goes on from the dot product before, instead of starting anew at first',
    reading: () => (segment, previous) =>
      previous === undefined ? undefined : { ...previous, slices: [...previous.slices, ...segment.slices] },
  },
  {
    name: 'last-slice-missed',
    says: 'leaves out the last slice of a dot product',
    reading: ofSlices((slices) => slices.slice(0, -1)),
  },
  {
    name: 'first-slice-missed',
    says: 'leaves out the first slice of a dot product',
    reading: ofSlices((slices) => slices.slice(1)),
  },
  {
    name: 'last-slice-only',
    says: 'does not accumulate: the result is that of the last slice alone',
    reading: ofSlices((slices) => slices.slice(-1)),
  },
  {
    name: 'addend-ignored',
    says: 'does not add C',
    reading:
      ({ protocol }) =>
      (segment) =>
        protocol.addend === undefined ? undefined : { ...segment, addend: 0 },
  },
];
