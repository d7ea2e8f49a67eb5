/**
 * What every trace has in common: it listens to a run, and writes text as the run goes on, so that memory does not grow
 * with the run. Engines tell events in the order of cycles, but for stalls, which are told when they are over.
 */
import type { Instruction, InstructionContext, UnitOperation } from '../../../isa/index.js';
import { instructionTexts, type Program } from '../../assembler/index.js';
import type { Listener, Origin, StreamId } from '../../machine/index.js';

/** What is traced. */
export interface TraceSubject {
  readonly program: Program;
  /** Name of the machine model. */
  readonly machine: string;
  /** Cores in use. */
  readonly cores: number;
}

/** How a run ended. */
export interface TraceEnd {
  readonly cycles: number;
  /** What stopped it, if it is not done: a trap. */
  readonly trap?: string;
}

/** A trace in the making. */
export interface Trace extends Listener {
  /** Writes what is left. */
  finish(end: TraceEnd): void;
}

/** Receives pieces of the trace's text, in order. */
export type Write = (text: string) => void;

/** A kind of trace. */
export interface TraceKind {
  readonly name: string;
  /** How the names of its files end. */
  readonly extensions: readonly string[];
  /** What it is for, and what opens it. */
  readonly summary: string;
  readonly begin: (subject: TraceSubject, write: Write) => Trace;
}

/** The lines of a timeline that the units of a core have: the copy engine one for each direction. */
const TRACKS_OF: Readonly<Record<UnitOperation['unit'], readonly string[]>> = {
  copy: ['load', 'store'],
  mma: ['mma'],
  vector: ['vector'],
  quantize: ['quantize'],
};

export const UNIT_TRACKS: readonly string[] = Object.values(TRACKS_OF).flat();

/** The line of an operation. */
export function trackOf(operation: UnitOperation): string {
  return operation.unit === 'copy' ? operation.direction : operation.unit;
}

/** The names of a core's streams, in order, copies included, as `StreamId` has them. */
export function streamNames({ streams }: Program): string[] {
  return streams.flatMap(({ name, count }) =>
    count === 1 ? [name] : Array.from({ length: count }, (_, copy) => `${name}.${copy}`),
  );
}

/** `full[2]`, or `stored` for the only one of its name. */
export function barrierName({ barriers }: Program, barrier: number, index: number): string {
  const { name, count } = barriers[barrier]!;
  return count === 1 ? name : `${name}[${index}]`;
}

/** Texts of the instructions of a program, and places in its source. */
export class Labels {
  readonly #textOf: (at: number) => string;
  readonly #texts: string[] = [];
  readonly #handsOver: boolean[] = [];

  constructor(private readonly program: Program) {
    this.#textOf = instructionTexts(program);
  }

  /** The instruction, as the disassembler writes it. */
  text(instruction: number): string {
    this.#texts[instruction] ??= this.#textOf(instruction);
    return this.#texts[instruction]!;
  }

  /** Its mnemonic. */
  mnemonic(instruction: number): string {
    return this.program.instructions[instruction]!.spec.mnemonic;
  }

  /** Whether it hands an operation to a unit. */
  handsOver(instruction: number): boolean {
    this.#handsOver[instruction] ??= handsOver(this.program.instructions[instruction]!);
    return this.#handsOver[instruction]!;
  }

  /** `gemm.s:40`; without control characters, which end fields and lines of some formats. */
  place(instruction: number): string {
    const { file, line } = this.program.spans[instruction]!;
    return `${file.replaceAll(/\p{Cc}/gu, ' ')}:${line}`;
  }
}

/** Carries an instruction out on a machine that only notes whether it gets an operation. */
function handsOver({ spec, operands, modifiers }: Instruction): boolean {
  let isAsked = false;
  const enqueue = (): null => {
    isAsked = true;
    return null;
  };
  const context: InstructionContext = {
    read: () => 0,
    write: () => {},
    place: ({ id }) => ({ id, index: 0 }),
    placeOf: (slot) => ({ ...slot, index: 0 }),
    jump: () => {},
    halt: () => {},
    nextTile: () => null,
    phaseComplete: () => true,
    arrive: () => {},
    enqueue,
    commitMma: () => {},
    mmaGroupsInFlight: () => 0,
    storesInFlight: () => 0,
  };
  spec.execute(context, operands, modifiers);
  return isAsked;
}

/** An operation between its start and its end. */
export interface OpenOperation {
  readonly origin: Origin;
  readonly track: string;
  /** A number that no other operation of the trace has. */
  readonly id: number;
  readonly startedAt: number;
  /** First cycle in which the unit is free of it again, as far as its steps have begun. */
  busyUntil: number;
}

/** The operations in flight. An operation of several steps begins with the first. */
export class OpenOperations {
  readonly #open = new Map<StreamId, Map<number, OpenOperation>>();
  #next = 0;

  begin(operation: UnitOperation, origin: Origin, cycle: number, busyCycles: number): OpenOperation {
    let ofStream = this.#open.get(origin.stream);
    if (ofStream === undefined) {
      ofStream = new Map();
      this.#open.set(origin.stream, ofStream);
    }
    const known = ofStream.get(origin.serial);
    if (known !== undefined) {
      known.busyUntil = cycle + busyCycles;
      return known;
    }
    const opened = {
      origin,
      track: trackOf(operation),
      id: this.#next++,
      startedAt: cycle,
      busyUntil: cycle + busyCycles,
    };
    ofStream.set(origin.serial, opened);
    return opened;
  }

  end({ stream, serial }: Origin): OpenOperation | undefined {
    const ofStream = this.#open.get(stream);
    const opened = ofStream?.get(serial);
    ofStream?.delete(serial);
    return opened;
  }
}

/** A stall from its first cycle to its last, however an engine splits it. */
export interface Stall {
  readonly stream: StreamId;
  readonly reason: string;
  readonly cycle: number;
  cycles: number;
}

/**
 * Joins the pieces of stalls, which engines split and tell at different times; passes them on when the stream goes on, so
 * that traces of all engines are equal.
 */
export class Stalls {
  /** Stalls of each stream since it last issued. */
  readonly #open = new Map<StreamId, Stall[]>();

  constructor(private readonly onStall: (stall: Stall) => void) {}

  add(stream: StreamId, reason: string, cycle: number, cycles: number): void {
    if (cycles === 0) return;
    let stalls = this.#open.get(stream);
    if (stalls === undefined) {
      stalls = [];
      this.#open.set(stream, stalls);
    }
    const last = stalls.at(-1);
    if (last?.reason === reason && last.cycle + last.cycles === cycle) last.cycles += cycles;
    else stalls.push({ stream, reason, cycle, cycles });
  }

  /** The stream goes on. */
  end(stream: StreamId): void {
    const stalls = this.#open.get(stream);
    if (stalls === undefined || stalls.length === 0) return;
    for (const stall of stalls) this.onStall(stall);
    stalls.length = 0;
  }

  /** The run is over. */
  endAll(): void {
    const streams = [...this.#open.keys()].sort((a, b) => a.core - b.core || a.index - b.index);
    for (const stream of streams) this.end(stream);
  }
}
