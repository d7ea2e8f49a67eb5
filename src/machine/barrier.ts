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
    if (bytes < 0 || this.#pendingArrivals === 0) throw arrivalFault(this.name, this.#arrivals, bytes);
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
    return describePhase(this.name, {
      arrivals: this.#arrivals,
      pendingArrivals: this.#pendingArrivals,
      pendingBytes: this.#pendingBytes,
      completed: this.#completed,
    });
  }

  #completeIfDone(cycle: number): void {
    if (this.#pendingArrivals > 0 || this.#pendingBytes !== 0) return;
    const phase = this.#completed++;
    this.#visibleAt = cycle + this.latencyCycles;
    this.onComplete(this.#visibleAt, phase, cycle);
    this.#pendingArrivals = this.#arrivals;
  }
}

/** Why an arrival that makes the phase expect so many bytes is refused. */
export function arrivalFault(name: string, arrivals: number, bytes: number): Fault {
  if (bytes < 0) return new Fault('barrier-misuse', `${name} cannot expect ${bytes} bytes`);
  return new Fault(
    'barrier-misuse',
    `${name} has all its ${arrivals} arrivals in this phase already`,
    'raise arrivals=, or wait for the phase to complete before arriving again',
  );
}

/** What a phase still waits for, for messages. */
export function describePhase(
  name: string,
  phase: {
    readonly arrivals: number;
    readonly pendingArrivals: number;
    readonly pendingBytes: number;
    readonly completed: number;
  },
): string {
  const { arrivals, pendingArrivals, pendingBytes, completed } = phase;
  const parts = [
    pendingArrivals > 0 ? `${pendingArrivals} of ${arrivals} arrivals` : '',
    pendingBytes > 0 ? `${pendingBytes} bytes` : '',
    pendingBytes < 0 ? `a bar.expect for ${-pendingBytes} bytes that came unannounced` : '',
  ].filter((part) => part !== '');
  return `${name} (phase ${completed}, parity ${completed % 2}) lacks ${parts.join(' and ') || 'nothing'}`;
}
