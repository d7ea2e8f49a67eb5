/**
 * One direction of a core's bulk-copy engine: copies wait for their latency side by side, then move their bytes in
 * order, at the core's own rate and as far as L2 grants them.
 */
import type { CopyOperation, StallReason } from '../../../isa/index.js';
import type { Listener } from '../events.js';

/** The bandwidth that all cores share. `advance` opens a cycle; `take` hands out what is left of it. */
export class L2 {
  #left = 0;

  constructor(private readonly bytesPerCycle: number) {}

  advance(): void {
    this.#left = this.bytesPerCycle;
  }

  /** As many of the wanted bytes as are left in this cycle. */
  take(wanted: number): number {
    const granted = Math.min(wanted, this.#left);
    this.#left -= granted;
    return granted;
  }
}

interface Transfer {
  readonly operation: CopyOperation;
  readonly onDone: (cycle: number) => void;
  readonly readyAt: number;
  readonly bytes: number;
  bytesLeft: number;
}

export interface CopyChannelOptions {
  readonly core: number;
  readonly direction: 'load' | 'store';
  readonly queueDepth: number;
  readonly latencyCycles: number;
  readonly bytesPerCycle: number;
  readonly l2: L2;
  readonly listener: Listener;
}

export class CopyChannel {
  readonly #queue: Transfer[] = [];

  constructor(private readonly options: CopyChannelOptions) {}

  canAccept(): StallReason | null {
    return this.#queue.length >= this.options.queueDepth ? 'copy-queue' : null;
  }

  /** Queues a copy of `bytes`; `onDone` is called in the cycle in which the last of them lands. */
  accept(operation: CopyOperation, bytes: number, cycle: number, onDone: (cycle: number) => void): void {
    const readyAt = cycle + this.options.latencyCycles;
    this.#queue.push({ operation, onDone, readyAt, bytes, bytesLeft: bytes });
  }

  /** One cycle: the oldest copy moves bytes if its latency has passed. */
  advance(cycle: number): void {
    const { core, direction, bytesPerCycle, l2, listener } = this.options;
    const head = this.#queue[0];
    if (head === undefined || cycle < head.readyAt) return;
    if (head.bytesLeft === head.bytes) {
      listener.onStarted?.(core, 'copy', head.operation, cycle, Math.ceil(head.bytes / bytesPerCycle));
    }
    const moved = l2.take(Math.min(bytesPerCycle, head.bytesLeft));
    head.bytesLeft -= moved;
    if (moved > 0) listener.onTransfer?.(core, direction, moved, cycle);
    if (head.bytesLeft > 0) return;
    this.#queue.shift();
    head.onDone(cycle);
    listener.onDone?.(core, 'copy', head.operation, cycle);
  }

  get idle(): boolean {
    return this.#queue.length === 0;
  }
}
