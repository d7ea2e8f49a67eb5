import { describe, expect, it } from 'vitest';
import {
  codecOf,
  E2M0,
  E2M1,
  E4M3,
  E4M3_FNUZ,
  E5M2,
  E6M2,
  E8M0,
  ELEMENT_FORMATS,
  type ElementFormat,
  elementFormat,
  encodeBits,
  encodeTableOf,
  FP32,
  INT4,
  INT6,
  S1P2,
  toBf16,
  UNIT,
  valuesOf,
  widthOf,
} from '../../src/formats/index.js';
import {
  bitsToFloat32,
  Dyadic,
  float32Bits,
  hex,
  Random,
  ROUNDING_MODES,
  type RoundingMode,
} from '../../src/numerics/index.js';

const TABLED = [...ELEMENT_FORMATS.values()].filter((format) => widthOf(format) <= 16);
const NARROW = TABLED.filter((format) => widthOf(format) <= 8);
const SEED = 20240611;

/** Codes that encoders never produce: other names of the same value, or beyond the largest magnitude. */
function isAlias(format: ElementFormat, code: number): boolean {
  const value = codecOf(format).decode(code);
  if (format.kind === 'integer') return Math.abs(value) > codecOf(format).maxValue || Object.is(value, -0);
  return Number.isNaN(value);
}

describe.each(TABLED.map((format) => [format.name, format] as const))('%s', (_name, format) => {
  const codec = codecOf(format);
  const values = valuesOf(format);

  it('gives every code back after decoding', () => {
    const wrong = [...values.keys()].filter(
      (code) => !isAlias(format, code) && codec.encode(values[code]!, { overflow: 'special' }) !== code,
    );
    expect(wrong).toEqual([]);
  });

  it('orders magnitudes as their codes', () => {
    const signBit = 2 ** (codec.width - 1);
    const isSigned = format.kind === 'integer' || format.signed;
    const magnitudes = values.slice(0, isSigned && codec.width > 0 ? signBit : undefined);
    const finite = [...magnitudes].filter((value) => !Number.isNaN(value));
    expect(finite).toEqual([...finite].sort((a, b) => a - b));
    expect(new Set(finite).size).toBe(finite.length);
  });

  it('has exact values: double and dyadic agree', () => {
    for (const [code, value] of values.entries()) {
      const exact = codec.decodeExact(code);
      if (Number.isFinite(value)) expect(exact).toEqual(Dyadic.fromNumber(value));
      else expect(exact).toBeNull();
    }
  });

  it('encodes to the nearest value, ties by the mode', () => {
    const random = new Random(SEED);
    const finite = [...new Set([...values].filter((v) => Math.abs(v) <= codec.maxValue))].sort(
      (a, b) => a - b,
    );
    for (let i = 0; i < 300; i++) {
      const at = random.below(Math.max(finite.length - 1, 1));
      const [low, high] = [finite[at]!, finite[at + 1] ?? finite[at]!];
      const x = [low, (low + high) / 2, low + (high - low) * random.uniform()][random.below(3)]!;
      const distance = Math.min(x - low, high - x);
      const chosen = codec.decode(codec.encode(x));
      expect(Math.abs(chosen - x), `${format.name}(${x}), seed ${SEED}`).toBeLessThanOrEqual(distance);
    }
  });
});

describe.each(NARROW.map((format) => [format.name, format] as const))(
  'the encode table of %s',
  (_n, format) => {
    const probes = probeBits(format);

    it.each(ROUNDING_MODES)('equals the codec everywhere near a step: %s', (rounding: RoundingMode) => {
      const overflows = hasSpecials(format) ? (['saturate', 'special'] as const) : (['saturate'] as const);
      for (const overflow of overflows) {
        const table = encodeTableOf(format, { rounding, overflow });
        const codec = codecOf(format);
        for (const bits of probes) {
          const x = bitsToFloat32(bits);
          if (Number.isNaN(x)) continue;
          const expected = codec.encode(x, { rounding, overflow });
          if (encodeBits(table, bits) !== expected) {
            expect.fail(`${format.name}(0x${hex(bits, 8)}) ${rounding} ${overflow}: expected ${expected}`);
          }
        }
      }
    });
  },
);

function hasSpecials(format: ElementFormat): boolean {
  return format.kind === 'float' && format.specials !== 'none';
}

/** Float32 bits around every value and midpoint of a format, the ends of the range, and random ones. */
function probeBits(format: ElementFormat): number[] {
  const finite = [...valuesOf(format)].filter(Number.isFinite);
  const sorted = [...new Set(finite)].sort((a, b) => a - b);
  const points = sorted.flatMap((value, i) => [value, (value + (sorted[i + 1] ?? value * 2)) / 2]);
  const random = new Random(SEED);
  const around = points.flatMap((point) =>
    [-2, -1, 0, 1, 2].map((step) => (float32Bits(point) + step) >>> 0),
  );
  const ends = [0, 0x80000000, 1, 0x80000001, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000];
  return [...around, ...ends, ...Array.from({ length: 500 }, () => random.uint32())];
}

describe('products of codes', () => {
  const pairs = NARROW.flatMap((a, i) => NARROW.slice(i).map((b) => [a, b] as const)).filter(
    ([a, b]) => widthOf(a) + widthOf(b) <= 14,
  );

  it(`are exact doubles for all ${pairs.length} pairs of formats`, () => {
    for (const [a, b] of pairs) {
      const [codesA, codesB] = [a, b].map((format) => exactCodes(format));
      for (const x of codesA!) {
        for (const y of codesB!) {
          const product = Dyadic.multiply(x.exact, y.exact);
          if (!Dyadic.equals(product, Dyadic.fromNumber(x.value * y.value))) {
            expect.fail(`${a.name} ${x.value} × ${b.name} ${y.value}`);
          }
        }
      }
    }
  });
});

function exactCodes(format: ElementFormat): { value: number; exact: Dyadic.Dyadic }[] {
  const { decode, decodeExact } = codecOf(format);
  return [...valuesOf(format).keys()].flatMap((code) => {
    const exact = decodeExact(code);
    return exact === null ? [] : [{ value: decode(code), exact }];
  });
}

describe('the formats of the field', () => {
  it.each([
    ['e2m1', [0, 0.5, 1, 1.5, 2, 3, 4, 6]],
    ['e2m0', [0, 1, 2, 4]],
    ['e1m2', [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5]],
    ['e3m0', [0, 0.25, 0.5, 1, 2, 4, 8, 16]],
    ['s1p2', [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75]],
    ['int3', [0, 1, 2, 3]],
    ['int4', [0, 1, 2, 3, 4, 5, 6, 7]],
  ])('%s has the values %j', (name, expected) => {
    const format = ELEMENT_FORMATS.get(name)!;
    expect([...valuesOf(format)].slice(0, expected.length)).toEqual(expected);
  });

  it.each([
    ['e2m3', 7.5],
    ['e3m2', 28],
    ['e4m3', 448],
    ['e5m2', 57344],
    ['int6', 31],
    ['int8', 127],
    ['fp16', 65504],
    ['e8m0', 2 ** 127],
    ['e6m2', 1.5 * 2 ** 15],
  ])('%s ends at %d', (name, expected) => {
    expect(codecOf(ELEMENT_FORMATS.get(name)!).maxValue).toBe(expected);
  });

  it('rounds E2M1 at the thresholds of its specification, ties to the even code', () => {
    const { encode } = codecOf(E2M1);
    const thresholds = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5];
    expect(thresholds.map((x) => encode(x))).toEqual([0, 2, 2, 4, 4, 6, 6]);
    expect(thresholds.map((x) => encode(x * (1 + 2 ** -20)))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(encode(1e9)).toBe(7);
    expect(encode(-0.1)).toBe(8);
  });

  it('sends the ties of E2M0 down', () => {
    const { encode } = codecOf(E2M0);
    expect([0.5, 1.5, 3].map((x) => encode(x))).toEqual([0, 1, 2]);
    expect([-0.5, -1.5, -3].map((x) => encode(x))).toEqual([4, 5, 6]);
  });

  it('sends the ties of S1P2 away from zero', () => {
    expect([0.125, 0.375, 1.625].map((x) => codecOf(S1P2).encode(x))).toEqual([1, 2, 7]);
  });

  it('never produces −8 in INT4 nor −0 in integers', () => {
    expect(codecOf(INT4).encode(-100)).toBe(9);
    expect(codecOf(INT6).encode(-0.2)).toBe(0);
    expect(codecOf(INT4).decode(8)).toBe(-8);
  });

  it('saturates or overflows to NaN or infinity as asked', () => {
    expect(codecOf(E4M3).encode(464.1)).toBe(0x7e);
    expect(codecOf(E4M3).encode(464.1, { overflow: 'special' })).toBe(0x7f);
    expect(codecOf(E5M2).encode(-1e9, { overflow: 'special' })).toBe(0xfc);
    expect(codecOf(E5M2).encode(1e9, { overflow: 'special', rounding: 'toward-zero' })).toBe(0x7b);
    expect(codecOf(E4M3_FNUZ).encode(1e9, { overflow: 'special' })).toBe(0x80);
    expect(codecOf(E4M3_FNUZ).encode(-0)).toBe(0);
  });

  it('has no zero in E8M0 and E6M2: the smallest power is nearest', () => {
    expect(codecOf(E8M0).encode(0)).toBe(0);
    expect(codecOf(E8M0).decode(0)).toBe(2 ** -127);
    expect(codecOf(E6M2).decode(codecOf(E6M2).encode(0))).toBe(2 ** -48);
  });

  it('has one code in the unit format', () => {
    expect([...valuesOf(UNIT)]).toEqual([1]);
    expect(codecOf(UNIT).encode(17)).toBe(0);
  });

  it('clamps subnormals without a carry, but for what a float32 logarithm takes for normal', () => {
    const { encode } = codecOf(E4M3);
    const smallestNormal = 2 ** -6;
    expect(encode(0.97 * smallestNormal)).toBe(8);
    expect(encode(0.97 * smallestNormal, { subnormalCarry: 'clamp' })).toBe(7);
    expect(encode((1 - 2 ** -24) * smallestNormal, { subnormalCarry: 'clamp' })).toBe(8);
  });

  it('refuses to encode NaN where there is none', () => {
    expect(() => codecOf(E2M1).encode(Number.NaN)).toThrow(RangeError);
  });
});

describe('float32 and bfloat16', () => {
  it('encodes float32 to its own bits', () => {
    const random = new Random(SEED);
    for (let i = 0; i < 2000; i++) {
      const bits = random.uint32();
      const x = bitsToFloat32(bits);
      if (!Number.isNaN(x)) expect(codecOf(FP32).encode(x, { overflow: 'special' })).toBe(bits);
    }
  });

  it('rounds to bfloat16 as the codec does', () => {
    const codec = codecOf(elementFormat('bf16'));
    const random = new Random(SEED);
    for (let i = 0; i < 5000; i++) {
      const x = bitsToFloat32(i % 3 === 0 ? (random.uint32() & 0xffff8000) >>> 0 : random.uint32());
      const expected = codec.decode(codec.encode(x, { overflow: 'special' }));
      expect(Object.is(toBf16(x), expected), `bf16(${x}), seed ${SEED}`).toBe(true);
    }
  });
});
