import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dyadic } from '../../src/numerics/index.js';

const {
  add,
  compare,
  dyadic,
  equals,
  fromNumber,
  leadingExponent,
  multiply,
  roundToMultiple,
  subtract,
  toNumber,
} = Dyadic;
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('dyadics', () => {
  it('hold every finite double exactly, in canonical form', () => {
    fc.assert(
      fc.property(finite, (x) => {
        const d = fromNumber(x);
        expect(toNumber(d)).toBe(x === 0 ? 0 : x);
        expect(d.significand === 0n ? d.exponent === 0 : (d.significand & 1n) === 1n).toBe(true);
      }),
    );
  });

  it('agree with doubles where those are exact: products of float32', () => {
    fc.assert(
      fc.property(float32, float32, (x, y) => {
        fc.pre(x * y === 0 || Math.abs(x * y) > 2 ** -1000);
        expect(toNumber(multiply(fromNumber(x), fromNumber(y)))).toBe(x * y === 0 ? 0 : x * y);
      }),
    );
  });

  it('add without rounding: (x + y) − y is x', () => {
    fc.assert(
      fc.property(finite, finite, (x, y) => {
        const [a, b] = [fromNumber(x), fromNumber(y)];
        expect(equals(subtract(add(a, b), b), a)).toBe(true);
        expect(compare(a, b)).toBe(x < y ? -1 : x > y ? 1 : 0);
      }),
    );
  });

  it('know their leading exponent at powers of two and just below', () => {
    for (let e = -1060; e < 1020; e += 7) {
      expect(leadingExponent(fromNumber(2 ** e))).toBe(e);
      expect(leadingExponent(fromNumber(2 ** e * (1 + 2 ** -10)))).toBe(e);
    }
    expect(leadingExponent(dyadic(2n ** 200n - 1n))).toBe(199);
    expect(() => leadingExponent(dyadic(0n))).toThrow(RangeError);
  });

  it('round to multiples of a power of two by every mode', () => {
    const half = fromNumber(2.5);
    expect(roundToMultiple(half, 0, 'nearest-even')).toBe(2n);
    expect(roundToMultiple(half, 0, 'nearest-away')).toBe(3n);
    expect(roundToMultiple(half, 0, 'nearest-down')).toBe(2n);
    expect(roundToMultiple(fromNumber(-2.5), 0, 'nearest-positive')).toBe(-2n);
    expect(roundToMultiple(half, 0, 'nearest-positive')).toBe(3n);
    expect(roundToMultiple(fromNumber(-2.25), 0, 'toward-negative')).toBe(-3n);
    expect(roundToMultiple(fromNumber(-2.75), 0, 'toward-zero')).toBe(-2n);
    expect(roundToMultiple(fromNumber(5), 1, 'toward-positive')).toBe(3n);
    expect(roundToMultiple(fromNumber(5), -3, 'away-from-zero')).toBe(40n);
  });

  it('refuse what has no value or no double', () => {
    expect(() => fromNumber(Number.NaN)).toThrow(/no dyadic value/);
    expect(() => fromNumber(Number.POSITIVE_INFINITY)).toThrow(RangeError);
    expect(() => toNumber(dyadic(2n ** 60n + 1n))).toThrow(/not a double/);
    expect(() => toNumber(dyadic(1n, 1024))).toThrow(RangeError);
  });
});
