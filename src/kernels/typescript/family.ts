/** What an implementation of one semantic family gives to the engine. */
import type { DotSemantic, OperandFormat } from '../../dot/index.js';
import type { CodedTile } from './coded-tile.js';

/** Running sums of a family. */
export interface FamilyTile {
  readonly rows: number;
  readonly cols: number;
  /** Elements of K that one step takes. */
  readonly stepK: number;
  accumulate(a: CodedTile, b: CodedTile, fresh: boolean): void;
  read(): Uint32Array;
  load(bits: Uint32Array): void;
}

export interface FamilySetup {
  readonly semantic: DotSemantic;
  readonly a: OperandFormat;
  readonly b: OperandFormat;
  readonly rows: number;
  readonly cols: number;
  readonly stepK: number;
}

export interface Family {
  /** Builds ahead of time what `accumulate` will read from an operand. */
  prepare(tile: CodedTile, side: 'a' | 'b', semantic: DotSemantic): void;
  /** Running sums started from zero; null if this combination is not covered, so that the oracle has to do it. */
  create(setup: FamilySetup): FamilyTile | null;
}
