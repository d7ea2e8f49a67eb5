/** Signed sums, signed and chosen multipliers, packing and mixed-width float addition against plain integers. */
import { describe, expect, it } from 'vitest';
import { concat, defineModule, type Module, type Word } from '../../rtl-model/hdl/index.js';
import {
  addRawToFloat,
  carrySelectSum,
  exactToFloat,
  floatMultiplier,
  normalizeRaw,
  onesCount,
  type PackRule,
  packFloat,
  roundRaw,
  signedTimesUnsigned,
  sumSignMagnitude,
  timesOneOf,
} from '../../rtl-model/library/index.js';
import { codecOf, type FloatFormat, FP16, FP32 } from '../../src/formats/index.js';
import {
  bitsToFloat32,
  float32Bits,
  Random,
  type RoundingMode,
  roundScaledBigint,
} from '../../src/numerics/index.js';
import { allValues, check, combinational, inputWidths, randomValues } from './hardware.js';

describe('sum of sign-magnitude numbers', () => {
  it.each([
    [1, 3],
    [2, 4],
    [3, 2],
    [5, 4],
    [16, 8],
    [33, 15],
  ])('%i terms of %i bits', (count, width) => {
    const sumWidth = width + Math.ceil(Math.log2(count)) + 1;
    const module = combinational({ signs: count, magnitudes: count * width }, ({ signs, magnitudes }) =>
      sumSignMagnitude(
        signs.bitList().map((sign, i) => ({ sign, magnitude: magnitudes.slice(i * width, width) })),
        sumWidth,
      ),
    );
    const widths = inputWidths(module);
    const cases =
      count * (width + 1) <= 12 ? allValues(widths) : randomValues(new Random(count), widths, 512);
    const all = (bits: number) => (1n << BigInt(bits)) - 1n;
    const extremes = [0n, all(count)].flatMap((signs) =>
      [0n, all(count * width)].map((magnitudes) => ({ signs, magnitudes })),
    );
    check(module, [...cases, ...extremes], ({ signs, magnitudes }) => {
      let sum = 0n;
      for (let i = 0; i < count; i++) {
        const magnitude = BigInt.asUintN(width, magnitudes! >> BigInt(i * width));
        sum += (signs! >> BigInt(i)) & 1n ? -magnitude : magnitude;
      }
      return { y: BigInt.asUintN(sumWidth, sum) };
    });
  });
});

describe('counting and adding', () => {
  it.each([1, 2, 7, 11])('the ones of %i bits, exhaustively', (width) => {
    const module = combinational({ x: width }, ({ x }) => onesCount(x));
    check(module, allValues({ x: width }), ({ x }) => ({
      y: BigInt([...x!.toString(2)].filter((bit) => bit === '1').length),
    }));
  });

  it.each([2, 3, 5])('a sum of 5 bits with its carry cut at %i, exhaustively', (chain) => {
    const module = combinational({ a: 5, b: 5 }, ({ a, b }) => carrySelectSum(a, b, chain));
    check(module, allValues({ a: 5, b: 5 }), ({ a, b }) => ({ y: BigInt.asUintN(5, a! + b!) }));
  });
});

describe('multipliers', () => {
  describe.each(['row', 'between-rows'] as const)('signed times unsigned, ones owed in %s', (ones) => {
    it.each([
      [5, 4, 9],
      [5, 3, 8],
      [5, 4, 7],
      [4, 5, 10],
    ] as const)('%i bits times %i bits to %i, exhaustively', (n, k, width) => {
      const module = combinational({ a: n, b: k }, ({ a, b }) => signedTimesUnsigned(a, b, width, { ones }));
      check(module, allValues({ a: n, b: k }), ({ a, b }) => ({
        y: BigInt.asUintN(width, BigInt.asIntN(n, a!) * b!),
      }));
    });
  });

  it('refuses a product wider than ones between rows are right for', () => {
    const make = () =>
      combinational({ a: 5, b: 4 }, ({ a, b }) => signedTimesUnsigned(a, b, 12, { ones: 'between-rows' }));
    expect(make).toThrow(/12 bits .* at most 11/);
  });

  it.each([
    [7, 6],
    [7, 12],
    [1, 3],
    [5, 5],
  ] as const)('times %i or %i, exhaustively', (low, high) => {
    const module = combinational({ x: 4, s: 1 }, ({ x, s }) => timesOneOf(s, x, [low, high]));
    check(module, allValues({ x: 4, s: 1 }), ({ x, s }) => ({ y: x! * BigInt(s === 1n ? high : low) }));
  });
});

const MODES: readonly RoundingMode[] = ['nearest-even', 'toward-zero'];

/** The code of ±magnitude × 2^unit by unbounded integers: zero is +0, overflow is infinity in every mode. */
function packExpected(rule: PackRule, negative: boolean, magnitude: bigint, unit: number): bigint {
  const { format, fractionBits, rounding } = rule;
  const lowest = 1 - format.bias;
  if (magnitude === 0n) return 0n;
  const top = Math.max(unit + magnitude.toString(2).length - 1, lowest);
  const kept = roundScaledBigint(magnitude, unit - (top - fractionBits), rounding);
  const place = BigInt(format.fractionBits - fractionBits);
  const code = (BigInt(top - lowest) << BigInt(format.fractionBits)) + (kept << place);
  const infinity = ((1n << BigInt(format.exponentBits)) - 1n) << BigInt(format.fractionBits);
  if (code === 0n) return 0n;
  const sign = negative ? 1n << BigInt(format.exponentBits + format.fractionBits) : 0n;
  return sign + (code > infinity ? infinity : code);
}

describe('packing into a register', () => {
  it.each(
    MODES.flatMap((rounding) => [
      { format: FP32 as FloatFormat, fractionBits: 23, rounding },
      { format: FP32 as FloatFormat, fractionBits: 13, rounding },
      { format: FP16 as FloatFormat, fractionBits: 10, rounding },
    ]),
  )('$format.name with $fractionBits fraction bits, $rounding', (rule) => {
    for (const width of [6, 30]) {
      const exponentBits = rule.format.exponentBits + 2;
      const module = combinational(
        { sign: 1, exponent: exponentBits, magnitude: width },
        (w) => packFloat(rule, w.sign, w.exponent, w.magnitude).code,
      );
      const random = new Random(rule.fractionBits + width);
      const cases = randomValues(random, inputWidths(module), 3000).map((values, i) => ({
        ...values,
        magnitude: values.magnitude! >> BigInt(i % width),
      }));
      check(module, cases, ({ sign, exponent, magnitude }) => {
        const unit = Number(BigInt.asIntN(exponentBits, exponent!)) - rule.format.bias - (width - 1);
        return { y: packExpected(rule, sign === 1n, magnitude!, unit) };
      });
    }
  });
});

describe('integers that a format holds exactly', () => {
  it('become its codes, and zero keeps the sign', () => {
    const module = combinational({ sign: 1, magnitude: 10 }, ({ sign, magnitude }) =>
      exactToFloat(FP32, sign, magnitude, -2),
    );
    check(module, allValues({ sign: 1, magnitude: 10 }), ({ sign, magnitude }) => ({
      y: BigInt(float32Bits((sign === 1n ? -1 : 1) * Number(magnitude) * 0.25)),
    }));
  });
});

describe('adding an unrounded number to an FP32 accumulator', () => {
  it.each([20, 26, 36])('with %i bits, one rounding', (width) => {
    const module = defineModule({
      name: 'under_test',
      summary: 'acc + sign magnitude * 2^(top - 127 - (width - 1))',
      inputs: { acc: 32, sign: 1, top: 8, magnitude: width },
      body: (_, { acc, sign, top, magnitude }) => ({
        y: addRawToFloat(FP32, acc, normalizeRaw(sign, top, magnitude)).code,
      }),
    });
    const random = new Random(width);
    const cases = randomValues(random, inputWidths(module), 20_000).map((values, i) => {
      const top = 100n + BigInt(random.below(60));
      const near = BigInt(
        float32Bits(bitsToFloat32(((100 + random.below(60)) << 23) | random.below(2 ** 23))),
      );
      const acc = i % 8 === 0 ? 0n : near | (BigInt(random.below(2)) << 31n);
      return { ...values, acc, top, magnitude: values.magnitude! >> BigInt(random.below(width)) };
    });
    const rule: PackRule = { format: FP32, fractionBits: 23, rounding: 'nearest-even' };
    check(module, cases, ({ acc, sign, top, magnitude }) => {
      const unit = Number(top) - 127 - (width - 1);
      const value = codecOf(FP32).decodeExact(Number(acc))!;
      const shift = Math.min(unit, value.exponent);
      const term = (sign === 1n ? -magnitude! : magnitude!) << BigInt(unit - shift);
      const total = (value.significand << BigInt(value.exponent - shift)) + term;
      return { y: packExpected(rule, total < 0n, total < 0n ? -total : total, shift) };
    });
  });
});

describe('rounding a raw float', () => {
  it('carries into the next exponent', () => {
    const module = combinational({ exponent: 4, significand: 7 }, ({ exponent, significand }) => {
      const sign: Word = exponent.context.constant(1, 0);
      const rounded = roundRaw({ sign, exponent, significand }, 4);
      return concat(rounded.exponent, rounded.significand);
    });
    const cases = allValues({ exponent: 4, significand: 7 }).filter(
      ({ exponent, significand }) => exponent! < 15n && significand! >= 64n,
    );
    check(module, cases, ({ exponent, significand }) => {
      const kept = roundScaledBigint(significand!, -3, 'nearest-even');
      return { y: kept === 16n ? ((exponent! + 1n) << 4n) | 8n : (exponent! << 4n) | kept };
    });
  });
});

describe('flushing multiplier', () => {
  it('rounds the numbers just below the smallest normal one up to it, and no others', () => {
    const module = floatMultiplier(FP32, { subnormals: 'flush' }) as Module;
    const smallest = 0x00800000n;
    const cases = [0x3f7fffffn, 0x3f7ffffen, 0xbf7fffffn].map((a) => ({ a, b: smallest }));
    check(module, cases, ({ a }) => ({
      product: a === 0x3f7fffffn ? smallest : a === 0xbf7fffffn ? smallest | 0x80000000n : 0n,
    }));
  });
});
