/** Coverage of element codes: every code in every lane, the boundaries between codes, saturation, zeros. */
import { widthOf } from '../../../formats/index.js';
import { bitsToFloat32, exponentOf, float32Bits } from '../../../numerics/index.js';
import { binsOf, type CoveragePoint, reachable } from '../point.js';
import { magnitudeOf, SIGNS, signOf } from './elements.js';
import {
  type Candidate,
  FLOAT_MAX,
  type QuantizerFacts,
  type QuantizerRule,
  type Trial,
} from './quantizer-facts.js';

type QuantizerPoint = CoveragePoint<QuantizerFacts>;

/** A number this few last places off a boundary is just below or just above it. */
export const NEAR_PLACES = 8;

export function codePoints(rule: QuantizerRule): QuantizerPoint[] {
  return [
    elementCodes(rule),
    elementBoundaries(rule),
    ties(rule),
    laneTies(rule),
    saturation(rule),
    zeroCodes(rule),
    binades(),
  ];
}

function elementCodes(rule: QuantizerRule): QuantizerPoint {
  const lanes = Array.from({ length: rule.format.blockSize }, (_, lane) => lane);
  const codesOf = ({ element }: Candidate) =>
    Array.from({ length: 2 ** widthOf(element) }, (_, code) => code);
  const nameOf = ({ label }: Candidate, code: number, lane: number) =>
    `${label}code ${code.toString(16)} in lane ${lane}`;
  const names = rule.candidates.map((candidate) =>
    lanes.map((lane) => codesOf(candidate).map((code) => nameOf(candidate, code, lane))),
  );
  const never = new Set(
    rule.candidates.flatMap((candidate) =>
      neverProduced(candidate).flatMap((code) => lanes.map((lane) => nameOf(candidate, code, lane))),
    ),
  );
  return {
    name: 'element-codes',
    summary: 'every element code of the result in every lane',
    bins: binsOf(names.flat(2), (name) =>
      never.has(name)
        ? 'the encoder is symmetric: its most negative code, −8 of int4, is never made'
        : undefined,
    ),
    *hit({ chosen, trials }) {
      const mine = names[trials.indexOf(chosen)]!;
      for (let i = 0; i < chosen.codes.length; i++) yield mine[i]![chosen.codes[i]!]!;
    },
  };
}

/** The code below −maxMagnitude of two's complement. */
const neverProduced = ({ element }: Candidate): number[] =>
  element.kind === 'integer' && element.representation === 'twos-complement' ? [2 ** (element.bits - 1)] : [];

/** Which of a candidate's boundaries a magnitude is at, and on which side; undefined if it is at none. */
function besideBoundary(
  { boundaries }: Candidate,
  bits: number,
): readonly [boundary: number, side: number] | undefined {
  for (let i = 0; i < boundaries.length; i++) {
    const places = bits - boundaries[i]!;
    if (Math.abs(places) <= NEAR_PLACES) return [i, Math.sign(places) + 1];
  }
  return undefined;
}

const SIDES = ['just below', 'tie at', 'just above'] as const;
const tieNames = ({ boundaries }: Candidate) =>
  boundaries.map((bits) => SIDES.map((side) => `${side} ${bitsToFloat32(bits)}`));

function elementBoundaries(rule: QuantizerRule): QuantizerPoint {
  const names = rule.candidates.map((candidate) =>
    SIGNS.map((sign) =>
      tieNames(candidate).map((sides) => sides.map((name) => `${candidate.label}${sign} ${name}`)),
    ),
  );
  const never = new Set(
    rule.candidates.flatMap((candidate, c) =>
      waysOnto(candidate).flatMap((ways, at) =>
        ways.size > 0 ? [] : SIGNS.map((_, sign) => names[c]![sign]![at]![1]!),
      ),
    ),
  );
  return {
    name: 'element-boundaries',
    summary: `scaled elements on each boundary between two codes, and at most ${NEAR_PLACES} last places beside it`,
    bins: binsOf(names.flat(3), (name) =>
      never.has(name) ? 'no float32 times the inverse gain is rounded to this boundary' : undefined,
    ),
    *hit({ trials, elements }) {
      for (const [c, { candidate, bits }] of trials.entries()) {
        for (let i = 0; i < bits.length; i++) {
          const found = besideBoundary(candidate, bits[i]!);
          if (found !== undefined) yield names[c]![signOf(elements[i]!)]![found[0]]![found[1]]!;
        }
      }
    },
  };
}

/** How a product comes to lie on a boundary: as it is, or rounded there. */
const ONTO = ['exactly', 'rounded down onto it', 'rounded up onto it'] as const;

const wayOnto = (exact: number, boundary: number) =>
  exact === boundary ? ONTO[0] : exact > boundary ? ONTO[1] : ONTO[2];

/**
 * The ways in which elements come to lie on each boundary. Without a gain an element times a float32 comes there in
 * every way; with one, a float32 times the inverse gain does, and products rise with it: the few numbers around the
 * quotient are all that can.
 */
function waysOnto({ boundaries, inverseGain }: Candidate): readonly ReadonlySet<string>[] {
  if (inverseGain === 1) return boundaries.map(() => new Set(ONTO));
  return boundaries.map((bits) => {
    const boundary = bitsToFloat32(bits);
    const middle = float32Bits(boundary / inverseGain);
    const products = [-2, -1, 0, 1, 2].map((places) => bitsToFloat32(middle + places) * inverseGain);
    return new Set(
      products
        .filter((product) => Math.fround(product) === boundary)
        .map((product) => wayOnto(product, boundary)),
    );
  });
}

/** Even codes take ties from both sides: of boundary i, code i or the next. */
const TIES = ['tie to the lower code', 'tie to the upper code'] as const;

function ties(rule: QuantizerRule): QuantizerPoint {
  const nameOf = ({ label }: Candidate, at: number, way: string) => `${label}${TIES[at % 2]}, ${way}`;
  const names = rule.candidates.flatMap((candidate) =>
    TIES.flatMap((_, at) => ONTO.map((way) => nameOf(candidate, at, way))),
  );
  const found = new Set(
    rule.candidates.flatMap((candidate) =>
      waysOnto(candidate).flatMap((ways, at) => [...ways].map((way) => nameOf(candidate, at, way))),
    ),
  );
  return {
    name: 'ties',
    summary: 'ties to even in both directions, exact or made by the rounding of the last product',
    bins: binsOf(names, (name) =>
      found.has(name)
        ? undefined
        : 'no float32 times the inverse gain comes to lie on a boundary in this way',
    ),
    *hit({ trials }) {
      for (const { candidate, bits, exact } of trials) {
        for (let i = 0; i < bits.length; i++) {
          const at = candidate.boundaries.indexOf(bits[i]!);
          if (at < 0) continue;
          yield nameOf(candidate, at, wayOnto(Math.abs(exact[i]!), bitsToFloat32(bits[i]!)));
        }
      }
    },
  };
}

/** The same lane by lane: a unit may have an encoder for each. */
function laneTies(rule: QuantizerRule): QuantizerPoint {
  const names = rule.candidates.map(({ label }) =>
    TIES.map((tie) =>
      Array.from({ length: rule.format.blockSize }, (_, lane) => `${label}${tie} in lane ${lane}`),
    ),
  );
  return {
    name: 'lane-ties',
    summary: 'ties to even in both directions in every lane',
    bins: reachable(names.flat(2)),
    *hit({ trials }) {
      for (const [c, { candidate, bits }] of trials.entries()) {
        for (let i = 0; i < bits.length; i++) {
          const at = candidate.boundaries.indexOf(bits[i]!);
          if (at >= 0) yield names[c]![at % 2]![i]!;
        }
      }
    },
  };
}

const RANGES = ['the largest', 'beyond the largest', 'infinite'] as const;

function saturation(rule: QuantizerRule): QuantizerPoint {
  const names = rule.candidates.map(({ label }) =>
    SIGNS.map((sign) => RANGES.map((range) => `${label}${sign} ${range}`)),
  );
  return {
    name: 'saturation',
    summary: 'scaled elements that are the largest value, larger, or beyond FP32',
    bins: reachable(names.flat(2)),
    *hit({ trials, elements }) {
      for (const [c, { candidate, y }] of trials.entries()) {
        const largest = candidate.values.at(-1)!;
        for (let i = 0; i < y.length; i++) {
          const size = Math.abs(y[i]!);
          if (size < largest) continue;
          yield names[c]![signOf(elements[i]!)]![size === largest ? 0 : size <= FLOAT_MAX ? 1 : 2]!;
        }
      }
    },
  };
}

const ZEROS = [
  'under a scale of zero',
  'under an infinite step',
  'a product below FP32',
  'below the first boundary',
] as const;

/** How elements become zero; the sign of what is not zero stays in −0. */
function zeroCodes(rule: QuantizerRule): QuantizerPoint {
  const ways = SIGNS.flatMap((sign) => ZEROS.map((way) => `${sign} ${way}`));
  const names = rule.candidates.map(({ label }) =>
    ['zero', 'minus zero', ...ways].map((name) => label + name),
  );
  const wayOf = ({ scaleCode, inverse, bits }: Trial, i: number) =>
    scaleCode === 0 ? 0 : inverse === 0 ? 1 : bits[i] === 0 ? 2 : 3;
  return {
    name: 'zero-codes',
    summary: 'elements whose code is a zero: zeros of both signs, and what is flushed',
    bins: reachable(names.flat()),
    *hit({ trials, elements }) {
      for (const [c, trial] of trials.entries()) {
        const first = trial.candidate.boundaries[0]!;
        for (let i = 0; i < elements.length; i++) {
          const code = elements[i]!;
          if (trial.bits[i]! > first) continue;
          const sign = signOf(code);
          yield names[c]![magnitudeOf(code) === 0 ? sign : 2 + sign * ZEROS.length + wayOf(trial, i)]!;
        }
      }
    },
  };
}

/** Least distances of classes, in binades. */
const DISTANCES = [0, 1, 2, 3, 4, 8, 16, 32] as const;
const distanceNames = DISTANCES.map((least, i) => {
  const next = DISTANCES[i + 1];
  return next === undefined
    ? `${least} or more`
    : next === least + 1
      ? `${least}`
      : `${least} to ${next - 1}`;
});

/** How far below the block maximum elements are, and whether anything is left of them. */
function binades(): QuantizerPoint {
  const names = distanceNames.map((name) => [`${name}: not zero`, `${name}: becomes zero`]);
  const isZero = ({ candidate, codes }: Trial, i: number) =>
    (codes[i]! & (2 ** (widthOf(candidate.element) - 1) - 1)) === 0;
  return {
    name: 'distance-from-maximum',
    summary: 'binades between an element and the largest of its block, and whether it becomes zero',
    bins: reachable(names.flat()),
    *hit({ x, maximum, chosen }) {
      if (maximum === 0) return;
      const top = exponentOf(maximum);
      for (let i = 0; i < x.length; i++) {
        if (x[i] === 0) continue;
        const distance = top - exponentOf(x[i]!);
        const at = DISTANCES.findLastIndex((least) => least <= distance);
        yield names[at]![isZero(chosen, i) ? 1 : 0]!;
      }
    },
  };
}
