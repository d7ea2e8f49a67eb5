/**
 * Two-level block scaling (NVFP4, NVINT4, IF4, 4/6): an FP32 factor of the tensor, an E4M3 scale a block.
 *
 * Every operation is one FP32 operation rounded to nearest even (`Math.fround` of the double result is exactly
 * that for +, −, ×, ÷ of two float32), in the order of fouroversix, src/fouroversix/quantize/pytorch/reference.py,
 * unless the policy names another codebase's order.
 */
import { type BlockFormat, gainFloat32, inverseGainFloat32, SELECTOR_BIT } from '../block.js';
import { codecOf, valuesOf } from '../codec.js';
import { encodeBits, encodeTableOf } from '../encode-table.js';
import type { Matrix, QuantizedMatrix } from '../matrix.js';
import { type Policy, policyText } from '../policy.js';
import { type ElementEncoder, elementEncoder, encodeOptions, zeroAddend } from './element-encoder.js';
import { type ErrorMeasure, errorMeasure } from './errors.js';
import { absoluteMaximum, blockMaximum } from './input.js';
import type { QuantizeOptions } from './options.js';
import { randomSource } from './random-source.js';
import { type TensorLevel, tensorLevel } from './tensor-level.js';
import { tilesOf } from './tiles.js';

const f = Math.fround;

/** One way to write a block: an element format, and how far the block maximum is stretched. */
interface Candidate {
  readonly encode: ElementEncoder;
  /** Element value of each code. */
  readonly values: Float32Array;
  /** The choice's gain and its inverse, as float32; 1 for the first choice. */
  readonly gain: number;
  readonly inverseGain: number;
  /** Factor on the block scale: 1.5 maps the block maximum to 4 instead of 6. */
  readonly stretch: number;
  /** Set in the scale byte if this candidate wins. */
  readonly selector: number;
}

/** Quantises by the rules of formats with a second-level FP32 factor. The input has been checked. */
export function quantizeTwoLevel(
  format: BlockFormat,
  matrix: Matrix,
  policy: Policy,
  { draws, maxima }: QuantizeOptions,
): QuantizedMatrix {
  const { rows, cols, data } = matrix;
  const measure = errorMeasure(policy);
  const candidates = candidatesOf(format, policy, draws, measure !== undefined);
  const level = tensorLevel(format, policy, maxima?.[0] ?? absoluteMaximum(data), candidates.length);
  const tiles = tilesOf(format, rows, cols, policy);
  const encodeTile = tileEncoder(format, policy, level, candidates, measure, tiles.size);
  const codes = new Uint8Array(rows * cols);
  const scales = new Uint8Array(codes.length / format.blockSize);
  const x = new Float32Array(tiles.size);
  const addend = zeroAddend(policy);
  for (let tile = 0; tile < tiles.count; tile++) {
    tiles.gather(tile, data, x, addend);
    const { scale, codes: best } = encodeTile(x);
    tiles.scatterCodes(tile, best, codes);
    tiles.scatterScale(tile, scale, scales);
  }
  const { tensorScale, factor } = level;
  return { format, rows, cols, codes, scales, tensorScale, tensorFactor: factor, policy: policyText(policy) };
}

function candidatesOf(
  format: BlockFormat,
  policy: Policy,
  draws: readonly Float32Array[] | undefined,
  adaptive: boolean,
): Candidate[] {
  const stretches = adaptive && format.choices.length === 1 ? [1, 1.5] : [1];
  const choices = adaptive ? format.choices : format.choices.slice(0, 1);
  return choices.flatMap((choice, index) =>
    stretches.map(
      (stretch, i): Candidate => ({
        encode: elementEncoder(choice.element, policy, randomSource(policy, index + i, draws)),
        values: Float32Array.from(valuesOf(choice.element)),
        gain: gainFloat32(choice),
        inverseGain: inverseGainFloat32(choice),
        stretch,
        selector: index === 0 ? 0 : SELECTOR_BIT,
      }),
    ),
  );
}

/** Encodes one tile; the result's codes are overwritten by the next call. */
type TileEncoder = (x: Float32Array) => { scale: number; codes: Uint8Array };

function tileEncoder(
  format: BlockFormat,
  policy: Policy,
  level: TensorLevel,
  candidates: readonly Candidate[],
  measure: ErrorMeasure | undefined,
  size: number,
): TileEncoder {
  const chooseScale = scaleChooser(format, policy, level);
  const nanScale = codecOf(format.scale).encode(Number.NaN);
  const scaleValues = Float32Array.from(valuesOf(format.scale));
  const largest = policy['scale-overflow'] === 'clamp' ? FLOAT_MAX : Number.POSITIVE_INFINITY;
  const zeroInverse = policy['zero-scale'] === 'zeros' ? 0 : FLOAT_MAX;
  const errorOf = measure === undefined ? () => 0 : blockError(policy, level, measure, size);
  const y = new Float32Array(size);
  let [best, trial] = [new Uint8Array(size), new Uint8Array(size)];
  return (x) => {
    const maximum = blockMaximum(x);
    if (Number.isNaN(maximum)) return { scale: nanScale, codes: best.fill(0) };
    let bestError = Number.POSITIVE_INFINITY;
    let bestScale = -1;
    for (const candidate of candidates) {
      const code = chooseScale(maximum, candidate.stretch);
      const scale = scaleValues[code]!;
      const inverse = scale === 0 ? zeroInverse : Math.min(level.inverse(scale), largest);
      scaleElements(x, inverse, candidate.inverseGain, y);
      candidate.encode(y, size, trial);
      const error = errorOf(candidate, x, trial, scale);
      if (bestScale >= 0 && !(error < bestError)) continue;
      [bestError, bestScale] = [error, code | candidate.selector];
      [best, trial] = [trial, best];
    }
    return { scale: bestScale, codes: best };
  };
}

const FLOAT_MAX = f(3.4028234663852886e38);

/** y = x × inverse × inverseGain, each product in FP32. An inverse of 0 makes zeros without a sign. */
function scaleElements(x: Float32Array, inverse: number, inverseGain: number, y: Float32Array): void {
  if (inverse === 0) y.fill(0);
  else if (inverseGain === 1) for (let i = 0; i < x.length; i++) y[i] = x[i]! * inverse;
  else for (let i = 0; i < x.length; i++) y[i] = f(x[i]! * inverse) * inverseGain;
}

/** The scale code of a block from its maximum and the candidate's stretch. */
function scaleChooser(format: BlockFormat, policy: Policy, level: TensorLevel) {
  const table = encodeTableOf(format.scale, encodeOptions(format.scale, policy));
  const scratch = new Float32Array(1);
  const bits = new Int32Array(scratch.buffer);
  const least = policy['min-scale'] === 'none' ? 0 : 2 ** -6;
  return (maximum: number, stretch: number): number => {
    const mapped = f(level.blockScale(maximum) * stretch);
    scratch[0] = Math.max(mapped, least);
    return encodeBits(table, bits[0]!);
  };
}

/** The error of a candidate over a block, in the domain of the policy. */
function blockError(policy: Policy, level: TensorLevel, { weigh, total }: ErrorMeasure, size: number) {
  const terms = new Float32Array(size);
  const difference = policy['error-domain'] === 'input' ? inputDifference : scaledDifference;
  return (candidate: Candidate, x: Float32Array, codes: Uint8Array, scale: number): number => {
    difference(candidate, level, x, codes, scale, terms);
    weigh(terms, size);
    return total(terms, size);
  };
}

/** Decoded values minus inputs: ((element × scale) × amax) × gain / divisor − x. */
function inputDifference(
  { values, gain }: Candidate,
  { factor: { amax, divisor } }: TensorLevel,
  x: Float32Array,
  codes: Uint8Array,
  scale: number,
  out: Float32Array,
): void {
  for (let i = 0; i < out.length; i++) {
    const scaled = f(f(values[codes[i]!]! * scale) * amax);
    out[i] = f(f(scaled * gain) / divisor) - x[i]!;
  }
}

/** The same in units of the encode scale: (element × scale) × gain − x × enc. */
function scaledDifference(
  { values, gain }: Candidate,
  { encode }: TensorLevel,
  x: Float32Array,
  codes: Uint8Array,
  scale: number,
  out: Float32Array,
): void {
  for (let i = 0; i < out.length; i++) {
    out[i] = f(f(values[codes[i]!]! * scale) * gain) - f(x[i]! * encode);
  }
}
