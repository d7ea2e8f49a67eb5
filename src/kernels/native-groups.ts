/** Families over exact sums of groups and blocks: fused additions of groups, exact registers, one addition a block. */
import { type DotSemantic, exactBound, hasBlockScales, type OperandFormat } from '../dot/index.js';
import { widthOf } from '../formats/index.js';
import { Rational } from '../numerics/index.js';
import type { TileOperand } from './kernels.js';
import { fp32Register, hasModestScales, type NativeFamily, type NativeSetup } from './native-family.js';
import type { NativeLibrary, NativeOperand } from './native-library.js';
import {
  choicesOf,
  elementUnit,
  GROUP,
  groupReading,
  isGrouped,
  OPERAND_FLOOR,
  UNCOUNTED,
} from './native-tables.js';
import { elementOf, valueTable } from './typescript/coded-tile.js';
import { gainCorrections } from './typescript/group-sums.js';

export const fusedGroups: NativeFamily = {
  prepare(library, operand, side, semantic) {
    const { accumulation, stepK } = semantic;
    if (accumulation.kind !== 'fused' || accumulation.terms.kind !== 'groups') return null;
    const inOrder = accumulation.passes.length === 1 && accumulation.passes[0]!.every((k, i) => k === i);
    const covered = inOrder && accumulation.terms.size === GROUP && accumulation.addend === 'first-pass';
    if (!covered || accumulation.zeroTerms === 'ignored' || typeof stepK !== 'number') return null;
    if (!isGrouped(operand.format, semantic)) return null;
    const zeroExponent = accumulation.zeroTerms === 'operand-floor' ? OPERAND_FLOOR : UNCOUNTED;
    return grouped(library, operand, side, semantic, stepK / GROUP, { zeroExponent, factors: [1, 1] });
  },
  sums(library, { semantic, a, b, rows, cols, engine, leastTier = 0 }) {
    const { accumulation } = semantic;
    const register = fp32Register(semantic, 'toward-zero');
    if (register === null || accumulation.kind !== 'fused' || accumulation.fractionBits > 38) return null;
    const unit = elementUnit(a, semantic.operands) + elementUnit(b, semantic.operands);
    const scaleBits = [a, b].map((format) => (hasBlockScales(format) ? format.scale.fractionBits : 0));
    const options = {
      fractionBits: accumulation.fractionBits,
      floor: accumulation.exponentFloor,
      zeroAddend: accumulation.zeroTerms === 'operand-floor' ? OPERAND_FLOOR : UNCOUNTED,
      below: scaleBits[0]! + scaleBits[1]! - unit,
      unit,
      leastTier,
    };
    return library.NativeSums.fused(options, rows, cols, register.nanBits, engine);
  },
};

/** What the kernels are told of scales beside their values. */
interface GroupView {
  readonly zeroExponent: number;
  readonly factors: readonly number[];
  /** Whether a group's exponent is its element choice instead of its scale's exponent. */
  readonly choices?: boolean;
}

function grouped(
  library: NativeLibrary,
  { format, codes, scales, rows, depth }: TileOperand,
  side: 'a' | 'b',
  semantic: DotSemantic,
  groupsPerStep: number,
  view: GroupView,
): NativeOperand | null {
  if (depth % (groupsPerStep * GROUP) !== 0) return null;
  const reading = groupReading({ format }, semantic, groupsPerStep, view);
  if (view.choices) {
    const exponents = reading.exponents.map((_, byte) => ((byte & reading.selector) === 0 ? 0 : 1));
    return library.NativeOperand.groups(side === 'b', codes as Uint8Array, scales, rows, depth, {
      ...reading,
      exponents,
    });
  }
  return library.NativeOperand.groups(side === 'b', codes as Uint8Array, scales, rows, depth, reading);
}

/** Registers are i64, whose lowest value stands for NaN; no sum of a register of 64 bits takes it. */
const REGISTER_BITS = 64;

const PLAIN_VIEW: GroupView = { zeroExponent: UNCOUNTED, factors: [1, 1] };

/** Elements beyond the byte kernels, as integers of their last place; null if they do not fit. */
function blocks(
  library: NativeLibrary,
  { format, codes, scales, rows, depth }: TileOperand,
  side: 'a' | 'b',
  semantic: DotSemantic,
): NativeOperand | null {
  const block = blockOf(format);
  if (!isBlocked(format, semantic) || depth % block !== 0) return null;
  const unit = 2 ** elementUnit(format, semantic.operands);
  const values = valueTable(elementOf(format, 0));
  const scaleValues = hasBlockScales(format) ? valueTable(format.scale) : Float64Array.of(1);
  const elements = new Int32Array(codes.length);
  const perBlock = new Float64Array(codes.length / block).map(
    (_, i) => scaleValues[(scales[i] ?? 0) & (scaleValues.length - 1)]!,
  );
  codes.forEach((code, i) => {
    const value = values[code & (values.length - 1)]!;
    if (Number.isNaN(value)) perBlock[Math.floor(i / block)] = Number.NaN;
    else elements[i] = value / unit;
  });
  return library.NativeOperand.blocks(side === 'b', elements, perBlock, rows, depth, block);
}

/** Elements of an exact block sum. */
function blockOf(format: OperandFormat): number {
  return hasBlockScales(format) ? format.blockSize : GROUP;
}

/** Whether block sums of a format's elements are exact in 53 bits, with nothing infinite in them. */
function isBlocked(format: OperandFormat, semantic: DotSemantic): boolean {
  const choices = choicesOf(format, semantic.operands);
  const values = valueTable(choices[0]!);
  if (choices.length > 1 || widthOf(choices[0]!) > 8) return false;
  const finite = values.filter((value) => !Number.isNaN(value));
  const largest = Math.max(...finite.map(Math.abs)) / 2 ** elementUnit(format, semantic.operands);
  return blockOf(format) * largest ** 2 < 2 ** 53 && largest < 2 ** 24;
}

/** Whether the byte kernels take a format for one addition a block. */
function isBlockGroup(format: OperandFormat, semantic: DotSemantic): boolean {
  return blockOf(format) === GROUP && isGrouped(format, semantic) && hasModestScales(format);
}

export const perBlock: NativeFamily = {
  prepare(library, operand, side, semantic) {
    const { accumulation } = semantic;
    if (accumulation.kind !== 'per-block') return null;
    const corrected = accumulation.correction === 'fp32';
    if (isBlockGroup(operand.format, semantic))
      return grouped(library, operand, side, semantic, 1, { ...PLAIN_VIEW, choices: corrected });
    return corrected ? null : blocks(library, operand, side, semantic);
  },
  sums(library, setup) {
    const { semantic, a, b, rows, cols, engine } = setup;
    const register = fp32Register(semantic, 'nearest-even');
    const { accumulation } = semantic;
    const alike = isBlockGroup(a, semantic) === isBlockGroup(b, semantic) && blockOf(a) === blockOf(b);
    if (register === null || !alike || accumulation.kind !== 'per-block') return null;
    const corrections = accumulation.correction === 'none' ? undefined : corrections32(setup);
    if (corrections === null) return null;
    const unit = elementUnit(a, semantic.operands) + elementUnit(b, semantic.operands);
    return library.NativeSums.perBlock(unit, rows, cols, register.nanBits, engine, corrections);
  },
};

/** Corrections by the number of second choices; null if the gains do not follow that scheme. */
export function corrections32(setup: NativeSetup): Float32Array | null {
  const corrections = gainCorrections(setup);
  return corrections === null ? null : Float32Array.from(corrections);
}

/** Gains of a format's choices as integers over their common denominator. */
function gainFactors(
  format: OperandFormat,
  semantic: DotSemantic,
): { factors: number[]; denominator: number } {
  const gains =
    format.kind === 'block'
      ? format.choices.slice(0, choicesOf(format, semantic.operands).length).map(({ gain }) => gain)
      : [Rational.rational(1n)];
  const denominator = gains.reduce((product, gain) => product * Number(gain.denominator), 1);
  const factors = gains.map((gain) => (Number(gain.numerator) * denominator) / Number(gain.denominator));
  return { factors: [...factors, 1], denominator };
}

/** Whether the byte kernels take a format for exact sums. */
function isExactGroup(format: OperandFormat, semantic: DotSemantic): boolean {
  const { factors } = gainFactors(format, semantic);
  return isGrouped(format, semantic) && hasModestScales(format) && factors.every((factor) => factor <= 16);
}

export const exact: NativeFamily = {
  prepare(library, operand, side, semantic) {
    const { format } = operand;
    if (semantic.accumulation.kind !== 'exact') return null;
    if (!isExactGroup(format, semantic)) return blocks(library, operand, side, semantic);
    const { factors } = gainFactors(format, semantic);
    return grouped(library, operand, side, semantic, 1, { ...PLAIN_VIEW, factors });
  },
  sums(library, { semantic, a, b, rows, cols, engine }) {
    const register = fp32Register(semantic, 'nearest-even');
    const { accumulation } = semantic;
    const groups = [a, b].map((format) => isExactGroup(format, semantic));
    const alike = groups[0] === groups[1] && (groups[0] || blockOf(a) === blockOf(b));
    if (register === null || accumulation.kind !== 'exact' || !alike) return null;
    const bound = exactBound(semantic, a, b);
    // The library counts in 32 bits.
    const flush = Math.min(Math.floor(2 ** 53 / (Number(bound.largestProduct) * GROUP)), 2 ** 31);
    if (bound.registerBits > REGISTER_BITS || flush < 1) return null;
    const unit = elementUnit(a, semantic.operands) + elementUnit(b, semantic.operands);
    const denominator =
      accumulation.result === 'grid'
        ? 1
        : gainFactors(a, semantic).denominator * gainFactors(b, semantic).denominator;
    const options = { unit, lastPlace: bound.unitExponent, flush, denominator };
    return library.NativeSums.exact(options, rows, cols, register.nanBits, engine);
  },
  bound: ({ semantic, a, b }) => exactBound(semantic, a, b),
};

export const perChoice: NativeFamily = {
  prepare(library, operand, side, semantic) {
    const { format } = operand;
    if (semantic.accumulation.kind !== 'per-choice') return null;
    if (!isGrouped(format, semantic) || !hasModestScales(format)) return null;
    return grouped(library, operand, side, semantic, 1, { ...PLAIN_VIEW, choices: true });
  },
  sums(library, setup) {
    const { semantic, a, b, rows, cols, engine } = setup;
    const register = fp32Register(semantic, 'nearest-even');
    const corrections = corrections32(setup);
    const bound = exactBound(semantic, a, b);
    if (register === null || corrections === null || bound.registerBits > REGISTER_BITS) return null;
    const unit = elementUnit(a, semantic.operands) + elementUnit(b, semantic.operands);
    const place = bound.unitExponent;
    return library.NativeSums.perChoice(unit, place, corrections, rows, cols, register.nanBits, engine);
  },
  bound: ({ semantic, a, b }) => exactBound(semantic, a, b),
};
