/** Codes as the numbers they stand for: what people are shown beside the bits. */
import { hasBlockScales, type OperandFormat, valueOfResult } from '../../src/dot/index.js';
import { codecOf, SELECTOR_BIT } from '../../src/formats/index.js';
import { Rational } from '../../src/numerics/index.js';
import type { MacDesign, ResultPort } from './design.js';
import type { OperandSlice } from './drive.js';

/** An operand of one slice in numbers. Elements include the gain of their choice, but not their scale. */
export interface OperandValues {
  readonly elements: readonly number[];
  /** One a block; empty for elements without block scales. */
  readonly scales: readonly number[];
}

/** The numbers of one operand of a slice. Micro-exponents are left out. */
export function operandValues(format: OperandFormat, slice: OperandSlice): OperandValues {
  const codes = Array.from(slice.codes);
  if (!hasBlockScales(format)) {
    return { elements: codes.map((code) => elementValue(format, code, 0)), scales: [] };
  }
  const scaleCodes = Array.from(slice.scales);
  const elements = codes.map((code, i) => {
    const block = scaleCodes.length === 1 ? 0 : Math.floor(i / format.blockSize);
    return elementValue(format, code, scaleCodes[block] ?? 0);
  });
  return { elements, scales: scaleCodes.map((code) => scaleValue(format, code)) };
}

/** An element under the scale that chooses its format, times its gain. */
export function elementValue(format: OperandFormat, code: number, scaleCode: number): number {
  if (format.kind !== 'block') return codecOf(format).decode(code);
  const second = format.selector !== 'none' && (scaleCode & SELECTOR_BIT) !== 0;
  const { element, gain } = format.choices[second ? 1 : 0] ?? format.choices[0];
  return codecOf(element).decode(code) * Rational.toNumber(gain);
}

/** A scale code without its selector bit. */
export function scaleValue(format: OperandFormat, code: number): number {
  if (!hasBlockScales(format)) return Number.NaN;
  const { decode, width } = codecOf(format.scale);
  return decode(code & (2 ** width - 1));
}

/** A result port as a number (nearest double where the register is wider); NaN for null. */
export function resultValue(
  { semantic, resultFactor }: MacDesign,
  { kind, unitExponent }: ResultPort,
  value: bigint | null,
): number {
  if (value === null) return Number.NaN;
  const number = kind === 'bits' ? valueOfResult(semantic, Number(value)) : Number(value) * 2 ** unitExponent;
  return number * Rational.toNumber(resultFactor);
}
