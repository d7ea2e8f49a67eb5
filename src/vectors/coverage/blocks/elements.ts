/** Coverage of what quantise units and transforms are given: blocks of finite BF16 numbers. */
import { BF16, codecOf, minExponent, widthOf } from '../../../formats/index.js';
import { exponentOf } from '../../../numerics/index.js';
import { type CoveragePoint, reachable } from '../point.js';

/** A block as both kinds of units have it. */
export interface BlockElements {
  /** BF16 codes in the order of the elements. */
  readonly elements: Uint16Array;
  /** Their values. */
  readonly x: Float32Array;
}

const KINDS = ['zero', 'subnormal', 'normal', 'largest'] as const;
const SIGN_BIT = 2 ** (widthOf(BF16) - 1);
export const SIGNS = ['plus', 'minus'] as const;

/** 0 for plus, 1 for minus, of a BF16 code. */
export const signOf = (code: number) => (code < SIGN_BIT ? 0 : 1);
/** BF16 code without its sign: ordered like the magnitudes. */
export const magnitudeOf = (code: number) => code & (SIGN_BIT - 1);

const { decode, maxValue } = codecOf(BF16);

function kindOf(code: number): number {
  const size = decode(magnitudeOf(code));
  if (size === 0) return 0;
  if (exponentOf(size) < minExponent(BF16)) return 1;
  return size < maxValue ? 2 : 3;
}

/** The same names for every lane. */
export const byLane = (lanes: number, names: readonly string[]) =>
  Array.from({ length: lanes }, (_, lane) => names.map((name) => `lane ${lane}: ${name}`));

/** The points that look at the numbers of a block alone. */
export function elementPoints(lanes: number): CoveragePoint<BlockElements>[] {
  return [elementKinds(lanes), blockMaximum(), ...lanePoints(lanes)];
}

function elementKinds(lanes: number): CoveragePoint<BlockElements> {
  const names = byLane(
    lanes,
    SIGNS.flatMap((sign) => KINDS.map((kind) => `${sign} ${kind}`)),
  );
  return {
    name: 'element-kinds',
    summary: 'what each element is: zeros of both signs, subnormal and normal numbers, the largest',
    bins: reachable(names.flat()),
    *hit({ elements }) {
      for (let i = 0; i < elements.length; i++)
        yield names[i]![signOf(elements[i]!) * KINDS.length + kindOf(elements[i]!)]!;
    },
  };
}

function blockMaximum(): CoveragePoint<BlockElements> {
  return {
    name: 'block-maximum',
    summary: 'what the largest magnitude of a block is',
    bins: reachable(KINDS),
    hit: ({ elements }) => [KINDS[kindOf(Math.max(...elements.map(magnitudeOf)))]!],
  };
}

/** Which lane has the largest magnitude, and which alone has a number that is not zero. */
function lanePoints(lanes: number): CoveragePoint<BlockElements>[] {
  const names = byLane(lanes, SIGNS);
  const bins = reachable(names.flat());
  const nameOf = (elements: Uint16Array, lane: number) => names[lane]![signOf(elements[lane]!)]!;
  return [
    {
      name: 'largest-element',
      summary: 'the element that is larger than all others',
      bins,
      *hit({ elements }) {
        const sizes = elements.map(magnitudeOf);
        const lane = sizes.indexOf(Math.max(...sizes));
        if (sizes.lastIndexOf(sizes[lane]!) === lane) yield nameOf(elements, lane);
      },
    },
    {
      name: 'lone-element',
      summary: 'the only element that is not zero',
      bins,
      *hit({ elements }) {
        const lane = elements.findIndex((code) => magnitudeOf(code) !== 0);
        if (lane >= 0 && elements.findLastIndex((code) => magnitudeOf(code) !== 0) === lane)
          yield nameOf(elements, lane);
      },
    },
  ];
}
