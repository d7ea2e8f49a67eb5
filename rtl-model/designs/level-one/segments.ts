/**
 * The level-1 vectors of a MAC: about 50,000 slices, deterministic, each segment with the name of its class. Every
 * other consumer (mutants, golden vectors, coverage) takes the segments from here.
 */
import { hasBlockScales } from '../../../src/dot/index.js';
import { codecOf, FP32, minExponent } from '../../../src/formats/index.js';
import { Random } from '../../../src/numerics/index.js';
import type { MacDesign } from '../design.js';
import type { Segment, Slice } from '../drive.js';
import { randomSegments, STIMULUS_CLASSES } from '../stimulus.js';
import { CORNERS, type Corner, type CornerKit } from './corners.js';
import { type Choices, Palette, type Step } from './palette.js';
import { PLACES, PLACES_SUMMARY, placedSegment } from './places.js';
import { PLANS, type Plan, type PlanKit } from './plans.js';

/** Slices of the classes that are drawn; the last segment may exceed it a little, and corners come on top. */
export const LEVEL_ONE_SLICES = 48_000;
const SEED = 1;

export interface LevelOneSegment extends Segment {
  /** Name in `LEVEL_ONE_CLASSES`. */
  readonly class: string;
}

/** Names of plans, as often as each takes a turn in a round. */
const PLAN_TURNS = Object.entries(PLANS).flatMap(([name, { turns = 1 }]) =>
  new Array<string>(turns).fill(name),
);

const ONE_SPECIAL = 'one-special';

/** Names and summaries of all corner classes. */
export const LEVEL_ONE_CLASSES: ReadonlyMap<string, string> = new Map([
  ...[...Object.entries(STIMULUS_CLASSES), ...Object.entries(PLANS), ...Object.entries(CORNERS)].map(
    ([name, { summary }]) => [name, summary] as const,
  ),
  [ONE_SPECIAL, 'one or two elements that are infinite or NaN, over numbers, zeros and their like'],
  [PLACES, PLACES_SUMMARY],
]);

/**
 * Segments class by class in turn, so that every part of the set has all of them; while a design has corners left, one
 * after each.
 */
export function* levelOneSegments(design: MacDesign, slices = LEVEL_ONE_SLICES): Generator<LevelOneSegment> {
  const random = new Random(SEED).split(design.name);
  const special = specialCodes(design);
  const classes = [
    ...Object.keys(STIMULUS_CLASSES),
    ...(isDirected(design) ? PLAN_TURNS : []),
    ...(special.length > 0 ? [ONE_SPECIAL] : []),
    ...(design.a.kind === 'float' ? [PLACES] : []),
  ];
  const palette = new Palette(design);
  const corners = cornersOf(design, palette);
  for (let made = 0, turn = 0; made < slices; turn++) {
    const name = classes[turn % classes.length]!;
    const plan = PLANS[name];
    const drawn = (from: string) => randomSegments(design, random, { slices: 1, classes: [from] });
    const made_: Record<string, () => Iterable<Segment>> = {
      [ONE_SPECIAL]: () =>
        [...drawn('moderate-elements')].map((segment) => withSpecials(segment, special, random)),
      [PLACES]: () => [placedSegment(design, random)],
    };
    const make =
      made_[name] ?? (() => (plan === undefined ? drawn(name) : directed(design, palette, plan, random)));
    for (const segment of make()) {
      made += segment.slices.length;
      yield { ...segment, ...cornerAddend(segment, random), class: name };
    }
    const corner = corners.next();
    if (corner.done !== true) yield corner.value;
  }
}

/** Codes of infinities and of NaN, where elements are bare floats that have them. */
function specialCodes({ a }: MacDesign): readonly (readonly number[])[] {
  if (a.kind !== 'float') return [];
  const { decode, width } = codecOf(a);
  const codes = Array.from({ length: 2 ** width }, (_, code) => code);
  const kinds = [(x: number) => Math.abs(x) === Number.POSITIVE_INFINITY, Number.isNaN];
  return kinds.map((is) => codes.filter((code) => is(decode(code)))).filter((kind) => kind.length > 0);
}

/** Special elements in one or two lanes of one side; what they meet is left, or made zero or special. */
function withSpecials(segment: Segment, special: readonly (readonly number[])[], random: Random): Segment {
  const draw = () => random.pick(random.pick(special));
  const slices = segment.slices.map(({ a, w }) => {
    const sides = [Uint16Array.from(a.codes), Uint16Array.from(w.codes)] as const;
    const side = random.below(2);
    for (let i = random.below(2); i >= 0; i--) {
      const lane = random.below(sides[0].length);
      sides[side]![lane] = draw();
      const met = random.below(4);
      if (met < 2) sides[1 - side]![lane] = met === 0 ? 0 : draw();
    }
    return { a: { ...a, codes: sides[0] }, w: { ...w, codes: sides[1] } };
  });
  return { ...segment, slices };
}

/** FP32 codes at the ends of every range: zero, subnormal, one, just below overflow, infinity, NaN. */
const CORNER_ADDENDS = [
  0, 1, 0x7fffff, 0x800000, 0x800001, 0x3f800000, 0x3f7fffff, 0x7f000000, 0x7f7fffff, 0x7f800000, 0x7f800001,
  0x7fffffff,
];

/** Now and then an addend of either sign from a corner, where the design takes one. */
function cornerAddend({ addend }: Segment, random: Random): Pick<Segment, 'addend'> {
  if (addend === undefined || random.below(4) !== 0) return {};
  return { addend: (random.pick(CORNER_ADDENDS) | (random.below(2) << 31)) >>> 0 };
}

/** Plans place numbers by block scales. */
function isDirected({ a, w }: MacDesign): boolean {
  return hasBlockScales(a) && hasBlockScales(w);
}

function directed(design: MacDesign, palette: Palette, plan: Plan, random: Random): Segment[] {
  const choices = random.pick(palette.choices);
  const steps = plan.steps({ ...kitOf(design, palette, choices), random });
  const slices = slicesOf(steps, palette, choices, random, plan.fraction);
  if (design.protocol.segmentEnd !== 'each') return [{ slices }];
  return slices.map((slice) => ({ slices: [slice], addend: random.below(2) * random.uint32() }));
}

/** What is left to chance in corners (which codes make a number) is drawn apart from everything else. */
function* cornersOf(design: MacDesign, palette: Palette): Generator<LevelOneSegment> {
  const random = new Random(SEED).split(`corners of ${design.name}`);
  const choices = palette.choices[0]!;
  const own = ([, { designs }]: readonly [string, Corner]) => designs.includes(design.name);
  for (const [name, { fraction, segments }] of Object.entries(CORNERS).filter(own)) {
    for (const steps of segments(kitOf(design, palette, choices)))
      yield { slices: slicesOf(steps, palette, choices, random, fraction), class: name };
  }
}

function kitOf(design: MacDesign, palette: Palette, choices: Choices): CornerKit {
  const { columns, least, largest } = palette;
  const ends = endsOf(design, palette.unitExponent);
  const kit = {
    columns,
    least,
    largest,
    magnitudes: palette.magnitudes(choices),
    weights: palette.weights(),
  };
  return ends === undefined ? kit : { ...kit, ends };
}

function slicesOf(
  steps: readonly Step[],
  palette: Palette,
  choices: Choices,
  random: Random,
  fraction: boolean | undefined,
): Slice[] {
  return steps.flatMap((step) => {
    const exponent = Math.min(palette.largest, Math.max(palette.least, step.exponent));
    return palette.slices({ ...step, exponent }, choices, random, fraction);
  });
}

/** Where the results of a fused unit end, as exponents of steps. */
function endsOf({ semantic: { accumulation: rule } }: MacDesign, unitExponent: number): PlanKit['ends'] {
  if (rule.kind !== 'fused') return undefined;
  const halfSmallest = minExponent(FP32) - FP32.fractionBits - 1 - unitExponent;
  return { halfSmallest, firstCut: rule.exponentFloor - rule.fractionBits - 1 - unitExponent };
}
