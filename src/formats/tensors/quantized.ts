/**
 * Quantised matrices in safetensors files, and back.
 *
 * Tensors of a matrix called `name`: `name.codes` (U8; two 4-bit codes a byte where elements have 4 bits and K is
 * even), `name.scales` (U8, rows × blocks, or a vector in the Blackwell layout; absent if blocks have none),
 * `name.tensor_factor` (F32: amax, divisor), `name.tensor_scale`, `name.row_scales` (F32), `name.micro_exponents`
 * (U8), `name.residual_positions` (U32) and `name.residual_values` (F32). The metadata says the format, the shape,
 * the full policy, the nibble order and the layout of scales.
 */
import { ConfigurationError } from '../../numerics/index.js';
import type { BlockFormat } from '../block.js';
import { blockFormatOf } from '../custom.js';
import { widthOf } from '../element.js';
import type { QuantizedMatrix, SparseResidual } from '../matrix.js';
import {
  fromBlackwellScales,
  type NibbleOrder,
  packNibbles,
  toBlackwellScales,
  unpackNibbles,
} from '../packing.js';
import { checkTensor, type Tensor, type TensorFile } from './tensor.js';

/** How codes and scales lie in the file. */
export interface QuantizedLayout {
  /** Default: low-first. */
  readonly nibbleOrder?: NibbleOrder;
  /** `blackwell`: tiles of 128 × 4 as tensor cores read them. Default: row-major. */
  readonly scaleLayout?: 'row-major' | 'blackwell';
}

/** Which matrix of a file is meant, and which formats there are beyond the catalogue's. */
export interface QuantizedSelection {
  /** Default: `matrix`. */
  readonly name?: string;
  readonly formats?: ReadonlyMap<string, BlockFormat>;
}

const DEFAULT_NAME = 'matrix';

/** The tensors and metadata that hold a quantised matrix; `writeSafetensors` takes both. */
export function quantizedToTensors(
  quantized: QuantizedMatrix,
  { nibbleOrder = 'low-first', scaleLayout = 'row-major' }: QuantizedLayout = {},
  name = DEFAULT_NAME,
): TensorFile {
  const { format, rows, cols, codes, rowScales, microExponents, residual, tensorFactor } = quantized;
  const pairs = isPaired(format, cols);
  const floats: readonly (readonly [string, Float32Array | undefined])[] = [
    ['tensor_scale', Float32Array.of(quantized.tensorScale)],
    ['tensor_factor', tensorFactor && Float32Array.of(tensorFactor.amax, tensorFactor.divisor)],
    ['row_scales', rowScales],
    ['residual_values', residual?.values],
  ];
  const tensors = new Map<string, Tensor>();
  const put = (field: string, tensor: Tensor): void => void tensors.set(`${name}.${field}`, tensor);
  put('codes', bytesTensor([rows, pairs ? cols / 2 : cols], pairs ? packNibbles(codes, nibbleOrder) : codes));
  if (widthOf(format.scale) > 0) put('scales', scalesTensor(quantized, scaleLayout));
  for (const [field, values] of floats) if (values !== undefined) put(field, wordsTensor('F32', values));
  if (residual !== undefined) put('residual_positions', wordsTensor('U32', residual.positions));
  if (microExponents !== undefined) {
    put('micro_exponents', bytesTensor([rows, microExponents.length / rows], microExponents));
  }
  const notes = {
    format: format.name,
    shape: `${rows}x${cols}`,
    policy: quantized.policy,
    nibble_order: nibbleOrder,
    scale_layout: scaleLayout,
  };
  return { tensors, metadata: new Map(Object.entries(notes).map(([key, text]) => [`${name}.${key}`, text])) };
}

/** The quantised matrix in a file that `quantizedToTensors` described. Throws `ConfigurationError` on any other. */
export function quantizedFromTensors(
  file: TensorFile,
  where: string,
  { name = DEFAULT_NAME, formats = new Map() }: QuantizedSelection = {},
): QuantizedMatrix {
  const format = readFormat(file, where, name, formats);
  const fields = new Fields(file, `${where}#${name}`, name);
  const [rows, cols] = fields.shape();
  if (cols % format.blockSize !== 0) {
    throw new ConfigurationError(`${where}#${name}: ${cols} columns are not whole blocks of ${format.name}`);
  }
  const count = rows * cols;
  const factor = fields.has('tensor_factor') ? fields.floats('tensor_factor', 2) : undefined;
  const lastGroup = format.microGroups?.at(-1);
  return {
    format,
    rows,
    cols,
    codes: fields.codes(format, count, cols),
    scales: fields.scales(format, rows, cols / format.blockSize),
    tensorScale: fields.floats('tensor_scale', 1)[0]!,
    ...(factor === undefined ? {} : { tensorFactor: { amax: factor[0]!, divisor: factor[1]! } }),
    ...(fields.has('row_scales') ? { rowScales: fields.floats('row_scales', rows) } : {}),
    ...(lastGroup === undefined
      ? {}
      : { microExponents: fields.bytes('micro_exponents', count / lastGroup).slice() }),
    ...(fields.has('residual_positions') ? { residual: fields.residual(count) } : {}),
    policy: fields.note('policy', 'unknown'),
  };
}

/** The tensors and notes of one matrix, each checked before it is handed out. */
class Fields {
  readonly #file: TensorFile;
  readonly #place: string;
  readonly #name: string;

  constructor(file: TensorFile, place: string, name: string) {
    this.#file = file;
    this.#place = place;
    this.#name = name;
  }

  has(field: string): boolean {
    return this.#file.tensors.has(`${this.#name}.${field}`);
  }

  note(field: string, fallback: string): string {
    return this.#file.metadata.get(`${this.#name}.${field}`) ?? fallback;
  }

  shape(): [number, number] {
    const text = this.note('shape', '');
    const match = /^(\d{1,9})x(\d{1,9})$/.exec(text);
    const [rows, cols] = [Number(match?.[1]), Number(match?.[2])];
    if (rows > 0 && cols > 0 && Number.isSafeInteger(rows * cols)) return [rows, cols];
    throw new ConfigurationError(`${this.#place}: shape "${text}" is not ROWSxCOLS`);
  }

  codes(format: BlockFormat, count: number, cols: number): Uint8Array {
    const order = this.note('nibble_order', 'low-first');
    if (order !== 'low-first' && order !== 'high-first') {
      throw new ConfigurationError(
        `${this.#place}: nibble order "${order}" is neither low-first nor high-first`,
      );
    }
    const pairs = isPaired(format, cols);
    const codes = pairs
      ? unpackNibbles(this.bytes('codes', count / 2), order)
      : this.bytes('codes', count).slice();
    const bits = elementBits(format);
    const bad = codes.findIndex((code) => code >= 2 ** bits);
    if (bad < 0) return codes;
    throw new ConfigurationError(
      `${this.#place}: code ${codes[bad]} of element ${bad} does not fit ${bits} bits`,
    );
  }

  scales(format: BlockFormat, rows: number, blocks: number): Uint8Array {
    if (widthOf(format.scale) === 0) return new Uint8Array(rows * blocks);
    const layout = this.note('scale_layout', 'row-major');
    if (layout === 'row-major') return this.bytes('scales', rows * blocks).slice();
    if (layout === 'blackwell') return fromBlackwellScales(this.#tensor('scales', 'U8').bytes, rows, blocks);
    throw new ConfigurationError(
      `${this.#place}: scale layout "${layout}" is neither row-major nor blackwell`,
    );
  }

  bytes(field: string, length: number): Uint8Array {
    return this.#tensor(field, 'U8', length).bytes;
  }

  floats(field: string, length: number): Float32Array {
    const { bytes } = this.#tensor(field, 'F32', length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Float32Array.from({ length }, (_, i) => view.getFloat32(4 * i, true));
  }

  residual(count: number): SparseResidual {
    const { bytes } = this.#tensor('residual_positions', 'U32');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const positions = Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
    const bad = positions.findIndex((at, i) => at >= count || (i > 0 && at <= positions[i - 1]!));
    if (bad >= 0) {
      throw new ConfigurationError(
        `${this.#place}: residual position ${positions[bad]} is out of range or out of order`,
      );
    }
    return { positions, values: this.floats('residual_values', positions.length) };
  }

  /** A tensor of that type and, if given, that many elements. */
  #tensor(field: string, dtype: string, length?: number): Tensor {
    const key = `${this.#name}.${field}`;
    const tensor = this.#file.tensors.get(key);
    if (tensor === undefined) throw new ConfigurationError(`${this.#place}: the tensor ${key} is missing`);
    const count = checkTensor(tensor, this.#place);
    if (tensor.dtype === dtype && (length === undefined || count === length)) return tensor;
    throw new ConfigurationError(
      `${this.#place}: ${key}: expected ${length ?? 'any number of'} elements of ${dtype}, found ${count} of ${tensor.dtype}`,
    );
  }
}

function readFormat(
  { metadata }: TensorFile,
  where: string,
  name: string,
  formats: ReadonlyMap<string, BlockFormat>,
): BlockFormat {
  const formatName = metadata.get(`${name}.format`);
  if (formatName === undefined) {
    const names = [...metadata.keys()]
      .filter((key) => key.endsWith('.format'))
      .map((key) => key.slice(0, -7));
    throw new ConfigurationError(
      `${where}: holds no quantised matrix "${name}"`,
      names.length > 0 ? `known: ${names.join(', ')}` : 'it was not written by quantize',
    );
  }
  return formats.get(formatName) ?? blockFormatOf(formatName);
}

/** Width of the codes of a format in bits. */
function elementBits({ choices }: BlockFormat): number {
  return Math.max(...choices.map(({ element }) => widthOf(element)));
}

/** Whether two codes share a byte. */
function isPaired(format: BlockFormat, cols: number): boolean {
  return cols % 2 === 0 && elementBits(format) === 4;
}

function scalesTensor(
  { format, rows, cols, scales }: QuantizedMatrix,
  layout: 'row-major' | 'blackwell',
): Tensor {
  const blocks = cols / format.blockSize;
  if (layout === 'row-major') return bytesTensor([rows, blocks], scales);
  const bytes = toBlackwellScales(scales, rows, blocks);
  return bytesTensor([bytes.length], bytes);
}

function bytesTensor(shape: readonly number[], bytes: Uint8Array): Tensor {
  return { dtype: 'U8', shape, bytes };
}

/** A vector of 4-byte values, little endian. */
function wordsTensor(dtype: 'F32' | 'U32', values: Float32Array | Uint32Array): Tensor {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return { dtype, shape: [values.length], bytes };
}
