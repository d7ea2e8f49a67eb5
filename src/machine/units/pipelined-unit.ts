/**
 * An in-order pipelined unit: a queue, a resource that each job occupies for some cycles, and a latency until the
 * result is visible. The MMA unit and the vector unit are two of these.
 *
 *   accept ─ queue ─ start ── busy ──▶ (next may start)
 *                     └────── latency ──▶ done
 */
import type { StallReason, UnitName, UnitOperation } from '../../../isa/index.js';
import type { Listener, Origin } from '../events.js';

/** A piece of work: a whole operation, or one step of it. */
export interface Job<O> {
  readonly operation: O;
  readonly origin: Origin;
  /** Cycles that it occupies the unit. */
  readonly busyCycles: number;
  /** From its start until its result is visible. */
  readonly latencyCycles: number;
  /** Later start when the unit is empty. */
  readonly restartCycles: number;
  /** Called at the start, in order. */
  readonly onStart?: (cycle: number) => void;
  /** Called when the result is visible. Absent: another step of the operation follows. */
  readonly onDone?: (cycle: number) => void;
}

export interface PipelinedUnitOptions {
  readonly core: number;
  readonly unit: Exclude<UnitName, 'scalar'>;
  readonly queueDepth: number;
  readonly fullReason: StallReason;
  readonly listener: Listener;
}

export class PipelinedUnit<O extends UnitOperation> {
  readonly #queue: Job<O>[] = [];
  readonly #inFlight: { readonly job: Job<O>; readonly doneAt: number }[] = [];
  #freeAt = 0;
  #lastDoneAt = 0;

  constructor(private readonly options: PipelinedUnitOptions) {}

  /** Why a job cannot be queued now, or null. */
  canAccept(): StallReason | null {
    return this.#queue.length >= this.options.queueDepth ? this.options.fullReason : null;
  }

  accept(job: Job<O>): void {
    this.#queue.push(job);
  }

  /** One cycle: results that are due become visible, then the next job starts if the resource is free. */
  advance(cycle: number): void {
    const { core, unit, listener } = this.options;
    while (this.#inFlight.length > 0 && this.#inFlight[0]!.doneAt <= cycle) {
      const { job } = this.#inFlight.shift()!;
      if (job.onDone === undefined) continue;
      job.onDone(cycle);
      listener.onDone?.(core, unit, job.operation, cycle, job.origin);
    }
    if (this.#queue.length > 0 && cycle >= Math.floor(this.#freeAt)) this.#start(this.#queue.shift()!, cycle);
  }

  /** First cycle after this one in which `advance` has something to do. */
  nextEvent(cycle: number): number {
    const done = this.#inFlight[0]?.doneAt ?? Number.POSITIVE_INFINITY;
    const start = this.#queue.length === 0 ? Number.POSITIVE_INFINITY : Math.floor(this.#freeAt);
    return Math.max(cycle + 1, Math.min(done, start));
  }

  get idle(): boolean {
    return this.#queue.length === 0 && this.#inFlight.length === 0;
  }

  #start(job: Job<O>, cycle: number): void {
    const { core, unit, listener } = this.options;
    const start = Math.max(cycle, this.#freeAt) + (this.#inFlight.length === 0 ? job.restartCycles : 0);
    job.onStart?.(cycle);
    this.#freeAt = start + job.busyCycles;
    // Results leave in order, whatever the latencies.
    this.#lastDoneAt = Math.max(this.#lastDoneAt, Math.ceil(start + job.latencyCycles));
    this.#inFlight.push({ job, doneAt: this.#lastDoneAt });
    listener.onStarted?.(core, unit, job.operation, cycle, job.busyCycles, job.origin);
  }
}
