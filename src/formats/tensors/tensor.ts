/**
 * A tensor as it lies in a file: an element type, a shape and little-endian bytes in row-major (C) order; and the
 * element types of `.npy` and safetensors files as one table.
 *
 * Not modelled: structured, complex and string types; strided views; memory mapping.
 */
import { ConfigurationError, suggest } from '../../numerics/index.js';
import { codecOf } from '../codec.js';
import type { FloatFormat } from '../element.js';
import { BF16, E2M1, E4M3, E5M2, E8M0, FP16 } from '../elements.js';
import type { Matrix } from '../matrix.js';

export interface Tensor {
  /** Name in `TENSOR_TYPES`, which is the one safetensors uses: `F32`, `BF16`, `U8`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Little-endian, row-major, without padding; F4 holds two elements a byte, the even one in the low nibble. */
  readonly bytes: Uint8Array;
}

/** The tensors of one file, by name, and the file's free text notes. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface TensorType {
  /** Width of one element in bits. */
  readonly bits: number;
  /** The type code of numpy (`f4`, `u1`), where numpy has one. */
  readonly numpy: string | undefined;
  /**
   * `count` elements as float32. Wider types (F64, I32, I64) are rounded once, to nearest even, as a cast in numpy
   * does; NaN payloads are not kept.
   */
  readonly toFloat32: (view: DataView, count: number) => Float32Array;
}

type Getter = (view: DataView, index: number) => number;

function type(bits: number, numpy: string | undefined, get: Getter): TensorType {
  return {
    bits,
    numpy,
    toFloat32: (view, count) => {
      const out = new Float32Array(count);
      for (let i = 0; i < count; i++) out[i] = get(view, i);
      return out;
    },
  };
}

/** A float type of at most 16 bits, each of whose codes is decoded when it is first met. */
function tabled(format: FloatFormat, bits: number, numpy: string | undefined, code: Getter): TensorType {
  const [values, met] = [new Float64Array(2 ** bits), new Uint8Array(2 ** bits)];
  return type(bits, numpy, (view, i) => {
    const at = code(view, i);
    if (met[at] === 0) {
      values[at] = codecOf(format).decode(at);
      met[at] = 1;
    }
    return values[at]!;
  });
}

const byte: Getter = (view, i) => view.getUint8(i);
const half: Getter = (view, i) => view.getUint16(2 * i, true);
const nibble: Getter = (view, i) => (view.getUint8(i >> 1) >> (4 * (i & 1))) & 15;

/** Element types by the name safetensors gives them. */
export const TENSOR_TYPES: ReadonlyMap<string, TensorType> = new Map([
  ['F64', type(64, 'f8', (view, i) => view.getFloat64(8 * i, true))],
  ['F32', type(32, 'f4', (view, i) => view.getFloat32(4 * i, true))],
  ['F16', tabled(FP16, 16, 'f2', half)],
  ['BF16', tabled(BF16, 16, undefined, half)],
  ['F8_E4M3', tabled(E4M3, 8, undefined, byte)],
  ['F8_E5M2', tabled(E5M2, 8, undefined, byte)],
  ['F8_E8M0', tabled(E8M0, 8, undefined, byte)],
  ['F4', tabled(E2M1, 4, undefined, nibble)],
  ['I64', type(64, 'i8', (view, i) => Number(view.getBigInt64(8 * i, true)))],
  ['I32', type(32, 'i4', (view, i) => view.getInt32(4 * i, true))],
  ['I16', type(16, 'i2', (view, i) => view.getInt16(2 * i, true))],
  ['I8', type(8, 'i1', (view, i) => view.getInt8(i))],
  ['U64', type(64, 'u8', (view, i) => Number(view.getBigUint64(8 * i, true)))],
  ['U32', type(32, 'u4', (view, i) => view.getUint32(4 * i, true))],
  ['U16', type(16, 'u2', half)],
  ['U8', type(8, 'u1', byte)],
  ['BOOL', type(8, 'b1', byte)],
]);

/** The type called `name`; `where` (file and key) starts the message if there is none. */
export function tensorType(name: string, where: string): TensorType {
  const found = TENSOR_TYPES.get(name);
  if (found !== undefined) return found;
  throw new ConfigurationError(
    `${where}: element type "${name}" is not supported`,
    suggest(name, TENSOR_TYPES.keys()),
  );
}

/** Number of elements of a shape. Throws if a side is not a natural number or the product passes 2^53. */
export function elementCount(shape: readonly number[], where: string): number {
  let count = 1;
  for (const side of shape) {
    if (!Number.isSafeInteger(side) || side < 0) {
      throw new ConfigurationError(`${where}: the shape [${shape.join(', ')}] has a side that is no size`);
    }
    count *= side;
  }
  if (shape.includes(0)) return 0;
  if (!Number.isSafeInteger(count)) {
    throw new ConfigurationError(`${where}: the shape [${shape.join(', ')}] overflows: over 2^53 elements`);
  }
  return count;
}

/** Size in bytes of `count` elements of a type; elements narrower than a byte must fill whole bytes. */
export function byteLength(dtype: string, count: number, where: string): number {
  const bits = tensorType(dtype, where).bits;
  const bytes = bits >= 8 ? count * (bits / 8) : (count * bits) / 8;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new ConfigurationError(`${where}: ${count} elements of ${dtype} are not a whole number of bytes`);
}

/** Throws unless the tensor's bytes are exactly what its type and shape ask for. Returns the element count. */
export function checkTensor(tensor: Tensor, where: string): number {
  const count = elementCount(tensor.shape, where);
  const expected = byteLength(tensor.dtype, count, where);
  if (tensor.bytes.length !== expected) {
    throw new ConfigurationError(
      `${where}: ${tensor.dtype} [${tensor.shape.join(', ')}] needs ${expected} bytes, found ${tensor.bytes.length}`,
    );
  }
  return count;
}

/**
 * A tensor of at most two dimensions as a matrix of float32; a vector is one row, a scalar is 1 × 1. Values of
 * wider types are rounded to float32. Empty tensors and those of more dimensions are refused.
 *
 * @param where file and key, for messages.
 */
export function toMatrix(tensor: Tensor, where: string): Matrix {
  const count = checkTensor(tensor, where);
  if (tensor.shape.length > 2) {
    throw new ConfigurationError(
      `${where}: expected a matrix, found ${tensor.shape.length} dimensions [${tensor.shape.join(', ')}]`,
      'reshape it to rows × K before saving',
    );
  }
  if (count === 0) {
    throw new ConfigurationError(`${where}: the tensor [${tensor.shape.join(', ')}] is empty`);
  }
  const cols = tensor.shape.at(-1) ?? 1;
  const { buffer, byteOffset, byteLength: length } = tensor.bytes;
  const data = tensorType(tensor.dtype, where).toFloat32(new DataView(buffer, byteOffset, length), count);
  return { rows: count / cols, cols, data };
}

/** A matrix as an F32 tensor. */
export function fromMatrix(matrix: Matrix): Tensor {
  const bytes = new Uint8Array(matrix.data.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < matrix.data.length; i++) view.setFloat32(4 * i, matrix.data[i]!, true);
  return { dtype: 'F32', shape: [matrix.rows, matrix.cols], bytes };
}
