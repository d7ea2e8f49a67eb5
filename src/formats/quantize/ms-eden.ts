/**
 * MS-EDEN (Quartet II): NVFP4 whose elements are rounded to nearest, and whose scales carry the randomness.
 *
 * After rounding, each group of the random Hadamard transform has its length corrected by Σx² / Σx·x̂, which makes
 * the result unbiased; the corrected block scales are stochastically rounded to E4M3. The tensor scale leaves room
 * for the correction (255.99 instead of 448).
 * Source: Quartet-II, the rules of its NVFP4 quantiser.
 */
import type { BlockFormat } from '../block.js';
import { codecOf } from '../codec.js';
import type { Matrix, QuantizedMatrix } from '../matrix.js';
import { type Policy, policyText } from '../policy.js';
import { elementEncoder } from './element-encoder.js';
import { headroomOf } from './headroom.js';
import { absoluteMaximum, blockMaximum } from './input.js';
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
  draws?: readonly Float32Array[],
): QuantizedMatrix {
  const { rows, cols, data } = matrix;
  const { element } = format.choices[0];
  const { numerator, denominator } = headroomOf(policy);
  const target = f((codecOf(element).maxValue * numerator) / denominator);
  const amax = absoluteMaximum(data);
  const tensorScale = amax === 0 ? 1 : f(f(amax / SCALE_MAX) / target);
  const encode = elementEncoder(element, { ...policy, rounding: 'format' }, randomSource(policy, 0));
  const codes = new Uint8Array(rows * cols);
  const scales = new Float64Array(codes.length / format.blockSize);
  const scaleCodec = codecOf(format.scale);
  const y = new Float32Array(format.blockSize);
  for (let b = 0; b < scales.length; b++) {
    const start = b * format.blockSize;
    const x = data.subarray(start, start + format.blockSize);
    const mapped = f(f(blockMaximum(x) / target) / tensorScale);
    scales[b] = scaleCodec.decode(scaleCodec.encode(mapped)) || (Number.isNaN(mapped) ? Number.NaN : 1);
    const step = f(scales[b]! * tensorScale);
    for (let i = 0; i < y.length; i++) y[i] = Number.isFinite(x[i]) ? x[i]! / step : 0;
    encode(y, x, y.length, codes.subarray(start));
  }
  correctLengths(format, policy, { data, codes, scales, cols, tensorScale });
  const random = randomSource(policy, 1, draws);
  const scaleCodes = Uint8Array.from(scales, (scale) => stochasticScale(format, scale, random));
  return { format, rows, cols, codes, scales: scaleCodes, tensorScale, policy: policyText(policy) };
}

interface Rounded {
  readonly data: Float32Array;
  readonly codes: Uint8Array;
  /** Decoded block scales; multiplied by the correction of their group. */
  readonly scales: Float64Array;
  readonly cols: number;
  readonly tensorScale: number;
}

/** Multiplies the scales of each group by Σx² / Σx·x̂. Groups do not cross rows. */
function correctLengths(format: BlockFormat, policy: Policy, rounded: Rounded): void {
  const { data, codes, scales, cols, tensorScale } = rounded;
  const { decode } = codecOf(format.choices[0].element);
  const size =
    policy.hadamard === 'none' ? DEFAULT_GROUP : Math.max(Number(policy.hadamard), format.blockSize);
  for (let row = 0; row < data.length; row += cols) {
    for (let start = row; start < row + cols; start += size) {
      const end = Math.min(start + size, row + cols);
      let [square, product] = [0, 0];
      for (let i = start; i < end; i++) {
        const decoded = decode(codes[i]!) * scales[Math.floor(i / format.blockSize)]! * tensorScale;
        square += data[i]! * data[i]!;
        product += data[i]! * decoded;
      }
      const correction = product > 0 ? f(square / product) : 1;
      for (let b = start / format.blockSize; b < end / format.blockSize; b++) {
        scales[b] = f(scales[b]! * correction);
      }
    }
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
