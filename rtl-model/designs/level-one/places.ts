/**
 * A directed class for fused units of bare floats: a few single bits at chosen places, alone in their lanes. What is
 * left when the largest terms cancel, ties, what alignment cuts off, and results at both ends of their range.
 */
import { codecOf, type FloatFormat, FP32, minExponent } from '../../../src/formats/index.js';
import { float32Bits, type Random } from '../../../src/numerics/index.js';
import type { MacDesign } from '../design.js';
import type { Segment } from '../drive.js';

export const PLACES = 'places';
export const PLACES_SUMMARY =
  'single bits at chosen places: cancellation, ties, what is cut off, the ends of the range';

const FRACTIONS = [1, 1, 1, 1.5, 1.25];
const sign = (random: Random) => (random.below(2) === 0 ? 1 : -1);

/** One slice of few non-zero lanes, and an addend. Formats of elements are bare floats. */
export function placedSegment(design: MacDesign, random: Random): Segment {
  const { lanes, semantic } = design;
  const rule = semantic.accumulation;
  const fractionBits = rule.kind === 'fused' ? rule.fractionBits : FP32.fractionBits;
  const floor = rule.kind === 'fused' ? rule.exponentFloor : minExponent(FP32);
  const [a, w] = [design.a, design.w].map((format) => new Elements(format as FloatFormat)) as [
    Elements,
    Elements,
  ];
  const [left, right] = [new Uint16Array(lanes), new Uint16Array(lanes)];
  const free = Array.from({ length: lanes }, (_, lane) => lane);
  const put = (exponent: number, negative: number) => {
    const lane = free.splice(random.below(free.length), 1)[0]!;
    const least = Math.max(a.least, exponent - w.largest);
    const most = Math.min(a.largest, exponent - w.least);
    const own = least + random.below(Math.max(1, most - least + 1));
    left[lane] = a.code(negative * random.pick(FRACTIONS), own);
    right[lane] = w.code(1, exponent - own);
  };
  const least = a.least + w.least;
  const largest = a.largest + w.largest;
  const halfSmallest = minExponent(FP32) - FP32.fractionBits - 1;
  const top = random.pick([
    least + random.below(largest - least + 1),
    Math.max(least, halfSmallest + random.below(6) - 2),
    largest - random.below(6),
  ]);
  const own = sign(random);
  const codes = (side: Uint16Array) => ({ codes: side, scales: [] });
  const segment = (addend: number): Segment => {
    return { slices: [{ a: codes(left), w: codes(right) }], addend: float32Bits(Math.fround(addend)) };
  };
  if (random.below(8) === 0) {
    // The largest sum: every term as large as a term of this exponent can be.
    const half = Math.floor(top / 2);
    left.fill(a.below(own, half));
    right.fill(w.below(1, top - half));
    return segment(own * (2 - 2 ** -FP32.fractionBits) * 2 ** (top + random.below(2)));
  }
  if (random.below(2) === 0) {
    put(top, own);
    put(top, -own);
  }
  const places = [
    () => random.below(fractionBits + 4),
    () => fractionBits + random.below(3),
    () => FP32.fractionBits + random.below(4),
    () => top - (floor - fractionBits) + random.below(3) - 1,
  ];
  for (let i = 1 + random.below(5); i > 0; i--) put(top - Math.max(0, random.pick(places)()), sign(random));
  const addend = random.pick([0, 0, own * 2 ** top, own * 2 ** (top - random.below(fractionBits))]);
  return segment(addend);
}

/** Powers of two that a format has, and numbers between them. */
class Elements {
  readonly least: number;
  readonly largest: number;
  readonly #encode: (x: number) => number;
  readonly #largestFraction: number;

  constructor(format: FloatFormat) {
    const { encode, maxValue } = codecOf(format);
    this.least = minExponent(format) - format.fractionBits;
    this.largest = Math.floor(Math.log2(maxValue));
    this.#encode = encode;
    this.#largestFraction = 2 - 2 ** -format.fractionBits;
  }

  /** The largest number below 2^(exponent + 1), or the largest of the format. */
  below(negative: number, exponent: number): number {
    return this.code(negative * this.#largestFraction, exponent);
  }

  /** ±fraction × 2^exponent, rounded where it lies below the normal numbers; the exponent is moved into range. */
  code(fraction: number, exponent: number): number {
    const within = Math.min(this.largest, Math.max(this.least, exponent));
    return this.#encode(fraction * 2 ** within);
  }
}
