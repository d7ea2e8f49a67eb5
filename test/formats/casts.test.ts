import { describe, expect, it } from 'vitest';
import { CASTS, type CodeCast, castToCode, type ValueCast } from '../../src/formats/index.js';

const code = (name: string, x: number): number => castToCode(CASTS.get(name) as CodeCast, x);
const value = (name: string, x: number): number => (CASTS.get(name) as ValueCast).round(x);

describe('casts of other codebases', () => {
  it('disagree beyond the range of E4M3: PyTorch saturates, ml_dtypes gives NaN', () => {
    expect(code('torch_float8_e4m3fn', 1e6)).toBe(0x7e);
    expect(code('ml_float8_e4m3fn', 1e6)).toBe(0x7f);
  });

  it('disagree on the sign of a zero input: TransformerEngine drops it', () => {
    expect(code('te_ref_e2m1', -0)).toBe(0);
    expect(code('ao_e2m1', -0)).toBe(8);
  });

  it('do not saturate in fouroversix', () => {
    expect(value('fo6_e2m1_f32', 7.5)).toBe(8);
    expect(value('fo6_e2m1_f32', 2e38)).toBeNaN();
  });

  it('round the largest number below a tie up in microxcaling', () => {
    const belowTie = 0.25 - 2 ** -26;
    expect(value('mx_e2m1_nearest', belowTie)).toBe(0.5);
    expect(value('mx_e2m1_even', belowTie)).toBe(0.5);
    expect(code('ao_e2m1', belowTie)).toBe(0);
  });

  it('give NaN a code in formats that have none', () => {
    expect(code('ml_float4_e2m1fn', Number.NaN)).toBe(8);
    expect(code('te_ref_e2m1', Number.NaN)).toBe(0);
  });

  it('treat the signs of E8M0 inputs differently', () => {
    expect(code('torch_float8_e8m0fnu', -4)).toBe(129);
    expect(code('ml_float8_e8m0fnu', -4)).toBe(255);
  });
});
