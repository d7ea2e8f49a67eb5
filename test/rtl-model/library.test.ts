/** Library circuits against plain arithmetic, in both engines; exhaustive where the operands are small. */
import { describe, expect, it } from 'vitest';
import {
  ADDER_ARCHITECTURES,
  bitBlast,
  concat,
  defineModule,
  flatten,
  type Word,
} from '../../rtl-model/hdl/index.js';
import {
  decodeFloat,
  decodeInteger,
  decodeSignMagnitude,
  hadamard,
  indexWidth,
  larger,
  largerSigned,
  leadingZeroCount,
  lfsr,
  magnitudeWidth,
  maximumOf,
  negateIf,
  prefixAdder,
  roundOff,
  shiftRightJam,
  shiftRightSticky,
  stepExponent,
  sumOf,
  toSignMagnitude,
} from '../../rtl-model/library/index.js';
import { CompiledSimulation } from '../../rtl-model/simulation/index.js';
import { codecOf, ELEMENT_FORMATS, type FloatFormat, widthOf } from '../../src/formats/index.js';
import { Random, ROUNDING_MODES, roundScaledBigint } from '../../src/numerics/index.js';
import {
  allValues,
  check,
  combinational,
  compiled,
  inputWidths,
  interpret,
  randomValues,
} from './hardware.js';

/** A combinational module of several outputs. */
function circuit(
  widths: Readonly<Record<string, number>>,
  body: (w: Readonly<Record<string, Word>>) => Record<string, Word>,
) {
  return defineModule({
    name: 'under_test',
    summary: 'A circuit.',
    inputs: widths,
    body: (_, words) => body(words),
  });
}

describe('structural adders', () => {
  it.each(ADDER_ARCHITECTURES)('%s', (architecture) => {
    for (const width of [1, 2, 4, 7, 24, 37]) {
      const module = prefixAdder(width, architecture);
      const cases =
        width <= 4
          ? allValues(inputWidths(module))
          : randomValues(new Random(width), inputWidths(module), 256);
      check(module, cases, ({ a, b, cin }) => {
        const sum = a! + b! + cin!;
        return { sum: BigInt.asUintN(width, sum), cout: sum >> BigInt(width) };
      });
    }
  });
});

describe('carry-save sums', () => {
  it.each([1, 2, 3, 4, 5, 9, 16, 17])('%i rows', (rows) => {
    const widths = Object.fromEntries(Array.from({ length: rows }, (_, i) => [`x${i}`, 9]));
    const module = circuit(widths, (words) => ({
      y: sumOf(Object.values(words).map((w) => w.signExtend(14))),
    }));
    check(module, randomValues(new Random(rows), widths, 256), (values) => {
      const sum = Object.values(values).reduce((total, x) => total + BigInt.asIntN(9, x), 0n);
      return { y: BigInt.asUintN(14, sum) };
    });
  });
});

describe('leading zeros', () => {
  it.each([2, 3, 4, 7, 8, 11])('%i bits', (width) => {
    const module = circuit({ x: width }, ({ x }) => {
      const { count, isZero } = leadingZeroCount(x!);
      return { count: isZero.choose(0, count), isZero };
    });
    check(module, allValues({ x: width }), ({ x }) => {
      const digits = x === 0n ? width : x!.toString(2).length;
      return { count: BigInt(width - digits), isZero: BigInt(x === 0n) };
    });
    expect(module.outputs[0]!.width).toBe(indexWidth(width));
  });
});

describe('shifters with sticky', () => {
  it('keep what they drop', () => {
    const module = circuit({ x: 7, n: 4 }, ({ x, n }) => ({
      ...shiftRightSticky(x!, n!),
      jam: shiftRightJam(x!, n!),
    }));
    check(module, allValues({ x: 7, n: 4 }), ({ x, n }) => {
      const value = x! >> n!;
      const sticky = BigInt(value << n! !== x!);
      return { value, sticky, jam: value | sticky };
    });
  });
});

describe('signs', () => {
  it('negates and takes magnitudes', () => {
    const module = circuit({ s: 1, x: 6 }, ({ s, x }) => ({ n: negateIf(s!, x!), ...toSignMagnitude(x!) }));
    check(module, allValues({ s: 1, x: 6 }), ({ s, x }) => {
      const value = BigInt.asIntN(6, x!);
      return {
        n: BigInt.asUintN(6, s === 1n ? -x! : x!),
        sign: BigInt(value < 0n),
        magnitude: value < 0n ? -value : value,
      };
    });
  });
});

describe('comparators', () => {
  it('pick the larger one and the largest one', () => {
    const widths = { a: 3, b: 3, c: 3, d: 2 };
    const module = circuit(widths, ({ a, b, c, d }) => ({
      larger: larger(a!, b!),
      largerS: largerSigned(a!, b!),
      largest: maximumOf([a!, b!, c!, d!.zeroExtend(3)]),
    }));
    const max = (...values: bigint[]) => BigInt(Math.max(...values.map(Number)));
    check(module, allValues(widths), ({ a, b, c, d }) => ({
      larger: max(a!, b!),
      largerS: BigInt.asUintN(3, max(BigInt.asIntN(3, a!), BigInt.asIntN(3, b!))),
      largest: max(a!, b!, c!, d!),
    }));
  });
});

describe('rounding', () => {
  it.each(ROUNDING_MODES)('%s', (mode) => {
    for (const drop of [0, 1, 2, 3]) {
      const module = combinational({ s: 1, x: 6 }, ({ s, x }) => roundOff(mode, s, x, drop));
      check(module, allValues({ s: 1, x: 6 }), ({ s, x }) => {
        const rounded = roundScaledBigint(s === 1n ? -x! : x!, -drop, mode);
        return { y: rounded < 0n ? -rounded : rounded };
      });
    }
  });
});

describe('decoders equal the codecs', () => {
  const formats = [...ELEMENT_FORMATS.values()].filter((format) => widthOf(format) > 0);
  const small = formats.filter((format) => widthOf(format) <= 8);
  const floats = formats.filter((format): format is FloatFormat => format.kind === 'float');

  it.each(floats.map((format) => [format.name, format] as const))('%s as fields', (name, format) => {
    const width = widthOf(format);
    const module = circuit({ code: width }, ({ code }) => ({ ...decodeFloat(format, code!) }));
    const codes =
      width <= 8 ? allValues({ code: width }) : randomValues(new Random(width), { code: width }, 4000);
    const results = compiled(module, codes);
    expect(results).toEqual(interpret(module, codes));
    codes.forEach(({ code }, i) => {
      const { sign, exponent, significand, isZero, isInfinity, isNaN: nan } = results[i]!;
      const value = codecOf(format).decode(Number(code));
      const where = `${name} code ${code}`;
      expect([nan, isInfinity], where).toEqual([
        BigInt(Number.isNaN(value)),
        BigInt(Math.abs(value) === Number.POSITIVE_INFINITY),
      ]);
      if (!Number.isFinite(value)) return;
      expect(isZero, where).toBe(BigInt(value === 0));
      const magnitude = Number(significand) * 2 ** (Number(exponent) - format.bias - format.fractionBits);
      expect(sign === 1n ? -magnitude : magnitude, where).toBe(value);
    });
  });

  it.each(
    small.filter((format) => magnitudeWidth(format) < 300).map((format) => [format.name, format] as const),
  )('%s as an integer of steps', (name, format) => {
    const width = widthOf(format);
    const module = circuit({ code: width }, ({ code }) => ({
      ...decodeSignMagnitude(format, code!),
      steps: decodeInteger(format, code!),
    }));
    const codes = allValues({ code: width });
    const results = compiled(module, codes);
    expect(results).toEqual(interpret(module, codes));
    const bits = magnitudeWidth(format) + 1;
    codes.forEach(({ code }, i) => {
      const value = codecOf(format).decode(Number(code));
      if (!Number.isFinite(value)) return;
      const { sign, magnitude, steps } = results[i]!;
      const step = 2 ** stepExponent(format);
      const where = `${name} code ${code}`;
      expect(Number(magnitude) * step * (sign === 1n ? -1 : 1), where).toBe(value);
      expect(Number(BigInt.asIntN(bits, steps!)) * step, where).toBe(value === 0 ? 0 : value);
    });
  });
});

describe('LFSR', () => {
  it.each([3, 4, 5, 8, 16])('of %i bits has the full period', (width) => {
    const engine = new CompiledSimulation(bitBlast(flatten(lfsr(width, 1n))));
    engine.input('en').fill(1);
    const seen = new Set<bigint>();
    for (let i = 0; i < 2 ** width - 1; i++) {
      engine.settle();
      seen.add(engine.output('q').get(3));
      engine.clock();
    }
    engine.settle();
    expect(seen.size).toBe(2 ** width - 1);
    expect(seen.has(0n)).toBe(false);
    expect(engine.output('q').get(3)).toBe(1n);
  });
});

describe('Hadamard transform', () => {
  it('equals the matrix of signs', () => {
    const widths = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`x${i}`, 5]));
    const module = circuit(widths, (words) => ({ y: concat(...hadamard(Object.values(words)).reverse()) }));
    const parity = (n: number) => n.toString(2).replaceAll('0', '').length % 2;
    check(module, randomValues(new Random(16), widths, 128), (values) => {
      const x = Object.values(values).map((value) => BigInt.asIntN(5, value));
      let y = 0n;
      for (let row = 15; row >= 0; row--) {
        const sum = x.reduce((total, value, column) => total + (parity(row & column) ? -value : value), 0n);
        y = (y << 9n) | BigInt.asUintN(9, sum);
      }
      return { y };
    });
  });
});
