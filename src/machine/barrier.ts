/**
 * Barriers in shared memory, as tensor-core kernels use them: a phase completes when it has all its arrivals and
 * all the transaction bytes it was told to expect; then the next phase, of the other parity, begins.
 */
import type { BarrierDeclaration } from '../assembler/index.js';
import { Fault } from './trap.js';

export class Barrier {
  readonly #arrivals: number;
  #pendingArrivals: number;
  #pendingBytes = 0;
  /** Number of completed phases. */
  #completed = 0;
  /** Cycle at which the last completion is seen by waiting streams. */
  #visibleAt = 0;

  constructor(
    readonly name: string,
    { arrivals }: Pick<BarrierDeclaration, 'arrivals'>,
    private readonly latencyCycles: number,
    /** Told of a completed phase, its number, and when it will be seen. */
    private readonly onComplete: (visibleAt: number, phase: number, cycle: number) => void = () => {},
  ) {
    this.#arrivals = arrivals;
    this.#pendingArrivals = arrivals;
  }

  /** Whether the phase of this parity has completed and the completion is visible. A fresh barrier has completed parity 1. */
  phaseComplete(parity: number, cycle: number): boolean {
    const completed = cycle >= this.#visibleAt ? this.#completed : this.#completed - 1;
    return (completed + 1) % 2 === parity;
  }

  /** One arrival that also makes the phase expect `bytes`. */
  arrive(bytes: number, cycle: number): void {
    if (bytes < 0) throw new Fault('barrier-misuse', `${this.name} cannot expect ${bytes} bytes`);
    if (this.#pendingArrivals === 0) {
      throw new Fault(
        'barrier-misuse',
        `${this.name} has all its ${this.#arrivals} arrivals in this phase already`,
        'raise arrivals=, or wait for the phase to complete before arriving again',
      );
    }
    this.#pendingArrivals--;
    this.#pendingBytes += bytes;
    this.#completeIfDone(cycle);
  }

  /** Bytes of a copy that have landed. They may come before the `bar.expect` that announces them. */
  receive(bytes: number, cycle: number): void {
    this.#pendingBytes -= bytes;
    this.#completeIfDone(cycle);
  }

  /** What the current phase still waits for, for messages. */
  describe(): string {
    const parts = [
      this.#pendingArrivals > 0 ? `${this.#pendingArrivals} of ${this.#arrivals} arrivals` : '',
      this.#pendingBytes > 0 ? `${this.#pendingBytes} bytes` : '',
      this.#pendingBytes < 0 ? `a bar.expect for ${-this.#pendingBytes} bytes that came unannounced` : '',
    ].filter((part) => part !== '');
    return `${this.name} (phase ${this.#completed}, parity ${this.#completed % 2}) lacks ${parts.join(' and ') || 'nothing'}`;
  }

  #completeIfDone(cycle: number): void {
    if (this.#pendingArrivals > 0 || this.#pendingBytes !== 0) return;
    const phase = this.#completed++;
    this.#visibleAt = cycle + this.latencyCycles;
    this.onComplete(this.#visibleAt, phase, cycle);
    this.#pendingArrivals = this.#arrivals;
  }
}
