/** What every quantiser asks of its input: a whole, finite matrix whose rows are whole blocks. */
import { ConfigurationError } from '../../numerics/index.js';
import type { Matrix } from '../matrix.js';
import type { Policy } from '../policy.js';

/** Throws `ConfigurationError` unless the matrix has values, as many as its shape says, and finite if they must be. */
export function checkInput({ rows, cols, data }: Matrix, policy: Policy): void {
  if (!Number.isSafeInteger(rows * cols) || rows < 0 || cols < 0 || data.length !== rows * cols) {
    throw new ConfigurationError(`a matrix of ${rows} × ${cols} cannot hold ${data.length} values`);
  }
  if (rows * cols === 0) throw new ConfigurationError(`cannot quantise an empty matrix (${rows} × ${cols})`);
  if (policy['non-finite'] === 'error') checkFinite(cols, data);
}

/** The matrix with rows of whole groups of `multiple` columns: unchanged, padded with zeros, or refused. */
export function padColumns(matrix: Matrix, multiple: number, policy: Policy, what: string): Matrix {
  const { rows, cols, data } = matrix;
  if (cols % multiple === 0) return matrix;
  const width = Math.ceil(cols / multiple) * multiple;
  if (policy.padding === 'error') {
    throw new ConfigurationError(
      `K = ${cols} is not a multiple of ${what} (${multiple})`,
      `use the policy padding=zeros to pad it to ${width}`,
    );
  }
  const out = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) out.set(data.subarray(r * cols, (r + 1) * cols), r * width);
  return { rows, cols: width, data: out };
}

/** Largest magnitude among the finite values; 0 if there are none. */
export function absoluteMaximum(data: Float32Array): number {
  let maximum = 0;
  for (let i = 0; i < data.length; i++) {
    const magnitude = Math.abs(data[i]!);
    if (magnitude > maximum && magnitude < Number.POSITIVE_INFINITY) maximum = magnitude;
  }
  return maximum;
}

/** Largest magnitude of a block; NaN if any value is not finite. */
export function blockMaximum(x: Float32Array): number {
  let maximum = 0;
  for (let i = 0; i < x.length; i++) {
    const magnitude = Math.abs(x[i]!);
    if (!(magnitude < Number.POSITIVE_INFINITY)) return Number.NaN;
    if (magnitude > maximum) maximum = magnitude;
  }
  return maximum;
}

function checkFinite(cols: number, data: Float32Array): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    throw new ConfigurationError(
      `the value at row ${Math.floor(i / cols)}, column ${i % cols} is ${data[i]}`,
      'use the policy non-finite=propagate to give its block a NaN scale',
    );
  }
}
