/** Coverage of scales: every scale code, the boundaries between them, the steps from the block maximum to the inverse. */
import { codecOf, widthOf } from '../../../formats/index.js';
import { float32Bits } from '../../../numerics/index.js';
import { binsOf, type CoveragePoint, reachable } from '../point.js';
import { NEAR_PLACES } from './code-points.js';
import {
  type Candidate,
  FLOAT_MAX,
  type QuantizerFacts,
  type QuantizerRule,
  type TensorScales,
} from './quantizer-facts.js';

type QuantizerPoint = CoveragePoint<QuantizerFacts>;

const LEAST_NORMAL = 2 ** -126;

export function scalePoints(rule: QuantizerRule, ports: readonly (keyof TensorScales)[]): QuantizerPoint[] {
  return [scaleCodes(rule), scaleBoundaries(rule), mappedScale(), inverseScale(), tensorScales(ports)];
}

function scaleCodes({ format, candidates }: QuantizerRule): QuantizerPoint {
  const codes = Array.from({ length: 2 ** widthOf(format.scale) }, (_, code) => code);
  const nameOf = ({ label }: Candidate, code: number) =>
    `${label}scale ${code.toString(16).padStart(2, '0')}`;
  const unreachable = new Map<string, string>();
  for (const [c, candidate] of candidates.entries()) {
    for (const code of codes)
      if (Number.isNaN(codecOf(format.scale).decode(code)))
        unreachable.set(nameOf(candidate, code), 'the code is NaN: what is too large saturates');
    if (c > 0)
      unreachable.set(
        nameOf(candidate, 0),
        'where this scale is zero the other is, too: all elements are zero, the errors are equal and the first wins',
      );
  }
  return {
    name: 'scale-codes',
    summary: 'every scale code of the result',
    bins: binsOf(
      candidates.flatMap((candidate) => codes.map((code) => nameOf(candidate, code))),
      (name) => unreachable.get(name),
    ),
    hit: ({ chosen }) => [nameOf(chosen.candidate, chosen.scaleCode)],
  };
}

/** Kinds of boundaries between two scale codes, and the way that their tie goes. */
interface Boundary {
  readonly kind: string;
  readonly bits: number;
  readonly tie: 'tie to the lower' | 'tie to the upper';
}

function boundariesOf({ format: { scale } }: QuantizerRule): Boundary[] {
  const { decode, maxValue, encode } = codecOf(scale);
  const perBinade = 2 ** scale.fractionBits;
  const last = encode(maxValue);
  return Array.from({ length: last }, (_, code): Boundary => {
    const next = code + 1;
    const kind =
      code === 0
        ? 'zero to subnormal'
        : next < perBinade
          ? 'subnormal'
          : next === perBinade
            ? 'subnormal to normal'
            : next === last
              ? 'to the largest'
              : next % perBinade === 0
                ? 'into the next binade'
                : 'normal';
    return {
      kind,
      bits: float32Bits((decode(code) + decode(next)) / 2),
      tie: code % 2 === 0 ? 'tie to the lower' : 'tie to the upper',
    };
  });
}

const BEYOND = ['the largest', 'beyond the largest', 'infinite'] as const;

function scaleBoundaries(rule: QuantizerRule): QuantizerPoint {
  const boundaries = boundariesOf(rule);
  const largest = float32Bits(codecOf(rule.format.scale).maxValue);
  const infinity = float32Bits(Number.POSITIVE_INFINITY);
  // Candidates that stretch the scale alike share it.
  const own = rule.candidates.filter(
    ({ stretch }, c) => rule.candidates.findIndex((other) => other.stretch === stretch) === c,
  );
  const labelOf = ({ label }: Candidate) => (own.length === 1 ? '' : label);
  const names = own.flatMap((candidate) => [
    ...boundaries.flatMap(({ kind, tie }) =>
      ['just below', tie, 'just above'].map((side) => `${labelOf(candidate)}${kind}, ${side}`),
    ),
    ...BEYOND.map((name) => labelOf(candidate) + name),
  ]);
  return {
    name: 'scale-boundaries',
    summary: `wanted scales on the boundaries between two codes, at most ${NEAR_PLACES} last places beside them, and beyond the largest`,
    bins: reachable(names),
    *hit({ trials }) {
      for (const { candidate, wanted } of trials) {
        if (!own.includes(candidate)) continue;
        const bits = float32Bits(wanted);
        if (bits >= largest) {
          yield labelOf(candidate) + BEYOND[bits === largest ? 0 : bits < infinity ? 1 : 2];
          continue;
        }
        const near = boundaries.find((boundary) => Math.abs(bits - boundary.bits) <= NEAR_PLACES);
        if (near === undefined) continue;
        const side = bits < near.bits ? 'just below' : bits === near.bits ? near.tie : 'just above';
        yield `${labelOf(candidate)}${near.kind}, ${side}`;
      }
    },
  };
}

/** The two steps from the block maximum to the wanted scale. */
function mappedScale(): QuantizerPoint {
  return {
    name: 'mapped-scale',
    summary: 'what the block maximum becomes on its way to the scale',
    bins: reachable([
      'share is zero',
      'share is subnormal',
      'share is normal',
      'mapped underflows to zero',
      'mapped is subnormal',
      'mapped is normal',
      'mapped is infinite',
    ]),
    *hit({ share, mapped }) {
      yield `share is ${share === 0 ? 'zero' : share < LEAST_NORMAL ? 'subnormal' : 'normal'}`;
      if (share === 0) return;
      if (mapped === 0) yield 'mapped underflows to zero';
      else
        yield `mapped is ${mapped < LEAST_NORMAL ? 'subnormal' : mapped <= FLOAT_MAX ? 'normal' : 'infinite'}`;
    },
  };
}

/** The two steps from the scale code to what elements are multiplied by. */
function inverseScale(): QuantizerPoint {
  return {
    name: 'inverse-scale',
    summary: 'the decode scale times the scale, and its inverse',
    bins: reachable([
      'scale is zero',
      'step underflows to zero',
      'step is subnormal',
      'step is infinite',
      'inverse is limited to the largest float32',
      'inverse is subnormal',
      'inverse is normal',
    ]),
    *hit({ trials }) {
      for (const { scaleCode, step, inverse } of trials) {
        if (scaleCode === 0) {
          yield 'scale is zero';
          continue;
        }
        if (step === 0) yield 'step underflows to zero';
        else if (step < LEAST_NORMAL) yield 'step is subnormal';
        if (step > FLOAT_MAX) yield 'step is infinite';
        else if (inverse === FLOAT_MAX) yield 'inverse is limited to the largest float32';
        else yield inverse < LEAST_NORMAL ? 'inverse is subnormal' : 'inverse is normal';
      }
    },
  };
}

const SIZES = [
  ['subnormal', 0],
  ['below 2^−64', LEAST_NORMAL],
  ['2^−64 to 1', 2 ** -64],
  ['1 to 2^64', 1],
  ['from 2^64', 2 ** 64],
  ['the largest float32', FLOAT_MAX],
] as const;

/** The factors of the tensor, port by port. */
function tensorScales(ports: readonly (keyof TensorScales)[]): QuantizerPoint {
  return {
    name: 'tensor-scales',
    summary: `sizes of ${ports.join(', ')}`,
    bins: reachable(ports.flatMap((port) => SIZES.map(([name]) => `${port} ${name}`))),
    hit: (facts) => ports.map((port) => `${port} ${SIZES.findLast(([, least]) => least <= facts[port])![0]}`),
  };
}
