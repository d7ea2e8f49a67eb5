/**
 * Global memory: the tensors that a program declares, loaded or generated, and the output tensors it fills.
 *
 * Inputs of a block format are quantised from real values by the format's default policy; the real values are kept
 * as the yardstick of the error. Not modelled: addresses, and operand tensors without blocks (`fp8`).
 */
import { dirname, isAbsolute, join } from 'node:path';
import type { TensorDeclaration, TensorSource } from '../assembler/index.js';
import {
  BLOCK_FORMATS,
  type BlockFormat,
  type Codec,
  codecOf,
  ELEMENT_FORMATS,
  loadMatrix,
  type Matrix,
  type QuantizedMatrix,
  quantize,
  widthOf,
} from '../formats/index.js';
import { ConfigurationError, Random } from '../numerics/index.js';

/** A tensor that the program reads. */
export interface InputTensor {
  readonly kind: 'input';
  readonly declaration: TensorDeclaration;
  /** The real values before quantisation. */
  readonly real: Matrix;
  readonly quantized: QuantizedMatrix;
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
}

/** The tensor of a declaration. Throws `ConfigurationError` naming the tensor on any file or shape that does not fit. */
export function loadTensor(declaration: TensorDeclaration, options: LoadOptions): GlobalTensor {
  const { name, format, rows, cols, source } = declaration;
  if (source.kind === 'out') return outputTensor(declaration);
  const block = BLOCK_FORMATS.get(format);
  if (block === undefined) {
    throw new ConfigurationError(
      `tensor ${name}: ${format} has no blocks, and operands of an mma need a block format`,
      `block formats: ${[...BLOCK_FORMATS.keys()].join(', ')}; a tensor of another format must be an output (out)`,
    );
  }
  const { real, repeated } = realValues(name, rows, cols, source, options);
  const quantized = quantize(block, real);
  return { kind: 'input', declaration, real, quantized, ...(repeated === undefined ? {} : { repeated }) };
}

/** Bytes that a tile of rows × cols elements takes in memory: packed codes and one byte a scale. */
export function tileBytes(format: BlockFormat, rows: number, cols: number): number {
  const codeBits = Math.max(...format.choices.map(({ element }) => widthOf(element)));
  return (rows * cols * codeBits) / 8 + rows * (cols / format.blockSize);
}

function outputTensor(declaration: TensorDeclaration): OutputTensor {
  const { name, format, rows, cols } = declaration;
  const element = ELEMENT_FORMATS.get(format);
  if (element === undefined || element.kind !== 'float' || widthOf(element) % 8 !== 0) {
    throw new ConfigurationError(
      `tensor ${name}: an output cannot be ${format}`,
      'an accumulator is stored as fp32, bf16 or fp16',
    );
  }
  return {
    kind: 'output',
    declaration,
    codec: codecOf(element),
    codes: new Uint32Array(rows * cols),
    written: new Uint8Array(rows * cols),
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
