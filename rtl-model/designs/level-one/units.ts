/**
 * The level-1 vectors of quantise units and transforms: blocks of BF16 numbers with the scales of their tensor, built
 * so that something is decided by a last place: elements at the boundaries between codes, block maxima at those between
 * scales, two candidates with nearly equal errors, transforms whose sums are ties.
 */
import { codecOf, type ElementFormat, UE4M3 } from '../../../src/formats/index.js';
import { bitsToFloat32, float32Bits, Random } from '../../../src/numerics/index.js';
import type { UnitDesign } from '../design.js';
import type { AdaptiveConfiguration } from '../parts/adaptive.js';
import { FOUR_OVER_SIX_CONFIGURATION } from '../quant-four-over-six.js';
import { IF4_CONFIGURATION } from '../quant-if4.js';
import { boundaryCase, smallMaximumCase, stickyStepCase } from './boundary-blocks.js';
import {
  anyElement,
  type BlockClass,
  bf16,
  LARGEST_FLOAT,
  nearlyEqual,
  normals,
  nudged,
  type QuantizerCase,
  type QuantizerKit,
  round,
  SIZE,
  sign,
  tensor,
  times,
} from './quantizer-case.js';
import { tiedCodes, tiedSums, tiedZeros } from './tied-blocks.js';
import { TRANSFORM_CLASSES } from './transform-blocks.js';

const SEED = 1;

export interface LevelOneBlock {
  /** Name in `BLOCK_CLASSES` or `TRANSFORM_CLASSES`. */
  readonly class: string;
  /** Words of the input ports but the enable. */
  readonly inputs: Readonly<Record<string, bigint>>;
}

const few = (random: Random) => random.below(7) - 3;
const anyFloat = (random: Random) => bitsToFloat32(1 + random.below(0x7f7fffff));

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
      const { ties, inverseGain, stretch } = anyCandidate(random, adaptive);
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
    make: aroundBoundary,
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
    make: (random, kit) => equalErrors(random, kit, 2 ** (random.below(40) - 20)),
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

/** The boundaries of one of the candidates, and what it does to numbers and scales before. */
function anyCandidate(random: Random, adaptive: AdaptiveConfiguration | undefined) {
  if (adaptive === undefined) return { ties: FLOAT_TIES, inverseGain: 1, stretch: 1 };
  const { element, inverseGain, stretch } = random.pick(adaptive.candidates);
  return { ties: boundaries(element), inverseGain, stretch };
}

/** Normal numbers of a size under a maximum at which the errors of both candidates are nearly equal. */
function equalErrors(random: Random, kit: QuantizerKit, size: number): QuantizerCase {
  const count = 1 + random.below(SIZE);
  const x = normals(random, size).map((value, i) => (i < count ? value : 0));
  const amax = Math.max(...x.map(Math.abs)) * (1 + 2 ** random.below(8) * random.uniform());
  return { x, ...nearlyEqual(x, amax, kit, random) };
}

/** A block of one number, of which halves are around it, that a candidate takes to a boundary. */
function aroundBoundary(random: Random, { divisor, adaptive }: QuantizerKit): QuantizerCase {
  const { ties, inverseGain, stretch } = anyCandidate(random, adaptive);
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
}

/** Classes of units that choose between two candidates: what decides is the last place of an error. */
export const ADAPTIVE_CLASSES: Readonly<Record<string, BlockClass<QuantizerCase>>> = {
  'tied-zeros': {
    summary: 'all elements become 0: the errors of both candidates are the same sum',
    make: tiedZeros,
  },
  'tied-sums': {
    summary: 'the same, where a square meets half a last place and a single bit below it',
    make: tiedSums,
  },
  'tied-codes': {
    summary: 'elements that both candidates decode to the same number, or whose differences cancel',
    make: tiedCodes,
  },
  'equal-small-errors': {
    summary: 'two candidates whose errors differ by last places; squares are below the normal range',
    make: (random, kit) => equalErrors(random, kit, 2 ** -(58 + random.below(8))),
  },
  'sticky-step': {
    summary: 'steps below the normal range, a little above the middle between two; one large element decides',
    make: (random, kit) => {
      const { ties, inverseGain, stretch } = anyCandidate(random, kit.adaptive);
      const { x, dec, scale } = stickyStepCase(
        random,
        ties.map((tie) => tie / inverseGain),
      );
      const own = times(SIZE - 1, () => round(sign(random) * x * 2 ** -random.pick([0, 0, 1, 2])));
      return besideLarge(random, own, { dec, scale, stretch }, kit);
    },
  },
  'subnormal-quotient': {
    summary: 'a sixth of the maximum below the normal range, whose last place decides between two scales',
    make: (random, { adaptive, divisor }) => {
      const { maximum, enc } = smallMaximumCase(random, anyCandidate(random, adaptive).stretch);
      const x = times(SIZE, (i) => round(sign(random) * maximum * (i === 0 ? 1 : random.uniform())));
      return { x, ...tensor(maximum, divisor), enc };
    },
  },
  'subnormal-scale': {
    summary: 'decode scales below the normal range, steps around its end; one large element decides',
    make: (random, kit) => {
      const { ties, stretch } = anyCandidate(random, kit.adaptive);
      const dec = (1 + random.below(2 ** (1 + random.below(23)))) * 2 ** -149;
      const near = 2 ** -126 * (0.5 + 1.5 * random.uniform());
      const scale = scaleCodes[Math.max(1, scaleIndex(near / dec))]!;
      const own = times(SIZE - 1, () => round(sign(random) * random.pick(ties) * dec * scale));
      return besideLarge(random, own, { dec, scale, stretch }, kit);
    },
  },
};

/** A large element that saturates, and is decoded to itself by the candidate that has this scale, before others. */
function besideLarge(
  random: Random,
  others: readonly number[],
  { dec, scale, stretch }: { readonly dec: number; readonly scale: number; readonly stretch: number },
  { divisor }: QuantizerKit,
): QuantizerCase {
  const large = 2 ** (random.below(40) - 20);
  const amax = Math.fround(((large * divisor) / (6 * scale)) * (1 + random.uniform() * 2 ** -20));
  return { x: [large, ...others], dec, enc: Math.fround((scale / stretch) * (6 / large)), amax };
}

const FLOAT_TIES = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5];
const QUARTERS = times(27, (i) => i / 4);

const scaleIndex = (scale: number) => {
  const above = scaleCodes.findIndex((value) => value >= scale);
  return above < 0 ? scaleCodes.length - 1 : above;
};

/** Names of the classes of a unit with their summaries. */
export function levelOneClassesOf(design: UnitDesign): ReadonlyMap<string, string> {
  const forAll = design.kind === 'transform' ? TRANSFORM_CLASSES : BLOCK_CLASSES;
  const classes = isAdaptive(design) ? { ...forAll, ...ADAPTIVE_CLASSES } : forAll;
  return new Map(Object.entries(classes).map(([name, { summary }]) => [name, summary]));
}

/** Blocks of level 1, class by class in turn. Same design, same blocks. */
export function* levelOneBlocks(design: UnitDesign, blocks = blocksOf(design)): Generator<LevelOneBlock> {
  const random = new Random(SEED).split(design.name);
  if (design.kind === 'transform') {
    for (const [name, x] of inTurn(TRANSFORM_CLASSES, blocks, random, kitOf(design)))
      yield { class: name, inputs: { x: packed(x) } };
    return;
  }
  yield* quantizerBlocks(design, inTurn(BLOCK_CLASSES, blocks, random, kitOf(design)));
  if (!isAdaptive(design)) return;
  const share = Object.keys(ADAPTIVE_CLASSES).length / Object.keys(BLOCK_CLASSES).length;
  const more = inTurn(ADAPTIVE_CLASSES, Math.floor(blocks * share), random.split('adaptive'), kitOf(design));
  yield* quantizerBlocks(design, more);
}

function* quantizerBlocks(
  { protocol }: UnitDesign,
  cases: Iterable<readonly [name: string, made: QuantizerCase]>,
): Generator<LevelOneBlock> {
  for (const [name, { x, ...scales }] of cases) {
    const words = Object.entries(scales).map(([port, value]) => [port, BigInt(float32Bits(value))] as const);
    const known = words.filter(([port]) => protocol.inputs.some((input) => input.port === port));
    yield { class: name, inputs: { x: packed(x), ...Object.fromEntries(known) } };
  }
}

/** So many blocks, of each class one after the other. */
function* inTurn<T>(
  classes: Readonly<Record<string, BlockClass<T>>>,
  count: number,
  random: Random,
  kit: QuantizerKit,
): Generator<readonly [name: string, made: T]> {
  const all = Object.entries(classes);
  for (let i = 0; i < count; i++) {
    const [name, { make }] = all[i % all.length]!;
    yield [name, make(random, kit)];
  }
}

/** A unit that takes a block at a time needs more edges a block. */
function blocksOf({ protocol }: UnitDesign): number {
  return protocol.interval === 1 ? 48_000 : 16_000;
}

const adaptiveOf = ({ name }: UnitDesign) =>
  [FOUR_OVER_SIX_CONFIGURATION, IF4_CONFIGURATION].find((one) => one.name === name);
const isAdaptive = (design: UnitDesign) => adaptiveOf(design) !== undefined;

function kitOf(design: UnitDesign): QuantizerKit {
  const adaptive = adaptiveOf(design);
  return { adaptive, divisor: adaptive?.divisor ?? 6 * codecOf(UE4M3).maxValue };
}

function packed(x: readonly number[]): bigint {
  return x.reduce((word, value, i) => word | (BigInt(bf16.encode(value)) << BigInt(16 * i)), 0n);
}
