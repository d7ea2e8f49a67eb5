/**
 * Events of a run. Units and streams emit them; statistics, traces and views live in listeners only.
 * A listener implements the methods it needs; an absent one costs nothing.
 */
import type { StallReason, UnitName, UnitOperation } from '../../isa/index.js';

/** Which stream of which core; `index` counts all streams of a core, copies included. */
export interface StreamId {
  readonly core: number;
  readonly index: number;
  readonly name: string;
}

/** The instruction that an operation came from. */
export interface Origin {
  readonly stream: StreamId;
  /** Its index in the program. */
  readonly instruction: number;
  /** Operations that the stream handed over before this one: with the stream it names the operation. */
  readonly serial: number;
}

export interface Listener {
  /** An instruction left its stream. */
  onIssued?(stream: StreamId, instruction: number, cycle: number): void;
  /**
   * A stream could not issue in this cycle and the following, `cycles` in all, for one reason. Engines differ in how
   * they split a stall. `issue-slot`: it may go on for all that is known, but others took the slots.
   */
  onStall?(stream: StreamId, reason: StallReason | 'issue-slot', cycle: number, cycles: number): void;
  onHalted?(stream: StreamId, cycle: number): void;
  /** A unit began an operation, or one step of it, which occupies the unit for `busyCycles`. */
  onStarted?(
    core: number,
    unit: Exclude<UnitName, 'scalar'>,
    operation: UnitOperation,
    cycle: number,
    busyCycles: number,
    origin: Origin,
  ): void;
  /** The result of an operation is visible. */
  onDone?(
    core: number,
    unit: Exclude<UnitName, 'scalar'>,
    operation: UnitOperation,
    cycle: number,
    origin: Origin,
  ): void;
  /** A barrier, by its place in the program's list and its index, completed its phase number `phase`, from 0. */
  onPhase?(core: number, barrier: number, index: number, phase: number, cycle: number): void;
  /** Bytes move between L2 and a core from this cycle on, which takes its port so many cycles. */
  onTransfer?(
    core: number,
    direction: 'load' | 'store',
    bytes: number,
    cycle: number,
    busyCycles: number,
  ): void;
  /** Products computed by an operation: rows × cols × depth; and what conflicts of banks add to reading its operands. */
  onMacs?(core: number, macs: number, cycle: number, bankConflictCycles: number): void;
}

/** One listener that passes every event to several; methods that none of them has stay absent. */
export function fanOut(listeners: readonly Listener[]): Listener {
  if (listeners.length === 1) return listeners[0]!;
  const events = [
    'onIssued',
    'onStall',
    'onHalted',
    'onStarted',
    'onDone',
    'onPhase',
    'onTransfer',
    'onMacs',
  ] as const;
  const combined: Record<string, (...event: unknown[]) => void> = {};
  for (const name of events) {
    const receivers = listeners.filter((listener) => listener[name] !== undefined);
    if (receivers.length === 0) continue;
    combined[name] = (...event) => {
      for (const receiver of receivers) (receiver[name] as (...e: unknown[]) => void)(...event);
    };
  }
  return combined;
}
