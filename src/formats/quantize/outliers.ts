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

/** What a policy cuts off a matrix, found in the whole of it. */
export interface OutlierLimits {
  /** Largest magnitude that is kept. */
  readonly threshold: number;
  /** Columns that are not kept at all. */
  readonly columns: ReadonlySet<number>;
}

/** The limits that a policy sets for a matrix; undefined for policies that cut nothing. */
export function outlierLimits(matrix: Matrix, policy: Policy): OutlierLimits | undefined {
  const quantile = Number(policy['outlier-quantile']);
  const count = Math.min(Number(policy['outlier-columns']), matrix.cols);
  if (quantile === 1 && count === 0) return undefined;
  const columns = new Set(largestColumns(matrix, count));
  const rest = withoutOutliers(matrix, { threshold: Number.POSITIVE_INFINITY, columns });
  const threshold = quantile < 1 ? magnitudeQuantile(rest.data, quantile) : Number.POSITIVE_INFINITY;
  return { threshold, columns };
}

/**
 * A matrix, or the columns of it from `firstColumn` on, without what lies beyond the limits.
 */
export function withoutOutliers(
  { rows, cols, data }: Matrix,
  { threshold, columns }: OutlierLimits,
  firstColumn = 0,
): Matrix {
  const kept = data.map((x, i) =>
    columns.has(firstColumn + (i % cols)) ? 0 : Math.max(-threshold, Math.min(threshold, x)),
  );
  return { rows, cols, data: kept };
}

/** The matrix split by the policy's outlier fields. The residual plus the rest is the matrix, exactly for columns. */
export function splitOutliers(matrix: Matrix, policy: Policy): Split {
  const limits = outlierLimits(matrix, policy);
  if (limits === undefined) return { matrix, residual: undefined };
  const rest = withoutOutliers(matrix, limits);
  return { matrix: rest, residual: residualOf(matrix.data, rest.data) };
}

/** The smallest magnitude that at least `quantile` of the values do not exceed. NaN counts as largest. */
export function magnitudeQuantile(data: Float32Array, quantile: number): number {
  const sorted = data.map(Math.abs).sort();
  return sorted[Math.max(Math.ceil(quantile * sorted.length) - 1, 0)]!;
}

/** The columns with the largest maxima, the first ones where maxima are equal. */
function largestColumns({ cols, data }: Matrix, count: number): number[] {
  if (count === 0) return [];
  const maxima = new Float32Array(cols);
  data.forEach((x, i) => {
    maxima[i % cols] = Math.max(maxima[i % cols]!, Math.abs(x));
  });
  const order = Array.from(maxima.keys()).sort((a, b) => maxima[b]! - maxima[a]! || a - b);
  return order.slice(0, count);
}

function residualOf(whole: Float32Array, rest: Float32Array): SparseResidual {
  const positions = Uint32Array.from(whole.keys()).filter((i) => whole[i] !== rest[i]);
  return { positions, values: Float32Array.from(positions, (i) => whole[i]! - rest[i]!) };
}
