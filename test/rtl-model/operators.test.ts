/** Every operator of the hardware description, exhaustively on small words, in both engines, against plain numbers. */
import { describe, expect, it } from 'vitest';
import { ADDER_ARCHITECTURES, concat, type Word } from '../../rtl-model/hdl/index.js';
import { Random } from '../../src/numerics/index.js';
import { allValues, combinational, compiled, interpret, randomValues, randomWord } from './hardware.js';

const W = 4;
const MASK = 15;
const signed = (x: number) => (x & 8 ? x - 16 : x);

/** An operator on two 4-bit words (and a bit), and what it means, in plain numbers. */
const OPERATORS: Record<
  string,
  { hardware: (a: Word, b: Word, c: Word) => Word; means: (a: number, b: number, c: number) => number }
> = {
  not: { hardware: (a) => a.not(), means: (a) => MASK - a },
  and: { hardware: (a, b) => a.and(b), means: (a, b) => a & b },
  or: { hardware: (a, b) => a.or(b), means: (a, b) => a | b },
  xor: { hardware: (a, b) => a.xor(b), means: (a, b) => a ^ b },
  plus: { hardware: (a, b) => a.plus(b), means: (a, b) => (a + b) % 16 },
  'plus with carry': {
    hardware: (a, b, c) => a.plus(b, { carryIn: c }),
    means: (a, b, c) => (a + b + c) % 16,
  },
  minus: { hardware: (a, b) => a.minus(b), means: (a, b) => (a - b + 16) % 16 },
  negate: { hardware: (a) => a.negate(), means: (a) => (16 - a) % 16 },
  times: { hardware: (a, b) => a.times(b), means: (a, b) => a * b },
  'times of unequal widths': {
    hardware: (a, b, c) => a.times(concat(c, b)),
    means: (a, b, c) => a * (16 * c + b),
  },
  shiftLeft: { hardware: (a, b) => a.shiftLeft(b), means: (a, b) => (a * 2 ** b) % 16 },
  shiftRight: { hardware: (a, b) => a.shiftRight(b), means: (a, b) => Math.floor(a / 2 ** b) },
  shiftRightArithmetic: {
    hardware: (a, b) => a.shiftRightArithmetic(b),
    means: (a, b) => Math.floor(signed(a) / 2 ** b) & MASK,
  },
  'shift left by 3': { hardware: (a) => a.shiftLeft(3), means: (a) => (a * 8) % 16 },
  'shift right by 2': { hardware: (a) => a.shiftRight(2), means: (a) => a >> 2 },
  'arithmetic shift by 2': {
    hardware: (a) => a.shiftRightArithmetic(2),
    means: (a) => (signed(a) >> 2) & MASK,
  },
  'shift by more than the width': {
    hardware: (a) => a.shiftRightArithmetic(9),
    means: (a) => (a & 8 ? 15 : 0),
  },
  equals: { hardware: (a, b) => a.equals(b), means: (a, b) => Number(a === b) },
  lessThan: { hardware: (a, b) => a.lessThan(b), means: (a, b) => Number(a < b) },
  lessThanSigned: { hardware: (a, b) => a.lessThanSigned(b), means: (a, b) => Number(signed(a) < signed(b)) },
  'equals a constant': { hardware: (a) => a.equals(-3), means: (a) => Number(a === 13) },
  allOnes: { hardware: (a) => a.allOnes(), means: (a) => Number(a === 15) },
  anyOne: { hardware: (a) => a.anyOne(), means: (a) => Number(a !== 0) },
  isZero: { hardware: (a) => a.isZero(), means: (a) => Number(a === 0) },
  parity: { hardware: (a) => a.parity(), means: (a) => a.toString(2).replaceAll('0', '').length % 2 },
  choose: { hardware: (a, b, c) => c.choose(a, b), means: (a, b, c) => (c ? a : b) },
  slice: { hardware: (a) => a.slice(1, 2), means: (a) => (a >> 1) & 3 },
  'most significant bit': { hardware: (a) => a.bit(-1), means: (a) => a >> 3 },
  concat: { hardware: (a, b, c) => concat(c, a, b), means: (a, b, c) => c * 256 + a * 16 + b },
  'slice of concat': {
    hardware: (a, b) => concat(a, b).slice(2, 5),
    means: (a, b) => ((a * 16 + b) >> 2) & 31,
  },
  zeroExtend: { hardware: (a) => a.zeroExtend(7), means: (a) => a },
  signExtend: { hardware: (a) => a.signExtend(7), means: (a) => signed(a) & 127 },
  'slice of signExtend': {
    hardware: (a) => a.signExtend(9).slice(2, 4),
    means: (a) => (signed(a) >> 2) & MASK,
  },
  repeat: { hardware: (_a, _b, c) => c.repeat(3), means: (_a, _b, c) => 7 * c },
  'a constant': { hardware: (a) => a.and(a.context.constant(W, 6)), means: (a) => a & 6 },
};

describe('operators', () => {
  const cases = allValues({ a: W, b: W, c: 1 });
  it.each(Object.entries(OPERATORS))('%s', (_, { hardware, means }) => {
    const module = combinational({ a: W, b: W, c: 1 }, ({ a, b, c }) => hardware(a, b, c));
    const expected = cases.map(({ a, b, c }) => ({ y: BigInt(means(Number(a), Number(b), Number(c))) }));
    expect(interpret(module, cases)).toEqual(expected);
    expect(compiled(module, cases)).toEqual(expected);
  });
});

describe.each(ADDER_ARCHITECTURES)('%s carries', (adder) => {
  it.each([1, 2, 3, 5, 8, 13, 33, 64])('add, subtract, multiply and compare %i bits', (width) => {
    const random = new Random(width);
    const widths = { a: width, b: width, c: 1 };
    const module = combinational(widths, ({ a, b, c }) =>
      concat(a.plus(b, { carryIn: c, adder }), a.minus(b, { adder }), a.times(b, { adder }), a.lessThan(b)),
    );
    const cases = width <= 3 ? allValues(widths) : randomValues(random, widths, 256);
    const n = BigInt(width);
    const expected = cases.map(({ a, b, c }) => {
      const sum = BigInt.asUintN(width, a! + b! + c!);
      const difference = BigInt.asUintN(width, a! - b!);
      const high = (sum << n) | difference;
      return { y: (((high << (2n * n)) | (a! * b!)) << 1n) | BigInt(a! < b!) };
    });
    expect(interpret(module, cases)).toEqual(expected);
    expect(compiled(module, cases)).toEqual(expected);
  });
});

describe('words wider than a machine word', () => {
  it('shift by every amount, in both engines', () => {
    const widths = { a: 71, b: 7 };
    const random = new Random(71);
    const module = combinational(widths, ({ a, b }) =>
      concat(a.shiftLeft(b), a.shiftRight(b), a.shiftRightArithmetic(b)),
    );
    const cases = Array.from({ length: 128 }, (_, i) => ({ a: randomWord(random, 71), b: BigInt(i) }));
    const expected = cases.map(({ a, b }) => {
      const left = BigInt.asUintN(71, a << b);
      const arithmetic = BigInt.asUintN(71, BigInt.asIntN(71, a) >> b);
      return { y: (left << 142n) | ((a >> b) << 71n) | arithmetic };
    });
    expect(interpret(module, cases)).toEqual(expected);
    expect(compiled(module, cases)).toEqual(expected);
  });
});
