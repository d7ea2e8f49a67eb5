/**
 * Stores that the threads of a stream issue themselves. They leave through one port of the core with a queue that all
 * streams share: a stream is held until everything that was handed over fits the queue; when the port runs empty,
 * the accumulators have been read, and a latency later the stores are acknowledged.
 *
 *   accept ── held ──▶ issued ─▶ sent ── read ──▶ accumulator free
 *                                  └──── latency ────▶ done
 */
import type { CopyOperation } from '../../../isa/index.js';
import type { Listener, Origin } from '../events.js';
import type { DirectStore } from '../model.js';
import { duration } from '../time.js';
import type { L2 } from './l2.js';

/** Bytes that are sent at one rate; a granule of the simulation. */
export const PORT_GRANULE_BYTES = 1024;

/** A store as it is handed over. */
export interface PortStore {
  readonly operation: CopyOperation;
  readonly origin: Origin;
  readonly bytes: number;
  readonly elementBytes: number;
  /** The stream goes on. */
  readonly onIssued: (cycle: number) => void;
  /** The accumulator has been read. */
  readonly onRead: (cycle: number) => void;
  /** The store is acknowledged. */
  readonly onDone: (cycle: number) => void;
}

interface Sending {
  readonly store: PortStore;
  left: number;
  issued: boolean;
  /** Before this cycle the stream's own issue takes it. */
  readonly issuedFrom: number;
}

export interface StorePortOptions {
  readonly core: number;
  readonly figures: DirectStore;
  readonly l2: L2;
  readonly listener: Listener;
}

export class StorePort {
  /** Stores since the port was empty, those with nothing left included. */
  #batch: Sending[] = [];
  /** Later moments of stores, in the order of their cycles. */
  readonly #due: { readonly at: number; readonly run: (cycle: number) => void }[] = [];
  #freeAt = 0;

  constructor(private readonly options: StorePortOptions) {}

  accept(store: PortStore, cycle: number): void {
    const { core, figures, listener } = this.options;
    const issuedFrom = Math.ceil(cycle + store.bytes / figures.issueBytesPerCycle.value);
    this.#batch.push({ store, left: store.bytes, issued: false, issuedFrom });
    this.#freeAt = Math.max(this.#freeAt, cycle);
    const busyCycles = Math.ceil(portCycles(figures, store.bytes, store.elementBytes));
    listener.onStarted?.(core, 'copy', store.operation, cycle, busyCycles, store.origin);
  }

  advance(cycle: number): void {
    for (;;) {
      const dueAt = this.#due[0]?.at ?? Number.POSITIVE_INFINITY;
      const sendAt = this.#batch.length === 0 ? Number.POSITIVE_INFINITY : Math.floor(this.#freeAt);
      if (Math.min(dueAt, sendAt) > cycle) return;
      if (dueAt <= sendAt) this.#due.shift()!.run(cycle);
      else this.#send(cycle);
    }
  }

  /** First cycle after this one in which `advance` has something to do. */
  nextEvent(cycle: number): number {
    const due = this.#due[0]?.at ?? Number.POSITIVE_INFINITY;
    const send = this.#batch.length === 0 ? Number.POSITIVE_INFINITY : Math.floor(this.#freeAt);
    return Math.max(cycle + 1, Math.min(due, send));
  }

  get idle(): boolean {
    return this.#batch.length === 0 && this.#due.length === 0;
  }

  #send(cycle: number): void {
    const { core, figures, l2, listener } = this.options;
    const sending = this.#batch.find(({ left }) => left > 0)!;
    const { store } = sending;
    const bytes = Math.min(PORT_GRANULE_BYTES, sending.left);
    const start = Math.max(cycle, this.#freeAt);
    const sent = start + duration(portCycles(figures, bytes, store.elementBytes));
    this.#freeAt = Math.max(l2.reserve(start, bytes), sent);
    listener.onTransfer?.(core, 'store', bytes, cycle, Math.ceil(this.#freeAt) - Math.ceil(start));
    sending.left -= bytes;
    this.#release(cycle);
  }

  /** Lets streams go on whose stores fit the queue, and ends the batch with its last byte. */
  #release(cycle: number): void {
    const { figures } = this.options;
    const queued = this.#batch.reduce(
      (sum, { store, left }) => sum + portCycles(figures, left, store.elementBytes),
      0,
    );
    if (queued > figures.queueCycles.value) return;
    for (const sending of this.#batch) {
      if (sending.issued) continue;
      sending.issued = true;
      this.#at(Math.max(cycle, sending.issuedFrom), sending.store.onIssued);
    }
    if (queued > 0) return;
    for (const { store } of this.#batch) this.#sent(store);
    this.#batch = [];
  }

  #sent(store: PortStore): void {
    const { core, figures, listener } = this.options;
    this.#at(Math.ceil(this.#freeAt + figures.readCycles.value), store.onRead);
    this.#at(Math.ceil(this.#freeAt + figures.latencyCycles.value), (cycle) => {
      store.onDone(cycle);
      listener.onDone?.(core, 'copy', store.operation, cycle, store.origin);
    });
  }

  #at(at: number, run: (cycle: number) => void): void {
    let place = this.#due.length;
    while (place > 0 && this.#due[place - 1]!.at > at) place--;
    this.#due.splice(place, 0, { at, run });
  }
}

/** Cycles of the port: writes that fill sectors go at full rate, narrower ones occupy it for longer. */
export function portCycles(
  { sectorBytes, elementsPerWrite, sectorCycles, partialSectorCycles }: DirectStore,
  bytes: number,
  elementBytes: number,
): number {
  const write = elementsPerWrite.value * elementBytes;
  const full = write >= sectorBytes.value;
  return full
    ? (bytes / sectorBytes.value) * sectorCycles.value
    : (bytes / write) * partialSectorCycles.value;
}
