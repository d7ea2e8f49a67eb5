/** Coverage of the choice between two candidates: which wins and why, and what the errors are. */
import { float32Bits } from '../../../numerics/index.js';
import { type CoveragePoint, reachable } from '../point.js';
import { FLOAT_MAX, type QuantizerFacts, type QuantizerRule, type Trial } from './quantizer-facts.js';

type QuantizerPoint = CoveragePoint<QuantizerFacts>;
type Pair = readonly [Trial, Trial];

const LEAST_NORMAL = 2 ** -126;

/** The points of units with two candidates; none for others. */
export function choicePoints({ candidates }: QuantizerRule): QuantizerPoint[] {
  if (candidates.length !== 2) return [];
  const [first, second] = candidates.map(({ label }) => label.replace(': ', ''));
  return [choice(first!, second!), errorKinds(first!, second!), errorDistances(first!, second!)];
}

function choice(first: string, second: string): QuantizerPoint {
  const names = {
    smaller: `${first}: smaller error`,
    same: `${first}: equal errors of equal numbers`,
    tie: `${first}: equal errors of other numbers`,
    second: `${second}: smaller error`,
  };
  return {
    name: 'choice',
    summary: 'the candidate that wins, and why',
    bins: reachable(Object.values(names)),
    hit({ trials }) {
      const [a, b] = trials as Pair;
      if (b.error < a.error) return [names.second];
      if (a.error < b.error) return [names.smaller];
      return [a.decoded.every((value, i) => value === b.decoded[i]) ? names.same : names.tie];
    },
  };
}

/** Errors that are not ordinary numbers. */
const EXTREMES = [
  ['zero', (error: number) => error === 0],
  ['subnormal', (error: number) => error > 0 && error < LEAST_NORMAL],
  ['infinite', (error: number) => error > FLOAT_MAX],
] as const;

function errorKinds(first: string, second: string): QuantizerPoint {
  const bins = EXTREMES.flatMap(([kind]) => [
    `only ${first}: ${kind}`,
    `only ${second}: ${kind}`,
    `both: ${kind}`,
  ]);
  return {
    name: 'error-kinds',
    summary: 'errors that are zero, below the normal range, or beyond FP32',
    bins: reachable(bins),
    *hit({ trials }) {
      const [a, b] = trials as Pair;
      for (const [kind, is] of EXTREMES) {
        const [one, other] = [is(a.error), is(b.error)];
        if (one || other) yield `${one && other ? 'both' : `only ${one ? first : second}`}: ${kind}`;
      }
    },
  };
}

/** Least distances of classes, in last places of a float32. */
const PLACES = [
  ['by one last place', 1],
  ['by 2 to 15 last places', 2],
  ['by 16 or more, less than a binade', 16],
  ['by a binade or more', 2 ** 23],
] as const;

function errorDistances(first: string, second: string): QuantizerPoint {
  return {
    name: 'error-distance',
    summary: 'how much smaller the smaller error is',
    bins: reachable([first, second].flatMap((winner) => PLACES.map(([name]) => `${winner} ${name}`))),
    hit({ trials }) {
      const [a, b] = trials as Pair;
      const places = float32Bits(b.error) - float32Bits(a.error);
      if (places === 0) return [];
      const [name] = PLACES.findLast(([, least]) => least <= Math.abs(places))!;
      return [`${places > 0 ? first : second} ${name}`];
    },
  };
}
