/**
 * An in-order pipelined unit: a queue, a resource that each operation occupies for some cycles, and a latency until
 * the result is visible. The MMA unit and the vector unit are two of these.
 *
 *   accept ─ queue ─ start ── busy ──▶ (next may start)
 *                     └────── busy + latency ──▶ done
 */
import type { StallReason, UnitName, UnitOperation } from '../../../isa/index.js';
import type { Listener } from '../events.js';

/** An operation on its way through a unit. */
interface Job<O> {
  readonly operation: O;
  /** Called when the result is visible. */
  readonly onDone: (cycle: number) => void;
  doneAt: number;
}

export interface PipelinedUnitOptions<O> {
  readonly core: number;
  readonly unit: Exclude<UnitName, 'scalar'>;
  readonly queueDepth: number;
  readonly latencyCycles: number;
  /** Cycles that an operation occupies the unit. */
  readonly busyCycles: (operation: O) => number;
  /** Computes the result; called in order, when the operation starts. */
  readonly execute: (operation: O, cycle: number) => void;
  readonly fullReason: StallReason;
  readonly listener: Listener;
}

export class PipelinedUnit<O extends UnitOperation> {
  readonly #queue: Job<O>[] = [];
  readonly #inFlight: Job<O>[] = [];
  #freeAt = 0;

  constructor(private readonly options: PipelinedUnitOptions<O>) {}

  /** Why an operation cannot be queued now, or null. */
  canAccept(): StallReason | null {
    return this.#queue.length >= this.options.queueDepth ? this.options.fullReason : null;
  }

  /** Queues an operation; `onDone` is called in the cycle in which its result is visible. */
  accept(operation: O, onDone: (cycle: number) => void): void {
    this.#queue.push({ operation, onDone, doneAt: 0 });
  }

  /** One cycle: results that are due become visible, then the next operation starts if the resource is free. */
  advance(cycle: number): void {
    const { core, unit, listener, latencyCycles, busyCycles, execute } = this.options;
    while (this.#inFlight.length > 0 && this.#inFlight[0]!.doneAt <= cycle) {
      const job = this.#inFlight.shift()!;
      job.onDone(cycle);
      listener.onDone?.(core, unit, job.operation, cycle);
    }
    const next = this.#queue[0];
    if (next === undefined || cycle < this.#freeAt) return;
    this.#queue.shift();
    const busy = busyCycles(next.operation);
    execute(next.operation, cycle);
    this.#freeAt = cycle + busy;
    next.doneAt = cycle + busy + latencyCycles;
    this.#inFlight.push(next);
    listener.onStarted?.(core, unit, next.operation, cycle, busy);
  }

  get idle(): boolean {
    return this.#queue.length === 0 && this.#inFlight.length === 0;
  }
}
