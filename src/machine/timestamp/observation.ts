/**
 * What somebody sees of a core in the timestamp engine: events for listeners and values for the outputs. Only observed
 * runs have one; without, a unit's job is nothing but its times.
 */
import type { CopyOperation, MmaOperation, UnitOperation, VectorOperation } from '../../../isa/index.js';
import type { Device } from '../core.js';
import type { Origin, StreamId } from '../events.js';
import { operandFormatOf } from '../global-memory.js';
import { Accumulator, BufferStage, otherOf } from '../local-memory.js';
import { NEVER } from './state.js';

/** An operation with the instruction it came from. */
export interface Handed<O extends UnitOperation = UnitOperation> {
  readonly operation: O;
  readonly origin: Origin;
}

/** A job of a pipelined unit: an operation or one step of it. */
interface Job extends Handed<MmaOperation | VectorOperation> {
  /** Jobs that the unit took before it. */
  readonly number: number;
  readonly startAt: number;
  readonly doneAt: number;
  readonly busyCycles: number;
  readonly first: boolean;
  readonly last: boolean;
}

export class Observation {
  /** Operations of the copies in flight, by their place in the ring of their channel. */
  readonly loads: Handed<CopyOperation>[] = [];
  readonly stores: Handed<CopyOperation>[] = [];
  /** Operations that each stream has handed over whole. */
  readonly #serials: number[] = [];
  readonly #jobs = { mma: new Jobs(), vector: new Jobs() };
  readonly #stages: readonly (readonly BufferStage[])[];
  readonly #accumulators: readonly (readonly Accumulator[])[];

  constructor(
    readonly core: number,
    private readonly device: Device,
  ) {
    const { buffers, accumulators } = device.program;
    this.#stages = buffers.map((b) =>
      Array.from({ length: b.stages }, () => new BufferStage(b, operandFormatOf(b.format)!)),
    );
    this.#accumulators = accumulators.map((a) => Array.from({ length: a.stages }, () => new Accumulator(a)));
  }

  /** Names the operation that a stream hands over; `whole` unless further steps of it follow. */
  origin(stream: StreamId, instruction: number, whole: boolean): Origin {
    const serial = this.#serials[stream.index] ?? 0;
    this.#serials[stream.index] = serial + Number(whole);
    return { stream, instruction, serial };
  }

  loaded(operation: CopyOperation): void {
    const { id, index } = operation.local;
    const stage = this.#stages[id]![index]!;
    const { tensor, row, col } = operation;
    stage.origin = { tensor, row, col };
    const source = this.device.tensors[tensor]!;
    if (source.kind === 'input') this.device.values.load(stage, operation, source);
  }

  stored(operation: CopyOperation): void {
    const { id, index } = operation.local;
    const target = this.device.tensors[operation.tensor]!;
    if (target.kind === 'output') {
      this.device.values.store(this.#accumulators[id]![index]!, operation, target);
    }
  }

  enqueued(job: Job): void {
    this.#jobs[job.operation.unit].push(job);
  }

  /** First cycle from now on in which a job starts or ends. */
  dueAt(): number {
    return Math.min(this.#jobs.mma.dueAt(), this.#jobs.vector.dueAt());
  }

  /** Results that are due, then the job that starts, as a pipelined unit moves. */
  advance(unit: 'mma' | 'vector', cycle: number, onDone: (job: number) => void): void {
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
    if (job.first) this.#start(job.operation, cycle);
    listener.onStarted?.(this.core, unit, job.operation, cycle, job.busyCycles, job.origin);
  }

  #start(operation: UnitOperation, cycle: number): void {
    const { values, listener, model } = this.device;
    if (operation.unit === 'mma') {
      const { a, b, slice, semantic } = operation;
      const accumulator = this.#accumulator(operation.accumulator);
      const [left, right] = [this.#stages[a.id]![a.index]!, this.#stages[b.id]![b.index]!];
      const operands = { a: left, slice, b: right };
      values.multiply(accumulator, operands, semantic ?? model.defaultSemantic, operation.fresh);
      const { rows, cols } = accumulator.declaration;
      listener.onMacs?.(this.core, rows * cols * left.declaration.cols, cycle);
    } else if (operation.unit === 'vector') {
      const other = otherOf(operation.action);
      const second = other && this.#accumulator(other);
      values.apply(this.#accumulator(operation.accumulator), second, operation.action);
    }
  }

  #accumulator({ id, index }: { id: number; index: number }): Accumulator {
    return this.#accumulators[id]![index]!;
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
