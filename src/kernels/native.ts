/**
 * The engine of the native library. What the library does not cover goes to another engine, operand by operand and
 * semantic by semantic; the bits are the same.
 */
import { availableParallelism } from 'node:os';
import { createOracle, type DotSemantic, type ExactBound, stepOf } from '../dot/index.js';
import { ConfigurationError } from '../numerics/index.js';
import { checkOperandArrays, checkWords } from './buffers.js';
import {
  type AccumulatorTile,
  checkAddends,
  checkOperand,
  checkShapes,
  type Kernels,
  type PreparedTile,
  type TileOperand,
} from './kernels.js';
import { nativeFamily } from './native-families.js';
import type { NativeFamily, NativeSetup } from './native-family.js';
import type { NativeJob, NativeLibrary, NativeOperand, NativeSums } from './native-library.js';
import { own } from './oracle-kernels.js';
import { typescriptKernels } from './typescript/index.js';

export interface NativeOptions {
  /** Threads of one call; all cores if absent. */
  readonly threads?: number;
  /** Does what the library does not cover; the TypeScript engine if absent. */
  readonly fallback?: Kernels;
  /** Instruction set (`engines()` of the library) instead of the fastest. */
  readonly instructions?: string;
  /** 1 or 2: take no tier faster than that, for tests and benchmarks. */
  readonly leastTier?: number;
}

/** What watches a long accumulation. */
export interface JobOptions {
  readonly signal?: AbortSignal;
  /** Called every `intervalMs` with the part that is done, 0 to 1, and once with 1 at the end. */
  readonly onProgress?: (done: number) => void;
  readonly intervalMs?: number;
}

/** An engine that can also work beside the event loop. */
export interface NativeKernels extends Kernels {
  /**
   * `accumulate` on other threads. Until it settles, the accumulator cannot be used.
   * @returns false if the signal ended it; the accumulator then has to be loaded or started afresh.
   */
  accumulateJob(
    acc: AccumulatorTile,
    a: PreparedTile,
    b: PreparedTile,
    fresh: boolean,
    options?: JobOptions,
  ): Promise<boolean>;
}

/** Below this many multiply-accumulates a call stays on one thread. */
const THREADED_WORK = 1 << 24;

class NativeTile implements PreparedTile {
  readonly rows: number;
  readonly depth: number;
  /** Kept for the fallback engine: a pair may turn out not to be covered. */
  readonly #operand: TileOperand;
  #native: NativeOperand | null;
  #other: PreparedTile | null = null;
  #released = false;

  constructor(
    operand: TileOperand,
    readonly side: 'a' | 'b',
    readonly semantic: DotSemantic,
    native: NativeOperand | null,
  ) {
    [this.rows, this.depth] = [operand.rows, operand.depth];
    this.#operand = { ...operand, codes: operand.codes.slice(), scales: operand.scales.slice() };
    this.#native = native;
  }

  get native(): NativeOperand {
    this.#check();
    if (this.#native === null)
      throw new ConfigurationError(`operand ${this.side} was prepared for another semantic`);
    return this.#native;
  }

  /** The same operand in the other engine. */
  other(engine: Kernels): PreparedTile {
    this.#check();
    this.#other ??= engine.prepare(this.#operand, this.side, this.semantic);
    return this.#other;
  }

  release(): void {
    this.#native?.release();
    this.#other?.release();
    this.#native = this.#other = null;
    this.#released = true;
  }

  #check(): void {
    if (this.#released) throw new RangeError(`operand ${this.side} has been released`);
  }
}

class NativeAccumulator implements AccumulatorTile {
  #depth = 0;

  constructor(
    readonly rows: number,
    readonly cols: number,
    readonly semantic: DotSemantic,
    readonly stepK: number,
    readonly sums: NativeSums,
    /** Of the register, where sums must not leave it. */
    readonly bound: ExactBound | null,
  ) {}

  /** Counts the elements of K of a chain of steps; refuses those beyond the semantic's bound. */
  advance(depth: number, fresh: boolean): void {
    const total = (fresh ? 0 : this.#depth) + depth;
    if (this.bound !== null && total > this.bound.maxDepth) {
      throw new ConfigurationError(
        `"${this.semantic.name}" holds sums of up to K = ${this.bound.maxDepth} in its ` +
          `${this.bound.registerBits}-bit register; K = ${total} was asked for`,
        'split K and add the parts, or use a semantic that rounds on the way',
      );
    }
    this.#depth = total;
  }

  restart(): void {
    this.#depth = 0;
  }

  release(): void {
    this.sums.release();
  }
}

/** Sums that the other engine keeps. */
class OtherAccumulator implements AccumulatorTile {
  constructor(
    readonly rows: number,
    readonly cols: number,
    readonly tile: AccumulatorTile,
  ) {}
}

/** An engine over a loaded library. */
export function createNativeKernels(library: NativeLibrary, options: NativeOptions = {}): NativeKernels {
  const { fallback = typescriptKernels, instructions, leastTier } = options;
  const threads = Math.max(1, options.threads ?? availableParallelism());
  const threadsFor = (acc: AccumulatorTile, depth: number) =>
    acc.rows * acc.cols * depth < THREADED_WORK ? 1 : threads;
  const operands = (acc: NativeAccumulator, a: PreparedTile, b: PreparedTile, fresh: boolean) => {
    const [left, right] = [own(a, NativeTile), own(b, NativeTile)];
    checkTiles(acc.semantic, left, right);
    checkShapes(acc, left, right, acc.stepK);
    const pair = [left.native, right.native] as const;
    acc.advance(left.depth, fresh);
    return pair;
  };
  return {
    name: 'native',
    prepare: (operand, side, semantic) => {
      checkOperandArrays(operand, side);
      checkOperand(operand, side);
      const native =
        operand.rows === 0 || operand.depth === 0
          ? null
          : nativeFamily(semantic).prepare(library, operand, side, semantic);
      return new NativeTile(operand, side, semantic, native);
    },
    accumulator: (semantic, a, b, rows, cols) => {
      createOracle(semantic, a, b); // refuses formats that the semantic does not take
      const setup = {
        semantic,
        a,
        b,
        rows,
        cols,
        stepK: stepOf(semantic, a, b),
        engine: instructions,
        leastTier,
      };
      const family = nativeFamily(semantic);
      const sums =
        rows === 0 || cols === 0 || !covers(library, family, setup) ? null : family.sums(library, setup);
      if (sums === null)
        return new OtherAccumulator(rows, cols, fallback.accumulator(semantic, a, b, rows, cols));
      const bound = family.bound?.(setup) ?? null;
      return new NativeAccumulator(rows, cols, semantic, setup.stepK, sums, bound);
    },
    accumulate: (acc, a, b, fresh) => {
      if (acc instanceof OtherAccumulator) {
        const [left, right] = [own(a, NativeTile), own(b, NativeTile)];
        fallback.accumulate(acc.tile, left.other(fallback), right.other(fallback), fresh);
        return;
      }
      const tile = own(acc, NativeAccumulator);
      const [left, right] = operands(tile, a, b, fresh);
      tile.sums.accumulate(left, right, fresh, threadsFor(tile, a.depth));
    },
    accumulateJob: async (acc, a, b, fresh, jobOptions = {}) => {
      if (acc instanceof OtherAccumulator) {
        const [left, right] = [own(a, NativeTile), own(b, NativeTile)];
        fallback.accumulate(acc.tile, left.other(fallback), right.other(fallback), fresh);
        jobOptions.onProgress?.(1);
        return true;
      }
      const tile = own(acc, NativeAccumulator);
      const [left, right] = operands(tile, a, b, fresh);
      const job = new library.NativeJob();
      if (jobOptions.signal?.aborted) job.cancel();
      const running = tile.sums.accumulateJob(left, right, fresh, threadsFor(tile, a.depth), job);
      return watch(running, job, jobOptions);
    },
    read: (acc) =>
      acc instanceof OtherAccumulator ? fallback.read(acc.tile) : own(acc, NativeAccumulator).sums.read(),
    load: (acc, bits) => {
      checkAddends(acc, bits);
      checkWords('addends', bits);
      if (acc instanceof OtherAccumulator) return fallback.load(acc.tile, bits);
      const tile = own(acc, NativeAccumulator);
      if (tile.semantic.addend === 'refused' && bits.some((word) => word !== 0)) {
        throw new ConfigurationError(
          `"${tile.semantic.name}" takes no addend C: a segment starts from nothing`,
        );
      }
      tile.restart();
      tile.sums.load(bits);
    },
  };
}

function checkTiles(semantic: DotSemantic, a: NativeTile, b: NativeTile): void {
  if (a.side !== 'a') throw new ConfigurationError('operand a was prepared for side b');
  if (b.side !== 'b') throw new ConfigurationError('operand b was prepared for side a');
  for (const tile of [a, b]) {
    if (tile.semantic.name === semantic.name) continue;
    throw new ConfigurationError(
      `operand ${tile.side} was prepared for "${tile.semantic.name}", the sums are of "${semantic.name}"`,
      'prepare it for that semantic too',
    );
  }
}

/** Whether both sides can be prepared: asked with the smallest operand of each. */
function covers(
  library: NativeLibrary,
  family: NativeFamily,
  { semantic, a, b, stepK }: NativeSetup,
): boolean {
  return (
    [
      ['a', a],
      ['b', b],
    ] as const
  ).every(([side, format]) => {
    const blocks = format.kind === 'block' && format.blockSize > 1 ? stepK / format.blockSize : 0;
    const empty = {
      format,
      rows: 1,
      depth: stepK,
      codes: new Uint8Array(stepK),
      scales: new Uint8Array(blocks),
    };
    const native = family.prepare(library, empty, side, semantic);
    native?.release();
    return native !== null;
  });
}

async function watch(running: Promise<boolean>, job: NativeJob, options: JobOptions): Promise<boolean> {
  const { signal, onProgress, intervalMs = 100 } = options;
  const cancel = () => job.cancel();
  signal?.addEventListener('abort', cancel);
  const timer =
    onProgress === undefined ? undefined : setInterval(() => onProgress(job.progress), intervalMs);
  try {
    const done = await running;
    if (done) onProgress?.(1);
    return done;
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', cancel);
  }
}
