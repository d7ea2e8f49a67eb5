/**
 * Global memory: the tensors that a program declares, loaded or generated, and the output tensors it fills.
 *
 * Inputs are quantised from real values: those of a block format by its default policy, those of an element format
 * element by element, without a scale. The real values are kept as the yardstick of the error. Not modelled: addresses.
 */
import { dirname, isAbsolute, join } from 'node:path';
import { storedBytes, storedFormat, type TensorDeclaration, type TensorSource } from '../assembler/index.js';
import type { OperandFormat } from '../dot/index.js';
import {
  BLOCK_FORMATS,
  type Codec,
  codecOf,
  ELEMENT_FORMATS,
  type ElementFormat,
  loadMatrix,
  type Matrix,
  multiplyOut,
  widthOf,
} from '../formats/index.js';
import { quantizeFast } from '../kernels/index.js';
import { ConfigurationError, Random } from '../numerics/index.js';
import { type OperandMatrix, operandMatrix } from './operand-matrix.js';

/** A matrix as codes, with a scale for each block if its format has blocks. */
export interface CodedMatrix {
  readonly format: OperandFormat;
  readonly rows: number;
  readonly cols: number;
  /** One code an entry, row-major. */
  readonly codes: Uint8Array | Uint16Array;
  /** One byte a block, row-major; empty without blocks. */
  readonly scales: Uint8Array;
  readonly tensorScale: number;
  /** One factor a row, for formats whose rows have their own. */
  readonly rowScales?: Float32Array;
  /** Of formats that have them; see `QuantizedMatrix`. */
  readonly microExponents?: Uint8Array;
  /** How the codes came about. */
  readonly policy: string;
}

/** A tensor that the program reads. Without values, its arrays are empty. */
export interface InputTensor {
  readonly kind: 'input';
  readonly declaration: TensorDeclaration;
  /** The real values before quantisation. */
  readonly real: Matrix;
  readonly quantized: CodedMatrix;
  /** What MMAs read: micro-exponents multiplied out. */
  readonly operand: OperandMatrix;
  /** Shape of the file's matrix where it was repeated to fill the declared one. */
  readonly repeated?: string;
}

/** A tensor that the program writes, one code an element; starts as zeros. */
export interface OutputTensor {
  readonly kind: 'output';
  readonly declaration: TensorDeclaration;
  readonly codec: Codec;
  /** Element codes, row-major: rows × cols. */
  readonly codes: Uint32Array;
  /** 1 for each element that a store has written. */
  readonly written: Uint8Array;
}

export type GlobalTensor = InputTensor | OutputTensor;

/** Where the inputs come from beside their declarations. */
export interface LoadOptions {
  /** Folder of the program: relative paths of tensor files start there. */
  readonly folder: string;
  /** Seed of the whole run; combined with the seed of each generated tensor. */
  readonly seed: number;
  /** `none`: shapes only, for runs that need nothing but time. */
  readonly values: 'computed' | 'none';
}

/** Operand formats of a name: block formats, and elements on their own. */
export function operandFormatOf(name: string): OperandFormat | undefined {
  return BLOCK_FORMATS.get(name) ?? ELEMENT_FORMATS.get(name);
}

/** The tensor of a declaration. Throws `ConfigurationError` naming the tensor on any file or shape that does not fit. */
export function loadTensor(declaration: TensorDeclaration, options: LoadOptions): GlobalTensor {
  const { name, rows, cols, source } = declaration;
  if (source.kind === 'out') return outputTensor(declaration, options.values);
  const format = operandFormatOf(declaration.format);
  if (format === undefined || !(format.kind === 'block' || widthOf(format) <= OPERAND_BITS)) {
    throw new ConfigurationError(
      `tensor ${name}: ${declaration.format} cannot be an operand of an mma`,
      'an input is a block format or an element format of at most 16 bits; others are outputs (out)',
    );
  }
  if (options.values === 'none') {
    const quantized = withoutValues(format, rows, cols);
    const real = { rows, cols, data: new Float32Array(0) };
    return { kind: 'input', declaration, real, quantized, operand: operandMatrix(format, quantized) };
  }
  const { real, repeated } = realValues(name, rows, cols, source, options);
  const more = repeated === undefined ? {} : { repeated };
  if (format.kind !== 'block') {
    const quantized = encodeElements(format, real);
    return {
      kind: 'input',
      declaration,
      real,
      quantized,
      operand: operandMatrix(format, quantized),
      ...more,
    };
  }
  const quantized = quantizeFast(format, real);
  const operand = operandMatrix(format, { ...quantized, codes: multiplyOut(quantized) });
  return { kind: 'input', declaration, real, quantized, operand, ...more };
}

/** Widest element that an operand may have. */
const OPERAND_BITS = 16;

function withoutValues(format: OperandFormat, rows: number, cols: number): CodedMatrix {
  const [codes, scales] = [new Uint8Array(0), new Uint8Array(0)];
  return { format, rows, cols, codes, scales, tensorScale: 1, policy: 'no values' };
}

/** Each value as the nearest element, ties to even; what is out of range becomes the largest. */
function encodeElements(format: ElementFormat, { rows, cols, data }: Matrix): CodedMatrix {
  const codec = codecOf(format);
  const codes = codec.width > 8 ? new Uint16Array(data.length) : new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) codes[i] = codec.encode(data[i]!);
  return {
    format,
    rows,
    cols,
    codes,
    scales: new Uint8Array(0),
    tensorScale: 1,
    policy: `${format.name} element by element`,
  };
}

/** Bits of one element of an operand format. */
export function elementBits(format: OperandFormat): number {
  if (format.kind !== 'block') return widthOf(format);
  return Math.max(...format.choices.map(({ element }) => widthOf(element)));
}

/** Bytes that a tile of rows × cols elements takes in memory, as the assembler's `sizeof` counts them. */
export function tileBytes(format: OperandFormat, rows: number, cols: number): number {
  return storedBytes(storedFormat(format.name)!, rows, cols);
}

function outputTensor(declaration: TensorDeclaration, values: LoadOptions['values']): OutputTensor {
  const { name, format, rows, cols } = declaration;
  const element = ELEMENT_FORMATS.get(format);
  if (element === undefined || element.kind !== 'float' || widthOf(element) % 8 !== 0) {
    throw new ConfigurationError(
      `tensor ${name}: an output cannot be ${format}`,
      'an accumulator is stored as fp32, bf16 or fp16',
    );
  }
  const elements = values === 'none' ? 0 : rows * cols;
  return {
    kind: 'output',
    declaration,
    codec: codecOf(element),
    codes: new Uint32Array(elements),
    written: new Uint8Array(elements),
  };
}

interface RealValues {
  readonly real: Matrix;
  readonly repeated?: string;
}

function realValues(
  name: string,
  rows: number,
  cols: number,
  source: Exclude<TensorSource, { kind: 'out' }>,
  { folder, seed }: LoadOptions,
): RealValues {
  if (source.kind === 'file') return fileValues(name, rows, cols, source, folder);
  const data = new Float32Array(rows * cols);
  if (source.kind === 'zeros') return { real: { rows, cols, data } };
  const random = new Random(seed).split(`tensor ${source.seed}`);
  const draw = {
    normal: () => random.normal(),
    uniform: () => 2 * random.uniform() - 1,
    student: () => random.student(source.kind === 'student' ? source.degrees : 1),
  }[source.kind];
  for (let i = 0; i < data.length; i++) data[i] = draw();
  return { real: { rows, cols, data } };
}

function fileValues(
  name: string,
  rows: number,
  cols: number,
  { path, key, tiled }: Extract<TensorSource, { kind: 'file' }>,
  folder: string,
): RealValues {
  const matrix = loadMatrix(isAbsolute(path) ? path : join(folder, path), key);
  if (matrix.rows === rows && matrix.cols === cols) return { real: matrix };
  const found = `${matrix.rows}x${matrix.cols}`;
  if (!tiled) {
    throw new ConfigurationError(
      `tensor ${name} is declared ${rows}x${cols}, but ${path}${key === undefined ? '' : `#${key}`} holds ${found}`,
      `declare it ${found}, or fill a larger shape with tiled("${path}"…)`,
    );
  }
  if (matrix.data.length === 0)
    throw new ConfigurationError(`tensor ${name}: ${path} is empty and cannot be tiled`);
  return { real: tile(matrix, rows, cols), repeated: found };
}

/** The matrix repeated down and across until rows × cols is full; cut off at the edges. */
function tile(matrix: Matrix, rows: number, cols: number): Matrix {
  const data = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    const from = (i % matrix.rows) * matrix.cols;
    const line = matrix.data.subarray(from, from + matrix.cols);
    for (let j = 0; j < cols; j += matrix.cols) {
      data.set(j + matrix.cols <= cols ? line : line.subarray(0, cols - j), i * cols + j);
    }
  }
  return { rows, cols, data };
}

/** The folder that a program's relative paths start from. */
export function folderOf(programFile: string): string {
  return dirname(programFile);
}
