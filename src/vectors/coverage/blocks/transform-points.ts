/** Coverage of a transform: alignment, cancellation and growth, results, their rounding to BF16. */
import { BF16, codecOf, minExponent } from '../../../formats/index.js';
import { exponentOf } from '../../../numerics/index.js';
import { type CoveragePoint, reachable } from '../point.js';
import { byLane, elementPoints, SIGNS, signOf } from './elements.js';
import { KEPT_BELOW, SIZE, type TransformFacts } from './transform-facts.js';

/** The factor 1 / √16 takes two binades. */
const HALVINGS = Math.log2(SIZE) / 2;

type TransformPoint = CoveragePoint<TransformFacts>;

export function transformPoints(): TransformPoint[] {
  return [
    ...elementPoints(SIZE),
    alignment(),
    outputExponents(),
    outputKinds(),
    loneOutputs(),
    rounding(),
    carries(),
  ];
}

/** Distances of alignment by the least of each class; whether bits are cut is a class of its own. */
const ALIGNED = [
  ['0', 0],
  ['1 to 7', 1],
  ['8 to 15', 8],
  ['16 to 24', 16],
  ['25 to 31, nothing cut', 25],
  ['25 to 31, bits cut', 25],
  ['32 or more, all cut', 32],
] as const;

function alignment(): TransformPoint {
  const names = byLane(
    SIZE,
    SIGNS.flatMap((sign) => ALIGNED.map(([name]) => `${sign} ${name}`)),
  );
  return {
    name: 'alignment',
    summary: 'binades that each element is moved by, and whether bits are cut',
    bins: reachable(names.flat()),
    *hit({ elements, distances, isCut }) {
      for (const [lane, distance] of distances.entries()) {
        if (distance === undefined) continue;
        const last = ALIGNED.findLastIndex(([, least]) => least <= distance);
        const isWhole = ALIGNED[last]![1] === 25 && !isCut[lane]!;
        yield names[lane]![signOf(elements[lane]!) * ALIGNED.length + last - (isWhole ? 1 : 0)]!;
      }
    },
  };
}

/** Leading binades of sums against the exponent of the block, by the least of each class. */
const GROWTH = [
  ['24 binades or more are lost', -KEPT_BELOW - BF16.fractionBits],
  ['16 to 23 binades are lost', -23],
  ['8 to 15 binades are lost', -15],
  ['4 to 7 binades are lost', -7],
  ['1 to 3 binades are lost', -3],
  ['the exponent of the block', 0],
  ['1 binade more', 1],
  ['2 binades more', 2],
  ['3 binades more', 3],
  ['4 binades more', 4],
] as const;

function outputExponents(): TransformPoint {
  const names = byLane(
    SIZE,
    GROWTH.map(([name]) => name),
  );
  const lost = names.map((_, lane) => `lane ${lane}: all is lost`);
  return {
    name: 'output-exponents',
    summary: 'cancellation and growth: the leading bit of each sum against the exponent of the block',
    bins: reachable([...lost, ...names.flat()]),
    *hit({ sums, x }) {
      if (x.every((value) => value === 0)) return;
      for (const [lane, sum] of sums.entries()) {
        if (sum === 0) {
          yield lost[lane]!;
          continue;
        }
        const growth = exponentOf(sum) - BF16.fractionBits - KEPT_BELOW;
        yield names[lane]![GROWTH.findLastIndex(([, least]) => least <= growth)]!;
      }
    },
  };
}

/** How a sum divided by √16 lies between two results. */
interface Rounded {
  /** Position in `REMAINDERS`. */
  readonly remainder: number;
  readonly isSubnormal: boolean;
  /** The magnitude in last places of the result: truncated, and rounded. */
  readonly truncated: number;
  readonly rounded: number;
  /** Exponent of a last place of the result. */
  readonly place: number;
}

const REMAINDERS = ['exact', 'below half', 'tie to the lower', 'tie to the upper', 'above half'] as const;

function roundedSum(sum: number, place: number): Rounded {
  const size = Math.abs(sum);
  const bottom = place - HALVINGS;
  const exponent = exponentOf(size) + bottom;
  const isSubnormal = exponent < minExponent(BF16);
  const resultPlace = Math.max(exponent, minExponent(BF16)) - BF16.fractionBits;
  const exact = size * 2 ** (bottom - resultPlace);
  const truncated = Math.floor(exact);
  const rest = exact - truncated;
  const isOdd = truncated % 2 === 1;
  const remainder = rest === 0 ? 0 : rest < 0.5 ? 1 : rest > 0.5 ? 4 : isOdd ? 3 : 2;
  const rounded = truncated + (remainder >= 3 ? 1 : 0);
  return { remainder, isSubnormal, truncated, rounded, place: resultPlace };
}

const KINDS = ['rounds to zero', 'subnormal', 'normal', 'largest', 'infinity'] as const;
const LARGEST = codecOf(BF16).maxValue;

function kindOf({ rounded, place }: Rounded): number {
  if (rounded === 0) return 0;
  const exponent = exponentOf(rounded) + place;
  if (exponent < minExponent(BF16)) return 1;
  const value = rounded * 2 ** place;
  return value < LARGEST ? 2 : value === LARGEST ? 3 : 4;
}

function outputKinds(): TransformPoint {
  const names = byLane(SIZE, ['zero', ...SIGNS.flatMap((sign) => KINDS.map((kind) => `${sign} ${kind}`))]);
  return {
    name: 'output-kinds',
    summary: 'what each result is; a sum that overflows becomes infinity',
    bins: reachable(names.flat()),
    *hit({ sums, place }) {
      for (const [lane, sum] of sums.entries()) {
        const at = sum === 0 ? 0 : 1 + signAt(sum) * KINDS.length + kindOf(roundedSum(sum, place));
        yield names[lane]![at]!;
      }
    },
  };
}

const signAt = (sum: number) => (sum < 0 ? 1 : 0);

/** A row of the matrix: all elements add up in one output and cancel in the others. */
function loneOutputs(): TransformPoint {
  const names = byLane(SIZE, SIGNS);
  return {
    name: 'lone-output',
    summary: 'the only sum that is not zero',
    bins: reachable(names.flat()),
    *hit({ sums }) {
      const lane = sums.findIndex((sum) => sum !== 0);
      if (lane >= 0 && sums.findLastIndex((sum) => sum !== 0) === lane)
        yield names[lane]![signAt(sums[lane]!)]!;
    },
  };
}

function rounding(): TransformPoint {
  const names = byLane(
    SIZE,
    SIGNS.flatMap((sign) => REMAINDERS.map((name) => `${sign} ${name}`)),
  );
  return {
    name: 'rounding',
    summary: 'where each sum lies between two BF16 numbers; ties go to even',
    bins: reachable(names.flat()),
    *hit({ sums, place }) {
      for (const [lane, sum] of sums.entries()) {
        if (sum === 0) continue;
        yield names[lane]![signAt(sum) * REMAINDERS.length + roundedSum(sum, place).remainder]!;
      }
    },
  };
}

const CARRIES = [
  'into the next binade',
  'from subnormal to normal',
  'from the largest number to infinity',
] as const;

/** Roundings up that change more than the fraction, and those of subnormal results. */
function carries(): TransformPoint {
  const rounded = SIGNS.flatMap((sign) => REMAINDERS.map((name) => `${sign} subnormal, ${name}`));
  const carried = SIGNS.flatMap((sign) => CARRIES.map((name) => `${sign} ${name}`));
  return {
    name: 'rounding-range',
    summary: 'roundings of subnormal results, and those that carry out of the fraction',
    bins: reachable([...rounded, ...carried]),
    *hit({ sums, place }) {
      for (const sum of sums) {
        if (sum === 0) continue;
        const result = roundedSum(sum, place);
        const sign = SIGNS[signAt(sum)]!;
        if (result.isSubnormal) yield `${sign} subnormal, ${REMAINDERS[result.remainder]}`;
        const carry = carryOf(result);
        if (carry !== undefined) yield `${sign} ${carry}`;
      }
    },
  };
}

function carryOf({ isSubnormal, truncated, rounded, place }: Rounded): (typeof CARRIES)[number] | undefined {
  const significands = 2 ** (BF16.fractionBits + 1);
  if (isSubnormal) return rounded * 2 === significands && truncated < rounded ? CARRIES[1] : undefined;
  if (rounded < significands) return undefined;
  if (rounded * 2 ** place <= LARGEST) return CARRIES[0];
  return truncated * 2 ** place <= LARGEST ? CARRIES[2] : undefined;
}
