import { describe, expect, test } from 'vitest';
import {
  createOracle,
  DEFAULT_SEMANTIC,
  DOT_SEMANTICS,
  exactBound,
  semanticOf,
} from '../../src/dot/index.js';
import { BLOCK_FORMATS, ELEMENT_FORMATS, IF4, MXFP4, NVFP4, NVINT4 } from '../../src/formats/index.js';
import { errorOf } from '../support/errors.js';

const element = (name: string) => ELEMENT_FORMATS.get(name)!;

describe('the catalogue', () => {
  test('names every semantic once and cites a source', () => {
    for (const [name, record] of DOT_SEMANTICS) {
      expect(record.name).toBe(name);
      expect(record.source.length).toBeGreaterThan(10);
    }
    expect(DOT_SEMANTICS.has(DEFAULT_SEMANTIC)).toBe(true);
  });

  test('has the parameters that were measured or published', () => {
    const bits = (name: string) => {
      const { accumulation } = semanticOf(name);
      return accumulation.kind === 'fused' ? [accumulation.fractionBits, accumulation.exponentFloor] : [];
    };
    expect(bits('hopper-wgmma-fp8')).toEqual([13, -133]);
    expect(bits('hopper-f16')).toEqual([25, -133]);
    expect(bits('hopper-mma-fp8')).toEqual([25, -133]);
    expect(bits('blackwell-mxf4nvf4')).toEqual([35, -133]);
    expect(bits('blackwell-mxf8f6f4')).toEqual([25, -133]);
    expect(bits('blackwell-mxf4nvf4/mma-sim')).toEqual([35, -126]);
    expect(bits('ada-mma-fp8')).toEqual([13, -133]);
    expect([bits('volta-f16')[0], bits('turing-f16')[0], bits('ampere-f16')[0]]).toEqual([23, 24, 24]);
  });

  test('suggests the nearest name for an unknown one', () => {
    const error = errorOf(() => semanticOf('blackwell-mxf4nvfp4'));
    expect(error.message).toContain('blackwell-mxf4nvfp4');
    expect(error.hint).toContain('blackwell-mxf4nvf4');
  });
});

describe('operands', () => {
  test.each([
    ['blackwell-mxf4nvf4', NVINT4, 'int4 elements'],
    ['blackwell-mxf4nvf4', element('e4m3'), 'e4m3 elements'],
    ['blackwell-mxf4nvf4', element('e2m1'), 'elements without block scales'],
    ['blackwell-mxf8f6f4', NVFP4, 'ue4m3 scales'],
    ['published-mac', MXFP4, 'e8m0 scales'],
    ['exact49', MXFP4, 'e8m0 scales'],
    ['hopper-wgmma-fp8', NVFP4, 'ue4m3 scales'],
    ['s8-s32', element('e4m3'), 'e4m3 elements'],
    ['exact', element('fp32'), '32 bits wide'],
  ])('%s refuses what it cannot read', (name, format, what) => {
    const error = errorOf(() => createOracle(semanticOf(name), format, format));
    expect(error.message).toContain(what);
    expect(error.message).toContain(format.name);
  });

  test('with blocks that a step cannot hold are refused', () => {
    const odd = { ...NVFP4, name: 'nvfp4/24', blockSize: 24 };
    expect(errorOf(() => createOracle(semanticOf('exact'), odd, NVFP4)).message).toContain('blocks of 16');
  });

  test('of unequal length, or not a multiple of the step, are refused', () => {
    const oracle = createOracle(semanticOf('blackwell-mxf4nvf4'), NVFP4, NVFP4);
    const [codes, scales] = [new Uint8Array(64), new Uint8Array(4)];
    expect(errorOf(() => oracle.dot(codes, scales, new Uint8Array(128), scales)).message).toContain('128');
    expect(errorOf(() => oracle.dot(codes, new Uint8Array(3), codes, scales)).message).toContain('3 scales');
    const short = new Uint8Array(48);
    const error = errorOf(() => oracle.dot(short, new Uint8Array(3), short, new Uint8Array(3)));
    expect(error.message).toContain('K = 48');
    expect(error.hint).toContain('pad');
  });

  test('in IF4 are read as FP4 with a warning by a semantic that ignores the scale’s sign bit', () => {
    const ignoring = [...DOT_SEMANTICS.values()].filter(
      ({ operands }) =>
        operands.selector === 'ignored' &&
        operands.elements.includes('e2m1') &&
        operands.scales.includes('ue4m3'),
    );
    expect(ignoring.map(({ name }) => name)).toContain('blackwell-mxf4nvf4');
    for (const semantic of ignoring) {
      const oracle = createOracle(semantic, IF4, NVFP4);
      expect(oracle.warnings.map(({ code }) => code)).toEqual(['selector-ignored']);
      expect(oracle.warnings[0]!.message).toContain('if4');
      // An int block of sevens counts as a block of sixes.
      const [sevens, ones] = [new Uint8Array(64).fill(7), new Uint8Array(64).fill(2)];
      const [int, plain] = [new Uint8Array(4).fill(0xb8), new Uint8Array(4).fill(0x38)];
      expect(oracle.dot(sevens, int, ones, plain)).toBe(oracle.dot(sevens, plain, ones, plain));
    }
  });

  test.each(['exact', 'exact49', 'three-accumulators', 'fp32-correct', 'published-mac'])(
    'in IF4 are taken by %s without a warning',
    (name) => {
      const oracle = createOracle(semanticOf(name), IF4, IF4);
      expect(oracle.warnings).toEqual([]);
    },
  );

  test('without block scales may be a block format whose scale has no bits', () => {
    const perTensor = [...BLOCK_FORMATS.values()].find(
      (format) => format.scale.name === 'unit' && format.choices[0].element.name === 'e4m3',
    )!;
    const oracle = createOracle(semanticOf('hopper-wgmma-fp8'), perTensor, element('e4m3'));
    const ones = new Uint8Array(32).fill(0x38);
    expect(oracle.dot(ones, [], ones, [])).toBe(0x42000000); // 32
  });

  test('of the published MAC take no addend', () => {
    const oracle = createOracle(semanticOf('published-mac'), NVFP4, NVFP4);
    const [codes, scales] = [new Uint8Array(16), new Uint8Array(1)];
    expect(errorOf(() => oracle.dot(codes, scales, codes, scales, 0x3f800000)).message).toContain(
      'no addend',
    );
  });
});

describe('the width of an exact accumulator', () => {
  test('is 58 bits for NVFP4, enough for K of about 18,000', () => {
    const bound = exactBound(semanticOf('exact'), NVFP4, NVFP4);
    expect(bound.registerBits).toBe(58);
    // 16 products of (12 half units)² at scales of 448² = (14 · 2^14 units)²
    expect(16n * bound.largestProduct).toBe(2304n * 196n * 2n ** 28n);
    expect(bound.unitExponent).toBe(-2 - 18);
    expect(bound.maxDepth).toBe(19_008);
  });

  test('grows by 6 bits on the 1/49 grid', () => {
    const bound = exactBound(semanticOf('exact49'), IF4, IF4);
    expect(bound.denominator).toBe(49n);
    expect(bound.registerBits).toBe(58 + 6);
  });

  test('follows from the formats', () => {
    const width = (format: Parameters<typeof exactBound>[1]) =>
      exactBound(semanticOf('exact'), format, format).registerBits;
    expect(width(MXFP4)).toBeGreaterThan(2 * 254);
    expect(width(element('e4m3'))).toBe(51); // 16 · (448 · 2^9)² = 2^39.6: 40 bits, a sign, 10 of headroom
  });

  test('refuses a K beyond it, and holds the largest sums up to it', () => {
    const oracle = createOracle(semanticOf('exact'), NVFP4, NVFP4);
    const { maxDepth } = exactBound(semanticOf('exact'), NVFP4, NVFP4);
    const sixes = new Uint8Array(maxDepth + 16).fill(7);
    const scales = new Uint8Array(maxDepth / 16 + 1).fill(0x7e);
    const blocks = maxDepth / 16;
    const bits = oracle.dot(
      sixes.subarray(0, maxDepth),
      scales.subarray(0, blocks),
      sixes.subarray(0, maxDepth),
      scales.subarray(0, blocks),
    );
    expect(bits).toBe(new Uint32Array(Float32Array.of(36 * maxDepth * 448 ** 2).buffer)[0]);
    const error = errorOf(() => oracle.dot(sixes, scales, sixes, scales));
    expect(error.message).toContain(`K = ${maxDepth}`);
    expect(error.message).toContain('58-bit');
  });
});
