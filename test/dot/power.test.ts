/** Whether the adversarial operands can tell a right record from a wrong one, and that Gaussian ones cannot. */
import { describe, expect, test } from 'vitest';
import {
  ADVERSARIAL_CLASS_NAMES,
  type AdversarialTile,
  adversarialTile,
  createOracle,
  type DotOracle,
  type DotSemantic,
  type FloatResult,
  type FusedAccumulation,
  type OperandFormat,
  semanticOf,
  type TileShape,
  type TwoStageAccumulation,
} from '../../src/dot/index.js';
import { BLOCK_FORMATS, ELEMENT_FORMATS, NVFP4, quantize } from '../../src/formats/index.js';
import { Random } from '../../src/numerics/index.js';

interface Dot {
  readonly aCodes: Uint8Array;
  readonly aScales: Uint8Array;
  readonly bCodes: Uint8Array;
  readonly bScales: Uint8Array;
}

function formatOf(name: string): OperandFormat {
  return (BLOCK_FORMATS.get(name) ?? ELEMENT_FORMATS.get(name))!;
}

/** The adversarial class and seed that first shows two semantics to differ, or null. */
function tellApart(left: DotSemantic, right: DotSemantic, format: OperandFormat): string | null {
  const [x, y] = [createOracle(left, format, format), createOracle(right, format, format)];
  const shape = { rows: 16, cols: 16, depth: Math.max(x.stepK, y.stepK) };
  for (let seed = 1; seed <= 6; seed++) {
    for (const name of ADVERSARIAL_CLASS_NAMES) {
      const tile = adversarialTile(name, left, format, format, shape, new Random(seed));
      const [theirs, ours] = [outputsOf(x, tile, shape), outputsOf(y, tile, shape)];
      if (theirs.some((bits, output) => bits !== ours[output])) {
        return `class ${name}, seed ${seed}`;
      }
    }
  }
  return null;
}

function outputsOf(
  oracle: DotOracle,
  { a, b, c }: AdversarialTile,
  { rows, cols, depth }: TileShape,
): Uint32Array {
  const [blocksA, blocksB] = [a.scales.length / rows, b.scales.length / cols];
  return c.map((addend, output) => {
    const [i, j] = [Math.floor(output / cols), output % cols];
    return oracle.dot(
      a.codes.subarray(i * depth, (i + 1) * depth),
      a.scales.subarray(i * blocksA, (i + 1) * blocksA),
      b.codes.subarray(j * depth, (j + 1) * depth),
      b.scales.subarray(j * blocksB, (j + 1) * blocksB),
      addend,
    );
  });
}

function fusedWith(base: DotSemantic, change: Partial<FusedAccumulation>): DotSemantic {
  return { ...base, accumulation: { ...(base.accumulation as FusedAccumulation), ...change } };
}

function resultWith(base: DotSemantic, change: Partial<FloatResult>): DotSemantic {
  return { ...base, result: { ...(base.result as FloatResult), ...change } };
}

const FUSED: readonly [semantic: string, format: string][] = [
  ['blackwell-mxf4nvf4', 'nvfp4'],
  ['blackwell-mxf4nvf4', 'mxfp4'],
  ['blackwell-mxf8f6f4', 'mxfp8_e4m3'],
  ['blackwell-f8f6f4', 'e4m3'],
  ['hopper-wgmma-fp8', 'e4m3'],
  ['hopper-wgmma-fp8-f16', 'e5m2'],
  ['hopper-mma-fp8', 'e5m2'],
  ['hopper-mma-fp8-f16', 'e4m3'],
  ['hopper-f16', 'fp16'],
  ['hopper-f16', 'bf16'],
  ['ada-mma-fp8', 'e4m3'],
  ['volta-f16', 'fp16'],
];

/**
 * Where a zero operand cannot matter: it would count with −126 + 15 at most, below every FP8 product (2^-32 and more)
 * and below every addend, an FP16 number (2^-24 and more) or the sum of an earlier pass.
 */
const ZEROS_NEVER_COUNT = new Set(['hopper-wgmma-fp8-f16', 'hopper-mma-fp8', 'hopper-mma-fp8-f16']);

describe.each(FUSED)('a record of %s on %s', (name, formatName) => {
  const base = semanticOf(name);
  const format = formatOf(formatName);
  const rule = base.accumulation as FusedAccumulation;

  test.each([-1, 1, 2])('with F %i bits off is found out', (change) => {
    const found = tellApart(base, fusedWith(base, { fractionBits: rule.fractionBits + change }), format);
    expect(found).not.toBeNull();
  });

  test('with another rounding is found out', () => {
    const { rounding } = base.result as FloatResult;
    const other = rounding === 'toward-zero' ? 'nearest-even' : 'toward-zero';
    expect(tellApart(base, resultWith(base, { rounding: other }), format)).not.toBeNull();
  });

  test('with another split of K is found out', () => {
    const K = base.stepK as number;
    const all = Array.from({ length: K }, (_, k) => k);
    const passes = rule.passes.length > 1 ? [all] : [all.slice(0, K / 2), all.slice(K / 2)];
    expect(tellApart(base, fusedWith(base, { passes }), format)).not.toBeNull();
  });

  test(`that counts zeros differently ${ZEROS_NEVER_COUNT.has(name) ? 'is the same' : 'is found out'}`, () => {
    const zeroTerms = rule.zeroTerms === 'ignored' ? 'operand-floor' : 'ignored';
    const found = tellApart(base, fusedWith(base, { zeroTerms }), format);
    expect(found === null).toBe(ZEROS_NEVER_COUNT.has(name));
  });
});

describe('the floor of the common exponent', () => {
  test.each([
    ['hopper-f16', 'bf16'],
    ['blackwell-mxf8f6f4', 'mxfp8_e4m3'],
    ['blackwell-mxf8f6f4', 'mxfp4'],
  ])('of %s on %s: −126 instead of −133 is found out', (name, format) => {
    const base = semanticOf(name);
    const found = tellApart(base, fusedWith(base, { exponentFloor: -126 }), formatOf(format));
    expect(found).not.toBeNull();
  });
});

describe('other families', () => {
  test.each<Partial<TwoStageAccumulation>>([
    { alignment: 'toward-zero' },
    { fractionBits: 23 },
    { addendFractionBits: 25 },
    { groupSize: 8 },
  ])('CDNA3 with %o is found out', (change) => {
    const base = semanticOf('cdna3-fp8');
    const wrong = { ...base, accumulation: { ...(base.accumulation as TwoStageAccumulation), ...change } };
    expect(tellApart(base, wrong, formatOf('e4m3-fnuz'))).not.toBeNull();
  });

  test.each([
    ['exact', 'fp32-correct'],
    ['exact', 'three-accumulators'],
    ['three-accumulators', 'fp32-correct'],
    ['exact', 'blackwell-mxf4nvf4'],
  ])('%s and %s differ on IF4', (left, right) => {
    expect(tellApart(semanticOf(left), semanticOf(right), formatOf('if4'))).not.toBeNull();
  });
});

/** Rows of NVFP4 codes quantised from N(0, 1), or drawn with random scale codes. */
function nvfp4Dots(count: number, depth: number, scales: 'quantised' | 'random', seed: number): Dot[] {
  const random = new Random(seed);
  const data = Float32Array.from({ length: 2 * count * depth }, () => random.normal());
  const quantised = quantize(NVFP4, { rows: 2 * count, cols: depth, data });
  const bytes = scales === 'quantised' ? quantised.scales : quantised.scales.map(() => random.below(0x7f));
  const blocks = depth / NVFP4.blockSize;
  return Array.from({ length: count }, (_, i) => ({
    aCodes: quantised.codes.subarray(2 * i * depth, (2 * i + 1) * depth),
    aScales: bytes.subarray(2 * i * blocks, (2 * i + 1) * blocks),
    bCodes: quantised.codes.subarray((2 * i + 1) * depth, (2 * i + 2) * depth),
    bScales: bytes.subarray((2 * i + 1) * blocks, (2 * i + 2) * blocks),
  }));
}

describe('Gaussian operands prove nothing', () => {
  const blackwell = semanticOf('blackwell-mxf4nvf4');
  const wrong: readonly [string, DotSemantic][] = [
    ['F = 30', fusedWith(blackwell, { fractionBits: 30 })],
    ['rounding to nearest', resultWith(blackwell, { rounding: 'nearest-even' })],
    ['one FP32 addition a block', semanticOf('fp32-per-block')],
  ];
  const share = (other: DotSemantic, dots: readonly Dot[]): number => {
    const [x, y] = [createOracle(blackwell, NVFP4, NVFP4), createOracle(other, NVFP4, NVFP4)];
    const different = dots.filter(({ aCodes, aScales, bCodes, bScales }) => {
      return x.dot(aCodes, aScales, bCodes, bScales) !== y.dot(aCodes, aScales, bCodes, bScales);
    });
    return different.length / dots.length;
  };

  test.each(wrong)('NVFP4 of N(0, 1) at K = 1024 never shows %s', (_, other) => {
    expect(share(other, nvfp4Dots(400, 1024, 'quantised', 7))).toBe(0);
  });

  test('random scale codes show a plain FP32 accumulator on nearly every output', () => {
    expect(share(semanticOf('fp32-per-block'), nvfp4Dots(400, 1024, 'random', 7))).toBeGreaterThan(0.8);
  });
});
