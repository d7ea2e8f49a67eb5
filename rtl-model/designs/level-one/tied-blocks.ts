/**
 * Blocks for quantise units with two candidates whose squared errors are equal, or differ by a last place: whatever a
 * path gets wrong then decides. Codes follow from the decode scale, decoded numbers from the tensor maximum; the two need
 * not belong together, so that what is decoded may be far from the elements.
 */
import { codecOf, E2M1, UE4M3 } from '../../../src/formats/index.js';
import type { Random } from '../../../src/numerics/index.js';
import {
  nearlyEqual,
  type QuantizerCase,
  type QuantizerKit,
  round,
  SIZE,
  sign,
  times,
} from './quantizer-case.js';

/** What maps the block maximum to a scale; the maximum is divided by it. */
const TARGET = codecOf(E2M1).maxValue;
const LEAST_SCALE = codecOf(UE4M3).decode(1);

/** Exponents of elements whose squares are at the ends of the FP32 range, and some between. */
const anySize = (random: Random) =>
  random.pick([62, 63, -62 - random.below(14), -62 - random.below(14), random.below(100) - 50]);

/** No element reaches the first code; scales are apart, so that it shows which candidate wins. */
export function tiedZeros(random: Random): QuantizerCase {
  const size = random.below(4) === 0 ? -56 - random.below(6) : anySize(random);
  const spread = 1 + random.below(16);
  // Where the largest comes late, the sum so far is what is shifted, with all of its places.
  const largest = random.pick([0, random.below(SIZE)]);
  const x = times(SIZE, (i) => {
    const power = i === largest ? size : size - random.below(spread);
    return round(sign(random) * (1 + random.uniform()) * 2 ** power) * random.pick([0, 1, 1, 1]);
  });
  return { x, ...zeroing(random, Math.max(2 ** size, ...x.map(Math.abs))) };
}

/** Scales that make every element 0, and a tensor maximum that then says nothing. */
function zeroing(random: Random, maximum: number): Omit<QuantizerCase, 'x'> {
  const scale = 2 ** (random.below(12) - 6);
  return {
    enc: Math.fround((scale * TARGET) / maximum),
    dec: Math.fround((maximum / scale) * 2 ** (4 + random.below(20))),
    amax: Math.fround((1 + random.uniform()) * 2 ** random.pick([126, 120 + random.below(7), 0, -130])),
  };
}

/**
 * All elements become 0 again, and where the largest square is added, the sum so far is half a last place of the result
 * but for a single bit below that.
 */
export function tiedSums(random: Random): QuantizerCase {
  const distance = 3 + random.below(7);
  const element = (power: number) => round((1 + random.uniform()) * 2 ** power);
  for (;;) {
    const small = [element(0), element(-1 - random.below(4)), element(-2 - random.below(5))];
    const sum = small.reduce((total, value) => Math.fround(total + value * value), 0);
    const places = (sum / 2 ** (exponentOf(sum) - 23)) % 2 ** distance;
    const below = places - 2 ** (distance - 1);
    const large = element((distance + random.below(3)) >> 1);
    const isFar = exponentOf(large * large) - exponentOf(sum) === distance;
    if (!isFar || below <= 0 || !Number.isInteger(Math.log2(below))) continue;
    const size = 2 ** (random.below(40) - 20);
    const x = [...small, large, ...times(SIZE - 4, () => 0)].map((value) => sign(random) * value * size);
    return { x, ...zeroing(random, large * size) };
  }
}

const exponentOf = (x: number) => Math.floor(Math.log2(x));

/**
 * Elements by their distance in steps of the first candidate. With two scales, the second is twice the first and even
 * codes halve; with two formats only the largest codes agree, but for last places. Beside them are one or two elements
 * that the candidates decode to different numbers, at about the same distance.
 */
export function tiedCodes(random: Random, kit: QuantizerKit): QuantizerCase {
  const hasTwoScales = kit.adaptive!.candidates[1].stretch !== 1;
  const step = 2 ** (anySize(random) - 3);
  const near = (y: number) => y * (0.94 + 0.12 * random.uniform());
  const common = hasTwoScales ? [0, 1, 2, 3, 4, 6] : [0, 0.04, 6.4, 6.4];
  const steps = times(SIZE, () => near(random.pick(common)));
  const far = 2 ** (random.below(14) - 2);
  const [different, distance] = hasTwoScales ? differing(random, far) : differingFormats(random, near(far));
  const size = 2 ** -(5 + random.below(8));
  const x = [...different, ...steps.slice(different.length).map((y) => y * random.pick([1, 1, 1, size]))]
    .map((y) => round(y * step))
    .map((value) => sign(random) * value);
  const scale = hasTwoScales ? LEAST_SCALE : 2 ** (random.below(8) - 4);
  const maximum = Math.max(...x.map(Math.abs));
  const enc = Math.fround(((hasTwoScales ? 1.2 : 1) * scale * TARGET) / maximum);
  const scales = { enc, dec: Math.fround(step / scale), amax: 0 };
  // One step is decoded as this.
  const decoded = step / distance;
  const amax = (decoded / scale) * kit.divisor;
  return { x, ...scales, amax: nearlyEqual(x, amax * 0.99, kit, random, scales).amax };
}

/**
 * Elements that are decoded to α and β steps, and how much smaller decoded steps are than those of the elements, so that
 * the errors are the same: (αu − x)² = (βu − x)² of one element, or in the sum of two around a boundary.
 */
function differing(random: Random, far: number): readonly [steps: readonly number[], distance: number] {
  const y = random.pick([0.26 + 0.23 * random.uniform(), 0.52 + 0.22 * random.uniform()]) + random.below(2);
  if (far < 1) {
    const [first, second] = [Math.round(2 * y) / 2, 2 * (Math.round(y) / 2)];
    return [[y], (first + second) / 2 / y];
  }
  const apart = Math.max(1 / 64, 1 / (2 * far));
  const middle = random.pick([0.5, 1.5]);
  return [[middle - apart / 2, middle + apart / 2], 1 / (2 * apart)];
}

/**
 * The same of a float and an integer format under one scale: 2 and 4 steps are decoded to 12/7 and 30/7 by the second, so
 * that two of the one and one of the other, larger by d, have equal errors where a decoded step is 7d/3. Or none.
 */
function differingFormats(
  random: Random,
  far: number,
): readonly [steps: readonly number[], distance: number] {
  if (random.below(2) === 0) return [[], far];
  const [d, j] = [2 ** -(3 + random.below(3)), random.below(8)];
  return [[2 + j / 64, 2 + j / 64, 4 + j / 32 + d], 3 / (7 * d)];
}
