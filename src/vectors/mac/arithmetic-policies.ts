/** Other arithmetic: the unit with a record changed, to be computed by the same oracle. */
import type { DotUnit } from '../../../rtl-model/designs/index.js';
import { type DotSemantic, type FloatResult, hasBlockScales, type OperandFormat } from '../../dot/index.js';
import type { FloatFormat } from '../../formats/index.js';
import { Rational, type RationalValue, type RoundingMode } from '../../numerics/index.js';

export interface ArithmeticPolicy {
  readonly name: string;
  readonly says: string;
  /** The changed unit; undefined where there is nothing to change. */
  unit(): DotUnit | undefined;
}

const ROUNDINGS: readonly (readonly [RoundingMode, string])[] = [
  ['nearest-even', 'rounds to nearest, ties to even'],
  ['nearest-away', 'rounds to nearest, ties away from zero (round half up on magnitudes)'],
  ['nearest-down', 'rounds to nearest, ties toward zero'],
  ['toward-zero', 'truncates (rounds toward zero)'],
  ['toward-positive', 'rounds toward plus infinity'],
  ['toward-negative', 'rounds toward minus infinity'],
  ['away-from-zero', 'rounds away from zero'],
];

/** The policies that make sense for a unit. */
export function arithmeticPolicies(unit: DotUnit): ArithmeticPolicy[] {
  return [...roundings(unit), ...alignments(unit), ...readings(unit), ...gains(unit)];
}

function withResult(unit: DotUnit, change: Partial<FloatResult>): DotUnit | undefined {
  const { semantic } = unit;
  if (semantic.result.kind !== 'float' || unit.protocol.results[0].kind !== 'bits') return undefined;
  return withSemantic(unit, { result: { ...semantic.result, ...change } });
}

function withSemantic(unit: DotUnit, change: Partial<DotSemantic>): DotUnit {
  return { ...unit, semantic: { ...unit.semantic, ...change } };
}

function roundings(unit: DotUnit): ArithmeticPolicy[] {
  const { result } = unit.semantic;
  const own = result.kind === 'float' ? result.rounding : undefined;
  const modes = ROUNDINGS.filter(([mode]) => mode !== own).map(
    ([rounding, says]): ArithmeticPolicy => ({
      name: `round-${rounding}`,
      says,
      unit: () => withResult(unit, { rounding }),
    }),
  );
  const bits = result.kind === 'float' ? [13, 10, 22, 23].filter((b) => b !== result.fractionBits) : [];
  const narrow = bits.map(
    (fractionBits): ArithmeticPolicy => ({
      name: `fraction-bits-${fractionBits}`,
      says: `keeps ${fractionBits} fraction bits in its result`,
      unit: () => withResult(unit, { fractionBits }),
    }),
  );
  return [...modes, ...narrow];
}

/** Alignment with more or fewer bits, or with another floor or rule for zeros. */
function alignments(unit: DotUnit): ArithmeticPolicy[] {
  const { accumulation } = unit.semantic;
  if (accumulation.kind !== 'fused') return [];
  const { fractionBits } = accumulation;
  const policy = (name: string, says: string, change: Partial<typeof accumulation>): ArithmeticPolicy => ({
    name,
    says,
    unit: () => withSemantic(unit, { accumulation: { ...accumulation, ...change } }),
  });
  const widths = [13, 21, 22, 23, 24, 25, 26, 27, 34, 35, 36, fractionBits - 1, fractionBits + 1];
  return [
    ...[...new Set(widths)]
      .filter((bits) => bits !== fractionBits)
      .map((bits) =>
        policy(`alignment-${bits}`, `keeps ${bits} bits below the largest exponent when it aligns`, {
          fractionBits: bits,
        }),
      ),
    policy('zero-products-align', 'lets zero products take part in the largest exponent', {
      zeroTerms: 'operand-floor',
    }),
    policy('exponent-floor-126', 'has its floor of the common exponent at −126', { exponentFloor: -126 }),
    policy('addend-last', 'adds C after the products, with a rounding of its own', {
      addend: 'after-last-pass',
    }),
  ];
}

function readings(unit: DotUnit): ArithmeticPolicy[] {
  const lanes = unit.semantic.accumulation;
  const own = unit.semantic.operands.nanScale;
  const nanScale: ArithmeticPolicy = {
    name: 'nan-scale-as-nan',
    says: 'takes the NaN scale code as NaN',
    unit: () =>
      own === 'nan'
        ? undefined
        : withSemantic(unit, { operands: { ...unit.semantic.operands, nanScale: 'nan' } }),
  };
  const numeric: ArithmeticPolicy = {
    name: 'nan-scale-as-number',
    says: 'reads the NaN scale code as the number that its bits spell (0x7F as 480)',
    unit: () => ({ ...unit, a: withoutNan(unit.a), w: withoutNan(unit.w) }),
  };
  const subnormals: ArithmeticPolicy = {
    name: 'subnormal-sums-kept',
    says: 'keeps subnormal sums instead of flushing them',
    unit: () =>
      lanes.kind === 'lanes' && lanes.subnormals === 'flushed'
        ? withSemantic(unit, { accumulation: { ...lanes, subnormals: 'kept' } })
        : undefined,
  };
  const added: ArithmeticPolicy = {
    name: 'first-product-added',
    says: 'adds the first product to +0 instead of loading it (a −0 is lost)',
    unit: () =>
      lanes.kind === 'lanes' && lanes.firstProduct === 'loaded'
        ? withSemantic(unit, { accumulation: { ...lanes, firstProduct: 'added-to-zero' } })
        : undefined,
  };
  return [nanScale, numeric, subnormals, added];
}

function withoutNan(format: OperandFormat): OperandFormat {
  if (!hasBlockScales(format)) return format;
  const scale: FloatFormat = { ...format.scale, specials: 'none' };
  return { ...format, scale };
}

/** Integer blocks with another gain than 6/7. */
function gains(unit: DotUnit): ArithmeticPolicy[] {
  const others: readonly (readonly [string, string, RationalValue])[] = [
    ['gain-left-out', 'does not multiply integer blocks by their gain (6/7 in IF4)', Rational.rational(1n)],
    [
      'gain-inverted',
      'multiplies integer blocks by the inverse of their gain (7/6)',
      Rational.rational(7n, 6n),
    ],
    ['gain-7-8', 'multiplies integer blocks by 7/8 instead of 6/7', Rational.rational(7n, 8n)],
  ];
  const exact = unit.protocol.results[0].kind === 'fixed-point';
  if (exact || ![unit.a, unit.w].some((format) => format.kind === 'block' && format.choices.length > 1))
    return [];
  return others.map(([name, says, gain]) => ({
    name,
    says,
    unit: () => ({ ...unit, a: withGain(unit.a, gain), w: withGain(unit.w, gain) }),
  }));
}

function withGain(format: OperandFormat, gain: RationalValue): OperandFormat {
  if (format.kind !== 'block') return format;
  const [first, ...others] = format.choices;
  return { ...format, choices: [first, ...others.map((choice) => ({ ...choice, gain }))] };
}
