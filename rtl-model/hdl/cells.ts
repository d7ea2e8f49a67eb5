/**
 * The word level: every interpretation of every kind of cell in one table. What a row holds: `cell-kinds.ts`.
 *
 * A kind of cell is one row of `CELLS`: its width rule, its value, its gates, its class for delay and area, and its
 * SystemVerilog text. Adding a kind means adding a row; the compiler asks for all five.
 */
import type { CellKind, CellRow, CellShape } from './cell-kinds.js';
import { addition, comparison, extension, reduction, sameWidths, shift, widthList } from './cell-widths.js';
import { addBits, equalBits, lessThanBits, multiplyBits, reduceBits, shiftBits } from './circuits.js';
import type { GateBuilder } from './gates.js';

type Operands = readonly bigint[];
type BitOperands = readonly (readonly number[])[];

const mask = (width: number) => (1n << BigInt(width)) - 1n;
const bitOf = (condition: boolean) => (condition ? 1n : 0n);
const signed = (value: bigint, width: number) => BigInt.asIntN(width, value);
function constantBits(value: bigint, width: number): number[] {
  const digits = value.toString(2);
  return Array.from({ length: width }, (_, i) => (digits[digits.length - 1 - i] === '1' ? 1 : 0));
}

/** A two-operand bitwise kind. */
function bitwise(
  summary: string,
  operator: string,
  value: (a: bigint, b: bigint) => bigint,
  gate: (gates: GateBuilder, a: number, b: number) => number,
): CellRow {
  return {
    summary,
    class: 'logic',
    complaint: sameWidths(2),
    evaluate: ([a, b]: Operands) => value(a!, b!),
    bitBlast: (gates, [a, b]: BitOperands) => a!.map((bit, i) => gate(gates, bit, b![i]!)),
    systemVerilog: ([a, b]) => `(${a} ${operator} ${b})`,
  };
}

function reducing(
  summary: string,
  operator: string,
  value: (a: bigint, width: number) => boolean,
  gate: (gates: GateBuilder, a: number, b: number) => number,
  empty: number,
): CellRow {
  return {
    summary,
    class: 'logic',
    complaint: reduction,
    evaluate: ([a]: Operands, shape) => bitOf(value(a!, shape.inputWidths[0]!)),
    bitBlast: (gates, [a]: BitOperands) => [reduceBits(a!, (x, y) => gate(gates, x, y), empty)],
    systemVerilog: ([a]) => `(${operator}${a})`,
  };
}

/** A shift by a word. Amounts of the operand's width or more leave only fill. */
function shifting(
  summary: string,
  direction: 'left' | 'right',
  value: (a: bigint, amount: bigint, width: number) => bigint,
  arithmetic: boolean,
): CellRow {
  const operator = direction === 'left' ? '<<' : '>>';
  return {
    summary,
    class: 'shifter',
    complaint: shift,
    evaluate: ([a, amount]: Operands, shape) => value(a!, amount!, shape.width),
    bitBlast: (gates, [a, amount]: BitOperands) =>
      shiftBits(gates, a!, amount!, direction, arithmetic ? a!.at(-1)! : gates.zero),
    systemVerilog: ([a, amount]) =>
      arithmetic ? `$unsigned($signed(${a}) >>> ${amount})` : `(${a} ${operator} ${amount})`,
  };
}

/** The one-bit carry in as a word of the sum's width. */
const carryText = (carry: string, width: number) => (width === 1 ? carry : `{${width - 1}'d0, ${carry}}`);
/** A constant zero as `constant` writes it. */
const ZERO_TEXT = /^\d+'[dh]0+$/;
const padded = (text: string, zeros: number) => (zeros === 0 ? text : `{${zeros}'d0, ${text}}`);

/** Operands side by side; equal neighbours as a replication. */
function concatText(operands: readonly string[]): string {
  const parts: { text: string; count: number }[] = [];
  for (const text of operands) {
    const last = parts.at(-1);
    if (last?.text === text) last.count++;
    else parts.push({ text, count: 1 });
  }
  const texts = parts.map(({ text, count }) => (count === 1 ? text : `{${count}{${text}}}`));
  return texts.length === 1 && parts[0]!.count > 1 ? texts[0]! : `{${texts.join(', ')}}`;
}

/** Amounts from the width on: the same result as the width itself. */
const clampShift = (amount: bigint, width: number) => (amount > BigInt(width) ? BigInt(width) : amount);

export const CELLS: Record<CellKind, CellRow> = {
  constant: {
    summary: 'a constant',
    class: 'wiring',
    complaint: ({ width, parameters: { value = -1n } }) =>
      value >= 0n && value <= mask(width) ? undefined : `constant ${value} in ${width} bits`,
    evaluate: (_, shape) => shape.parameters.value!,
    bitBlast: (_gates, _inputs, shape) => constantBits(shape.parameters.value!, shape.width),
    systemVerilog: (_, { width, parameters }) =>
      width <= 4
        ? `${width}'d${parameters.value}`
        : `${width}'h${parameters.value!.toString(16).padStart(Math.ceil(width / 4), '0')}`,
  },
  buffer: {
    summary: 'the operand under another name',
    class: 'wiring',
    complaint: sameWidths(1),
    evaluate: ([a]: Operands) => a!,
    bitBlast: (_gates, [a]: BitOperands) => [...a!],
    systemVerilog: ([a]) => a!,
  },
  not: {
    summary: 'every bit inverted',
    class: 'logic',
    complaint: sameWidths(1),
    evaluate: ([a]: Operands, { width }) => a! ^ mask(width),
    bitBlast: (gates, [a]: BitOperands) => a!.map((bit) => gates.not(bit)),
    systemVerilog: ([a]) => `(~${a})`,
  },
  and: bitwise(
    'bitwise and',
    '&',
    (a, b) => a & b,
    (gates, a, b) => gates.and(a, b),
  ),
  or: bitwise(
    'bitwise or',
    '|',
    (a, b) => a | b,
    (gates, a, b) => gates.or(a, b),
  ),
  xor: bitwise(
    'bitwise exclusive or',
    '^',
    (a, b) => a ^ b,
    (gates, a, b) => gates.xor(a, b),
  ),
  mux: {
    summary: 'operands select (one bit), when one, when zero',
    class: 'selector',
    complaint: (shape) => {
      const [select, one, zero] = shape.inputWidths;
      const fits = select === 1 && one === shape.width && zero === shape.width;
      return fits ? undefined : `a mux of widths ${widthList(shape)} for a result of ${shape.width} bits`;
    },
    evaluate: ([select, one, zero]: Operands) => (select === 1n ? one! : zero!),
    bitBlast: (gates, [select, one, zero]: BitOperands) =>
      one!.map((bit, i) => gates.mux(select![0]!, bit, zero![i]!)),
    systemVerilog: ([select, one, zero]) => `(${select} ? ${one} : ${zero})`,
  },
  add: {
    summary: 'a + b (+ a one-bit carry in) modulo 2^width',
    class: 'adder',
    complaint: addition,
    evaluate: ([a, b, carry = 0n]: Operands) => a! + b! + carry,
    bitBlast: (gates, [a, b, carry]: BitOperands, { parameters }) =>
      addBits(gates, a!, b!, carry?.[0] ?? gates.zero, parameters.adder ?? gates.adder),
    systemVerilog: ([a, b, carry], { width }) => {
      const terms = carry === undefined ? [a!, b!] : [a!, b!, carryText(carry, width)];
      const written = terms.filter((term) => !ZERO_TEXT.test(term));
      return written.length < 2 ? (written[0] ?? a!) : `(${written.join(' + ')})`;
    },
  },
  subtract: {
    summary: 'a − b modulo 2^width',
    class: 'adder',
    complaint: sameWidths(2),
    evaluate: ([a, b]: Operands) => a! - b!,
    bitBlast: (gates, [a, b]: BitOperands, { parameters }) =>
      addBits(
        gates,
        a!,
        b!.map((bit) => gates.not(bit)),
        gates.one,
        parameters.adder ?? gates.adder,
      ),
    systemVerilog: ([a, b]) => `(${a} - ${b})`,
  },
  multiply: {
    summary: 'unsigned product; the result is as wide as both operands together',
    class: 'multiplier',
    complaint: (shape) => {
      const [a, b] = shape.inputWidths;
      return a! + b! === shape.width ? undefined : `a ${a} × ${b} product of ${shape.width} bits`;
    },
    evaluate: ([a, b]: Operands) => a! * b!,
    bitBlast: (gates, [a, b]: BitOperands, { width, parameters }) =>
      multiplyBits(gates, a!, b!, width, parameters.adder ?? gates.adder),
    systemVerilog: ([a, b], { inputWidths: [widthA, widthB] }) =>
      `(${padded(a!, widthB!)} * ${padded(b!, widthA!)})`,
  },
  shiftLeft: shifting('a × 2^amount', 'left', (a, n, width) => a << clampShift(n, width), false),
  shiftRight: shifting('floor(a / 2^amount), unsigned', 'right', (a, n, w) => a >> clampShift(n, w), false),
  shiftRightArithmetic: shifting(
    "floor(a / 2^amount), two's complement",
    'right',
    (a, n, width) => signed(a, width) >> clampShift(n, width),
    true,
  ),
  equal: {
    summary: 'a = b',
    class: 'comparator',
    complaint: comparison,
    evaluate: ([a, b]: Operands) => bitOf(a === b),
    bitBlast: (gates, [a, b]: BitOperands) => [equalBits(gates, a!, b!)],
    systemVerilog: ([a, b]) => `(${a} == ${b})`,
  },
  lessThan: {
    summary: 'a < b, unsigned',
    class: 'comparator',
    complaint: comparison,
    evaluate: ([a, b]: Operands) => bitOf(a! < b!),
    bitBlast: (gates, [a, b]: BitOperands, { parameters }) => [
      lessThanBits(gates, a!, b!, parameters.adder ?? gates.adder),
    ],
    systemVerilog: ([a, b]) => `(${a} < ${b})`,
  },
  lessThanSigned: {
    summary: "a < b, two's complement",
    class: 'comparator',
    complaint: comparison,
    evaluate: ([a, b]: Operands, { inputWidths: [width] }) => bitOf(signed(a!, width!) < signed(b!, width!)),
    bitBlast: (gates, [a, b]: BitOperands, { parameters }) => {
      // Inverting both sign bits maps two's complement order onto unsigned order.
      const biased = (bits: readonly number[]) => [...bits.slice(0, -1), gates.not(bits.at(-1)!)];
      return [lessThanBits(gates, biased(a!), biased(b!), parameters.adder ?? gates.adder)];
    },
    systemVerilog: ([a, b]) => `($signed(${a}) < $signed(${b}))`,
  },
  reduceAnd: reducing(
    'all bits are 1',
    '&',
    (a, width) => a === mask(width),
    (gates, a, b) => gates.and(a, b),
    1,
  ),
  reduceOr: reducing(
    'any bit is 1',
    '|',
    (a) => a !== 0n,
    (gates, a, b) => gates.or(a, b),
    0,
  ),
  reduceXor: reducing(
    'parity',
    '^',
    (a) => a.toString(2).replaceAll('0', '').length % 2 === 1,
    (gates, a, b) => gates.xor(a, b),
    0,
  ),
  concat: {
    summary: 'operands side by side, the first one most significant',
    class: 'wiring',
    complaint: (shape) => {
      const total = shape.inputWidths.reduce((sum, width) => sum + width, 0);
      return total === shape.width ? undefined : `${total} bits side by side for a result of ${shape.width}`;
    },
    evaluate: (inputs, { inputWidths }) =>
      inputs.reduce((high, value, i) => (high << BigInt(inputWidths[i]!)) | value, 0n),
    bitBlast: (_gates, inputs) => [...inputs].reverse().flat(),
    systemVerilog: concatText,
  },
  slice: {
    summary: 'consecutive bits of the operand, from position `low` up',
    class: 'wiring',
    complaint: ({ inputWidths: [from], width, parameters: { low = -1 } }) =>
      low >= 0 && low + width <= from!
        ? undefined
        : `bits ${low + width - 1}…${low} of a word of ${from} bits`,
    evaluate: ([a]: Operands, { parameters }) => a! >> BigInt(parameters.low!),
    bitBlast: (_gates, [a]: BitOperands, { width, parameters: { low } }) => a!.slice(low!, low! + width),
    systemVerilog: ([a], { width, parameters: { low } }) =>
      width === 1 ? `${a}[${low}]` : `${a}[${low! + width - 1}:${low}]`,
    needsNames: true,
  },
  zeroExtend: {
    summary: 'the operand with zeros above it',
    class: 'wiring',
    complaint: extension,
    evaluate: ([a]: Operands) => a!,
    bitBlast: (_gates, [a]: BitOperands, { width }) => [...a!, ...constantBits(0n, width - a!.length)],
    systemVerilog: ([a], { width, inputWidths: [from] }) => padded(a!, width - from!),
  },
  signExtend: {
    summary: 'the operand with copies of its most significant bit above it',
    class: 'wiring',
    complaint: extension,
    evaluate: ([a]: Operands, { inputWidths: [from] }) => signed(a!, from!),
    bitBlast: (_gates, [a]: BitOperands, { width }) =>
      Array.from({ length: width }, (_, i) => a![Math.min(i, a!.length - 1)]!),
    systemVerilog: ([a], { width, inputWidths: [from] }) => {
      const sign = from === 1 ? a : `${a}[${from! - 1}]`;
      const copies = width - from!;
      return copies === 0 ? a! : `{${copies === 1 ? sign : `{${copies}{${sign}}}`}, ${a}}`;
    },
    needsNames: true,
  },
};

/** The value of a cell, reduced to its width. */
export function evaluateCell(kind: CellKind, inputs: readonly bigint[], shape: CellShape): bigint {
  return BigInt.asUintN(shape.width, CELLS[kind].evaluate(inputs, shape));
}
