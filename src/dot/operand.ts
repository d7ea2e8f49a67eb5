/**
 * Operands as the oracle reads them: every code of an element or scale format unpacked to an integer significand and
 * an exponent, and the check that a semantic takes a pair of operand formats.
 */
import { type BlockFormat, codecOf, type ElementFormat, minExponent, widthOf } from '../formats/index.js';
import { ConfigurationError, Rational, type RationalValue } from '../numerics/index.js';
import type { DotSemantic, DotWarning, OperandFormat } from './semantic.js';

/** Widest element that is unpacked into a table: 2^19 codes (TF32). */
const MAX_TABLE_BITS = 19;

export const FINITE = 0;
export const INFINITE = 1;
export const NOT_A_NUMBER = 2;

/**
 * All codes of a format. value = significand × 2^(exponent − fractionBits). The exponent is that of the code's
 * exponent field: subnormals have the format's lowest exponent and are not normalised, and so has zero.
 */
export interface UnpackedTable {
  readonly fractionBits: number;
  /** Lowest exponent: that of zero and of the subnormals. */
  readonly minExponent: number;
  /** Signed. ±1 for infinities, 0 for NaN. */
  readonly significand: Float64Array;
  readonly exponent: Int16Array;
  /** FINITE, INFINITE or NOT_A_NUMBER. */
  readonly kind: Uint8Array;
  /** 1 where the code's sign is minus; tells −0 from 0. */
  readonly negative: Uint8Array;
  /** The code's value as a multiple of 2^(minExponent − fractionBits): exact, for finite codes. */
  readonly fixedPoint: Float64Array;
  /** Bits of a code; what lies above is not looked at. */
  readonly mask: number;
}

const tables = new WeakMap<ElementFormat, UnpackedTable>();

/** The table of a format; built once per record. */
export function unpackedTableOf(format: ElementFormat): UnpackedTable {
  let table = tables.get(format);
  if (table === undefined) {
    table = unpack(format);
    tables.set(format, table);
  }
  return table;
}

function unpack(format: ElementFormat): UnpackedTable {
  const width = widthOf(format);
  if (width > MAX_TABLE_BITS) {
    throw new ConfigurationError(
      `${format.name} elements are ${width} bits wide; dot products take elements of up to ${MAX_TABLE_BITS} bits`,
    );
  }
  const codec = codecOf(format);
  const count = 2 ** width;
  const lowest = format.kind === 'float' ? minExponent(format) : 0;
  const table = {
    fractionBits: format.fractionBits,
    minExponent: lowest,
    significand: new Float64Array(count),
    exponent: new Int16Array(count),
    kind: new Uint8Array(count),
    negative: new Uint8Array(count),
    fixedPoint: new Float64Array(count),
    mask: count - 1,
  };
  for (let code = 0; code < count; code++) {
    const value = codec.decode(code);
    table.negative[code] = value < 0 || Object.is(value, -0) ? 1 : 0;
    table.exponent[code] = exponentOfCode(format, code);
    if (Number.isFinite(value)) {
      table.significand[code] = value * 2 ** (format.fractionBits - table.exponent[code]!);
      table.fixedPoint[code] = value * 2 ** (format.fractionBits - lowest);
    } else {
      table.kind[code] = Number.isNaN(value) ? NOT_A_NUMBER : INFINITE;
      table.significand[code] = Number.isNaN(value) ? 0 : Math.sign(value);
    }
  }
  return table;
}

/** Exponent of a code by its exponent field alone. */
function exponentOfCode(format: ElementFormat, code: number): number {
  if (format.kind === 'integer') return 0;
  const field = (code >>> format.fractionBits) & (2 ** format.exponentBits - 1);
  return (field === 0 && format.subnormals ? 1 : field) - format.bias;
}

/** The scale of operands without scales: whatever the byte, 1. */
const UNIT_SCALE: UnpackedTable = {
  fractionBits: 0,
  minExponent: 0,
  significand: Float64Array.of(1),
  exponent: Int16Array.of(0),
  kind: Uint8Array.of(FINITE),
  negative: Uint8Array.of(0),
  fixedPoint: Float64Array.of(1),
  mask: 0,
};
const UNBOUNDED = 2 ** 48;

/** One operand side, unpacked: its element choices with their gains, and its scales. */
export interface UnpackedOperand {
  readonly format: OperandFormat;
  readonly choices: readonly { readonly element: UnpackedTable; readonly gain: RationalValue }[];
  /** For bare elements, a table whose only entry is 1. */
  readonly scale: UnpackedTable;
  /** Elements that share a scale; more than any K for bare elements. */
  readonly blockSize: number;
  /** Bit of the scale byte that picks choice 1; 0 if the byte is not asked. */
  readonly selectorBit: number;
  /** The scale code that is read in place of a NaN scale, or −1 when NaN stays NaN. */
  readonly nanScaleCode: number;
}

/** Whether blocks carry scale bytes: not for bare elements, nor for formats whose scale has no bits. */
export function hasBlockScales(format: OperandFormat): format is BlockFormat {
  return format.kind === 'block' && widthOf(format.scale) > 0;
}

/** The element format of bare elements, or the first choice of a block. */
function firstElement(format: OperandFormat): ElementFormat {
  return format.kind === 'block' ? format.choices[0].element : format;
}

/** `format` as `semantic` reads it. Throws `ConfigurationError` if it does not take it. */
export function unpackOperand(semantic: DotSemantic, format: OperandFormat): UnpackedOperand {
  const selectorBit = readsSelector(semantic, format) ? 0x80 : 0;
  checkAccepted(semantic, format);
  if (!hasBlockScales(format)) {
    const choice = { element: unpackedTableOf(firstElement(format)), gain: Rational.rational(1n) };
    return {
      format,
      choices: [choice],
      scale: UNIT_SCALE,
      blockSize: UNBOUNDED,
      selectorBit,
      nanScaleCode: -1,
    };
  }
  const scale = unpackedTableOf(format.scale);
  const choices = (selectorBit === 0 ? format.choices.slice(0, 1) : format.choices).map((choice) => ({
    element: unpackedTableOf(choice.element),
    gain: choice.gain,
  }));
  const nanScaleCode = semantic.operands.nanScale === 'largest-finite' ? largestFinite(scale) : -1;
  return { format, choices, scale, blockSize: format.blockSize, selectorBit, nanScaleCode };
}

/** Warnings about a pair of operand formats that the semantic takes. */
export function warningsFor(semantic: DotSemantic, ...formats: readonly OperandFormat[]): DotWarning[] {
  const ignored = new Set(
    formats.filter((f) => f.kind === 'block' && f.selector !== 'none' && !readsSelector(semantic, f)),
  );
  return [...ignored].map((format) => ({
    code: 'selector-ignored',
    message:
      `${semantic.name} does not look at the sign bit of a scale, which chooses the element format in ` +
      `${format.name}: every block is read as ${(format as BlockFormat).choices[0].element.name}`,
    hint: 'semantics that read it: exact, exact49, three-accumulators, fp32-correct, published-mac',
  }));
}

function readsSelector(semantic: DotSemantic, format: OperandFormat): boolean {
  return semantic.operands.selector === 'read' && format.kind === 'block' && format.selector !== 'none';
}

function checkAccepted(semantic: DotSemantic, format: OperandFormat): void {
  const { elements, scales, blockSizes } = semantic.operands;
  const choices = format.kind === 'block' && readsSelector(semantic, format) ? format.choices : [];
  const read = [firstElement(format), ...choices.map((choice) => choice.element)].map(({ name }) => name);
  const refused = read.find((name) => elements !== 'any' && !elements.includes(name));
  if (refused !== undefined) refuse(semantic, format, `${refused} elements`, elements);
  const scale = hasBlockScales(format) ? format.scale.name : 'none';
  if (scales !== 'any' && !scales.includes(scale)) {
    refuse(semantic, format, scale === 'none' ? 'elements without block scales' : `${scale} scales`, scales);
  }
  if (hasBlockScales(format) && blockSizes !== 'any' && !blockSizes.includes(format.blockSize)) {
    refuse(semantic, format, `blocks of ${format.blockSize}`, blockSizes);
  }
  if (semantic.accumulation.kind === 'per-block' && semantic.accumulation.correction === 'none') {
    const gain = format.kind === 'block' ? format.choices[0].gain : Rational.rational(1n);
    if (gain.numerator !== gain.denominator) refuse(semantic, format, 'a gain other than 1', ['gain 1']);
  }
}

function refuse(
  semantic: DotSemantic,
  format: OperandFormat,
  what: string,
  taken: readonly (string | number)[] | 'any',
): never {
  throw new ConfigurationError(
    `dot semantic "${semantic.name}" does not take ${what} (operand ${format.name})`,
    `it takes: ${typeof taken === 'string' ? taken : taken.join(', ')}`,
  );
}

function largestFinite(table: UnpackedTable): number {
  let code = table.mask;
  while (table.kind[code] !== FINITE) code--;
  return code;
}

/**
 * Elements of one step: the semantic's, or one block of the operands (the larger block if they differ; one divides
 * the other), or 16 for two bare operands.
 */
export function stepOf(semantic: DotSemantic, a: OperandFormat, b: OperandFormat): number {
  const sizes = [a, b].map((format) => (hasBlockScales(format) ? format.blockSize : 1));
  const block = Math.max(...sizes);
  const step = semantic.stepK === 'block' ? (block === 1 ? 16 : block) : semantic.stepK;
  const misfit = sizes.find((size) => step % size !== 0);
  if (misfit !== undefined) {
    throw new ConfigurationError(
      `blocks of ${misfit} do not divide the ${step} elements of a step of "${semantic.name}"`,
    );
  }
  return step;
}
