/** From codes and scales back to float32, in the FP32 operations of the codebases that defined the formats. */
import { ConfigurationError } from '../../numerics/index.js';
import { gainFloat32, SELECTOR_BIT } from '../block.js';
import { codecOf, valuesOf } from '../codec.js';
import type { ElementFormat, FloatFormat } from '../element.js';
import { FP16 } from '../elements.js';
import type { Matrix, QuantizedMatrix } from '../matrix.js';

const f = Math.fround;

/** How codes that codebases disagree on are read. */
export interface DecodeOptions {
  /** Scale code 0x7F of E4M3: NaN (OCP, MMA-Sim, nvfp4-dotprod) or 448 (the published IF4/NVFP4 MAC). */
  readonly scale7f?: 'nan' | '448';
  /** Element code 0x8 of E2M1: −0 (OCP), 0 (nvfp4-dotprod) or refused (the published MAC calls it illegal). */
  readonly code8?: 'negative-zero' | 'zero' | 'illegal';
  /** Precision of the elements times their scale before the tensor factor: fouroversix goes through FP16 for IF4. */
  readonly intermediate?: 'fp32' | 'fp16';
  /** Format of the result; `bf16-truncated` drops the low 16 bits, as the Triton interpreter's cast does. */
  readonly output?: 'fp32' | 'bf16-truncated';
}

/**
 * The values that the codes stand for, with the residual added.
 *
 * Each operation is rounded to float32, in this order: element × gain × scale × amax / divisor where there is a
 * tensor factor, else element × gain × scale × tensorScale; then × 2^micro-exponent and × row scale. A NaN scale
 * makes its block NaN.
 *
 * @throws ConfigurationError with `code8: 'illegal'`, naming the first such element.
 */
export function dequantize(quantized: QuantizedMatrix, options: DecodeOptions = {}): Matrix {
  const { format, rows, cols, codes, scales, tensorScale, tensorFactor } = quantized;
  const { blockSize } = format;
  const scaleValues = scaleTable(format.scale, options);
  const scaleMask = scaleValues.length - 1;
  const round = INTERMEDIATES[options.intermediate ?? 'fp32'];
  const choices = format.choices.map((choice) => {
    const factor = gainFloat32(choice);
    return elementTable(choice.element, options).map((value) => round(f(value * factor)));
  });
  if (options.code8 === 'illegal') checkCodes(quantized);
  const multiplier = tensorFactor?.amax ?? tensorScale;
  const divisor = tensorFactor?.divisor ?? 1;
  const data = new Float32Array(codes.length);
  for (let b = 0; b < scales.length; b++) {
    const selected = format.selector === 'none' ? 0 : scales[b]! & SELECTOR_BIT ? 1 : 0;
    const values = choices[selected]!;
    const scale = scaleValues[scales[b]! & scaleMask]!;
    for (let i = b * blockSize; i < (b + 1) * blockSize; i++) {
      data[i] = f(round(f(values[codes[i]!]! * scale)) * multiplier) / divisor;
    }
  }
  applyRest(quantized, data);
  if (options.output === 'bf16-truncated') truncateToBf16(data);
  return { rows, cols, data };
}

/** Micro-exponents, row scales and the residual: what few formats have. */
function applyRest({ cols, microExponents, rowScales, residual }: QuantizedMatrix, data: Float32Array): void {
  if (microExponents !== undefined) {
    const size = data.length / microExponents.length;
    for (let i = 0; i < data.length; i++) data[i] = data[i]! * 2 ** microExponents[Math.floor(i / size)]!;
  }
  if (rowScales !== undefined) {
    for (let i = 0; i < data.length; i++) data[i] = data[i]! * rowScales[Math.floor(i / cols)]!;
  }
  residual?.positions.forEach((position, i) => {
    data[position] = data[position]! + residual.values[i]!;
  });
}

function truncateToBf16(data: Float32Array): void {
  const words = new Uint32Array(data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = words[i]! & 0xffff0000;
}

const fp16 = codecOf(FP16);
const INTERMEDIATES = {
  fp32: (x: number): number => x,
  fp16: (x: number): number => fp16.decode(fp16.encode(x, { overflow: 'special' })),
} as const;

function scaleTable(format: FloatFormat, { scale7f = 'nan' }: DecodeOptions): Float32Array {
  const values = Float32Array.from(valuesOf(format));
  const { maxValue } = codecOf(format);
  if (scale7f === '448' && maxValue === 448) values[0x7f] = maxValue;
  return values;
}

function elementTable(element: ElementFormat, { code8 = 'negative-zero' }: DecodeOptions): Float32Array {
  const values = Float32Array.from(valuesOf(element));
  return code8 === 'zero' ? values.map((value) => (value === 0 ? 0 : value)) : values;
}

function checkCodes({ format, codes, scales, cols }: QuantizedMatrix): void {
  const i = codes.findIndex((code, at) => {
    const scale = scales[Math.floor(at / format.blockSize)]!;
    const selected = format.selector === 'none' ? 0 : scale & SELECTOR_BIT ? 1 : 0;
    const { element, reservedCodes } = format.choices[selected]!;
    return reservedCodes.includes(code) || Object.is(codecOf(element).decode(code), -0);
  });
  if (i < 0) return;
  throw new ConfigurationError(
    `the element at row ${Math.floor(i / cols)}, column ${i % cols} has code 0x${codes[i]!.toString(16)}, which is illegal`,
    'quantise with the policy negative-zero=never',
  );
}
