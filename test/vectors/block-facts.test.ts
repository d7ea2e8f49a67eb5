/** What coverage of blocks looks at, against the netlist and against exact arithmetic that is written out here. */
import { describe, expect, it } from 'vitest';
import { createDesign, type UnitDesign } from '../../rtl-model/designs/index.js';
import { BF16, type BlockFormat, codecOf, UE4M3 } from '../../src/formats/index.js';
import { Dyadic, type DyadicValue } from '../../src/numerics/index.js';
import { quantizerFacts, quantizerRule } from '../../src/vectors/coverage/blocks/quantizer-facts.js';
import { transformFacts } from '../../src/vectors/coverage/blocks/transform-facts.js';
import { CoverageMeter } from '../../src/vectors/coverage/measure.js';
import { codesAt, fieldNamed } from '../../src/vectors/index.js';
import { coverageOf, elementsAt, hitsOf, levelOne, numberAt, unitOf } from './block-coverage-support.js';

describe('the facts', () => {
  it.each(['quant-nvfp4', 'quant-four-over-six', 'quant-if4'])(
    'of %s are what the netlist answers',
    (name) => {
      const design = createDesign(name) as UnitDesign;
      const unit = unitOf(name);
      const read = quantizerFacts(quantizerRule(design.format as BlockFormat, design.policy));
      const [codes, scale] = ['codes', 'scale_code'].map((field) => fieldNamed(unit.layout, field));
      let wrong = 0;
      for (const { columns, count } of levelOne(name)) {
        for (let line = 0; line < count; line++) {
          const [enc, dec, amax] = ['enc', 'dec', 'amax'].map((port) => numberAt(unit, columns, line, port));
          const { chosen } = read(elementsAt(unit, columns, line), { enc: enc!, dec: dec!, amax: amax! });
          const answered = codesAt(columns, codes!, line, 4, new Uint16Array(16));
          const byte = chosen.scaleCode | chosen.candidate.selector;
          const isSame = answered.every((code, i) => code === chosen.codes[i]);
          if (!isSame || columns[scale!.column]![line] !== byte) wrong++;
        }
      }
      expect(wrong).toBe(0);
    },
  );

  it('of hadamard16, rounded to BF16, are what the netlist answers', () => {
    const unit = unitOf('hadamard16');
    let wrong = 0;
    for (const { columns, count } of levelOne('hadamard16')) {
      for (let line = 0; line < count; line++) {
        const { sums, place } = transformFacts(elementsAt(unit, columns, line));
        const answered = codesAt(columns, fieldNamed(unit.layout, 'y'), line, 16, new Uint16Array(16));
        // −0 is +0.
        const expected = sums.map((sum) =>
          codecOf(BF16).encode(sum * 2 ** (place - 2), { overflow: 'special' }),
        );
        // A zero result has no sign.
        if (answered.some((code, i) => code !== (expected[i] === 0x8000 ? 0 : expected[i]))) wrong++;
      }
    }
    expect(wrong).toBe(0);
  });
});

/** A positive rational rounded to 24 significand bits, or to a multiple of 2^−149: numerator / denominator × 2^exponent. */
function rounded(numerator: bigint, denominator: bigint, exponent: number): DyadicValue {
  const digits = (x: bigint) => x.toString(2).length;
  const top = digits(numerator) - digits(denominator) + exponent;
  for (const guess of [top, top - 1]) {
    const place = Math.max(guess - 23, -149);
    const shift = exponent - place;
    const [n, d] =
      shift >= 0 ? [numerator << BigInt(shift), denominator] : [numerator, denominator << BigInt(-shift)];
    const [whole, rest] = [n / d, n % d];
    if (place > -149 && digits(whole) < 24) continue;
    const isUp = 2n * rest > d || (2n * rest === d && whole % 2n === 1n);
    return Dyadic.dyadic(whole + (isUp ? 1n : 0n), place);
  }
  throw new Error('no place fits');
}

it('ties of quant-nvfp4 are those of exact arithmetic', () => {
  const unit = unitOf('quant-nvfp4');
  const scales = codecOf(UE4M3);
  const middles = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5].map(Dyadic.fromNumber);
  const counts: Record<string, number> = {};
  const isWanted = (set: string) => ['element-boundary', 'rounding-boundary', 'exact-powers'].includes(set);
  for (const { set, columns, count } of levelOne('quant-nvfp4')) {
    for (let line = 0; line < (isWanted(set) ? count : 0); line++) {
      const code = columns[fieldNamed(unit.layout, 'scale_code').column]![line]!;
      const dec = Dyadic.fromNumber(numberAt(unit, columns, line, 'dec'));
      const product = Dyadic.multiply(dec, Dyadic.fromNumber(scales.decode(code)));
      if (Dyadic.isZero(product)) continue;
      const step = rounded(product.significand, 1n, product.exponent);
      const inverse = rounded(1n, step.significand, -step.exponent);
      for (const value of elementsAt(unit, columns, line).x) {
        if (value === 0) continue;
        const exact = Dyadic.multiply(Dyadic.fromNumber(Math.abs(value)), inverse);
        const y = rounded(exact.significand, 1n, exact.exponent);
        const at = middles.findIndex((middle) => Dyadic.equals(middle, y));
        if (at < 0) continue;
        const way = ['rounded up onto it', 'exactly', 'rounded down onto it'][Dyadic.compare(exact, y) + 1];
        const name = `tie to the ${at % 2 === 0 ? 'lower' : 'upper'} code, ${way}`;
        counts[name] = (counts[name] ?? 0) + 1;
      }
    }
  }
  expect(Object.keys(counts).length).toBe(6);
  expect(hitsOf(coverageOf('quant-nvfp4', isWanted), 'ties')).toEqual(counts);
});

it('roundings of hadamard16 are those of exact arithmetic', () => {
  const unit = unitOf('hadamard16');
  const meter = new CoverageMeter(unit.coverage!());
  const counts: Record<string, number> = {};
  const signs = [...'+++-+------+-+--'].map((sign) => (sign === '+' ? 1n : -1n));
  const isNegated = (row: number, i: number) => (row & i).toString(2).replaceAll('0', '').length % 2 === 1;
  const leading = (x: DyadicValue) => Math.max(Dyadic.leadingExponent(x), -126);
  for (const { set, columns } of levelOne('hadamard16')) {
    if (set !== 'transform-bits' && set !== 'transform-edges') continue;
    meter.add(columns, 600);
    for (let line = 0; line < 600; line++) {
      const x = Array.from(elementsAt(unit, columns, line).x, Dyadic.fromNumber);
      const place = Math.max(...x.map((value) => (Dyadic.isZero(value) ? -126 : leading(value)))) - 31;
      const kept = x.map((value) => Dyadic.roundToMultiple(value, place, 'toward-zero'));
      for (let row = 0; row < 16; row++) {
        const total = kept.reduce(
          (sum, value, i) => sum + value * signs[i]! * (isNegated(row, i) ? -1n : 1n),
          0n,
        );
        if (total === 0n) continue;
        // Divided by √16.
        const result = Dyadic.dyadic(total < 0n ? -total : total, place - 2);
        const last = leading(result) - 7;
        const lower = Dyadic.roundToMultiple(result, last, 'toward-zero');
        const rest = Dyadic.subtract(result, Dyadic.dyadic(lower, last));
        const half = ['below half', 'tie', 'above half'][
          Dyadic.compare(rest, Dyadic.dyadic(1n, last - 1)) + 1
        ]!;
        const tie = lower % 2n === 0n ? 'tie to the lower' : 'tie to the upper';
        const where = Dyadic.isZero(rest) ? 'exact' : half === 'tie' ? tie : half;
        const name = `lane ${row}: ${total < 0n ? 'minus' : 'plus'} ${where}`;
        counts[name] = (counts[name] ?? 0) + 1;
      }
    }
  }
  expect(Object.keys(counts).length).toBeGreaterThan(150);
  expect(hitsOf(meter.report(), 'rounding')).toEqual(counts);
});

it('boundaries of INT4 that no product comes to lie on are those that an exhaustive search leaves', () => {
  const gain = Math.fround(7 / 6);
  const found = new Set<string>();
  const product = new Float32Array(1);
  for (let boundary = 0.5; boundary < 7; boundary++) {
    for (let exponent = -1; exponent < 4; exponent++) {
      for (let significand = 2 ** 23; significand < 2 ** 24; significand++) {
        const exact = significand * 2 ** (exponent - 24) * gain;
        product[0] = exact;
        if (product[0] !== boundary) continue;
        found.add(`int4: plus tie at ${boundary}`);
        const direction = boundary % 2 === 0.5 ? 'lower' : 'upper';
        const way =
          exact === boundary ? 'exactly' : exact > boundary ? 'rounded down onto it' : 'rounded up onto it';
        found.add(`int4: tie to the ${direction} code, ${way}`);
      }
    }
  }
  const bins = unitOf('quant-if4').coverage!().points.flatMap((point) => point.bins);
  const judged = bins.filter(({ name }) => /^int4: (plus tie at|tie to the \w+ code, )/.test(name));
  expect(judged.length).toBe(13);
  for (const { name, unreachable } of judged)
    expect([name, unreachable === undefined]).toEqual([name, found.has(name)]);
});
