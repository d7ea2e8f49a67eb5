/**
 * What a machine is: a plain record of figures, each with its source. The engines read nothing else about the
 * hardware, so that a new machine is one new record.
 */

/** One number of a machine model. */
export interface Figure {
  readonly value: number;
  /** Where the number comes from. Begins with `assumption:` where nobody measured or published it. */
  readonly source: string;
}

export interface MachineModel {
  readonly name: string;
  readonly summary: string;
  readonly clockMhz: Figure;
  readonly cores: Figure;
  /** Instruction streams a core can hold. */
  readonly streamsPerCore: Figure;
  /** Instructions a core issues a cycle, over all its streams; each stream issues at most one. */
  readonly issueWidth: Figure;
  readonly sharedMemoryBytes: Figure;
  readonly accumulatorBytes: Figure;
  /** Cycles from the arrival that completes a phase until a waiting stream sees it. */
  readonly barrierLatencyCycles: Figure;
  /** Bulk copies between global and shared memory, each direction a channel of its own. */
  readonly copy: {
    /** Copies that may be queued or in flight, a direction. */
    readonly queueDepth: Figure;
    readonly loadLatencyCycles: Figure;
    readonly loadBytesPerCycle: Figure;
    readonly storeLatencyCycles: Figure;
    readonly storeBytesPerCycle: Figure;
  };
  /** Bytes a cycle that L2 moves for all cores together, both directions. */
  readonly l2BytesPerCycle: Figure;
  /** A grid of MACs; an instruction of m × n × k occupies it ceil(m/rows) · ceil(n/cols) · ceil(k/depth) cycles. */
  readonly mma: {
    readonly queueDepth: Figure;
    readonly rows: Figure;
    readonly cols: Figure;
    /** Products that one MAC takes a cycle, along K. */
    readonly depth: Figure;
    /** Pipeline registers between the last operands and the accumulator. */
    readonly latencyCycles: Figure;
  };
  /** Element-wise work on accumulators. */
  readonly vector: {
    readonly queueDepth: Figure;
    /** Accumulator elements a cycle. */
    readonly lanes: Figure;
    readonly latencyCycles: Figure;
  };
  /** Name of the dot semantic of an `mma` without a suffix. */
  readonly defaultSemantic: string;
}

/** Every figure of a model with its path, for listings and checks. */
export function figuresOf(model: MachineModel): { readonly path: string; readonly figure: Figure }[] {
  const found: { path: string; figure: Figure }[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isFigure(value)) found.push({ path, figure: value });
    else for (const [key, child] of Object.entries(value)) visit(child, path === '' ? key : `${path}.${key}`);
  };
  visit(model, '');
  return found;
}

function isFigure(value: object): value is Figure {
  return 'value' in value && 'source' in value;
}
