/** What is done to a matrix before it is quantised: transposition and the random Hadamard transform along K. */
import { ConfigurationError, Random } from '../../numerics/index.js';
import { toBf16 } from '../bf16.js';
import type { Matrix } from '../matrix.js';

/** Signs of the transform of size 16. Source: fouroversix, src/fouroversix/quantize/rht.py. */
const SIGNS_16 = '+++-+------+-+--';

/** The matrix with rows and columns exchanged. */
export function transpose({ rows, cols, data }: Matrix): Matrix {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) out[c * rows + r] = data[r * cols + c]!;
  return { rows: cols, cols: rows, data: out };
}

/**
 * v · diag(s) · H / √size for every group v of `size` along the columns. Size 16 rounds inputs and results to
 * bfloat16, as the tensor core does; larger sizes work in float32.
 *
 * @param size 16, 32, 64 or 128; the columns must be whole groups.
 */
export function hadamard(matrix: Matrix, size: number, seed: number): Matrix {
  if (matrix.cols % size !== 0) {
    throw new ConfigurationError(
      `policy: hadamard=${size} needs K to be a multiple of ${size}, K is ${matrix.cols}`,
    );
  }
  const signs = hadamardSigns(size, seed);
  const round = size === 16 ? toBf16 : Math.fround;
  const data = new Float32Array(matrix.data.length);
  const group = new Float64Array(size);
  for (let start = 0; start < data.length; start += size) {
    for (let i = 0; i < size; i++) group[i] = round(matrix.data[start + i]!) * signs[i]!;
    butterflies(group);
    for (let i = 0; i < size; i++) data[start + i] = round(group[i]! / Math.sqrt(size));
  }
  return { ...matrix, data };
}

/** Multiplies by the Hadamard matrix of Sylvester's construction, in place. */
function butterflies(x: Float64Array): void {
  for (let half = 1; half < x.length; half *= 2) {
    for (let i = 0; i < x.length; i++) {
      if ((i & half) !== 0) continue;
      const [a, b] = [x[i]!, x[i + half]!];
      x[i] = a + b;
      x[i + half] = a - b;
    }
  }
}

/** Signs s of the transform: fixed for size 16, else from the seed. */
export function hadamardSigns(size: number, seed: number): number[] {
  if (size === 16) return [...SIGNS_16].map((sign) => (sign === '+' ? 1 : -1));
  const random = new Random(seed).split('Hadamard signs');
  return Array.from({ length: size }, () => (random.uint32() >>> 31 === 0 ? 1 : -1));
}
