/**
 * Quantised matrices in safetensors files: the codes (two a byte where they have four bits), the scales and what else
 * the format has, each as a tensor; format, policy and memory layout as the file's metadata.
 *
 *   codes U8 [rows, cols / 2 or cols]   scales U8 [rows, cols / block] (or the Blackwell layout, flat)
 *   tensor_scale F32 [1]   amax, divisor F32 [1]   row_scales F32 [rows]   micro_exponents U8 [n]
 *   residual_positions I32 [n]   residual_values F32 [n]
 */
import { ConfigurationError, suggest } from '../../numerics/index.js';
import type { BlockFormat } from '../block.js';
import { BLOCK_FORMATS } from '../blocks.js';
import { widthOf } from '../element.js';
import type { QuantizedMatrix } from '../matrix.js';
import {
  fromBlackwellScales,
  type NibbleOrder,
  packNibbles,
  toBlackwellScales,
  unpackNibbles,
} from '../packing.js';
import type { Tensor, TensorFile } from './tensor.js';

/** How codes and scales lie in the file. */
export interface QuantizedLayout {
  readonly nibbleOrder: NibbleOrder;
  readonly scaleLayout: 'row-major' | 'blackwell';
}

export const DEFAULT_LAYOUT: QuantizedLayout = { nibbleOrder: 'low-first', scaleLayout: 'row-major' };

/** The tensors and metadata of a quantised matrix; `fromTensorFile` reads them back. */
export function toTensorFile(
  quantized: QuantizedMatrix,
  layout: QuantizedLayout = DEFAULT_LAYOUT,
): TensorFile {
  const { format, rows, cols, codes, scales, tensorScale, tensorFactor, policy } = quantized;
  const { rowScales, microExponents, residual } = quantized;
  const packed = isPacked(format) ? packNibbles(codes, layout.nibbleOrder) : codes;
  const blocks = scales.length / rows;
  const swizzled = layout.scaleLayout === 'blackwell';
  const scaleBytes = swizzled ? toBlackwellScales(scales, rows, blocks) : scales;
  const tensors = new Map<string, Tensor>([
    ['codes', { dtype: 'U8', shape: [rows, packed.length / rows], bytes: packed }],
    ['scales', { dtype: 'U8', shape: swizzled ? [scaleBytes.length] : [rows, blocks], bytes: scaleBytes }],
    ['tensor_scale', float32([tensorScale])],
  ]);
  if (tensorFactor !== undefined) {
    tensors.set('amax', float32([tensorFactor.amax]));
    tensors.set('divisor', float32([tensorFactor.divisor]));
  }
  if (rowScales !== undefined) tensors.set('row_scales', float32(rowScales));
  if (microExponents !== undefined) {
    tensors.set('micro_exponents', { dtype: 'U8', shape: [microExponents.length], bytes: microExponents });
  }
  if (residual !== undefined) {
    tensors.set('residual_positions', {
      ...float32(residual.values),
      dtype: 'I32',
      bytes: bytesOf(residual.positions),
    });
    tensors.set('residual_values', float32(residual.values));
  }
  const metadata = new Map([
    ['format', format.name],
    ['rows', String(rows)],
    ['cols', String(cols)],
    ['policy', policy],
    ['nibble_order', layout.nibbleOrder],
    ['scale_layout', layout.scaleLayout],
  ]);
  return { tensors, metadata };
}

/** The quantised matrix of such a file. Throws `ConfigurationError` naming what is missing or does not fit. */
export function fromTensorFile({ tensors, metadata }: TensorFile, where: string): QuantizedMatrix {
  const text = (name: string): string => {
    const value = metadata.get(name);
    if (value === undefined) {
      throw new ConfigurationError(
        `${where}: has no "${name}" in its metadata`,
        'make such files with fp4sim quantize',
      );
    }
    return value;
  };
  const name = text('format');
  const format = BLOCK_FORMATS.get(name);
  if (format === undefined)
    throw new ConfigurationError(`${where}: unknown format "${name}"`, suggest(name, BLOCK_FORMATS.keys()));
  const [rows, cols] = [sizeOf(text('rows'), 'rows', where), sizeOf(text('cols'), 'cols', where)];
  const blocks = cols / format.blockSize;
  const nibbleOrder = oneOf(
    text('nibble_order'),
    ['low-first', 'high-first'] as const,
    'nibble_order',
    where,
  );
  const scaleLayout = oneOf(text('scale_layout'), ['row-major', 'blackwell'] as const, 'scale_layout', where);
  const reader = new FileReader(tensors, where);
  const packed = isPacked(format);
  const codes = reader.bytes('codes', packed ? (rows * cols) / 2 : rows * cols);
  const scales =
    scaleLayout === 'blackwell'
      ? fromBlackwellScales(reader.bytes('scales'), rows, blocks)
      : reader.bytes('scales', rows * blocks);
  const [amax, divisor] = [reader.optionalFloats('amax', 1), reader.optionalFloats('divisor', 1)];
  const rowScales = reader.optionalFloats('row_scales', rows);
  const residual = reader.optionalFloats('residual_values');
  return {
    format,
    rows,
    cols,
    codes: packed ? unpackNibbles(codes, nibbleOrder) : codes,
    scales,
    tensorScale: reader.floats('tensor_scale', 1)[0]!,
    ...(amax && divisor ? { tensorFactor: { amax: amax[0]!, divisor: divisor[0]! } } : {}),
    ...(rowScales ? { rowScales } : {}),
    ...(tensors.has('micro_exponents') ? { microExponents: reader.bytes('micro_exponents') } : {}),
    ...(residual
      ? { residual: { values: residual, positions: reader.positions(residual.length, rows * cols) } }
      : {}),
    policy: text('policy'),
  };
}

function isPacked(format: BlockFormat): boolean {
  return Math.max(...format.choices.map(({ element }) => widthOf(element))) <= 4;
}

/** Looks up tensors with the size that the format calls for. */
class FileReader {
  constructor(
    private readonly tensors: ReadonlyMap<string, Tensor>,
    private readonly where: string,
  ) {}

  bytes(name: string, size?: number): Uint8Array {
    return this.#tensor(name, 'U8', size).bytes;
  }

  floats(name: string, size?: number): Float32Array {
    const bytes = this.#tensor(name, 'F32', size === undefined ? undefined : 4 * size).bytes;
    return new Float32Array(bytes.slice().buffer);
  }

  optionalFloats(name: string, size?: number): Float32Array | undefined {
    return this.tensors.has(name) ? this.floats(name, size) : undefined;
  }

  positions(count: number, limit: number): Uint32Array {
    const { bytes } = this.#tensor('residual_positions', 'I32', 4 * count);
    const positions = new Uint32Array(bytes.slice().buffer);
    if (positions.some((position) => position >= limit)) {
      throw new ConfigurationError(`${this.where}: residual_positions points outside the matrix`);
    }
    return positions;
  }

  #tensor(name: string, dtype: string, size: number | undefined): Tensor {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) {
      throw new ConfigurationError(
        `${this.where}: has no tensor "${name}"`,
        `known: ${[...this.tensors.keys()].join(', ')}`,
      );
    }
    if (tensor.dtype !== dtype)
      throw new ConfigurationError(`${this.where}#${name} is ${tensor.dtype}, expected ${dtype}`);
    if (size !== undefined && tensor.bytes.length !== size) {
      throw new ConfigurationError(
        `${this.where}#${name} has ${tensor.bytes.length} bytes, expected ${size}`,
      );
    }
    return tensor;
  }
}

function float32(values: ArrayLike<number>): Tensor {
  return { dtype: 'F32', shape: [values.length], bytes: bytesOf(Float32Array.from(values)) };
}

function bytesOf(array: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function sizeOf(text: string, name: string, where: string): number {
  const size = Number(text);
  if (Number.isSafeInteger(size) && size > 0 && size < 2 ** 31) return size;
  throw new ConfigurationError(`${where}: ${name} = "${text}" is no size`, 'expected a whole number above 0');
}

function oneOf<T extends string>(text: string, values: readonly T[], name: string, where: string): T {
  const found = values.find((value) => value === text);
  if (found === undefined)
    throw new ConfigurationError(`${where}: ${name} = "${text}"`, suggest(text, values));
  return found;
}
