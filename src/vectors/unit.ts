/**
 * What vectors are made for: a unit with its layout and interface, and its classes of vectors. A class fills blocks of
 * vectors; a block depends on the seed, the class and its own number alone, so that shards, threads and engines give
 * the same bytes.
 */
import type { DotTrace } from '../dot/index.js';
import { Random } from '../numerics/index.js';
import type { CoverageModel } from './coverage/model.js';
import type { Columns, Layout } from './layout.js';
import type { MacVectors, SegmentLines } from './mac/layout.js';
import type { Policy } from './verify/policy.js';

/** 0 smoke, 1 patterns and corners, 2 exhaustive where the space is small, 3 random without end. */
export type Level = 0 | 1 | 2 | 3;
export const LEVELS: readonly Level[] = [0, 1, 2, 3];

/** Vectors of a block: what is generated at a time, and the unit of sharding. */
export const BLOCK_VECTORS = 8192;

/** Consecutive vectors of a class that are generated together. */
export interface BlockRange {
  /** Number of the block in its class. */
  readonly block: number;
  /** Number of its first vector in the class. */
  readonly first: number;
  readonly count: number;
}

export interface VectorClass {
  readonly name: string;
  readonly summary: string;
  readonly level: Level;
  /** Vectors in the class: fixed, or by default and as many as the user asks for. */
  readonly vectors: number;
  readonly adjustable: boolean;
  /** The domain that the class covers whole; undefined if it does not. */
  readonly exhaustive?: string;
  /** Counts are multiples of this: slices that share their scales. 1 where absent. */
  readonly granule?: number;
  /** Writes `range.count` vectors, operands and results, into the columns from place 0. */
  fill(columns: Columns, range: BlockRange, random: Random): void;
}

/** How the unit's ports work, for benches. Names are ports. */
export interface UnitInterface {
  readonly module: string;
  readonly clock: string | undefined;
  readonly reset: string | undefined;
  readonly enable: string | undefined;
  readonly first: string | undefined;
  readonly last: string | undefined;
  readonly done: string | undefined;
  /**
   * `last`: results follow the vector with `last`. `next-first`: the result shows when the next `first` is taken, and
   * zeros with `first` = 1 (the flush) bring out the last one. `each`: every vector has a result.
   */
  readonly resultAfter: 'last' | 'next-first' | 'each';
  /** Clock edges from the one that takes the last input of a result to the one before which it can be read. */
  readonly latencyCycles: number;
  /** Least number of edges between the first vectors of two dot products. */
  readonly initiationIntervalCycles: number;
}

/**
 * Other forms of a design's vectors, made when they are asked for: `stages` with every pipeline register, `stream`
 * cycle by cycle.
 */
export type View = 'stages' | 'stream';

export interface VectorUnit {
  /** `mac`, `lane`, `decode` … */
  readonly unit: string;
  readonly view?: View;
  /** Stem of the unit whose vectors these are, where they are drawn for another one. */
  readonly drawnAs?: string;
  readonly format: string;
  /** The arithmetic, in a word: the dot semantic, the rounding. */
  readonly policy: string;
  readonly summary: string;
  readonly layout: Layout;
  readonly interface: UnitInterface | undefined;
  /** What NaN, −0 and subnormal codes mean here, and further rules, as sentences by topic. */
  readonly rules: Readonly<Record<string, string>>;
  readonly classes: readonly VectorClass[];
  /** Classes, by name, that are left out with any of others: they hold such codes, too. */
  readonly leftOutWith?: Readonly<Record<string, readonly string[]>>;
  /** Other things that a device may do, for the diagnosis of wrong answers. */
  readonly policies: () => readonly Policy[];
  /** For units that work by dot products: where the parts of one are. */
  readonly dots?: MacVectors | undefined;
  /** What coverage is measured by; absent where there is no model. */
  readonly coverage?: (() => CoverageModel) | undefined;
  /** How the right result of some vectors comes about. */
  explain(columns: Columns, lines: SegmentLines): Explanation;
}

export interface Explanation {
  /** Operands as numbers, one line each. */
  readonly operands: readonly string[];
  /** The arithmetic step by step, where there is an oracle that tells it. */
  readonly trace: DotTrace | undefined;
}

/** Something that vectors can be made for, by name. */
export interface VectorTarget {
  readonly name: string;
  readonly kind: 'design' | 'format' | 'semantic' | 'program';
  /** The full configuration. */
  readonly configuration: string;
  /** The same as data: what makes the target again, with its name. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  readonly units: readonly VectorUnit[];
}

/** `mac_nvfp4_exact`: the beginning of a unit's file names. Parts hold no underscore of their own. */
export function unitStem({ unit, format, policy }: VectorUnit): string {
  return [unit, format, policy].map((part) => part.replaceAll('_', '-')).join('_');
}

/** The random numbers of a block, which depend on nothing else. */
export function randomOf(seed: number, unit: VectorUnit, set: VectorClass, block: number): Random {
  return new Random(seed).split(`${unit.drawnAs ?? unitStem(unit)} ${set.name}`).split(`${block}`);
}

/** The blocks of a class of `vectors` vectors that belong to shard `index` of `shards`. */
export function* blocksOf(vectors: number, index = 0, shards = 1): Generator<BlockRange> {
  const blocks = Math.ceil(vectors / BLOCK_VECTORS);
  const [from, to] = [Math.floor((blocks * index) / shards), Math.floor((blocks * (index + 1)) / shards)];
  for (let block = from; block < to; block++) {
    const first = block * BLOCK_VECTORS;
    yield { block, first, count: Math.min(BLOCK_VECTORS, vectors - first) };
  }
}
