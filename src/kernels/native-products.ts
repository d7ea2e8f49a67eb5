/** Families that look at every product: fused additions of products, AMD's two stages, lanes, integers. */
import {
  type DotSemantic,
  type FusedAccumulation,
  hasBlockScales,
  type OperandFormat,
} from '../dot/index.js';
import { minExponent, widthOf } from '../formats/index.js';
import type { TileOperand } from './kernels.js';
import { fp32Register, hasModestScales, type NativeFamily } from './native-family.js';
import { corrections32 } from './native-groups.js';
import type { NativeLibrary, NativeOperand } from './native-library.js';
import { choicesOf, elementUnit, GROUP, isGrouped, OPERAND_FLOOR, UNCOUNTED } from './native-tables.js';
import { elementOf, exponentTable, valueTable } from './typescript/coded-tile.js';

/** Whether products of two of the format's elements are far from the limits of FP32. */
function isNarrow(format: OperandFormat): boolean {
  if (format.kind !== 'float' || widthOf(format) > 16) return false;
  return format.fractionBits <= 11 && minExponent(format) >= -48 && format.exponentBits <= 5;
}

/** Whether the format's elements are significands of 12 bits with exponents, under scales that are powers of two. */
function hasParts(format: OperandFormat, semantic: DotSemantic): boolean {
  const element = elementOf(format, 0);
  if (element.kind !== 'float' || element.fractionBits > 11) return false;
  const single = choicesOf(format, semantic.operands).length === 1;
  return single && (!hasBlockScales(format) || format.scale.fractionBits === 0);
}

/** Elements of each pass; undefined if passes differ in length. */
function passLength({ passes }: FusedAccumulation): number | undefined {
  const { length } = passes[0]!;
  return passes.every((pass) => pass.length === length) ? length : undefined;
}

/** Codes in the order in which the kernels take them: `order` of every step. */
function reordered(codes: TileOperand['codes'], order: readonly number[], mask: number): Uint32Array {
  const out = new Uint32Array(codes.length);
  for (let from = 0; from < out.length; from += order.length) {
    for (let i = 0; i < order.length; i++) out[from + i] = codes[from + order[i]!]! & mask;
  }
  return out;
}

/** Significands and exponents of an operand, block scales taken in; `zero` is the exponent of a zero element. */
function parts(
  library: NativeLibrary,
  { format, codes, scales, rows, depth }: TileOperand,
  side: 'a' | 'b',
  order: readonly number[],
  zero: number,
): NativeOperand {
  const element = elementOf(format, 0);
  const [values, places] = [valueTable(element), exponentTable(element, zero)];
  const wanted = reordered(codes, order, values.length - 1);
  const significands = Float32Array.from(wanted, (code) => {
    const value = values[code]!;
    return value === 0 ? value : value / 2 ** places[code]!;
  });
  const exponents = Int16Array.from(wanted, (code) => places[code]!);
  if (hasBlockScales(format)) {
    // Blocks hold whole steps: what is reordered within a step stays under its scale.
    const [scaleValues, scalePlaces] = [valueTable(format.scale), exponentTable(format.scale, zero)];
    for (let i = 0; i < exponents.length; i++) {
      const code = scales[Math.floor(i / format.blockSize)]! & (scaleValues.length - 1);
      exponents[i] = exponents[i]! + scalePlaces[code]!;
      if (Number.isNaN(scaleValues[code])) significands[i] = Number.NaN;
    }
  }
  return library.NativeOperand.parts(side === 'b', significands, exponents, rows, depth);
}

/** A register that the product kernels round to; null for others. */
function productRegister({
  result,
}: DotSemantic): { half: boolean; fractionBits: number; nanBits: number } | null {
  if (result.kind !== 'float') return null;
  const half = result.format === 'fp16';
  const known = half
    ? result.rounding === 'nearest-even' && result.fractionBits === 10
    : result.rounding === 'toward-zero';
  return known ? { half, fractionBits: result.fractionBits, nanBits: result.nanBits } : null;
}

export const fusedProducts: NativeFamily = {
  prepare(library, operand, side, semantic) {
    const { accumulation } = semantic;
    const { format, codes, rows, depth } = operand;
    if (accumulation.kind !== 'fused' || accumulation.terms.kind !== 'products') return null;
    const zero = accumulation.zeroTerms === 'operand-floor' ? OPERAND_FLOOR : UNCOUNTED;
    const order = accumulation.passes.flat();
    if (order.length !== semantic.stepK || depth % order.length !== 0) return null;
    if (!isNarrow(format)) {
      const whole = !hasBlockScales(format) || format.blockSize % order.length === 0;
      return hasParts(format, semantic) && whole ? parts(library, operand, side, order, zero) : null;
    }
    const element = elementOf(format, 0);
    const values = Float32Array.from(valueTable(element));
    const exponents = Int16Array.from(exponentTable(element, zero));
    const wide = Uint16Array.from(reordered(codes, order, values.length - 1));
    const pass = passLength(accumulation) ?? order.length;
    // Padding is a zero that never counts, whatever the rule says of zeros.
    const wanted = { zero: UNCOUNTED, pass, words: pass % 2 === 0 };
    return library.NativeOperand.floats(side === 'b', wide, rows, depth, { values, exponents }, wanted);
  },
  sums(library, { semantic, a, b, rows, cols, stepK, engine }) {
    const { accumulation } = semantic;
    const register = productRegister(semantic);
    if (register === null || accumulation.kind !== 'fused' || isNarrow(a) !== isNarrow(b)) return null;
    const { passes, addend, fractionBits, exponentFloor, zeroTerms } = accumulation;
    const evenPasses = passLength(accumulation) !== undefined;
    const lastRounding = addend === 'first-pass' || register.half || register.fractionBits === 23;
    if (!evenPasses || !lastRounding || fractionBits > 27) return null;
    const options = {
      fractionBits,
      floor: exponentFloor,
      zeroAddend: zeroTerms === 'operand-floor' ? OPERAND_FLOOR : UNCOUNTED,
      resultBits: register.fractionBits,
      half: register.half,
      step: stepK,
      passes: passes.length,
      addendLast: addend === 'after-last-pass',
    };
    return library.NativeSums.products(options, rows, cols, register.nanBits, engine);
  },
};

export const twoStage: NativeFamily = {
  prepare(library, operand, side, semantic) {
    const { accumulation } = semantic;
    const { format, depth } = operand;
    if (accumulation.kind !== 'two-stage' || accumulation.alignment !== 'toward-negative') return null;
    const { groupSize } = accumulation;
    if (!hasParts(format, semantic) || hasBlockScales(format) || depth % groupSize !== 0) return null;
    const positions = Array.from({ length: groupSize }, (_, i) => i);
    const order = [0, 1].flatMap((parity) => positions.filter((i) => i % 2 === parity));
    return parts(library, operand, side, order, UNCOUNTED);
  },
  sums(library, { semantic, rows, cols, engine }) {
    const { accumulation } = semantic;
    const register = fp32Register(semantic, 'nearest-even');
    if (accumulation.kind !== 'two-stage' || register === null) return null;
    const options = {
      group: accumulation.groupSize,
      fractionBits: accumulation.fractionBits,
      sumBits: accumulation.sumFractionBits,
      addendBits: accumulation.addendFractionBits,
      addendReach: accumulation.addendReach,
    };
    return library.NativeSums.twoStage(options, rows, cols, register.nanBits, engine);
  },
};

export const lanes: NativeFamily = {
  prepare(library, operand, _side, semantic) {
    const { accumulation, operands } = semantic;
    const { format, codes, scales, rows, depth } = operand;
    if (accumulation.kind !== 'lanes' || accumulation.lanes !== GROUP || !isGrouped(format, semantic))
      return null;
    if (!hasBlockScales(format) || !hasModestScales(format)) return null;
    const choices = choicesOf(format, operands);
    const tables = choices.map(valueTable);
    const scaleValues = valueTable(format.scale);
    const largest = Math.max(...scaleValues.filter((x) => !Number.isNaN(x)));
    const groups = codes.length / GROUP;
    const [elements, perGroup] = [new Float32Array(codes.length), new Float32Array(groups)];
    const chosen = new Uint8Array(groups);
    for (let group = 0; group < groups; group++) {
      const byte = scales[Math.floor((group * GROUP) / format.blockSize)]!;
      const read = scaleValues[byte & (scaleValues.length - 1)]!;
      perGroup[group] = Number.isNaN(read) && operands.nanScale === 'largest-finite' ? largest : read;
      chosen[group] = choices.length > 1 && byte >= 0x80 ? 1 : 0;
      const table = tables[chosen[group]!]!;
      for (let i = group * GROUP; i < (group + 1) * GROUP; i++)
        elements[i] = table[codes[i]! & (table.length - 1)]!;
    }
    return library.NativeOperand.lanes(elements, perGroup, chosen, rows, depth);
  },
  sums(library, setup) {
    const { semantic, a, b, rows, cols, engine } = setup;
    const register = fp32Register(semantic, 'nearest-even');
    const { accumulation } = semantic;
    const corrections = corrections32(setup);
    if (register === null || accumulation.kind !== 'lanes' || corrections === null) return null;
    // Products of both elements and both scales must be exact, and no sum subnormal.
    const unit = elementUnit(a, semantic.operands) + elementUnit(b, semantic.operands);
    const loaded = accumulation.firstProduct === 'loaded';
    if (unit < -20) return null;
    return library.NativeSums.lanes(loaded, corrections, rows, cols, register.nanBits, engine);
  },
};

export const integers: NativeFamily = {
  prepare(library, { format, codes, rows, depth }, side, semantic) {
    const element = elementOf(format, 0);
    if (semantic.accumulation.kind !== 'integer' || element.kind !== 'integer') return null;
    if (hasBlockScales(format) || widthOf(element) > 8 || depth % 2 !== 0) return null;
    const values = valueTable(element);
    const elements = Int8Array.from(codes, (code) => values[code & (values.length - 1)]!);
    return library.NativeOperand.integers(side === 'b', elements, rows, depth);
  },
  sums: (library, { rows, cols, engine }) => library.NativeSums.integers(rows, cols, engine),
};
