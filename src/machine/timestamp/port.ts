/** The port through which threads store, as numbers. The rule is that of `StorePort`. */
import type { CopyOperation } from '../../../isa/index.js';
import type { DirectStore } from '../model.js';
import { duration, NEVER } from '../time.js';
import { PORT_GRANULE_BYTES, portCycles } from '../units/store-port.js';
import type { Landing } from './contents.js';
import { storeDone, storeRead } from './copy-ends.js';
import type { Handed } from './observation.js';
import type { CoreRunner } from './runner.js';
import { Total } from './state.js';

/** A store that threads issue. */
export interface PortJob {
  readonly stream: number;
  readonly accumulator: number;
  /** −1: none. */
  readonly barrier: number;
  readonly bytes: number;
  readonly elementBytes: number;
  /** Only where somebody watches. */
  readonly handed: Handed<CopyOperation> | undefined;
  /** Only in runs with values. */
  readonly landing: Landing | undefined;
}

interface Sending {
  readonly job: PortJob;
  left: number;
  issued: boolean;
  readonly issuedFrom: number;
}

/** What happens to a job when all its bytes are on their way. */
export type Moment = 'issued' | 'read' | 'done';

export interface Due {
  at: number;
  readonly moment: Moment;
  readonly job: PortJob;
}

export class Port {
  batch: Sending[] = [];
  readonly due: Due[] = [];
  freeAt = 0;
  lastAt = 0;
  /** No earlier than this does the port move. */
  from = 0;

  constructor(private readonly figures: DirectStore) {}

  accept(runner: CoreRunner, job: PortJob, cycle: number): void {
    const { issueBytesPerCycle } = this.figures;
    const issuedFrom = Math.ceil(cycle + job.bytes / issueBytesPerCycle.value);
    this.batch.push({ job, left: job.bytes, issued: false, issuedFrom });
    this.freeAt = Math.max(this.freeAt, cycle);
    this.from = Math.max(this.from, cycle + 1);
    if (job.handed === undefined) return;
    const busyCycles = Math.ceil(portCycles(this.figures, job.bytes, job.elementBytes));
    const { listener } = runner.shared.device;
    const { operation, origin } = job.handed;
    listener.onStarted?.(runner.state.index, 'copy', operation, cycle, busyCycles, origin);
  }

  dueAt(): number {
    const next = Math.min(this.due[0]?.at ?? NEVER, this.#sendAt());
    return next === NEVER ? NEVER : Math.max(next, this.from);
  }

  advance(runner: CoreRunner, cycle: number): void {
    this.lastAt = cycle;
    this.from = cycle + 1;
    for (;;) {
      const dueAt = this.due[0]?.at ?? NEVER;
      const sendAt = this.#sendAt();
      if (Math.min(dueAt, sendAt) > cycle) return;
      if (dueAt <= sendAt) this.#happen(runner, this.due.shift()!, cycle);
      else this.#send(runner, cycle);
    }
  }

  /** Moves every time by so many cycles. */
  shift(cycles: number): void {
    this.batch = this.batch.map((sending) => ({ ...sending, issuedFrom: sending.issuedFrom + cycles }));
    for (const due of this.due) due.at += cycles;
    this.freeAt += cycles;
    this.lastAt += cycles;
    this.from += cycles;
  }

  #sendAt(): number {
    return this.batch.length === 0 ? NEVER : Math.floor(this.freeAt);
  }

  #happen(runner: CoreRunner, { moment, job }: Due, cycle: number): void {
    if (moment === 'issued') runner.state.tryAt[job.stream] = cycle;
    else if (moment === 'read') storeRead(runner, job.accumulator, job.landing, cycle);
    else storeDone(runner, job.stream, job.barrier, job.handed, cycle);
  }

  #send(runner: CoreRunner, cycle: number): void {
    const { state, shared, observation } = runner;
    const sending = this.batch.find(({ left }) => left > 0)!;
    const bytes = Math.min(PORT_GRANULE_BYTES, sending.left);
    const start = Math.max(cycle, this.freeAt);
    const sent = start + duration(portCycles(this.figures, bytes, sending.job.elementBytes));
    this.freeAt = Math.max(shared.device.l2.reserve(start, bytes), sent);
    const busyCycles = Math.ceil(this.freeAt) - Math.ceil(start);
    state.totals[Total.storeBusy]! += busyCycles;
    state.totals[Total.storedBytes]! += bytes;
    if (observation !== undefined) {
      shared.device.listener.onTransfer?.(state.index, 'store', bytes, cycle, busyCycles);
    }
    sending.left -= bytes;
    this.#release(cycle);
  }

  #release(cycle: number): void {
    const { queueCycles, readCycles, latencyCycles } = this.figures;
    let queued = 0;
    for (const { job, left } of this.batch) queued += portCycles(this.figures, left, job.elementBytes);
    if (queued > queueCycles.value) return;
    for (const sending of this.batch) {
      if (sending.issued) continue;
      sending.issued = true;
      this.#at(Math.max(cycle, sending.issuedFrom), 'issued', sending.job);
    }
    if (queued > 0) return;
    for (const { job } of this.batch) {
      this.#at(Math.ceil(this.freeAt + readCycles.value), 'read', job);
      this.#at(Math.ceil(this.freeAt + latencyCycles.value), 'done', job);
    }
    this.batch = [];
  }

  #at(at: number, moment: Moment, job: PortJob): void {
    let place = this.due.length;
    while (place > 0 && this.due[place - 1]!.at > at) place--;
    this.due.splice(place, 0, { at, moment, job });
  }
}
