/**
 * Quantisers and their inverse in the native library, for the two-level formats of 16 elements a block whose elements
 * are E2M1, or E2M1 and INT4 (NVFP4, Four Over Six by squared error, IF4). Everything else, and inputs that the
 * quantiser refuses, go to `src/formats`; the bits are the same.
 */
import {
  BASE_POLICY,
  type BlockFormat,
  type Matrix,
  type Policy,
  dequantize as plainDequantize,
  quantize as plainQuantize,
  policyText,
  type QuantizedMatrix,
  resolvePolicy,
  SELECTOR_BIT,
  valuesOf,
} from '../formats/index.js';
import { Rational } from '../numerics/index.js';
import { checkFloats } from './buffers.js';
import {
  type CandidateOptions,
  type LevelOptions,
  type NativeLibrary,
  nativeLibrary,
} from './native-library.js';

const f = Math.fround;
const FLOAT_MAX = f(3.4028234663852886e38);
const BLOCK = 16;

export interface QuantizeKernelOptions {
  readonly threads?: number;
  /** Instruction set instead of the fastest, for tests and benchmarks. */
  readonly instructions?: string;
  /** The library; the installed one if absent, null for none. */
  readonly library?: NativeLibrary | null;
}

/** `quantize` of `src/formats`, by the fastest means at hand. Throws the same errors. */
export function quantizeFast(
  format: BlockFormat,
  matrix: Matrix,
  policy: Policy | string = '',
  options: QuantizeKernelOptions = {},
): QuantizedMatrix {
  const { threads = 1, instructions, library = nativeLibrary().library } = options;
  const chosen = resolvePolicy(format, policy);
  const plan = library === null ? null : planOf(format, chosen);
  const { rows, cols, data } = matrix;
  const whole = cols % BLOCK === 0 && rows > 0 && cols > 0 && data.length === rows * cols;
  if (library === null || plan === null || !whole) return plainQuantize(format, matrix, chosen);
  checkFloats('the matrix’s values', data);
  const amax = library.absoluteMaximum(data, instructions);
  if (Number.isNaN(amax)) return plainQuantize(format, matrix, chosen);
  const level = levelOf(plan, amax);
  const { codes, scales } = library.quantizeBlocks(data, level, plan.candidates, threads, instructions);
  const tensorScale = f(amax / plan.divisor);
  const tensorFactor = { amax, divisor: plan.divisor };
  return { format, rows, cols, codes, scales, tensorScale, tensorFactor, policy: policyText(chosen) };
}

/** What a format and a policy mean to the kernel. */
export interface QuantizerPlan {
  readonly candidates: readonly CandidateOptions[];
  /** Largest element, and largest element × largest scale. */
  readonly target: number;
  readonly divisor: number;
}

/** What the kernel is told of a format and a policy, for C; undefined where it does not cover them. */
export function nativeQuantizer(format: BlockFormat, policy: Policy | string): QuantizerPlan | undefined {
  return planOf(format, resolvePolicy(format, policy)) ?? undefined;
}

/** Null if the kernel does not cover them: only the rules `static_6` and `mse`, with every other field at its default. */
function planOf(format: BlockFormat, policy: Policy): QuantizerPlan | null {
  const ordinary = { ...policy, rule: BASE_POLICY.rule, padding: BASE_POLICY.padding };
  if (policyText(ordinary) !== policyText(BASE_POLICY)) return null;
  if (policy.rule !== 'static_6' && policy.rule !== 'mse') return null;
  if (!isCovered(format)) return null;
  const adaptive = policy.rule === 'mse';
  const second = adaptive ? format.choices[1] : undefined;
  const plain = { integer: false, stretch: 1, gain: 1, inverseGain: 1, selector: 0 };
  const target = 6;
  if (second !== undefined) {
    const gain = Rational.toNumber(second.gain);
    const other = {
      ...plain,
      integer: true,
      gain: f(gain),
      inverseGain: f(1 / gain),
      selector: SELECTOR_BIT,
    };
    return { candidates: [plain, other], target, divisor: target * 448 };
  }
  const candidates = adaptive ? [plain, { ...plain, stretch: 1.5 }] : [plain];
  return { candidates, target, divisor: target * (adaptive ? 256 : 448) };
}

function isCovered({ blockSize, scale, choices, microGroups, tensorScale }: BlockFormat): boolean {
  const names = choices.map(({ element }) => element.name).join();
  const twoLevel = scale.name === 'ue4m3' && tensorScale === 'fp32' && microGroups === undefined;
  return blockSize === BLOCK && twoLevel && (names === 'e2m1' || names === 'e2m1,int4');
}

/** The second level, in the order of operations of fouroversix (see src/formats/quantize/tensor-level.ts). */
function levelOf({ target, divisor }: QuantizerPlan, amax: number): LevelOptions {
  const encode = amax === 0 ? 0 : Math.min(f(divisor / amax), FLOAT_MAX);
  return { amax, divisor, target, encode, decode: f(1 / encode) };
}

/** `dequantize` of `src/formats`, by the fastest means at hand. */
export function dequantizeFast(
  quantized: QuantizedMatrix,
  library: NativeLibrary | null = nativeLibrary().library,
): Matrix {
  const { format, rows, cols, codes, scales, tensorFactor, rowScales, microExponents, residual } = quantized;
  const plain = rowScales === undefined && microExponents === undefined && residual === undefined;
  if (library === null || tensorFactor === undefined || !plain || !isCovered(format)) {
    return plainDequantize(quantized);
  }
  const values = new Float32Array(32);
  format.choices.forEach(({ element, gain }, choice) => {
    const factor = f(Rational.toNumber(gain));
    valuesOf(element).forEach((value, code) => {
      values[choice * 16 + code] = f(value) * factor;
    });
  });
  const known = valuesOf(format.scale);
  const scaleValues = Float32Array.from({ length: 256 }, (_, byte) => known[byte & (known.length - 1)]!);
  const selector = format.selector === 'none' ? 0 : SELECTOR_BIT;
  const { amax, divisor } = tensorFactor;
  const data = library.dequantizeBlocks(codes, scales, values, scaleValues, selector, amax, divisor);
  return { rows, cols, data };
}
