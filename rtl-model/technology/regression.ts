/** Weighted linear least squares for a handful of unknowns, by the normal equations. */

export interface Sample {
  readonly variables: readonly number[];
  readonly value: number;
}

/** Coefficients that minimise Σ (weight × error)². A variable that the samples do not determine gets 0. */
export function leastSquares(samples: readonly Sample[], weightOf: (sample: Sample) => number): number[] {
  const count = samples[0]?.variables.length ?? 0;
  const rows = Array.from({ length: count }, () => new Array<number>(count + 1).fill(0));
  for (const sample of samples) {
    const weight = weightOf(sample) ** 2;
    rows.forEach((row, i) => {
      const factor = weight * sample.variables[i]!;
      sample.variables.forEach((variable, j) => {
        row[j]! += factor * variable;
      });
      row[count]! += factor * sample.value;
    });
  }
  return solve(rows);
}

/** Gauss-Jordan elimination with pivoting on a matrix with its right-hand side as last column. */
function solve(rows: number[][]): number[] {
  const count = rows.length;
  const scale = rows.map((row, i) => Math.abs(row[i]!));
  for (let column = 0; column < count; column++) {
    const pivot = rows[column]!;
    if (Math.abs(pivot[column]!) <= 1e-12 * scale[column]!) {
      pivot.fill(0);
      pivot[column] = 1;
      continue;
    }
    rows.forEach((row, i) => {
      if (i === column) return;
      const factor = row[column]! / pivot[column]!;
      for (let j = column; j <= count; j++) row[j]! -= factor * pivot[j]!;
    });
  }
  return rows.map((row, i) => row[count]! / row[i]!);
}
