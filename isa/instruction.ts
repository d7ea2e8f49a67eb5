/**
 * What an instruction is: one record that holds its text, its encoding and its meaning side by side.
 *
 * `execute` speaks to the machine only through `InstructionContext`, so that the same record runs on every engine.
 */
import type { MatrixSlot, OperandKind, OperandValue, OperandValues, Slot, Source } from './operands.js';

/** Why an instruction cannot be issued in this cycle. */
export type StallReason =
  | 'barrier' // bar.wait on a phase that has not completed
  | 'copy-queue' // the bulk-copy engine's queue is full
  | 'mma-queue' // the MMA unit's queue is full
  | 'vector-queue' // the vector unit's queue is full
  | 'quantize-queue' // the quantise unit's queue is full
  | 'mma-wait' // mma.wait: too many groups in flight
  | 'accumulator' // an earlier epilogue operation on the same accumulator is not finished
  | 'store-wait' // st.wait: too many stores not done
  | 'turn' // st.add: the parts of the tile before this one have not landed
  | 'pipeline'; // the instruction before it still occupies the stream

/** The unit that carries an instruction out; `scalar` completes at issue. */
export type UnitName = 'scalar' | 'copy' | 'mma' | 'vector' | 'quantize';

/** A declared object with its index evaluated. */
export interface Place {
  readonly id: number;
  readonly index: number;
}

/** A stage of a buffer or of an accumulator. */
export interface MatrixPlace extends Place {
  readonly memory: MatrixSlot['memory'];
}

/** Work handed to an asynchronous unit. Rows and columns count elements. */
export type UnitOperation = CopyOperation | MmaOperation | VectorOperation | QuantizeOperation;

export interface CopyOperation {
  readonly unit: 'copy';
  readonly direction: 'load' | 'store';
  readonly tensor: number;
  readonly row: number;
  readonly col: number;
  /** The buffer that is filled, or what is stored. */
  readonly local: MatrixPlace;
  /** Load: receives the bytes. Store: receives one arrival. */
  readonly barrier: Place | undefined;
  /** How a store leaves the core: by the threads that hold the accumulator, or staged and copied in bulk. */
  readonly path?: 'direct' | 'bulk';
  /** A store that is added to what is there: which part of its tile, of how many. */
  readonly part?: { readonly index: number; readonly count: number };
  /** A store that keeps the larger of what is there and what comes. */
  readonly maximum?: boolean;
}

export interface MmaOperation {
  readonly unit: 'mma';
  /** Name of the dot semantic; undefined: the machine model's default for the operand formats. */
  readonly semantic: string | undefined;
  readonly accumulator: Place;
  readonly a: Place;
  readonly b: Place;
  /** Start from zero instead of from what the accumulator holds. */
  readonly fresh: boolean;
  /** Which group of A's rows, as high as the accumulator, is multiplied. */
  readonly slice: number;
  /** Where A is read from; from registers it does not load the shared memory's port. */
  readonly source: 'shared' | 'registers';
}

export interface VectorOperation {
  readonly unit: 'vector';
  readonly accumulator: Place;
  readonly action:
    | { readonly kind: 'scale'; readonly tensors: readonly number[] }
    /** By the second-level factors of the operands that were multiplied into it. */
    | { readonly kind: 'dequantize' }
    | { readonly kind: 'add' | 'subtract'; readonly other: Place }
    /** Zeros what lies right of the diagonal; element (0, 0) stands at (row, col) of a larger matrix. */
    | { readonly kind: 'mask'; readonly row: number; readonly col: number }
    | { readonly kind: 'activate'; readonly activation: string }
    | { readonly kind: 'convert'; readonly format: string };
}

/** Work of the quantise unit, on whole stages. */
export interface QuantizeOperation {
  readonly unit: 'quantize';
  readonly destination: Place;
  readonly source: MatrixPlace;
  /** One arrival when the destination can be read. */
  readonly barrier: Place | undefined;
  readonly action: QuantizeAction;
}

/** What the suffixes of a quantisation say. */
export interface Quantization {
  /** Block or element format. */
  readonly format: string;
  /** Rule or preset; undefined: the format's default. */
  readonly policy: string | undefined;
  readonly stochastic: boolean;
  /** Size of the random Hadamard transform before it; 1 is none. */
  readonly hadamard: number;
  readonly transposed: boolean;
}

export type QuantizeAction =
  /** Into a destination of that format. */
  | ({ readonly kind: 'quantize' } & Quantization)
  /** What that quantisation cuts off its input, into a destination of an element format. */
  | ({ readonly kind: 'outliers' } & Quantization)
  | { readonly kind: 'dequantize' }
  | { readonly kind: 'transform'; readonly size: number }
  | {
      readonly kind: 'maximum';
      readonly hadamard: number;
      readonly transposed: boolean;
      /** Start from zero instead of from what the destination holds. */
      readonly fresh: boolean;
    };

/** What an instruction may do to the machine: the view of the stream that issues it. */
export interface InstructionContext {
  /** A 32-bit integer, signed. */
  read(source: Source): number;
  /** Writes the low 32 bits; writes to r0 are dropped. */
  write(register: number, value: number): void;
  place(slot: Slot): Place;
  placeOf(slot: MatrixSlot): MatrixPlace;
  /** Continues at an instruction index instead of at the next one. */
  jump(target: number): void;
  halt(): void;
  /** The next output tile of this core for this stream, or null when none is left. */
  nextTile(): { readonly m: number; readonly n: number } | null;
  /** Whether the phase of this parity (0 or 1) has completed, as so many threads see that poll together. */
  phaseComplete(barrier: Place, parity: number, threads: number): boolean;
  /** One arrival, after adding `bytes` to the transaction bytes that the phase waits for. */
  arrive(barrier: Place, bytes: number): void;
  /** Hands over work; a reason when the unit cannot take it now (then nothing has changed). */
  enqueue(operation: UnitOperation): StallReason | null;
  /** Closes the group of this stream's MMAs since the last commit; the barrier gets an arrival when they are done. */
  commitMma(barrier: Place | undefined): void;
  /** Committed groups of this stream that are not done. */
  mmaGroupsInFlight(): number;
  /** Stores of this stream that are not done. */
  storesInFlight(): number;
}

export interface OperandSpec<K extends OperandKind = OperandKind> {
  readonly kind: K;
  readonly optional: boolean;
}

/** A suffix `.value` of the mnemonic. Code 0 means that the suffix is absent. */
export interface ModifierSpec {
  readonly name: string;
  /** Spellings in the order of their codes 1, 2, …; append only. Hyphens are written as underscores in text. */
  readonly values: readonly string[];
  /** Whether the suffix must be written. */
  readonly required: boolean;
  /** Bits of its field; absent: `MODIFIER_WIDTH`. */
  readonly width?: number;
}

/** Bits of a modifier's field, unless its record says otherwise. */
const MODIFIER_WIDTH = 5;

/** Bits of a modifier's field. */
export function modifierWidth({ width = MODIFIER_WIDTH }: ModifierSpec): number {
  return width;
}
/** Bits of the opcode field, the least significant of a word. */
export const OPCODE_WIDTH = 8;

export type OperandMap = Readonly<Record<string, OperandValue | undefined>>;

export interface InstructionSpec {
  readonly mnemonic: string;
  /** 1 … 255; 0 is never assigned, so that zeroed memory does not decode. */
  readonly opcode: number;
  readonly group: string;
  readonly unit: UnitName;
  readonly modifiers: readonly ModifierSpec[];
  /** In the order of the text; optional operands come last. */
  readonly operands: Readonly<Record<string, OperandSpec>>;
  readonly summary: string;
  /** Whether the next instruction can run after this one; absent: it can. A stream must end with one where it cannot. */
  readonly continues?: boolean;
  /** One line of assembly that is valid in the context of the manual's example program. */
  readonly example: string;
  /** Does the work, or says why it cannot in this cycle and changes nothing. */
  execute(
    context: InstructionContext,
    operands: OperandMap,
    modifiers: readonly (string | undefined)[],
  ): StallReason | null;
}

type Values<O extends Readonly<Record<string, OperandSpec>>> = {
  readonly [N in keyof O]: O[N] extends {
    readonly kind: infer K extends OperandKind;
    readonly optional: true;
  }
    ? OperandValues[K] | undefined
    : O[N] extends { readonly kind: infer K extends OperandKind }
      ? OperandValues[K]
      : never;
};

type Behaviour<O extends Readonly<Record<string, OperandSpec>>, R> = (
  context: InstructionContext,
  operands: Values<O>,
  modifiers: readonly (string | undefined)[],
) => R;

interface Definition<O extends Readonly<Record<string, OperandSpec>>>
  extends Omit<InstructionSpec, 'operands' | 'execute' | 'modifiers'> {
  readonly modifiers?: readonly ModifierSpec[];
  readonly operands: O;
  /** The meaning of an instruction that never stalls. */
  readonly execute?: Behaviour<O, void>;
  /** The meaning of one that may: a reason, with nothing changed, or null when the work is done. */
  readonly attempt?: Behaviour<O, StallReason | null>;
}

/** An instruction record whose meaning sees its operands with their types. Give `execute` or `attempt`. */
export function instruction<O extends Readonly<Record<string, OperandSpec>>>({
  execute,
  attempt,
  ...record
}: Definition<O>): InstructionSpec {
  return {
    modifiers: [],
    ...record,
    execute(context, operands, modifiers) {
      // The assembler and the decoder build exactly the operands that the record names, so the cast holds.
      const typed = operands as Values<O>;
      if (attempt !== undefined) return attempt(context, typed, modifiers);
      execute?.(context, typed, modifiers);
      return null;
    },
  };
}

/** A mandatory operand. */
export function operand<K extends OperandKind>(kind: K): { readonly kind: K; readonly optional: false } {
  return { kind, optional: false };
}

/** An operand that may be left out. */
export function optional<K extends OperandKind>(kind: K): { readonly kind: K; readonly optional: true } {
  return { kind, optional: true };
}
