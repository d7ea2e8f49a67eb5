/**
 * The level-1 vectors of quantise units and transforms: blocks of BF16 numbers with the scales of their tensor, built
 * so that something is decided by a last place: elements at the boundaries between codes, block maxima at those between
 * scales, two candidates with nearly equal errors, transforms whose sums are ties.
 */
import { BF16, codecOf, type ElementFormat, UE4M3 } from '../../../src/formats/index.js';
import { bitsToFloat32, float32Bits, Random } from '../../../src/numerics/index.js';
import type { UnitDesign } from '../design.js';
import type { AdaptiveConfiguration } from '../parts/adaptive.js';
import { FOUR_OVER_SIX_CONFIGURATION } from '../quant-four-over-six.js';
import { IF4_CONFIGURATION } from '../quant-if4.js';
import { boundaryCase } from './boundary-blocks.js';

const SIZE = 16;
const SEED = 1;
const LARGEST_FLOAT = 3.4028234663852886e38;

export interface LevelOneBlock {
  /** Name in `BLOCK_CLASSES` or `TRANSFORM_CLASSES`. */
  readonly class: string;
  /** Words of the input ports but the enable. */
  readonly inputs: Readonly<Record<string, bigint>>;
}

/** A block and the scales of its tensor, as the ports have them. */
interface QuantizerCase {
  readonly x: readonly number[];
  readonly enc: number;
  readonly dec: number;
  readonly amax: number;
}

interface BlockClass<T> {
  readonly summary: string;
  make(random: Random, unit: QuantizerKit): T;
}

/** What a class may know of the quantiser. */
interface QuantizerKit {
  /** Tensor maximum × encode scale. */
  readonly divisor: number;
  readonly adaptive: AdaptiveConfiguration | undefined;
}

const bf16 = codecOf(BF16);
const round = (x: number) => bf16.decode(bf16.encode(x));
const sign = (random: Random) => (random.below(2) === 0 ? 1 : -1);
const times = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
/** A float32 some last places away. */
const nudged = (x: number, places: number) =>
  bitsToFloat32(Math.min(0x7f7fffff, Math.max(1, float32Bits(Math.fround(x)) + places)));
const few = (random: Random) => random.below(7) - 3;
const anyFloat = (random: Random) => bitsToFloat32(1 + random.below(0x7f7fffff));
const anyElement = (random: Random) => bf16.decode(random.below(0x7f80)) * sign(random);

/** Scales as the tensor level has them for its maximum. */
function tensor(amax: number, divisor: number): Omit<QuantizerCase, 'x'> {
  const bounded = Math.max(Math.fround(amax), 2 ** -149);
  const enc = Math.min(Math.fround(divisor / bounded), LARGEST_FLOAT);
  return { enc, dec: Math.fround(1 / enc), amax: bounded };
}

const normals = (random: Random, size: number) => times(SIZE, () => round(random.normal() * size));
const scaleCodes = times(127, (code) => codecOf(UE4M3).decode(code));

/** Midpoints between the values that an encoder chooses from, and the step that a scale puts them on. */
function boundaries(element: ElementFormat): number[] {
  const { decode, maxValue, width } = codecOf(element);
  const values = times(2 ** (width - 1), decode).filter((value) => value >= 0 && value <= maxValue);
  return values.slice(1).map((value, i) => (value + values[i]!) / 2);
}

export const BLOCK_CLASSES: Readonly<Record<string, BlockClass<QuantizerCase>>> = {
  normal: {
    summary: 'normal numbers under the maximum of a tensor',
    make: (random, { divisor }) => {
      const size = 2 ** (random.below(40) - 20);
      return { x: normals(random, size), ...tensor(round(size * (2 + 4 * random.uniform())), divisor) };
    },
  },
  wide: {
    summary: 'numbers of all sizes, zeros of both signs, subnormal ones',
    make: (random, { divisor }) => {
      const amax = 2 ** (random.below(240) - 115);
      const x = times(SIZE, () =>
        random.pick([0, -0, anyElement(random), round(sign(random) * amax * 2 ** -random.below(24))]),
      ).map((v) => (Math.abs(v) > amax ? amax * Math.sign(v) : v));
      return { x, ...tensor(amax, divisor) };
    },
  },
  'one-element': {
    summary: 'one element alone, at each place',
    make: (random, { divisor }) => {
      const own = random.below(SIZE);
      const value = round(random.normal() * 2 ** random.below(10));
      const x = times(SIZE, (i) => (i === own ? value : random.pick([0, -0])));
      return { x, ...tensor(Math.abs(value) * 2 ** random.below(12), divisor) };
    },
  },
  'element-boundary': {
    summary: 'elements within last places of the boundary between two codes',
    make: (random, { divisor, adaptive }) => {
      const {
        element,
        inverseGain = 1,
        stretch = 1,
      } = adaptive === undefined ? {} : random.pick(adaptive.candidates);
      const ties = element === undefined ? FLOAT_TIES : boundaries(element);
      const significand = 1 + random.below(8);
      const size = 2 ** (random.below(60) - 30);
      const x = times(SIZE, () => round(sign(random) * random.pick(ties) * significand * size));
      const maximum = Math.max(...x.map(Math.abs));
      // The step that puts significand · size at 1, and the tensor maximum that gives it with one of the scales.
      const step = significand * size * inverseGain;
      const wanted = scaleCodes[scaleIndex((maximum / step / 6) * stretch * 2 ** random.below(6))]!;
      const scale = wanted === 0 ? scaleCodes[1 + random.below(126)]! : wanted;
      return { x, ...tensor(nudged((step / scale) * divisor, few(random)), divisor) };
    },
  },
  'rounding-boundary': {
    summary: 'elements that one rounding of a product, reciprocal or step takes over a boundary',
    make: (random, { divisor, adaptive }) => {
      const {
        element,
        inverseGain = 1,
        stretch = 1,
      } = adaptive === undefined ? {} : random.pick(adaptive.candidates);
      const ties = element === undefined ? FLOAT_TIES : boundaries(element);
      const {
        x: own,
        dec,
        scale,
      } = boundaryCase(
        random,
        ties.map((tie) => tie / inverseGain),
      );
      const x = times(SIZE, () => sign(random) * own * 2 ** -random.pick([0, 0, 1, 2, random.below(8)]));
      const enc = Math.min(Math.fround((scale / stretch) * (6 / own)), LARGEST_FLOAT);
      return { x: x.map(round), dec, enc, amax: tensor(own, divisor).amax };
    },
  },
  'scale-boundary': {
    summary: 'block maxima within last places of the boundary between two scales',
    make: (random, { divisor, adaptive }) => {
      const stretch = adaptive === undefined ? 1 : random.pick(adaptive.candidates).stretch;
      const i = random.below(126);
      const between = (scaleCodes[i]! + scaleCodes[i + 1]!) / 2 / stretch;
      const x = normals(random, 2 ** (random.below(40) - 20));
      const maximum = Math.max(...x.map(Math.abs));
      return { x, ...tensor(nudged((divisor * maximum) / (6 * between), few(random)), divisor) };
    },
  },
  'equal-errors': {
    summary: 'two candidates whose errors differ by last places',
    make: (random, kit) => {
      const size = 2 ** (random.below(40) - 20);
      const count = 1 + random.below(SIZE);
      const x = normals(random, size).map((value, i) => (i < count ? value : 0));
      const amax = Math.max(...x.map(Math.abs)) * (1 + 2 ** random.below(8) * random.uniform());
      return { x, ...nearlyEqual(x, amax, kit, random) };
    },
  },
  'equal-errors-free': {
    summary: 'the same with a maximum that is not that of the encode scale',
    make: (random, kit) => {
      const x = normals(random, 2 ** (random.below(20) - 10)).map((v) => (random.below(2) === 0 ? v : 0));
      const scales = tensor(Math.max(2 ** -20, ...x.map(Math.abs)) * 2 ** random.below(8), kit.divisor);
      const amax = scales.amax * 2 ** (2 * random.uniform() - 1);
      return { x, ...scales, amax: nearlyEqual(x, amax, kit, random, scales).amax };
    },
  },
  'exact-powers': {
    summary: 'scales that are powers of two and elements on or between codes: exact ties, exact errors',
    make: (random, { divisor }) => {
      const size = 2 ** (random.below(60) - 30);
      const x = times(SIZE, () => sign(random) * random.pick(QUARTERS) * size);
      return { x, ...tensor(size * divisor * 2 ** -random.below(9), divisor) };
    },
  },
  'free-scales': {
    summary: 'encode scale, decode scale and maximum that have nothing to do with each other',
    make: (random) => {
      const near = 2 ** (random.below(60) - 30);
      const scale = () =>
        random.below(3) === 0
          ? anyFloat(random)
          : Math.fround((1 + random.uniform()) * 2 ** (random.below(40) - 20));
      const x = times(SIZE, () =>
        random.below(3) === 0 ? anyElement(random) : round(random.normal() * near),
      );
      return { x, enc: scale(), dec: scale(), amax: scale() };
    },
  },
  'free-maximum': {
    summary: 'decoded numbers far from the elements: differences over every distance',
    make: (random, { divisor }) => {
      const size = 2 ** (random.below(20) - 10);
      const scales = tensor(size * 4, divisor);
      const amax = Math.fround(scales.amax * 2 ** (random.below(56) - 28) * (1 + random.uniform()));
      return { x: normals(random, size), ...scales, amax };
    },
  },
  extremes: {
    summary: 'the largest and smallest numbers that the ports can say',
    make: (random) => {
      const near = (x: number) => nudged(x, few(random));
      const scale = () => near(random.pick([2 ** -149, 2 ** -126, 2 ** -64, 1, 2 ** 64, LARGEST_FLOAT]));
      const x = times(
        SIZE,
        () => sign(random) * bf16.decode(random.pick([0, 1, 0x7f, 0x80, 0x3f80, 0x7f7f])),
      );
      return { x, enc: scale(), dec: scale(), amax: scale() };
    },
  },
};

const FLOAT_TIES = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5];
const QUARTERS = times(27, (i) => i / 4);

const scaleIndex = (scale: number) => {
  const above = scaleCodes.findIndex((value) => value >= scale);
  return above < 0 ? scaleCodes.length - 1 : above;
};

/**
 * A maximum near the given one at which the errors of the two candidates cross, to a few last places; the given one if
 * they do not. `fixed`: encode and decode scale that do not follow the maximum.
 */
function nearlyEqual(
  x: readonly number[],
  start: number,
  { adaptive, divisor }: QuantizerKit,
  random: Random,
  fixed?: Omit<QuantizerCase, 'x'>,
): Omit<QuantizerCase, 'x'> {
  const scalesAt = (amax: number) =>
    fixed === undefined ? tensor(amax, divisor) : { ...fixed, amax: Math.fround(amax) };
  if (adaptive === undefined) return scalesAt(start);
  const secondWins = (bits: number) => {
    const [first, second] = adaptive.candidates.map((c) =>
      errorOf({ x, ...scalesAt(bitsToFloat32(bits)) }, c, divisor),
    );
    return second! < first!;
  };
  let low = float32Bits(Math.fround(start));
  let high = low;
  const before = secondWins(low);
  for (let step = 0; step < 24 && secondWins(high) === before; step++) high += 1 << 17;
  if (secondWins(high) === before) return scalesAt(start);
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (secondWins(middle) === before) low = middle;
    else high = middle;
  }
  return scalesAt(nudged(bitsToFloat32(low), random.below(4) - 1));
}

/** Squared error of a candidate, every step rounded to float32 in the order of the unit. */
function errorOf(
  { x, enc, dec, amax }: QuantizerCase,
  { element, stretch, gain, inverseGain }: AdaptiveConfiguration['candidates'][number],
  divisor: number,
): number {
  const f = Math.fround;
  const maximum = Math.max(...x.map(Math.abs));
  const scale = codecOf(UE4M3).decode(codecOf(UE4M3).encode(f(f(f(maximum / 6) * enc) * stretch)) & 0x7f);
  const inverse = scale === 0 ? 0 : Math.min(f(1 / f(dec * scale)), LARGEST_FLOAT);
  const { encode, decode } = codecOf(element);
  return x.reduce((sum, value) => {
    const code = decode(encode(f(f(value * inverse) * f(inverseGain))));
    const decoded = f(f(f(f(code * scale) * amax) * f(gain)) / divisor);
    const difference = f(decoded - value);
    return f(sum + f(difference * difference));
  }, 0);
}

export const TRANSFORM_CLASSES: Readonly<Record<string, BlockClass<readonly number[]>>> = {
  'transform-normal': {
    summary: 'normal numbers',
    make: (random) => normals(random, 2 ** (random.below(20) - 10)),
  },
  'transform-sparse': {
    summary: 'few numbers of different sizes: sums that round in every way',
    make: (random) => {
      const top = random.below(250) - 124;
      const x = new Array<number>(SIZE).fill(0);
      for (let i = 1 + random.below(6); i > 0; i--) {
        x[random.below(SIZE)] = round(
          sign(random) * (1 + random.below(128) / 128) * 2 ** (top - random.below(30)),
        );
      }
      return x;
    },
  },
  'transform-bits': {
    summary: 'powers of two far apart: ties, alone and with something below',
    make: (random) => {
      const top = random.below(240) - 110;
      const x = new Array<number>(SIZE).fill(0);
      let exponent = top;
      for (let i = 2 + random.below(4); i > 0; i--) {
        x[random.below(SIZE)] = round(sign(random) * (1 + random.below(3)) * 2 ** exponent);
        exponent -= random.below(12);
      }
      return x;
    },
  },
  'transform-cancel': {
    summary: 'pairs of one magnitude with little beside them: sums with many leading zeros',
    make: (random) => {
      const top = random.below(240) - 110;
      const large = round((1 + random.below(128) / 128) * 2 ** top);
      const small = round((1 + random.below(128) / 128) * 2 ** (top - random.below(34)));
      return times(SIZE, () => sign(random) * random.pick([large, large, large, 0, small]));
    },
  },
  'transform-one-output': {
    summary: 'all of one magnitude but for last places: one output large, the others small',
    make: (random) => {
      const row = random.below(SIZE);
      const base = 1 + random.below(120) / 128;
      const size = 2 ** (random.below(250) - 125);
      const parity = (bits: number) => times(4, (k) => (bits >> k) & 1).reduce((a, b) => a ^ b);
      return times(SIZE, (i) => round((parity(row & i) ? -1 : 1) * (base + random.below(3) / 128) * size));
    },
  },
  'transform-any': {
    summary: 'any numbers, subnormal ones and zeros of both signs',
    make: (random) => times(SIZE, () => random.pick([0, -0, anyElement(random)])),
  },
  'transform-edges': {
    summary: 'sums at the largest and below the smallest normal numbers',
    make: (random) => {
      const codes =
        random.below(2) === 0 ? [0x7f7f, 0x7f00, 0x7e80, 0x7e00] : [1, 2, 0x7f, 0x80, 0x81, 0x100, 3];
      return times(SIZE, () => sign(random) * random.pick([0, ...codes.map(bf16.decode)]));
    },
  },
};

/** Names of the classes of a unit with their summaries. */
export function levelOneClassesOf({ kind }: UnitDesign): ReadonlyMap<string, string> {
  const classes = kind === 'transform' ? TRANSFORM_CLASSES : BLOCK_CLASSES;
  return new Map(Object.entries(classes).map(([name, { summary }]) => [name, summary]));
}

/** Blocks of level 1, class by class in turn. Same design, same blocks. */
export function* levelOneBlocks(design: UnitDesign, blocks = blocksOf(design)): Generator<LevelOneBlock> {
  const random = new Random(SEED).split(design.name);
  const kit = kitOf(design);
  const classes = [...levelOneClassesOf(design).keys()];
  for (let i = 0; i < blocks; i++) {
    const name = classes[i % classes.length]!;
    if (design.kind === 'transform') {
      yield { class: name, inputs: { x: packed(TRANSFORM_CLASSES[name]!.make(random, kit)) } };
      continue;
    }
    const { x, ...scales } = BLOCK_CLASSES[name]!.make(random, kit);
    const words = Object.entries(scales).map(([port, value]) => [port, BigInt(float32Bits(value))] as const);
    const known = words.filter(([port]) => design.protocol.inputs.some((input) => input.port === port));
    yield { class: name, inputs: { x: packed(x), ...Object.fromEntries(known) } };
  }
}

/** A unit that takes a block at a time needs more edges a block. */
function blocksOf({ protocol }: UnitDesign): number {
  return protocol.interval === 1 ? 48_000 : 16_000;
}

function kitOf({ name }: UnitDesign): QuantizerKit {
  const adaptive = [FOUR_OVER_SIX_CONFIGURATION, IF4_CONFIGURATION].find((one) => one.name === name);
  return { adaptive, divisor: adaptive?.divisor ?? 6 * codecOf(UE4M3).maxValue };
}

function packed(x: readonly number[]): bigint {
  return x.reduce((word, value, i) => word | (BigInt(bf16.encode(value)) << BigInt(16 * i)), 0n);
}
