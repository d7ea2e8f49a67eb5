/**
 * Which semantics the native library computes, and with which rule in numbers. A family answers null for what it does
 * not cover; another engine then does it.
 */
import {
  type Accumulation,
  type DotSemantic,
  type ExactBound,
  exactBound,
  type FusedAccumulation,
  hasBlockScales,
  type OperandFormat,
} from '../dot/index.js';
import { minExponent, widthOf } from '../formats/index.js';
import { Rational } from '../numerics/index.js';
import type { TileOperand } from './kernels.js';
import type { NativeLibrary, NativeOperand, NativeSums } from './native-library.js';
import {
  choicesOf,
  elementUnit,
  GROUP,
  groupReading,
  isGrouped,
  OPERAND_FLOOR,
  UNCOUNTED,
} from './native-tables.js';
import { exponentTable, unitExponentOf, valueTable } from './typescript/coded-tile.js';

export interface NativeSetup {
  readonly semantic: DotSemantic;
  readonly a: OperandFormat;
  readonly b: OperandFormat;
  readonly rows: number;
  readonly cols: number;
  readonly stepK: number;
  /** Instruction set to use instead of the fastest, for tests and benchmarks. */
  readonly engine?: string | undefined;
  /** 1: no tier faster than double; 2: always the slowest. For tests and benchmarks. */
  readonly leastTier?: number | undefined;
}

export interface NativeFamily {
  /** Null if this side cannot be prepared for the semantic. */
  prepare(
    library: NativeLibrary,
    operand: TileOperand,
    side: 'a' | 'b',
    semantic: DotSemantic,
  ): NativeOperand | null;
  /** Null if the pair is not covered. Both sides must be ones that `prepare` takes. */
  sums(library: NativeLibrary, setup: NativeSetup): NativeSums | null;
  /** The register that sums of a chain of steps must not leave. */
  bound?(setup: NativeSetup): ExactBound;
}

/** The register of the native kernels: FP32; null for others. */
function fp32Register(
  { result }: DotSemantic,
  rounding: 'toward-zero' | 'nearest-even',
): { nanBits: number } | null {
  if (result.kind !== 'float' || result.format !== 'fp32') return null;
  return result.rounding === rounding ? result : null;
}

/** Fraction bits and exponents of a side's scales small enough that products of two scales are exact in FP32. */
function hasModestScales(format: OperandFormat): boolean {
  if (!hasBlockScales(format)) return true;
  const { scale } = format;
  return scale.fractionBits <= 5 && minExponent(scale) >= -40 && scale.exponentBits <= 6;
}

const fusedGroups: NativeFamily = {
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

function grouped(
  library: NativeLibrary,
  operand: TileOperand,
  side: 'a' | 'b',
  semantic: DotSemantic,
  groupsPerStep: number,
  view: { zeroExponent: number; factors: readonly number[] },
): NativeOperand | null {
  const { codes, scales, rows, depth } = operand;
  if (depth % (groupsPerStep * GROUP) !== 0) return null;
  const reading = groupReading(operand, semantic, groupsPerStep, view);
  return library.NativeOperand.groups(side === 'b', codes as Uint8Array, scales, rows, depth, reading);
}

const perBlock: NativeFamily = {
  prepare(library, operand, side, semantic) {
    const { accumulation } = semantic;
    const { format } = operand;
    const blockFits = !hasBlockScales(format) || format.blockSize === GROUP;
    if (accumulation.kind !== 'per-block' || accumulation.correction !== 'none' || !blockFits) return null;
    if (!isGrouped(format, semantic) || !hasModestScales(format)) return null;
    return grouped(library, operand, side, semantic, 1, { zeroExponent: UNCOUNTED, factors: [1, 1] });
  },
  sums(library, { semantic, a, b, rows, cols, engine }) {
    const register = fp32Register(semantic, 'nearest-even');
    if (register === null) return null;
    const unit = elementUnit(a, semantic.operands) + elementUnit(b, semantic.operands);
    return library.NativeSums.perBlock(unit, rows, cols, register.nanBits, engine);
  },
};

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

const exact: NativeFamily = {
  prepare(library, operand, side, semantic) {
    const { format } = operand;
    if (semantic.accumulation.kind !== 'exact' || !isGrouped(format, semantic)) return null;
    const { factors } = gainFactors(format, semantic);
    if (!hasModestScales(format) || factors.some((factor) => factor > 16)) return null;
    return grouped(library, operand, side, semantic, 1, { zeroExponent: UNCOUNTED, factors });
  },
  sums(library, { semantic, a, b, rows, cols, engine }) {
    const register = fp32Register(semantic, 'nearest-even');
    const { accumulation } = semantic;
    if (register === null || accumulation.kind !== 'exact') return null;
    const bound = exactBound(semantic, a, b);
    // The library counts in 32 bits.
    const flush = Math.min(Math.floor(2 ** 53 / (Number(bound.largestProduct) * GROUP)), 2 ** 31);
    if (bound.registerBits > 62 || flush < 1) return null;
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

/** Whether single products of the format are what native/src/products.rs expects. */
function isProductElement(format: OperandFormat): boolean {
  if (format.kind !== 'float' || widthOf(format) > 16) return false;
  return format.fractionBits <= 11 && minExponent(format) >= -48 && format.exponentBits <= 5;
}

/** Elements of each pass; undefined if passes differ in length. */
function passLength({ passes }: FusedAccumulation): number | undefined {
  const { length } = passes[0]!;
  return passes.every((pass) => pass.length === length) ? length : undefined;
}

const fusedProducts: NativeFamily = {
  prepare(library, operand, side, semantic) {
    const { accumulation } = semantic;
    const { format, codes, rows, depth } = operand;
    if (accumulation.kind !== 'fused' || accumulation.terms.kind !== 'products') return null;
    if (!isProductElement(format) || format.kind !== 'float') return null;
    const zero = accumulation.zeroTerms === 'operand-floor' ? OPERAND_FLOOR : UNCOUNTED;
    const values = Float32Array.from(valueTable(format));
    const exponents = Int16Array.from(exponentTable(format, zero));
    const mask = values.length - 1;
    const wide = new Uint16Array(codes.length);
    const order = accumulation.passes.flat();
    const step = order.length;
    if (step !== semantic.stepK || depth % step !== 0) return null;
    for (let from = 0; from < wide.length; from += step) {
      for (let i = 0; i < step; i++) wide[from + i] = codes[from + order[i]!]! & mask;
    }
    const pass = passLength(accumulation) ?? step;
    // Padding is a zero that never counts, whatever the rule says of zeros.
    const wanted = { zero: UNCOUNTED, pass, words: pass % 2 === 0 };
    return library.NativeOperand.floats(side === 'b', wide, rows, depth, { values, exponents }, wanted);
  },
  sums(library, { semantic, rows, cols, stepK, engine }) {
    const { accumulation, result } = semantic;
    const register = fp32Register(semantic, 'toward-zero');
    if (register === null || accumulation.kind !== 'fused' || result.kind !== 'float') return null;
    const { passes, addend, fractionBits, exponentFloor, zeroTerms } = accumulation;
    const evenPasses = passLength(accumulation) !== undefined;
    const lastRounding = addend === 'first-pass' || result.fractionBits === 23;
    if (!evenPasses || !lastRounding || fractionBits > 27) return null;
    const options = {
      fractionBits,
      floor: exponentFloor,
      zeroAddend: zeroTerms === 'operand-floor' ? OPERAND_FLOOR : UNCOUNTED,
      resultBits: result.fractionBits,
      step: stepK,
      passes: passes.length,
      addendLast: addend === 'after-last-pass',
    };
    return library.NativeSums.products(options, rows, cols, register.nanBits, engine);
  },
};

const lanes: NativeFamily = {
  prepare(library, operand, _side, semantic) {
    const { accumulation } = semantic;
    const { format, codes, scales, rows, depth } = operand;
    if (accumulation.kind !== 'lanes' || accumulation.lanes !== GROUP || !isGrouped(format, semantic))
      return null;
    const single = choicesOf(format, semantic.operands).length === 1;
    if (!single || !hasBlockScales(format) || !hasModestScales(format)) return null;
    const elements = valueTable(format.choices[0].element);
    const scaleValues = valueTable(format.scale);
    const largest = Math.max(...scaleValues.filter((x) => !Number.isNaN(x)));
    const nan = semantic.operands.nanScale === 'largest-finite' ? largest : Number.NaN;
    const values = new Float32Array(rows * depth);
    for (let block = 0; block < scales.length; block++) {
      const read = scaleValues[scales[block]! & (scaleValues.length - 1)]!;
      const scale = Number.isNaN(read) ? nan : read;
      const end = (block + 1) * format.blockSize;
      for (let i = end - format.blockSize; i < end; i++)
        values[i] = elements[codes[i]! & (elements.length - 1)]! * scale;
    }
    return library.NativeOperand.values(values, rows, depth);
  },
  sums(library, { semantic, a, b, rows, cols, engine }) {
    const register = fp32Register(semantic, 'nearest-even');
    const { accumulation } = semantic;
    if (register === null || accumulation.kind !== 'lanes') return null;
    // Products of both elements and both scales must be exact, and no sum subnormal.
    const unit = [a, b].reduce(
      (sum, format) => sum + unitExponentOf(choicesOf(format, semantic.operands)[0]!),
      0,
    );
    return unit < -20
      ? null
      : library.NativeSums.lanes(
          accumulation.firstProduct === 'loaded',
          rows,
          cols,
          register.nanBits,
          engine,
        );
  },
};

/** Nothing is covered. */
const none: NativeFamily = { prepare: () => null, sums: () => null };

const FAMILIES: Record<Exclude<Accumulation['kind'], 'fused'>, NativeFamily> = {
  exact,
  'per-block': perBlock,
  lanes,
  integer: none,
  'per-choice': none,
  'two-stage': none,
};
const FUSED = { groups: fusedGroups, products: fusedProducts } as const;

export function nativeFamily({ accumulation }: DotSemantic): NativeFamily {
  return accumulation.kind === 'fused' ? FUSED[accumulation.terms.kind] : FAMILIES[accumulation.kind];
}
