/**
 * Outliers kept in full precision beside the quantised matrix, as a sparse residual.
 *
 * - Clamping and compensation (OCC, arXiv 2501.17116): magnitudes beyond a quantile are clamped to it; what was cut
 *   off is the residual.
 * - Outlier columns (QUIK, arXiv 2310.09259): the columns with the largest maxima are zero in the quantised matrix
 *   and whole in the residual.
 */
import type { Matrix, SparseResidual } from '../matrix.js';
import type { Policy } from '../policy.js';

export interface Split {
  /** What is quantised. */
  readonly matrix: Matrix;
  readonly residual: SparseResidual | undefined;
}

/** The matrix split by the policy's outlier fields. The residual plus the rest is the matrix, exactly for columns. */
export function splitOutliers(matrix: Matrix, policy: Policy): Split {
  const quantile = Number(policy['outlier-quantile']);
  const columns = Math.min(Number(policy['outlier-columns']), matrix.cols);
  if (quantile === 1 && columns === 0) return { matrix, residual: undefined };
  const data = matrix.data.slice();
  if (columns > 0) clearColumns(data, matrix, columns);
  if (quantile < 1) clampAt(data, magnitudeQuantile(data, quantile));
  return { matrix: { ...matrix, data }, residual: residualOf(matrix.data, data) };
}

/** The smallest magnitude that at least `quantile` of the values do not exceed. NaN counts as largest. */
export function magnitudeQuantile(data: Float32Array, quantile: number): number {
  const sorted = data.map(Math.abs).sort();
  return sorted[Math.max(Math.ceil(quantile * sorted.length) - 1, 0)]!;
}

function clearColumns(data: Float32Array, { rows, cols }: Matrix, count: number): void {
  const maxima = new Float32Array(cols);
  data.forEach((x, i) => {
    maxima[i % cols] = Math.max(maxima[i % cols]!, Math.abs(x));
  });
  const order = Array.from(maxima.keys()).sort((a, b) => maxima[b]! - maxima[a]! || a - b);
  for (const column of order.slice(0, count)) {
    for (let r = 0; r < rows; r++) data[r * cols + column] = 0;
  }
}

function clampAt(data: Float32Array, limit: number): void {
  for (let i = 0; i < data.length; i++) data[i] = Math.max(-limit, Math.min(limit, data[i]!));
}

function residualOf(whole: Float32Array, rest: Float32Array): SparseResidual {
  const positions = Uint32Array.from(whole.keys()).filter((i) => whole[i] !== rest[i]);
  return { positions, values: Float32Array.from(positions, (i) => whole[i]! - rest[i]!) };
}
