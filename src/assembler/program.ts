/**
 * An assembled program as a plain value: what the assembler returns, an object file holds and the machine runs.
 * Objects are numbered by their place in these lists; instructions refer to them by those numbers.
 */
import type { Instruction } from '../../isa/index.js';

/** A place in a source file; line and column count from 1. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Characters covered, at least 1. */
  readonly length: number;
  /** What brought the line here, if it is not a line of the program's own text that is assembled once. */
  readonly use?: Use;
}

/** Why a line is assembled where it does not stand: a macro is used, lines are repeated, a file is included. */
export type Use =
  | { readonly kind: 'macro'; readonly name: string; readonly span: Span }
  /** `index` counts from 0. */
  | { readonly kind: 'repetition'; readonly index: number; readonly count: number; readonly span: Span }
  | { readonly kind: 'inclusion'; readonly span: Span };

/** One thing that is wrong with a program text. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly span: Span;
  readonly message: string;
  /** The line with the values of its parameters, where it has any. */
  readonly expanded?: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Where the values of a global tensor come from. */
export type TensorSource =
  /** A tensor of a file; `key` for safetensors. With `tiled`, it is repeated down and across to fill the shape. */
  | { readonly kind: 'file'; readonly path: string; readonly key?: string; readonly tiled: boolean }
  | { readonly kind: 'normal' | 'uniform'; readonly seed: number }
  | { readonly kind: 'student'; readonly degrees: number; readonly seed: number }
  | { readonly kind: 'zeros' }
  /** Written by the program, reported and checked at the end. */
  | { readonly kind: 'out' };

export interface TensorDeclaration {
  readonly name: string;
  /** Name of a block format or of an element format. */
  readonly format: string;
  readonly rows: number;
  readonly cols: number;
  readonly source: TensorSource;
  readonly span: Span;
}

export interface BufferDeclaration {
  readonly name: string;
  readonly format: string;
  readonly rows: number;
  readonly cols: number;
  /** Copies of the buffer, addressed as BUF[0] … BUF[stages − 1]. */
  readonly stages: number;
  readonly span: Span;
}

export interface AccumulatorDeclaration {
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  readonly stages: number;
  readonly span: Span;
}

export interface BarrierDeclaration {
  readonly name: string;
  /** Number of barriers, BAR[0] … BAR[count − 1]. */
  readonly count: number;
  /** Arrivals that complete a phase. */
  readonly arrivals: number;
  readonly span: Span;
}

export type TilePolicy =
  | { readonly kind: 'row' | 'column' }
  | { readonly kind: 'swizzle'; readonly group: number };

/** How the k-steps of a tile are divided among work items; absent: one item a tile. */
export type TileDivision =
  /** Each tile in `parts` of about the same length. */
  | { readonly kind: 'split-k'; readonly parts: number; readonly steps: number }
  /** All steps of all tiles in one sequence, of which each core gets an equal share. */
  | { readonly kind: 'stream-k'; readonly steps: number };

export interface GridDeclaration {
  readonly tilesM: number;
  readonly tilesN: number;
  readonly policy: TilePolicy;
  /** Whether a core gets its next tile when it asks, from a counter that all share. */
  readonly dynamic?: boolean | undefined;
  readonly division?: TileDivision | undefined;
  readonly span: Span;
}

export interface StreamDeclaration {
  readonly name: string;
  /** Identical streams a core runs; %stream tells them apart. */
  readonly count: number;
  /** Index of the first instruction. */
  readonly start: number;
  /** Number of instructions. */
  readonly length: number;
  readonly span: Span;
}

/** A `.param`, with the value it has in this assembly. */
export interface Parameter {
  readonly name: string;
  readonly value: number;
  readonly default: number;
}

export interface Program {
  /** The file the text came from, as given. */
  readonly file: string;
  /** `.machine`, if the program names one. */
  readonly machine: string | undefined;
  readonly parameters: readonly Parameter[];
  readonly tensors: readonly TensorDeclaration[];
  readonly buffers: readonly BufferDeclaration[];
  readonly accumulators: readonly AccumulatorDeclaration[];
  readonly barriers: readonly BarrierDeclaration[];
  readonly grid: GridDeclaration;
  readonly streams: readonly StreamDeclaration[];
  readonly instructions: readonly Instruction[];
  /** Source place of each instruction. */
  readonly spans: readonly Span[];
  /**
   * Index of the instruction that each label stands before, in the order of the text, for listings. A local label
   * `.name` has its scope in front: `global.name`, or `stream.name` above the first global label of its stream.
   */
  readonly labels: ReadonlyMap<string, number>;
}
