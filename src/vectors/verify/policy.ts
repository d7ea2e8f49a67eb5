/**
 * What a device may have done instead: a policy predicts the answers of such a device, and the diagnosis keeps those
 * whose predictions are the answers. One record a policy.
 */
import type { Columns } from '../layout.js';
import type { SegmentLines } from '../mac/layout.js';

/** One result with the vectors that led to it. Columns are its own copy. */
export interface Sample {
  readonly columns: Columns;
  readonly lines: SegmentLines;
  /** The dot product before it in the same file. */
  readonly previous: Pick<Sample, 'columns' | 'lines'> | undefined;
  /** Of the result fields, in order. */
  readonly expected: readonly bigint[];
}

/** The answers of a device that follows a policy; undefined where it cannot be said. */
export type Predictor = (sample: Sample) => readonly bigint[] | undefined;

export interface Policy {
  readonly name: string;
  /** What the device does, to follow "the answers match a device that …". */
  readonly says: string;
  /** Undefined where the policy makes no sense for the unit. May throw `ConfigurationError` for the same reason. */
  predictor(): Predictor | undefined;
}
