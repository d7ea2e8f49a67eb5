/** Formats as the tables that the native library reads operands by. */
import { type DotSemantic, hasBlockScales, type OperandFormat, type OperandRule } from '../dot/index.js';
import { type ElementFormat, widthOf } from '../formats/index.js';
import type { TileOperand } from './kernels.js';
import type { GroupReading } from './native-library.js';
import { elementOf, exponentTable, unitExponentOf, valueTable } from './typescript/coded-tile.js';

/** Elements in a group of the library. */
export const GROUP = 16;
/** Largest integer element of a group (the byte kernels count on it). */
const LARGEST_ELEMENT = 16;
/** Exponent of scales that do not count (`UNCOUNTED` of native/src/groups.rs). */
export const UNCOUNTED = -20_000;
/** Exponent of a zero operand under the rule `operand-floor`. */
export const OPERAND_FLOOR = -126;
const SELECTOR_BIT = 0x80;

/** What a semantic wants to see of scales: the exponent of a zero scale, and factors of the choices' gains. */
export interface ScaleView {
  readonly zeroExponent: number;
  /** What a scale is multiplied by, per element choice; integers. */
  readonly factors: readonly number[];
}

/** The element formats that a semantic reads in a format: the second only with a selector. */
export function choicesOf(
  format: OperandFormat,
  { selector }: Pick<OperandRule, 'selector'>,
): ElementFormat[] {
  const both = selector === 'read' && format.kind === 'block' && format.selector !== 'none';
  return both ? format.choices.map(({ element }) => element) : [elementOf(format, 0)];
}

/** Last place of the products' one factor: common to all choices. */
export function elementUnit(format: OperandFormat, rule: Pick<OperandRule, 'selector'>): number {
  return Math.min(...choicesOf(format, rule).map(unitExponentOf));
}

/** Whether a format's elements are small integers on a common grid, in blocks that hold whole groups. */
export function isGrouped(format: OperandFormat, semantic: DotSemantic): boolean {
  const choices = choicesOf(format, semantic.operands);
  if (choices.some((element) => widthOf(element) > 8) || choices.length > 2) return false;
  if (hasBlockScales(format) && (format.blockSize % GROUP !== 0 || widthOf(format.scale) > 8)) return false;
  const grid = 2 ** elementUnit(format, semantic.operands);
  return choices.every((element) =>
    valueTable(element).every((value) => Math.abs(value) <= LARGEST_ELEMENT * grid),
  );
}

/** Tables that were made, by what they are of: an operand that is prepared tile by tile needs the same again and again. */
const READINGS = new WeakMap<DotSemantic, WeakMap<OperandFormat, Map<string, GroupReading>>>();

/** Tables for `GroupReading`, not to be changed; the format satisfies `isGrouped`. */
export function groupReading(
  { format }: Pick<TileOperand, 'format'>,
  semantic: DotSemantic,
  groupsPerStep: number,
  view: ScaleView,
): GroupReading {
  const ofSemantic = READINGS.get(semantic) ?? new WeakMap<OperandFormat, Map<string, GroupReading>>();
  READINGS.set(semantic, ofSemantic);
  const ofFormat = ofSemantic.get(format) ?? new Map<string, GroupReading>();
  ofSemantic.set(format, ofFormat);
  const key = `${groupsPerStep} ${view.zeroExponent} ${view.factors}`;
  const reading = ofFormat.get(key) ?? makeReading(format, semantic, groupsPerStep, view);
  ofFormat.set(key, reading);
  return reading;
}

function makeReading(
  format: OperandFormat,
  semantic: DotSemantic,
  groupsPerStep: number,
  view: ScaleView,
): GroupReading {
  const choices = choicesOf(format, semantic.operands);
  const grid = 2 ** elementUnit(format, semantic.operands);
  const elements = new Int8Array(512);
  choices.forEach((element, choice) => {
    const values = valueTable(element);
    for (let code = 0; code < 256; code++) {
      elements[choice * 256 + code] = values[code & (values.length - 1)]! / grid;
    }
  });
  const selector = choices.length > 1 ? SELECTOR_BIT : 0;
  const block = hasBlockScales(format) ? format.blockSize : 0;
  return { elements, selector, ...scaleTables(format, selector, view), block, groupsPerStep };
}

function scaleTables(format: OperandFormat, selector: number, { zeroExponent, factors }: ScaleView) {
  const values = new Float32Array(256).fill(1);
  const exponents = new Int16Array(256);
  if (!hasBlockScales(format)) return { values, exponents };
  const [scales, places] = [valueTable(format.scale), exponentTable(format.scale, zeroExponent)];
  for (let byte = 0; byte < 256; byte++) {
    const code = byte & (scales.length - 1);
    const factor = factors[(byte & selector) === 0 ? 0 : 1]!;
    values[byte] = scales[code]! * factor;
    exponents[byte] = places[code]!;
  }
  return { values, exponents };
}
