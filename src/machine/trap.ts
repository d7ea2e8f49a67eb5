/** Errors of the simulated machine: what a program did that the hardware forbids, with the place and the moment. */
import type { Span } from '../assembler/index.js';

export type TrapKind =
  | 'misaligned-tile'
  | 'out-of-range'
  | 'index-out-of-range'
  | 'shape-mismatch'
  | 'format-mismatch'
  | 'barrier-misuse'
  | 'buffer-in-use'
  | 'accumulator-in-flight'
  | 'never-written'
  | 'reduction-misuse'
  | 'deadlock'
  | 'max-cycles';

/** Where a trap happened; absent for those of the machine as a whole. */
export interface TrapPlace {
  readonly core: number;
  readonly stream: string;
  readonly span: Span;
}

export class Trap extends Error {
  readonly kind: TrapKind;
  readonly cycle: number;
  readonly place: TrapPlace | undefined;
  /** Lines of machine state that explain it. */
  readonly state: readonly string[];
  readonly hint: string | undefined;

  constructor(
    kind: TrapKind,
    message: string,
    at: { readonly cycle: number; readonly place?: TrapPlace | undefined },
    more: { readonly state?: readonly string[]; readonly hint?: string } = {},
  ) {
    super(message);
    this.name = 'Trap';
    this.kind = kind;
    this.cycle = at.cycle;
    this.place = at.place;
    this.state = more.state ?? [];
    this.hint = more.hint;
  }
}

/** A condition that traps once the engine adds place and cycle. */
export class Fault extends Error {
  constructor(
    readonly kind: TrapKind,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
    this.name = 'Fault';
  }
}
