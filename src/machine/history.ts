/**
 * Where the numbers in an accumulator come from: the list of operations since it was fresh, in terms of the global
 * tensors. Kept beside the values, so that a finished run can be checked against the oracle without trusting the
 * buffers, the fast kernels or the units that produced it.
 */
import type { VectorOperation } from '../../isa/index.js';

/** A rectangle of a global tensor by its first element. */
export interface Origin {
  readonly tensor: number;
  readonly row: number;
  readonly col: number;
}

export type HistoryStep =
  | {
      readonly kind: 'mma';
      readonly semantic: string;
      readonly a: Origin;
      readonly b: Origin;
      /** Products along K. */
      readonly depth: number;
      readonly fresh: boolean;
    }
  | {
      readonly kind: 'vector';
      readonly action: VectorOperation['action'];
      /** The other accumulator of an addition, as it was then. */
      readonly other?: readonly HistoryStep[];
    };

/** A tile of an output tensor as a store wrote it. */
export interface StoredTile extends Origin {
  readonly rows: number;
  readonly cols: number;
  readonly history: readonly HistoryStep[];
}
