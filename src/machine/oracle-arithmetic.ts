/** Arithmetic of the check of a run, by definition and without the quantisers' own transforms and random bits. */
import { codecOf, ELEMENT_FORMATS, hadamardSigns, type Matrix, toBf16 } from '../formats/index.js';

/** Real numbers before any rounding. */
export interface IdealMatrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** Real numbers of either precision, row-major. */
export type Reals = Pick<IdealMatrix, 'rows' | 'cols'> & { readonly data: Float32Array | Float64Array };

export function toMatrix({ rows, cols, data }: Reals): Matrix {
  return { rows, cols, data: Float32Array.from(data) };
}

export function rounded({ rows, cols, data }: Reals, formatName: string): Matrix {
  const codec = codecOf(ELEMENT_FORMATS.get(formatName)!);
  return { rows, cols, data: Float32Array.from(data, (value) => codec.decode(codec.encode(value))) };
}

export function partOf(
  { cols: stride, data }: Matrix,
  row: number,
  col: number,
  rows: number,
  cols: number,
): Matrix {
  const from = (i: number): number => (row + Math.floor(i / cols)) * stride + col + (i % cols);
  return { rows, cols, data: Float32Array.from({ length: rows * cols }, (_, i) => data[from(i)]!) };
}

export function transposed({ rows, cols, data }: Reals): IdealMatrix {
  const at = (i: number): number => data[(i % rows) * cols + Math.floor(i / rows)]!;
  return { rows: cols, cols: rows, data: Float64Array.from({ length: data.length }, (_, i) => at(i)) };
}

/** Σi x[i]·s[i]·(−1)^(bits that i and j share) / √size for every group of a row, in double precision. */
export function idealTransform({ rows, cols, data }: Reals, size: number, seed: number): IdealMatrix {
  if (size === 1) return { rows, cols, data: Float64Array.from(data) };
  const signs = hadamardSigns(size, seed);
  const out = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += size) {
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += parity(i & j) * signs[i]! * data[start + i]!;
      out[start + j] = sum / Math.sqrt(size);
    }
  }
  return { rows, cols, data: out };
}

/** 1 for an even number of set bits, −1 for an odd one. */
function parity(bits: number): number {
  let sign = 1;
  for (let rest = bits; rest > 0; rest >>= 1) if ((rest & 1) === 1) sign = -sign;
  return sign;
}

/** The transform as hardware rounds it: size 16 takes and gives bf16, others float32. */
export function transformed(matrix: Reals, size: number, seed: number): Matrix {
  const round = size === 16 ? toBf16 : Math.fround;
  const { rows, cols, data } = idealTransform({ ...matrix, data: matrix.data.map(round) }, size, seed);
  return { rows, cols, data: Float32Array.from(data, round) };
}

export function largest({ data }: Matrix): number {
  return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

export function rowMaxima({ rows, cols, data }: Matrix): Float32Array {
  const found = new Float32Array(rows);
  data.forEach((value, i) => {
    const row = Math.floor(i / cols);
    found[row] = Math.max(found[row]!, Math.abs(value));
  });
  return found;
}

/**
 * `count` bytes / 256 of the shift register with polynomial x^32 + x^22 + x^2 + x + 1 in Galois form: one step moves
 * every bit down a place and adds the lowest one to the places that the polynomial names. First bit out lowest.
 */
export function randomFractions(seed: number, count: number): Float32Array {
  let bits = Array.from({ length: 32 }, (_, i) => ((seed || 1) >>> i) & 1);
  return Float32Array.from({ length: count }, () => {
    let byte = 0;
    for (let i = 0; i < 8; i++) {
      const out = bits[0]!;
      byte += out * 2 ** i;
      bits = [...bits.slice(1), 0];
      for (const place of [31, 21, 1, 0]) bits[place] = bits[place]! ^ out;
    }
    return byte / 256;
  });
}
