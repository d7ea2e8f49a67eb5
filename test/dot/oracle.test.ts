import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMBINATIONS, formatOf } from '../../bench/kernels/combinations.js';
import {
  ADVERSARIAL_CLASS_NAMES,
  adversarialTile,
  createOracle,
  type DotOracle,
  type OperandFormat,
  semanticOf,
  type TraceEvent,
} from '../../src/dot/index.js';
import { type BlockFormat, codecOf, E2M1, E4M3, FP32, IF4, NVFP4, NVINT4 } from '../../src/formats/index.js';
import { bitsToFloat32, Dyadic, float32Bits, Random, Rational } from '../../src/numerics/index.js';

const one = 0x38; // 1 in E4M3 and UE4M3

function oracleOf(semantic: string, a: OperandFormat, b: OperandFormat = a): DotOracle {
  return createOracle(semanticOf(semantic), a, b);
}

/** One NVFP4 step of 64: element codes of the groups' first positions, the rest zeros. */
function groupsOf(...firsts: number[]): Uint8Array {
  const codes = new Uint8Array(64);
  firsts.forEach((code, group) => {
    codes[group * 16] = code;
  });
  return codes;
}

describe('worked examples', () => {
  const blackwell = oracleOf('blackwell-mxf4nvf4', NVFP4);
  const ones = groupsOf(2, 2, 2, 2);

  test('a sum without anything to cut', () => {
    // 1·1·(1·1) + 6·1·(2·1) + C = 1 + 12 + 1
    const bits = blackwell.dot(groupsOf(2, 7), [one, 0x40, 0, 0], ones, [one, one, one, one], float32Bits(1));
    expect(bitsToFloat32(bits)).toBe(14);
  });

  test('cuts terms 35 places below the largest scale exponent, toward zero', () => {
    // Scales 256·256 = 2^16 make the last place 2^-19. C = 2^-20 lies below it; its double stays.
    const top = [0x78, 0, 0, 0];
    const bits = (c: number): number => blackwell.dot(groupsOf(2), top, ones, top, float32Bits(c));
    const cancel = (c: number): number =>
      blackwell.dot(groupsOf(2, 10), [0x78, 0x78, 0, 0], ones, [0x78, 0x78, 0, 0], float32Bits(c));
    expect(bitsToFloat32(bits(2 ** -19))).toBe(65536);
    expect(bitsToFloat32(cancel(2 ** -19))).toBe(2 ** -19);
    expect(bitsToFloat32(cancel(-1.75 * 2 ** -19))).toBe(-(2 ** -19));
    expect(cancel(-(2 ** -20))).toBe(0);
  });

  test('a group that cancels still counts with its scales', () => {
    // Group 0 is 1 − 1 at scales of 2^16: C loses what lies below 2^-19.
    const a = groupsOf(2);
    a[1] = 10;
    const b = groupsOf(2);
    b[1] = 2;
    const bits = blackwell.dot(a, [0x78, 0, 0, 0], b, [0x78, 0, 0, 0], float32Bits(1.5 * 2 ** -19));
    expect(bitsToFloat32(bits)).toBe(2 ** -19);
    expect(
      bitsToFloat32(blackwell.dot(a, [one, 0, 0, 0], b, [one, 0, 0, 0], float32Bits(1.5 * 2 ** -19))),
    ).toBe(1.5 * 2 ** -19);
  });

  test('NaN scales, NaN and infinite addends', () => {
    const dot = (scale: number, c: number): number =>
      blackwell.dot(ones, [scale, one, one, one], ones, [one, one, one, one], c);
    expect(dot(0x7f, 0)).toBe(0x7fffffff);
    expect(dot(0xff, 0)).toBe(0x7fffffff);
    expect(dot(one, 0xff800000)).toBe(0xff800000);
    expect(dot(one, 0xffc12345)).toBe(0x7fffffff);
    expect(dot(0x7f, 0x7f800000)).toBe(0x7fffffff);
  });

  test('infinities of opposite signs, and infinity times zero', () => {
    const e5m2 = formatOf('e5m2');
    const oracle = oracleOf('hopper-wgmma-fp8', e5m2);
    const row = (...codes: number[]): Uint8Array => Uint8Array.from({ length: 32 }, (_, k) => codes[k] ?? 0);
    const [inf, unit] = [0x7c, 0x3c];
    expect(oracle.dot(row(inf), [], row(unit), [], 0)).toBe(0x7f800000);
    expect(oracle.dot(row(inf | 0x80), [], row(unit), [], 0)).toBe(0xff800000);
    expect(oracle.dot(row(inf, inf), [], row(unit, unit | 0x80), [], 0)).toBe(0x7fffffff);
    expect(oracle.dot(row(inf), [], row(0), [], 0)).toBe(0x7fffffff);
    expect(oracle.dot(row(inf), [], row(unit), [], 0xff800000)).toBe(0x7fffffff);
  });

  test('E8M13 keeps 13 fraction bits', () => {
    const oracle = oracleOf('hopper-wgmma-fp8', E4M3);
    const row = (code: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, k) => (k === 0 ? code : 0));
    const c = float32Bits(1 + 2 ** -13 + 2 ** -14);
    expect(bitsToFloat32(oracle.dot(row(one), [], row(one), [], c))).toBe(2);
    expect(bitsToFloat32(oracle.dot(row(0), [], row(0), [], c))).toBe(1 + 2 ** -13);
  });

  test('overflow gives infinity, also under truncation', () => {
    const mxfp8 = formatOf('mxfp8_e4m3') as BlockFormat;
    const oracle = oracleOf('blackwell-mxf8f6f4', mxfp8);
    const codes = new Uint8Array(32).fill(0x7e);
    expect(oracle.dot(codes, [254], codes, [254], 0)).toBe(0x7f800000);
    expect(
      oracle.dot(
        codes,
        [254],
        codes.map((x) => x | 0x80),
        [254],
        0,
      ),
    ).toBe(0xff800000);
  });

  test('integers wrap modulo 2^32', () => {
    const oracle = oracleOf('s8-s32', formatOf('int8'));
    const row = new Uint8Array(32).fill(127);
    expect(oracle.dot(row, [], row, [], 0x7fffffff)).toBe((0x7fffffff + 32 * 127 * 127) >>> 0);
    expect(oracle.dot(new Uint8Array(32).fill(0x80), [], row, [], 0x80000000)).toBe(
      (0x80000000 - 32 * 128 * 127) >>> 0,
    );
  });

  test('the published MAC loads the first product: a segment of −0 stays −0', () => {
    const oracle = oracleOf('published-mac', NVFP4);
    const [zeros, negative] = [new Uint8Array(16), new Uint8Array(16).fill(10)];
    expect(oracle.dot(zeros, [one], negative, [one])).toBe(0x80000000);
    expect(oracle.dot(new Uint8Array(32), [one, one], new Uint8Array(32).fill(10), [one, one])).toBe(
      0x80000000,
    );
    expect(oracle.dot(zeros, [one], zeros, [one])).toBe(0);
  });

  test('the published MAC reads scale code 0x7F as 448, and its gains are the RTL’s constants', () => {
    const oracle = oracleOf('published-mac', IF4);
    const sevens = new Uint8Array(16).fill(1);
    expect(bitsToFloat32(oracle.dot(sevens, [0x7f], sevens, [one]))).toBe(16 * 0.25 * 448);
    // One lane: 1·0.5 or 1·1 at scale 1, so that the result is the constant itself.
    const single = Uint8Array.from({ length: 16 }, (_, k) => (k === 0 ? 1 : 0));
    const unit = Uint8Array.from({ length: 16 }, (_, k) => (k === 0 ? 2 : 0));
    expect(oracle.dot(single, [one | 0x80], unit, [one])).toBe(0x3f5b6db7);
    expect(oracle.dot(single, [one | 0x80], single, [one | 0x80])).toBe(0x3f3c14e6);
  });

  test('exact49 gives 49 times the dot product', () => {
    const oracle = oracleOf('exact49', IF4);
    const exact = oracleOf('exact', IF4);
    const sevens = new Uint8Array(16).fill(7);
    expect(bitsToFloat32(oracle.dot(sevens, [one | 0x80], sevens, [one | 0x80]))).toBe(16 * 49 * 36);
    expect(bitsToFloat32(exact.dot(sevens, [one | 0x80], sevens, [one | 0x80]))).toBe(16 * 36);
    expect(Rational.toNumber(oracle.semantic.resultFactor)).toBe(1 / 49);
  });
});

/** Σ a·b with scales and gains as a rational, from the codecs alone. */
function exactSum(
  format: BlockFormat,
  a: Uint8Array,
  sa: Uint8Array,
  b: Uint8Array,
  sb: Uint8Array,
): Rational.Rational {
  let sum = Rational.rational(0n);
  for (let k = 0; k < a.length; k++) {
    const block = Math.floor(k / format.blockSize);
    const value = (code: number, scale: number): Rational.Rational => {
      const choice = format.choices[format.selector === 'none' ? 0 : scale >> 7]!;
      const exact = Dyadic.multiply(
        codecOf(choice.element).decodeExact(code)!,
        codecOf(format.scale).decodeExact(scale)!,
      );
      return Rational.multiply(Rational.fromDyadic(exact), choice.gain);
    };
    sum = Rational.add(sum, Rational.multiply(value(a[k]!, sa[block]!), value(b[k]!, sb[block]!)));
  }
  return sum;
}

/** Whether no other float32 lies nearer to x, and an even one was taken of two that are as near. */
function isNearest(bits: number, x: Rational.Rational): boolean {
  const distance = (other: number): Rational.Rational => {
    const value = Rational.fromDyadic(codecOf(FP32).decodeExact(other)!);
    const difference = Rational.add(x, Rational.multiply(value, Rational.rational(-1n)));
    return difference.numerator < 0n ? Rational.multiply(difference, Rational.rational(-1n)) : difference;
  };
  const own = distance(bits);
  const neighbours = bits === 0 ? [1, 0x80000001] : [bits - 1, bits + 1];
  return neighbours.every((other) => {
    const order = Rational.compare(own, distance(other));
    return order < 0 || (order === 0 && bits % 2 === 0);
  });
}

const scaleByte = fc.integer({ min: 0, max: 255 }).filter((x) => (x & 0x7f) !== 0x7f);
const bytes = (length: number, element: fc.Arbitrary<number>): fc.Arbitrary<Uint8Array> =>
  fc.array(element, { minLength: length, maxLength: length }).map((x) => Uint8Array.from(x));
const nibble = fc.integer({ min: 0, max: 15 });

describe('exact', () => {
  test.each([NVFP4, NVINT4, IF4])('is the rational sum rounded once ($name)', (format) => {
    const oracle = oracleOf('exact', format);
    const operand = [bytes(48, nibble), bytes(3, scaleByte)] as const;
    fc.assert(
      fc.property(...operand, ...operand, fc.integer({ min: 0, max: 0x4fffffff }), (a, sa, b, sb, c) => {
        const sum = Rational.add(
          exactSum(format, a, sa, b, sb),
          Rational.fromDyadic(codecOf(FP32).decodeExact(c)!),
        );
        return isNearest(oracle.dot(a, sa, b, sb, c), sum);
      }),
      { numRuns: 300, seed: 20260401 },
    );
  });

  test('does not depend on the order of blocks', () => {
    const oracle = oracleOf('exact', IF4);
    const random = new Random(5);
    for (let round = 0; round < 100; round++) {
      const { a, b, c } = adversarialTile(
        'wide-scales',
        oracle.semantic,
        IF4,
        IF4,
        { rows: 1, cols: 1, depth: 64 },
        random,
      );
      const turned = <T extends Uint8Array>(x: T, by: number): Uint8Array =>
        Uint8Array.from([...x.subarray(by), ...x.subarray(0, by)]);
      const [ca, cb] = [a.codes as Uint8Array, b.codes as Uint8Array];
      expect(oracle.dot(turned(ca, 16), turned(a.scales, 1), turned(cb, 16), turned(b.scales, 1), c[0])).toBe(
        oracle.dot(ca, a.scales, cb, b.scales, c[0]),
      );
    }
  });
});

describe.each(COMBINATIONS)('$semantic on $a × $b', ({ semantic, a, b }) => {
  const oracle = oracleOf(semantic, formatOf(a), formatOf(b));
  const tiles = (depth: number) =>
    ADVERSARIAL_CLASS_NAMES.flatMap((name) =>
      [1, 2, 3].map((seed) => {
        const shape = { rows: 1, cols: 1, depth };
        const tile = adversarialTile(
          name,
          oracle.semantic,
          formatOf(a),
          formatOf(b),
          shape,
          new Random(seed),
        );
        return { ...tile, c: tile.c[0]!, place: `class ${name}, seed ${seed}` };
      }),
    );

  test('is a chain of its steps', () => {
    for (const { a: left, b: right, c, place } of tiles(3 * oracle.stepK)) {
      const accumulator = oracle.accumulator();
      accumulator.start(c);
      for (let k = 0; k < left.codes.length; k += oracle.stepK) accumulator.step(left, right, k);
      const whole = oracle.dot(left.codes, left.scales, right.codes, right.scales, c);
      expect(accumulator.finish(), place).toBe(whole);
      expect(accumulator.finish(), `${place}, read again`).toBe(whole);
    }
  });

  test('is explained by a trace that adds up', () => {
    for (const { a: left, b: right, c, place } of tiles(2 * oracle.stepK)) {
      const trace = oracle.trace(left, right, c);
      expect(trace.bits, place).toBe(oracle.dot(left.codes, left.scales, right.codes, right.scales, c));
      expect(trace.events.filter(({ kind }) => kind === 'product')).toHaveLength(2 * oracle.stepK);
      checkTerms(trace.events, place);
      expect(() => JSON.stringify(trace)).not.toThrow();
    }
  });
});

/** kept + dropped = exact for every term, and the terms kept add up to the sum that follows them. */
function checkTerms(events: readonly TraceEvent[], place: string): void {
  let kept = Dyadic.ZERO;
  let terms = 0;
  for (const event of events) {
    if (event.kind === 'align') [kept, terms] = [Dyadic.ZERO, 0];
    if (event.kind === 'term') {
      terms++;
      kept = Dyadic.add(kept, parse(event.kept.exact));
      const whole = Dyadic.add(parse(event.kept.exact), parse(event.dropped.exact));
      expect(Dyadic.equals(whole, parse(event.exact.exact)), place).toBe(true);
    }
    if (event.kind === 'sum' && event.label === 'sum of the terms kept') {
      expect(Dyadic.equals(kept, parse(event.exact.exact)), `${place}: sum of ${terms} terms`).toBe(true);
    }
  }
}

function parse(exact: string): Dyadic.Dyadic {
  const [significand, exponent] = exact.split(' × 2^');
  return Dyadic.dyadic(BigInt(significand!), Number(exponent));
}

describe('symmetries of fused additions', () => {
  const semantics = ['blackwell-mxf4nvf4', 'fp32-per-block'] as const;

  test.each(semantics)('%s: sides may be exchanged', (name) => {
    const oracle = oracleOf(name, NVFP4);
    for (let seed = 1; seed <= 100; seed++) {
      const shape = { rows: 1, cols: 1, depth: 64 };
      const { a, b, c } = adversarialTile(
        'wide-scales',
        oracle.semantic,
        NVFP4,
        NVFP4,
        shape,
        new Random(seed),
      );
      expect(oracle.dot(b.codes, b.scales, a.codes, a.scales, c[0]), `seed ${seed}`).toBe(
        oracle.dot(a.codes, a.scales, b.codes, b.scales, c[0]),
      );
    }
  });

  test.each(semantics)('%s: negating a and C negates the result, but zero stays +0', (name) => {
    const oracle = oracleOf(name, NVFP4);
    const signBit = 2 ** (codecOf(E2M1).width - 1);
    for (let seed = 1; seed <= 100; seed++) {
      const shape = { rows: 1, cols: 1, depth: 64 };
      const { a, b, c } = adversarialTile(
        'one-large',
        oracle.semantic,
        NVFP4,
        NVFP4,
        shape,
        new Random(seed),
      );
      const negative = Uint8Array.from(a.codes, (code) => code ^ signBit);
      const bits = oracle.dot(a.codes, a.scales, b.codes, b.scales, c[0]);
      const negated = oracle.dot(negative, a.scales, b.codes, b.scales, (c[0]! ^ 0x80000000) >>> 0);
      expect(negated, `seed ${seed}`).toBe(bits === 0 ? 0 : (bits ^ 0x80000000) >>> 0);
    }
  });
});
