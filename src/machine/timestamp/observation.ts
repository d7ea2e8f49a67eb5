/**
 * What listeners hear of a core in the timestamp engine. Only observed runs have it; without, a unit's job is nothing but
 * its times.
 */
import type { CopyOperation, MmaOperation, UnitOperation } from '../../../isa/index.js';
import type { Device } from '../core.js';
import type { Origin, StreamId } from '../events.js';
import { NEVER } from '../time.js';
import type { Contents } from './contents.js';

/** An operation with the instruction it came from. */
export interface Handed<O extends UnitOperation = UnitOperation> {
  readonly operation: O;
  readonly origin: Origin;
}

/** A job of a pipelined unit: an operation or one step of it. */
interface Job extends Handed<Exclude<UnitOperation, { unit: 'copy' }>> {
  /** Jobs that the unit took before it. */
  readonly number: number;
  readonly startAt: number;
  readonly doneAt: number;
  readonly busyCycles: number;
  /** Of the whole operation. */
  readonly conflictCycles: number;
  readonly first: boolean;
  readonly last: boolean;
}

export class Observation {
  /** Operations of the copies in flight, by their place in the ring of their channel. */
  readonly loads: Handed<CopyOperation>[] = [];
  readonly stores: Handed<CopyOperation>[] = [];
  /** Operations that each stream has handed over whole. */
  readonly #serials: number[] = [];
  readonly #jobs = { mma: new Jobs(), vector: new Jobs(), quantize: new Jobs() };

  constructor(
    readonly core: number,
    private readonly device: Device,
  ) {}

  /** Names the operation that a stream hands over; `whole` unless further steps of it follow. */
  origin(stream: StreamId, instruction: number, whole: boolean): Origin {
    const serial = this.#serials[stream.index] ?? 0;
    this.#serials[stream.index] = serial + Number(whole);
    return { stream, instruction, serial };
  }

  enqueued(job: Job): void {
    this.#jobs[job.operation.unit].push(job);
  }

  /** First cycle from now on in which a job starts or ends. */
  dueAt(): number {
    const { mma, vector, quantize } = this.#jobs;
    return Math.min(mma.dueAt(), vector.dueAt(), quantize.dueAt());
  }

  /** Results that are due, then the job that starts, as a pipelined unit moves. */
  advance(
    unit: Job['operation']['unit'],
    cycle: number,
    onDone: (job: number) => void,
    contents?: Contents,
  ): void {
    const jobs = this.#jobs[unit];
    const { listener } = this.device;
    for (;;) {
      const done = jobs.takeDone(cycle);
      if (done === undefined) break;
      if (!done.last) continue;
      onDone(done.number);
      listener.onDone?.(this.core, unit, done.operation, cycle, done.origin);
    }
    const job = jobs.takeStart(cycle);
    if (job === undefined) return;
    contents?.started(cycle);
    if (job.first && job.operation.unit === 'mma') this.#countMacs(job.operation, cycle, job.conflictCycles);
    listener.onStarted?.(this.core, unit, job.operation, cycle, job.busyCycles, job.origin);
  }

  #countMacs({ accumulator, a }: MmaOperation, cycle: number, conflictCycles: number): void {
    const { program, listener } = this.device;
    const { rows, cols } = program.accumulators[accumulator.id]!;
    listener.onMacs?.(this.core, rows * cols * program.buffers[a.id]!.cols, cycle, conflictCycles);
  }
}

/** Jobs of one unit in order, those that have started in front. */
class Jobs {
  readonly #waiting: Job[] = [];
  readonly #running: Job[] = [];

  push(job: Job): void {
    this.#waiting.push(job);
  }

  dueAt(): number {
    return Math.min(this.#running[0]?.doneAt ?? NEVER, this.#waiting[0]?.startAt ?? NEVER);
  }

  takeDone(cycle: number): Job | undefined {
    return this.#running[0] !== undefined && this.#running[0].doneAt <= cycle
      ? this.#running.shift()
      : undefined;
  }

  takeStart(cycle: number): Job | undefined {
    if (this.#waiting[0] === undefined || this.#waiting[0].startAt > cycle) return undefined;
    const job = this.#waiting.shift()!;
    this.#running.push(job);
    return job;
  }
}
