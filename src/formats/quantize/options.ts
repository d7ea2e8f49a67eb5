/** What a caller may hand to a quantiser beside the matrix and the policy. */
export interface QuantizeOptions {
  /** Uniform numbers in [0, 1) for stochastic rounding instead of the seed's: row-major, one array a candidate. */
  readonly draws?: readonly Float32Array[] | undefined;
  /**
   * The largest magnitudes that the second level is made from, where the matrix is a part of a larger one: one entry
   * for a factor of the tensor, one a row for factors of rows. Without it, they are the matrix's own. Formats without
   * a second level do not look at it.
   */
  readonly maxima?: Float32Array | undefined;
}
