/**
 * Operands rewritten for the oracle: formats that the dot oracle does not read by itself (micro-exponents), or reads
 * in another way than a design does (gains multiplied out), become plain blocks of integers with the same value.
 * Written from the format records and their codecs alone, so that it can witness for the decoders of the hardware.
 */
import {
  type BlockFormat,
  codecOf,
  type IntegerFormat,
  plainChoice,
  SELECTOR_BIT,
} from '../../src/formats/index.js';
import type { OperandSlice } from './drive.js';

/** Every element of a block format as an integer × 2^unitExponent / denominator. */
export interface IntegerTable {
  readonly unitExponent: number;
  /** Common denominator of the choices' gains. */
  readonly denominator: number;
  /** Integer of each code, per choice. */
  readonly values: readonly Float64Array[];
}

/** A block format as plain integers under the same scale, and how its slices are rewritten. */
export interface Recoding {
  readonly format: BlockFormat;
  /** Codes of the integer format. */
  recode(slice: OperandSlice): number[];
}

/** The integers of a format: value × gain × denominator in units of its finest step. */
export function integerTable({ choices }: BlockFormat): IntegerTable {
  const denominator = choices.reduce(
    (d, { gain }) => (d * Number(gain.denominator)) / gcd(d, Number(gain.denominator)),
    1,
  );
  const rows = choices.map(({ element, gain }) => {
    const { decode, width } = codecOf(element);
    const factor = (denominator * Number(gain.numerator)) / Number(gain.denominator);
    return Float64Array.from({ length: 2 ** width }, (_, code) => decode(code) * factor);
  });
  const all = rows.flatMap((row) => [...row]);
  let unitExponent = 0;
  while (all.some((x) => !Number.isInteger(x * 2 ** -unitExponent))) unitExponent--;
  const values = rows.map((row) => row.map((x) => x * 2 ** -unitExponent + 0));
  return { unitExponent, denominator, values };
}

/** The recoding of a format, micro-exponents included. Slices of `lanes` elements. */
export function recodingOf(format: BlockFormat, lanes: number): Recoding {
  const table = integerTable(format);
  const groups = format.microGroups ?? [];
  const largest = table.values.reduce((max, row) => row.reduce((m, x) => Math.max(m, Math.abs(x)), max), 0);
  const magnitudeBits = Math.floor(Math.log2(largest)) + 1 + groups.length;
  const element: IntegerFormat = {
    kind: 'integer',
    name: `${format.name}-integers`,
    bits: magnitudeBits + 1,
    representation: 'sign-magnitude',
    fractionBits: -table.unitExponent,
    maxMagnitude: 2 ** magnitudeBits - 1,
    source: format.source,
  };
  const { microGroups: _, ...plain } = format;
  const blocks: BlockFormat = {
    ...plain,
    name: `${format.name}-integers`,
    choices: [plainChoice(element)],
    selector: 'none',
  };
  const signBit = 2 ** magnitudeBits;
  return {
    format: blocks,
    recode: ({ codes, scales, micro = [] }) =>
      Array.from({ length: lanes }, (_, i) => {
        const value =
          integerAt(format, table, codes, scales, i) * 2 ** microExponentAt(groups, micro, lanes, i);
        return value < 0 ? signBit - value : value;
      }),
  };
}

/** The integer of element i of a slice, micro-exponents left out. */
export function integerAt(
  format: BlockFormat,
  table: IntegerTable,
  codes: ArrayLike<number>,
  scales: ArrayLike<number>,
  i: number,
): number {
  const block = scales.length === 1 ? 0 : Math.floor(i / format.blockSize);
  const second = format.selector !== 'none' && (scales[block]! & SELECTOR_BIT) !== 0;
  return table.values[second ? 1 : 0]![codes[i]!]!;
}

/** Sum of the micro-exponent bits of element i. Bits stand level by level. */
export function microExponentAt(
  groups: readonly number[],
  micro: ArrayLike<number>,
  lanes: number,
  i: number,
): number {
  let [sum, start] = [0, 0];
  for (const size of groups) {
    sum += micro[start + Math.floor(i / size)]!;
    start += lanes / size;
  }
  return sum;
}

function gcd(x: number, y: number): number {
  return y === 0 ? x : gcd(y, x % y);
}
