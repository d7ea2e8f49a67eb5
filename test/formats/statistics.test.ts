/** Statistics of the field on normal data; the figures are those of the reference implementations. */
import { describe, expect, it } from 'vitest';
import {
  BLOCK_FORMATS,
  clipMask,
  MXFP4,
  matrixFromSource,
  measureError,
  NVFP4,
  quantize,
} from '../../src/formats/index.js';

const NORMAL = matrixFromSource('normal:1024x1024:1');

describe('the mean squared error on N(0, 1)', () => {
  it.each([
    ['mxfp4', 'rceil', 0.01332],
    ['mxfp4', 'floor', 0.0132],
    ['nvfp4', 'static_6', 0.00905],
    ['nvfp4', 'static_4', 0.00964],
    ['nvfp4', 'abs_max', 0.00799],
    ['nvfp4', 'mae', 0.0078],
    ['nvfp4', 'mse', 0.00756],
    ['nvint4', 'static_6', 0.00745],
    ['hif4', 'hif4', 0.00687],
    ['if4', 'abs_max', 0.00678],
    ['if4', 'mae', 0.00642],
    ['if4', 'mse', 0.00616],
  ])('of %s with %s is %d within 1 %%', (name, rule, expected) => {
    const { measures } = measureError(BLOCK_FORMATS.get(name)!, NORMAL, `rule=${rule}`);
    expect(Math.abs(measures.mse / expected - 1)).toBeLessThan(0.01);
    expect(measures.sqnrDb).toBeCloseTo(-10 * Math.log10(measures.mse), 0);
  });
});

describe('the share of integer blocks of IF4', () => {
  it.each([
    ['normal', 'mse', 0.632, 0.005],
    ['normal', 'mae', 0.493, 0.005],
    ['normal', 'abs_max', 0.877, 0.005],
    ['laplace', 'mse', 0.423, 0.01],
    ['student3', 'mse', 0.381, 0.01],
  ])('on %s with %s is %d ± %d', (distribution, rule, expected, tolerance) => {
    const matrix = distribution === 'normal' ? NORMAL : matrixFromSource(`${distribution}:1024x1024:1`);
    const { measures } = measureError(BLOCK_FORMATS.get('if4')!, matrix, `rule=${rule}`);
    expect(Math.abs(measures.secondChoiceShare - expected)).toBeLessThan(tolerance);
  });
});

describe('measures', () => {
  it('count −0 codes: 3 to 5 % of NVFP4', () => {
    const { measures } = measureError(NVFP4, NORMAL);
    const share = measures.negativeZeros / measures.elements;
    expect(share).toBeGreaterThan(0.03);
    expect(share).toBeLessThan(0.05);
  });

  it('leave padding out of the mean', () => {
    const data = Float32Array.from({ length: 17 }, (_, i) => i / 3);
    const { measures, quantized } = measureError(NVFP4, { rows: 1, cols: 17, data }, 'padding=zeros');
    expect(quantized.cols).toBe(32);
    expect(measures.elements).toBe(17);
  });

  it('mark what is clipped', () => {
    const data = Float32Array.from({ length: 32 }, (_, i) => (i === 3 ? 7.9 : 1));
    const matrix = { rows: 1, cols: 32, data };
    const mask = clipMask(matrix, quantize(MXFP4, matrix, 'floor'));
    expect([...mask.keys()].filter((i) => mask[i] === 1)).toEqual([3]);
    expect(clipMask(matrix, quantize(MXFP4, matrix, 'rceil')).some((bit) => bit === 1)).toBe(false);
  });

  it('see no error where there is none', () => {
    const matrix = { rows: 1, cols: 16, data: new Float32Array(16).fill(6) };
    const { measures } = measureError(NVFP4, matrix);
    expect(measures).toMatchObject({ mse: 0, maxError: 0, sqnrDb: Number.POSITIVE_INFINITY, clipped: 0 });
  });
});
