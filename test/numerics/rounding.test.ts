import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitsToFloat32,
  exponentOf,
  float32Bits,
  ROUNDING_MODES,
  roundNumber,
  roundScaledBigint,
} from '../../src/numerics/index.js';

describe('rounding of numbers', () => {
  it('equals rounding of the same value as a scaled integer, in every mode', () => {
    const sixteenths = fc.integer({ min: -4096, max: 4096 });
    fc.assert(
      fc.property(sixteenths, fc.constantFrom(...ROUNDING_MODES), (n, mode) => {
        expect(roundNumber(n / 16, mode) + 0).toBe(Number(roundScaledBigint(BigInt(n), -4, mode)));
      }),
    );
  });

  it('agrees with Math.trunc, Math.floor and Math.ceil', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (x) => {
        expect(roundNumber(x, 'toward-zero')).toBe(Math.trunc(x));
        expect(roundNumber(x, 'toward-negative')).toBe(Math.floor(x));
        expect(roundNumber(x, 'toward-positive')).toBe(Math.ceil(x));
      }),
    );
  });

  it('keeps signs, infinities and NaN', () => {
    expect(roundNumber(-0.25, 'nearest-even')).toBe(-0);
    expect(roundNumber(-0, 'away-from-zero')).toBe(-0);
    expect(roundNumber(Number.NEGATIVE_INFINITY, 'nearest-even')).toBe(Number.NEGATIVE_INFINITY);
    expect(roundNumber(Number.NaN, 'nearest-even')).toBeNaN();
  });

  it('does not stumble just below a half', () => {
    expect(roundNumber(0.49999999999999994, 'nearest-away')).toBe(0);
    expect(roundNumber(4503599627370495.5, 'nearest-even')).toBe(4503599627370496);
  });
});

describe('bit views', () => {
  it('round-trip float32 patterns', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xff7fffff }), (bits) => {
        const x = bitsToFloat32(bits);
        if (!Number.isNaN(x)) expect(float32Bits(x)).toBe(bits);
      }),
    );
  });

  it('give the exponent of normal and subnormal doubles', () => {
    for (let e = -1074; e < 1024; e++) expect(exponentOf(2 ** e)).toBe(e);
    expect(exponentOf(-3)).toBe(1);
    expect(exponentOf(5e-324 * 3)).toBe(-1073);
  });
});
