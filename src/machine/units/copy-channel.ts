/**
 * One direction of a core's bulk-copy engine: copies wait for their latency side by side, then move their bytes in
 * order, at the core's own rate and as far as L2 grants them.
 *
 * Bytes move in granules: within one, the rate is constant. A granule is the simulation's, not the hardware's.
 */
import type { CopyOperation, StallReason } from '../../../isa/index.js';
import type { Listener, Origin } from '../events.js';
import { duration } from '../time.js';
import type { Access, L2 } from './l2.js';

export const GRANULE_BYTES = 4096;

/** A copy as it is handed over. */
export interface Transfer {
  readonly operation: CopyOperation;
  readonly origin: Origin;
  readonly bytes: number;
  /** Cycle of the request; the latency counts from here. */
  readonly requestedAt: number;
  /** Looks up the granule that begins at this byte. */
  readonly access?: (offset: number, bytes: number) => Access;
  /** Called in the cycle in which the last byte lands. */
  readonly onDone: (cycle: number) => void;
}

interface Granule {
  readonly bytes: number;
  readonly availableAt: number;
  readonly cost: number;
}

interface Moving {
  readonly transfer: Transfer;
  readonly granules: readonly Granule[];
  moved: number;
}

export interface CopyChannelOptions {
  readonly core: number;
  readonly direction: 'load' | 'store';
  readonly queueDepth: number;
  readonly latencyCycles: number;
  readonly overheadCycles: number;
  readonly bytesPerCycle: number;
  readonly l2: L2;
  readonly listener: Listener;
}

export class CopyChannel {
  readonly #queue: Moving[] = [];
  #portFreeAt = 0;

  constructor(private readonly options: CopyChannelOptions) {}

  canAccept(): StallReason | null {
    return this.#queue.length >= this.options.queueDepth ? 'copy-queue' : null;
  }

  accept(transfer: Transfer): void {
    const granules: Granule[] = [];
    const hitAt = transfer.requestedAt + this.options.latencyCycles;
    for (let offset = 0; offset < transfer.bytes; offset += GRANULE_BYTES) {
      const bytes = Math.min(GRANULE_BYTES, transfer.bytes - offset);
      const { delayCycles, cost } = transfer.access?.(offset, bytes) ?? { delayCycles: 0, cost: 1 };
      granules.push({ bytes, availableAt: hitAt + delayCycles, cost });
    }
    this.#queue.push({ transfer, granules, moved: 0 });
  }

  /** One cycle: everything that is due by it. */
  advance(cycle: number): void {
    for (;;) {
      const head = this.#queue[0];
      if (head === undefined || this.#dueAt(head) > cycle) return;
      if (head.moved < head.granules.length) this.#move(head, cycle);
      else this.#finish(cycle);
    }
  }

  /** First cycle after this one in which `advance` has something to do. */
  nextEvent(cycle: number): number {
    const head = this.#queue[0];
    return head === undefined ? Number.POSITIVE_INFINITY : Math.max(cycle + 1, this.#dueAt(head));
  }

  get idle(): boolean {
    return this.#queue.length === 0;
  }

  /** Cycle of the copy's next granule, or of its last byte. */
  #dueAt({ granules, moved }: Moving): number {
    if (moved === granules.length) return Math.ceil(this.#portFreeAt) - 1;
    return Math.floor(Math.max(granules[moved]!.availableAt, this.#portFreeAt));
  }

  #move(head: Moving, cycle: number): void {
    const { core, direction, bytesPerCycle, overheadCycles, l2, listener } = this.options;
    const { transfer, granules, moved } = head;
    const { bytes, availableAt, cost } = granules[moved]!;
    const start = Math.max(availableAt, this.#portFreeAt);
    const overhead = moved === 0 ? overheadCycles : 0;
    if (moved === 0) {
      const busyCycles = Math.ceil(transfer.bytes / bytesPerCycle);
      listener.onStarted?.(core, 'copy', transfer.operation, cycle, busyCycles, transfer.origin);
    }
    const end = Math.max(l2.reserve(start, bytes * cost), start + overhead + duration(bytes / bytesPerCycle));
    listener.onTransfer?.(core, direction, bytes, cycle, Math.ceil(end) - Math.ceil(start));
    this.#portFreeAt = end;
    head.moved++;
  }

  #finish(cycle: number): void {
    const { core, listener } = this.options;
    const { transfer } = this.#queue.shift()!;
    transfer.onDone(cycle);
    listener.onDone?.(core, 'copy', transfer.operation, cycle, transfer.origin);
  }
}
