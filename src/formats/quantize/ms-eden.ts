/**
 * MS-EDEN (Quartet II): NVFP4 whose elements are rounded to nearest, and whose scales carry the randomness.
 *
 * After rounding, the scales of each group of the Hadamard transform are multiplied by Σy² / Σy·q, y being the scaled
 * values and q their elements, which makes the result unbiased over random transforms; the corrected scales are
 * stochastically rounded to E4M3. The tensor scale leaves room for the correction (255.99 instead of 448).
 *
 * Not modelled: the order of the two sums, which a GPU does not define; they are taken in double precision.
 * Source: Quartet-II, src/models/quantization/schemes/quartet_2.py, eden_1x16s_fp4_kernel.
 */
import type { BlockFormat } from '../block.js';
import { codecOf, valuesOf } from '../codec.js';
import type { Matrix, QuantizedMatrix } from '../matrix.js';
import { type Policy, policyText } from '../policy.js';
import { elementEncoder, zeroAddend } from './element-encoder.js';
import { headroomOf } from './headroom.js';
import { absoluteMaximum, blockMaximum } from './input.js';
import type { QuantizeOptions } from './options.js';
import { type RandomSource, randomSource } from './random-source.js';

const f = Math.fround;
const SCALE_MAX = f(255.99);
/** Elements whose length is corrected together: the size of the paper's Hadamard transform. */
const DEFAULT_GROUP = 128;

/** Quantises by MS-EDEN. The input has been checked and transformed. */
export function quantizeMsEden(
  format: BlockFormat,
  matrix: Matrix,
  policy: Policy,
  { draws, maxima }: QuantizeOptions,
): QuantizedMatrix {
  const { rows, cols, data } = matrix;
  const { element } = format.choices[0];
  const { numerator, denominator } = headroomOf(policy);
  const target = f((codecOf(element).maxValue * numerator) / denominator);
  const amax = maxima?.[0] ?? absoluteMaximum(data);
  const tensorScale = amax === 0 ? 1 : f(f(amax / SCALE_MAX) / target);
  const encode = elementEncoder(element, policy, randomSource(policy, 0));
  const addend = zeroAddend(policy);
  const codes = new Uint8Array(rows * cols);
  const scaled = new Float32Array(rows * cols);
  const scales = new Float32Array(codes.length / format.blockSize);
  for (let b = 0; b < scales.length; b++) {
    const start = b * format.blockSize;
    const x = data.subarray(start, start + format.blockSize);
    const y = scaled.subarray(start, start + format.blockSize);
    scales[b] = firstScale(format, f(f(blockMaximum(x) / target) / tensorScale));
    const step = f(scales[b]! * tensorScale);
    for (let i = 0; i < y.length; i++) y[i] = Number.isNaN(step) ? 0 : (x[i]! + addend) / step;
    encode(y, y.length, codes.subarray(start));
  }
  const group = policy.hadamard === 'none' ? DEFAULT_GROUP : Number(policy.hadamard);
  correctLengths(format, { scaled, codes, scales, cols, group });
  const random = randomSource(policy, 1, draws);
  const scaleCodes = Uint8Array.from(scales, (scale) => stochasticScale(format, scale, random));
  return { format, rows, cols, codes, scales: scaleCodes, tensorScale, policy: policyText(policy) };
}

/** The decoded scale before the correction; what would be 0 becomes 1. */
function firstScale({ scale }: BlockFormat, mapped: number): number {
  const { encode, decode } = codecOf(scale);
  const decoded = decode(encode(mapped));
  return decoded === 0 ? 1 : decoded;
}

interface Rounded {
  /** Values on the element grid, before rounding. */
  readonly scaled: Float32Array;
  readonly codes: Uint8Array;
  /** Decoded block scales; multiplied by the correction of their group. */
  readonly scales: Float32Array;
  readonly cols: number;
  /** Elements that are corrected together, a multiple of the block; groups do not cross rows. */
  readonly group: number;
}

function correctLengths({ choices, blockSize }: BlockFormat, rounded: Rounded): void {
  const { scaled, codes, scales, cols, group } = rounded;
  const values = valuesOf(choices[0].element);
  for (let start = 0; start < scaled.length; ) {
    const rowEnd = (Math.floor(start / cols) + 1) * cols;
    const end = Math.min(start + group, rowEnd);
    let [squares, products] = [0, 0];
    for (let i = start; i < end; i++) {
      squares += scaled[i]! * scaled[i]!;
      products += scaled[i]! * values[codes[i]!]!;
    }
    const correction = products === 0 ? 1 : f(squares / products);
    for (let b = start / blockSize; b < end / blockSize; b++) scales[b] = scales[b]! * correction;
    start = end;
  }
}

/** One of the two neighbouring codes, the upper one with the probability of the distance from the lower. */
function stochasticScale(format: BlockFormat, scale: number, random: RandomSource): number {
  const { encode, decode, maxValue } = codecOf(format.scale);
  const draw = random.uniform();
  if (Number.isNaN(scale) || scale >= maxValue) return encode(scale);
  const lower = encode(scale, { rounding: 'toward-zero' });
  const [below, above] = [decode(lower), decode(lower + 1)];
  return (scale - below) / (above - below) > draw ? lower + 1 : lower;
}
