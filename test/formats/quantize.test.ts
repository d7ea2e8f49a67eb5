import { describe, expect, it } from 'vitest';
import {
  BLOCK_FORMATS,
  type BlockFormat,
  codecOf,
  dequantize,
  E2M1,
  familyOf,
  HIF4,
  IF4,
  type Matrix,
  MXFP4,
  NVFP4,
  NVINT4,
  policyLike,
  policyText,
  type QuantizedMatrix,
  quantize,
  quantizerInput,
  resolvePolicy,
  SELECTOR_BIT,
  UE4M3,
  VECTORWISE_FP4,
} from '../../src/formats/index.js';
import { ConfigurationError, Random } from '../../src/numerics/index.js';

const SEED = 4711;

function normal(rows: number, cols: number, seed = SEED, scale = 1): Matrix {
  const random = new Random(seed);
  return { rows, cols, data: Float32Array.from({ length: rows * cols }, () => random.normal() * scale) };
}

function row(...values: number[]): Matrix {
  return { rows: 1, cols: values.length, data: Float32Array.from(values) };
}

/** One block: the values given, then zeros. */
function block(size: number, ...values: number[]): Matrix {
  return row(...values, ...new Array<number>(size - values.length).fill(0));
}

/** Values that a format represents exactly: decoded from random codes with equal scales. */
function representable(format: BlockFormat, rows: number, cols: number): Matrix {
  const random = new Random(SEED);
  const { decode, maxValue } = codecOf(format.choices[0].element);
  const data = Float32Array.from({ length: rows * cols }, (_, i) =>
    i % format.blockSize === 0 ? maxValue : decode(random.below(16)) || 0,
  );
  const limit = data.map((x) => (Math.abs(x) <= maxValue ? x : 0));
  return { rows, cols, data: limit };
}

const ALL = [...BLOCK_FORMATS.values()];
const COLS = 128;

describe.each(ALL.map((format) => [format.name, format] as const))('%s', (_name, format) => {
  it('has codes and scales of its formats, and its full policy', () => {
    const matrix = normal(32, COLS);
    const quantized = quantize(format, matrix);
    expect(quantized.codes.length).toBe(32 * COLS);
    expect(quantized.scales.length).toBe((32 * COLS) / format.blockSize);
    expect(quantized.policy).toBe(policyText(resolvePolicy(format, '')));
    const bad = quantized.codes.findIndex((code, i) => {
      const { element, reservedCodes } = format.choices[choiceOf(quantized, i)]!;
      return code >= 2 ** codecOf(element).width || reservedCodes.includes(code);
    });
    expect(bad).toBe(-1);
  });

  it('loses nothing when it quantises its own values again', () => {
    const once = dequantize(quantize(format, representable(format, 4, COLS)));
    expect(once.data).toEqual(representable(format, 4, COLS).data.map((x) => x + 0));
    const policy = format.choices.length > 1 ? 'rule=mse' : '';
    const [first, second] = [once, dequantize(quantize(format, once, policy))];
    expect(second.data).toEqual(first.data);
  });

  it('is blind to a common power of two', () => {
    const [small, large] = [normal(16, COLS), normal(16, COLS, SEED, 2 ** 10)];
    const [a, b] = [quantize(format, small), quantize(format, large)];
    expect(b.codes).toEqual(a.codes);
    const [x, y] = [dequantize(a), dequantize(b)];
    // FP32 products of scaled operands round alike, away from subnormals.
    expect(y.data).toEqual(x.data.map((value) => value * 2 ** 10));
  });

  it('is symmetric: the negated matrix decodes to the negated values', () => {
    const matrix = normal(16, COLS);
    const negated = { ...matrix, data: matrix.data.map((x) => -x) };
    const policy = format === VECTORWISE_FP4 ? 'nearest-even' : ''; // its own ties go toward +∞
    const [x, y] = [matrix, negated].map((input) => dequantize(quantize(format, input, policy)));
    expect(y!.data.map((value) => value + 0)).toEqual(x!.data.map((value) => -value + 0));
  });

  it('quantises zeros to zeros', () => {
    const zeros = { rows: 16, cols: COLS, data: new Float32Array(16 * COLS) };
    expect(dequantize(quantize(format, zeros)).data).toEqual(zeros.data);
  });

  it('stays finite at the ends of float32', () => {
    for (const scale of [2 ** -149, 2 ** -130, 2 ** 120]) {
      const { data } = dequantize(quantize(format, normal(16, COLS, SEED, scale)));
      expect(data.some((x) => Number.isNaN(x))).toBe(false);
    }
  });

  it('names the position of the first value that is not finite', () => {
    const matrix = normal(2, COLS);
    matrix.data[COLS + 7] = Number.NaN;
    expect(() => quantize(format, matrix)).toThrow(/row 1, column 7 is NaN/);
    matrix.data[COLS + 7] = Number.NEGATIVE_INFINITY;
    expect(() => quantize(format, matrix)).toThrow(/row 1, column 7 is -Infinity/);
  });

  it('makes NaN of a block with a value that is not finite, if asked, and of no other block', () => {
    const matrix = normal(2, COLS);
    matrix.data[COLS + 7] = Number.POSITIVE_INFINITY;
    const { data } = dequantize(quantize(format, matrix, 'non-finite=propagate'));
    expect(data[COLS + 7]).toBeNaN();
    const others =
      familyOf(format) === 'unscaled' && format.tensorScale === 'fp32' ? [] : data.slice(0, COLS);
    expect([...others].some((x) => Number.isNaN(x))).toBe(false);
  });

  it('refuses what it cannot hold', () => {
    expect(() => quantize(format, row())).toThrow(ConfigurationError);
    expect(() => quantize(format, { rows: 2, cols: COLS, data: new Float32Array(3) })).toThrow(/cannot hold/);
    expect(() => quantize(format, { rows: -1, cols: -COLS, data: new Float32Array(COLS) })).toThrow(
      ConfigurationError,
    );
    expect(() => quantize(format, { rows: 2 ** 40, cols: 2 ** 40, data: new Float32Array(0) })).toThrow(
      ConfigurationError,
    );
    if (format.blockSize > 1) {
      expect(() => quantize(format, normal(2, format.blockSize + 1))).toThrow(/not a multiple/);
      const padded = quantize(format, normal(2, format.blockSize + 1), 'padding=zeros');
      expect(padded.cols).toBe(2 * format.blockSize);
    }
  });
});

function choiceOf({ format, scales }: QuantizedMatrix, element: number): number {
  if (format.selector === 'none') return 0;
  return (scales[Math.floor(element / format.blockSize)]! & SELECTOR_BIT) === 0 ? 0 : 1;
}

describe('two-level scaling', () => {
  it('maps the tensor maximum to 6 × 448', () => {
    const quantized = quantize(NVFP4, block(16, 6, 3, -1.5, 0.5));
    expect(quantized.scales[0]).toBe(codecOf(UE4M3).encode(448));
    expect([...quantized.codes.slice(0, 4)]).toEqual([7, 5, 11, 1]);
    expect(quantized.tensorFactor).toEqual({ amax: 6, divisor: 2688 });
  });

  it('takes 4 instead of 6 where that errs less', () => {
    // 4, 3 and 2 are exact with the maximum at 4; with it at 6, 3 becomes 4.5 and 2 becomes 3.
    const matrix = block(16, 4, 3, 2, 3, 2, 3, 2);
    const [six, adaptive] = [quantize(NVFP4, matrix, 'static_6'), quantize(NVFP4, matrix, 'mse')];
    expect(codecOf(E2M1).decode(six.codes[0]!)).toBe(6);
    expect(codecOf(E2M1).decode(adaptive.codes[0]!)).toBe(4);
    expect(quantize(NVFP4, matrix, 'static_4').codes[0]).toBe(adaptive.codes[0]);
  });

  it('chooses integers for evenly spread blocks, and floats for the others', () => {
    const even = [7, 6, 5, 4, 3, 2, 1, -7, -6, -5, -4, -3, -2, -1, 7, 6];
    const uneven = [6, 0.5, 0.5, 1, 1, 1.5, 0.5, 1, -6, -0.5, 0.5, 1.5, 1, 0.5, 1, 3];
    expect(quantize(IF4, row(...even)).scales[0]! & SELECTOR_BIT).toBe(SELECTOR_BIT);
    expect(quantize(IF4, row(...uneven)).scales[0]! & SELECTOR_BIT).toBe(0);
  });

  it('marks a zero block as floats with scale 0', () => {
    const matrix = row(...new Array<number>(16).fill(0), 1, ...new Array<number>(15).fill(0));
    expect(quantize(IF4, matrix).scales[0]).toBe(0);
  });

  it('shares the scale of a 16 × 16 tile', () => {
    const quantized = quantize(NVFP4, normal(32, 32), 'tiling=16x16');
    for (let tileRow = 0; tileRow < 2; tileRow++) {
      const scales = Array.from({ length: 16 }, (_, r) => quantized.scales[(tileRow * 16 + r) * 2]);
      expect(new Set(scales).size).toBe(1);
    }
    expect(() => quantize(NVFP4, normal(17, 32), 'tiling=16x16')).toThrow(/multiple of 16 rows/);
    expect(() => quantize(MXFP4, normal(32, 32), 'tiling=16x16')).toThrow(/blocks of 32/);
  });

  it('quantises the transpose', () => {
    const matrix = normal(16, 48);
    const turned = quantize(NVFP4, matrix, 'transpose=yes');
    expect([turned.rows, turned.cols]).toEqual([48, 16]);
    const direct = { rows: 48, cols: 16, data: new Float32Array(16 * 48) };
    matrix.data.forEach((x, i) => {
      direct.data[(i % 48) * 16 + Math.floor(i / 48)] = x;
    });
    expect(turned.codes).toEqual(quantize(NVFP4, direct).codes);
  });

  it('differs between codebases on a block whose scale rounds to zero', () => {
    const matrix = row(2 ** 20, ...new Array<number>(15).fill(0), 1e-3, ...new Array<number>(15).fill(0));
    expect(quantize(NVFP4, matrix, policyLike('fouroversix', NVFP4)).codes[16]).toBe(0);
    expect(quantize(NVFP4, matrix, policyLike('transformer-engine', NVFP4)).codes[16]).toBe(7);
    const torchao = quantize(NVFP4, matrix, policyLike('torchao', NVFP4));
    expect(codecOf(UE4M3).decode(torchao.scales[1]!)).toBe(2 ** -6);
  });

  it('keeps the sign of zeros as the policy says', () => {
    const matrix = block(16, 6, -0, -1e-3);
    const codes = (policy: string) => [...quantize(NVFP4, matrix, policy).codes.slice(1, 3)];
    expect(codes('negative-zero=keep')).toEqual([8, 8]);
    expect(codes('negative-zero=clear-input')).toEqual([0, 8]);
    expect(codes('negative-zero=never')).toEqual([0, 0]);
  });

  it('decodes scale 0x7f and element 8 as the codebase asks', () => {
    const quantized = quantize(NVFP4, block(16, 6, -1e-3), 'negative-zero=keep');
    expect(dequantize(quantized, { code8: 'zero' }).data[1]).toBe(0);
    expect(Object.is(dequantize(quantized).data[1], -0)).toBe(true);
    expect(() => dequantize(quantized, { code8: 'illegal' })).toThrow(/row 0, column 1 has code 0x8/);
    const nan = { ...quantized, scales: Uint8Array.of(0x7f) };
    expect(dequantize(nan).data[0]).toBeNaN();
    expect(dequantize(nan, { scale7f: '448' }).data[0]).toBe(6);
  });
});

describe('scales that are powers of two', () => {
  const exponent = (rule: string, ...values: number[]): number =>
    quantize(MXFP4, block(32, ...values), rule).scales[0]! - 127;

  it.each([
    ['floor', 7.9, 0],
    ['floor', 8, 1],
    ['ceil', 8, 1],
    ['ceil', 8.1, 2],
    ['even', 6.9, 0],
    ['even', 7.1, 1],
    ['rceil', 6, 0],
    ['rceil', 6.1, 1],
    ['static_6', 6, 0],
    ['static_4', 4.1, 1],
    ['qutlass', 7.9, 2],
  ])('%s of a maximum of %d is 2^%d', (rule, maximum, expected) => {
    expect(exponent(`rule=${rule}`, maximum)).toBe(expected);
  });

  it('come from the standard deviation with quest', () => {
    const values = Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? 3 : -3)); // σ = 3: 2^floor(log2 1.461)
    expect(exponent('quest', ...values)).toBe(0);
    expect(exponent('quest', ...new Array<number>(32).fill(3))).toBe(Math.floor(Math.log2(1e-8)));
  });

  it('have constants for E2M1 only in some rules', () => {
    expect(() => quantize(BLOCK_FORMATS.get('mxfp8_e4m3')!, normal(2, 32), 'rule=quest')).toThrow(
      /made for e2m1/,
    );
  });

  it('leave no element beyond the range with rceil', () => {
    const matrix = normal(64, 128);
    const { data } = dequantize(quantize(MXFP4, matrix, 'rceil'));
    const errors = data.map((x, i) => Math.abs(x - matrix.data[i]!));
    expect(Math.max(...errors)).toBeLessThan(1.01);
  });

  it('are undone with the factor that the elements got: qutlass × 3, Quartet × 3/4', () => {
    const matrix = block(32, 4, 2);
    for (const policy of ['qutlass', 'floor,headroom=3/4']) {
      const { data } = dequantize(quantize(MXFP4, matrix, policy));
      expect(Math.abs(data[0]! - 4)).toBeLessThan(1.4);
    }
  });
});

describe('HiF4', () => {
  it('doubles the elements of groups that need it', () => {
    const quantized = quantize(HIF4, block(64, 7, 0, 0, 0, 1.5, 1, 0.5, 0.25, 3, 2));
    expect([...quantized.microExponents!.slice(0, 4)]).toEqual([2, 1, 1, 0]);
    expect([...dequantize(quantized).data.slice(0, 10)]).toEqual([7, 0, 0, 0, 1.5, 1, 0.5, 0.5, 3, 2]);
  });
});

describe('vector-wise E2M1', () => {
  it('has one factor a row and sends ties toward +∞', () => {
    const { rowScales, codes } = quantize(VECTORWISE_FP4, {
      rows: 2,
      cols: 4,
      data: Float32Array.of(6, 5, -5, 0.25, 12, 10, -10, -0.5),
    });
    expect([...rowScales!]).toEqual([1, 2]);
    expect([...codes]).toEqual([7, 7, 14, 1, 7, 7, 14, 8]);
  });

  it('keeps what it clamps: the residual and the rest are the matrix', () => {
    const matrix = normal(32, 64);
    const policy = resolvePolicy(VECTORWISE_FP4, 'outlier-quantile=0.99');
    const { residual, ...rest } = quantize(VECTORWISE_FP4, matrix, policy);
    expect(residual!.positions.length).toBe(Math.floor(0.01 * 32 * 64));
    const clamped = matrix.data.slice();
    residual!.positions.forEach((at, i) => {
      clamped[at] = clamped[at]! - residual!.values[i]!;
    });
    const limit = Math.max(...clamped.map(Math.abs));
    expect(limit).toBeLessThan(Math.max(...matrix.data.map(Math.abs)));
    expect(dequantize({ ...rest, residual: residual! }).data[residual!.positions[0]!]).toBeCloseTo(
      matrix.data[residual!.positions[0]!]!,
      0,
    );
  });

  it('keeps outlier columns whole', () => {
    const matrix = normal(8, 16);
    for (let r = 0; r < 8; r++) matrix.data[r * 16 + 5] = 100 + r;
    const quantized = quantize(BLOCK_FORMATS.get('vectorwise_int4')!, matrix, 'outlier-columns=1');
    const { data } = dequantize(quantized);
    for (let r = 0; r < 8; r++) expect(data[r * 16 + 5]).toBe(100 + r);
    expect(Math.max(...quantized.rowScales!)).toBeLessThan(1);
  });
});

describe('the Hadamard transform', () => {
  it.each([16, 32, 64, 128])('of size %d keeps lengths, and is its own inverse but for signs', (size) => {
    const matrix = normal(4, 128);
    const input = quantizerInput(NVFP4, matrix, resolvePolicy(NVFP4, `hadamard=${size}`));
    const power = ({ data }: Matrix): number => data.reduce((sum, x) => sum + x * x, 0);
    expect(power(input) / power(matrix)).toBeCloseTo(1, size === 16 ? 1 : 4);
  });

  it('spreads one large value over its group', () => {
    const input = quantizerInput(NVFP4, block(16, 4), resolvePolicy(NVFP4, 'hadamard=16'));
    expect([...input.data].map(Math.abs)).toEqual(new Array(16).fill(1));
  });

  it('needs whole groups, or padding', () => {
    expect(() => quantize(NVFP4, normal(2, 16), 'hadamard=32')).toThrow(/Hadamard/);
    expect(quantize(NVFP4, normal(2, 16), 'hadamard=32,padding=zeros').cols).toBe(32);
  });

  it('depends on the seed for sizes beyond 16', () => {
    const codes = (seed: number) => quantize(NVFP4, normal(2, 64), `hadamard=64,seed=${seed}`).codes;
    expect(codes(1)).toEqual(codes(1));
    expect(codes(1)).not.toEqual(codes(2));
  });
});

describe('stochastic rounding', () => {
  const matrix = block(16, 6, 2.75, 0.1, -1.3, 4.9, -0.6);

  it.each(['stochastic', 'stochastic-8-bit'])('%s is unbiased', (rounding) => {
    const trials = 4000;
    const sums = new Float64Array(6);
    for (let seed = 0; seed < trials; seed++) {
      const { data } = dequantize(quantize(NVFP4, matrix, `rounding=${rounding},seed=${seed}`));
      for (let i = 0; i < sums.length; i++) sums[i] = sums[i]! + data[i]!;
    }
    for (let i = 0; i < sums.length; i++) {
      expect(Math.abs(sums[i]! / trials - matrix.data[i]!), `element ${i}`).toBeLessThan(0.06);
    }
  });

  it('repeats with the seed, and replays given draws', () => {
    const policy = 'stochastic,seed=5';
    expect(quantize(NVFP4, normal(4, 64), policy).codes).toEqual(
      quantize(NVFP4, normal(4, 64), policy).codes,
    );
    const middle = quantize(NVFP4, matrix, 'stochastic', { draws: [new Float32Array(16).fill(0.5)] });
    expect(middle.codes).toEqual(quantize(NVFP4, matrix, 'negative-zero=keep').codes);
  });

  it('refuses too few draws', () => {
    const draws = [new Float32Array(15)];
    expect(() => quantize(NVFP4, matrix, 'stochastic', { draws })).toThrow(/draw 15 of candidate 0/);
  });

  it('works on integers', () => {
    const codes = quantize(NVINT4, normal(8, 64), 'stochastic').codes;
    expect(codes.includes(8)).toBe(false);
  });

  it('moves the randomness into the scales with ms-eden', () => {
    const input = normal(4, 128);
    const [a, b] = [1, 2].map((seed) => quantize(NVFP4, input, `ms-eden,seed=${seed}`));
    expect(a!.codes).toEqual(b!.codes);
    expect(a!.scales).not.toEqual(b!.scales);
    const decoded = dequantize(a!);
    const product = decoded.data.reduce((sum, x, i) => sum + x * input.data[i]!, 0);
    const power = input.data.reduce((sum, x) => sum + x * x, 0);
    expect(product / power).toBeCloseTo(1, 1);
  });
});
