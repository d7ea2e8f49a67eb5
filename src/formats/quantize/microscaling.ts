/**
 * One-level block scaling by powers of two (MXFP4, MXFP6, MXFP8): the scale rules in use, and the elements.
 *
 * Source of each rule: OCP MX v1.0 §6.3 (floor); torchao, prototype/mx_formats (floor, ceil, even, rceil);
 * fouroversix (static_6, static_4); Quartet, mxfp4_triton.py (quest); qutlass and FP-Quant (qutlass). TetraJet's
 * ceil(log2(amax/6)) is rceil.
 */
import { bitsToFloat32, ConfigurationError, exponentOf, float32Bits } from '../../numerics/index.js';
import type { BlockFormat } from '../block.js';
import { codecOf } from '../codec.js';
import type { ElementFormat } from '../element.js';
import { E2M1 } from '../elements.js';
import type { Matrix, QuantizedMatrix } from '../matrix.js';
import { type Policy, policyText } from '../policy.js';
import { elementEncoder, zeroAddend } from './element-encoder.js';
import { headroomOf } from './headroom.js';
import { blockMaximum } from './input.js';
import type { QuantizeOptions } from './options.js';
import { randomSource } from './random-source.js';
import { tilesOf } from './tiles.js';

const f = Math.fround;
const BIAS = 127;

interface Block {
  /** Values of the block. */
  readonly x: Float32Array;
  /** Largest magnitude, finite. */
  readonly maximum: number;
  readonly element: ElementFormat;
}

/** The biased exponent of a block, before it is limited to the scale format's codes. */
type ExponentRule = (block: Block) => number;

interface MicroscalingRule {
  readonly exponent: ExponentRule;
  /** Factor on the scaled elements, taken back after decoding. */
  readonly elementFactor?: number;
  /** Set if a constant of the rule was fitted to this element format. */
  readonly only?: ElementFormat;
}

const field = (x: number): number => float32Bits(x) >>> 23;
const hasFraction = (x: number): number => ((float32Bits(x) & 0x7fffff) === 0 ? 0 : 1);
const largestExponent = (element: ElementFormat): number => exponentOf(codecOf(element).maxValue);

/** The first power of two at or above x, as an exponent field; subnormals count as 2^−126. */
const roundedUp = (x: number): number => field(x) + hasFraction(x);

const MICROSCALING_RULES: Readonly<Partial<Record<Policy['rule'], MicroscalingRule>>> = {
  floor: { exponent: ({ maximum, element }) => field(maximum) - largestExponent(element) },
  ceil: { exponent: ({ maximum, element }) => roundedUp(maximum) - largestExponent(element) },
  even: {
    exponent: ({ maximum, element }) => {
      const half = 2 ** (23 - element.fractionBits - 1);
      return field(bitsToFloat32(float32Bits(maximum) + half)) - largestExponent(element);
    },
  },
  rceil: {
    exponent: ({ maximum, element }) => {
      const ratio = f(maximum / codecOf(element).maxValue);
      return ratio <= 2 ** -BIAS ? 0 : roundedUp(ratio);
    },
  },
  static_6: { exponent: ({ maximum, element }) => roundedUp(f(maximum / codecOf(element).maxValue)) },
  static_4: { exponent: ({ maximum }) => roundedUp(f(maximum / 4)), only: E2M1 },
  quest: {
    exponent: ({ x }) => BIAS + Math.floor(Math.log2(f(f(QUEST_GAUSSIAN * standardDeviation(x)) + 1e-8))),
    only: E2M1,
  },
  qutlass: { exponent: ({ maximum }) => field(f(maximum + 1e-8)), elementFactor: 3, only: E2M1 },
};

/** 2.92247856 standard deviations, the clip that minimises the error of E2M1 on normal data, mapped to 6. */
const QUEST_GAUSSIAN = f(2.92247856 / 6);

/** √(mean of squares − square of the mean) in FP32, sums in order; 1 where rounding makes the variance negative. */
function standardDeviation(x: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    sum = f(sum + x[i]!);
    squares = f(squares + f(x[i]! * x[i]!));
  }
  const mean = f(sum / x.length);
  const variance = f(f(squares / x.length) - f(mean * mean));
  return variance >= 0 ? f(Math.sqrt(variance)) : 1;
}

/** Quantises by the rules of formats whose block scales are powers of two. The input has been checked. */
export function quantizeMicroscaling(
  format: BlockFormat,
  matrix: Matrix,
  policy: Policy,
  { draws }: QuantizeOptions,
): QuantizedMatrix {
  const { rows, cols, data } = matrix;
  const { element } = format.choices[0];
  const rule = ruleFor(format, policy);
  const encode = elementEncoder(element, policy, randomSource(policy, 0, draws));
  const { numerator, denominator } = headroomOf(policy);
  const elementFactor = f(((rule.elementFactor ?? 1) * numerator) / denominator);
  const scaleCodec = codecOf(format.scale);
  const nanScale = scaleCodec.encode(Number.NaN);
  const addend = zeroAddend(policy);
  const tiles = tilesOf(format, rows, cols, policy);
  const [x, y] = [new Float32Array(tiles.size), new Float32Array(tiles.size)];
  const tileCodes = new Uint8Array(tiles.size);
  const codes = new Uint8Array(rows * cols);
  const scales = new Uint8Array(codes.length / format.blockSize);
  for (let tile = 0; tile < tiles.count; tile++) {
    tiles.gather(tile, data, x, addend);
    const maximum = blockMaximum(x);
    const finite = !Number.isNaN(maximum);
    const code = finite ? clampCode(rule.exponent({ x, maximum, element }), nanScale) : nanScale;
    const scale = scaleCodec.decode(code);
    for (let i = 0; i < y.length; i++) y[i] = finite ? f(x[i]! / scale) * elementFactor : 0;
    encode(y, y.length, tileCodes);
    tiles.scatterCodes(tile, tileCodes, codes);
    tiles.scatterScale(tile, code, scales);
  }
  const result = { format, rows, cols, codes, scales, policy: policyText(policy) };
  if (elementFactor === 1) return { ...result, tensorScale: 1 };
  const tensorFactor = { amax: denominator, divisor: (rule.elementFactor ?? 1) * numerator };
  return { ...result, tensorScale: f(tensorFactor.amax / tensorFactor.divisor), tensorFactor };
}

function ruleFor(format: BlockFormat, policy: Policy): MicroscalingRule {
  const rule = MICROSCALING_RULES[policy.rule];
  const { element } = format.choices[0];
  if (rule !== undefined && (rule.only === undefined || rule.only === element)) return rule;
  throw new ConfigurationError(
    `policy: the rule ${policy.rule} was made for ${rule?.only?.name} elements, ${format.name} holds ${element.name}`,
    'use floor, ceil, even, rceil or static_6',
  );
}

/** Scale codes lie below that of NaN. */
function clampCode(exponent: number, nanCode: number): number {
  return Math.min(Math.max(exponent, 0), nanCode - 1);
}
