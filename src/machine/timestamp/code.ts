/**
 * A program decoded once for the timestamp engine: a kind, a cost and three register slots for each instruction, and
 * a record of constants for those that touch memories or units.
 *
 * Registers, special registers and constants share one register file a stream, so that an operand is a slot
 * whatever it is.
 */
import { type InstructionSpec, REGISTER_COUNT, type SpecialRegister } from '../../../isa/index.js';
import type { Program } from '../../assembler/index.js';
import type { MmaPlan } from '../mma-timing.js';
import type { QuantizeTiming } from '../units/quantize-timing.js';

/** Kinds of instructions, in the order of their codes; the arithmetic ones first. */
export const KINDS = [
  'mov',
  'add',
  'sub',
  'mul',
  'and',
  'or',
  'xor',
  'shl',
  'shr',
  'min',
  'max',
  'slt',
  'sltu',
  'b',
  'beq',
  'bne',
  'blt',
  'bge',
  'loop',
  'nop',
  'halt',
  'tile.next',
  'ld.tile',
  'store',
  'st.wait',
  'bar.expect',
  'bar.arrive',
  'bar.wait',
  'mma',
  'mma.commit',
  'mma.wait',
  'vector',
  'convert',
] as const;
export type Kind = (typeof KINDS)[number];

/** Mnemonics whose kind has another name. */
const KIND_OF: Readonly<Record<string, Kind>> = {
  'st.tile': 'store',
  'st.bulk': 'store',
  'st.block': 'store',
  'st.add': 'store',
  'st.max': 'store',
  'ld.block': 'ld.tile',
  'mma.rs': 'mma',
  'mma.fence': 'nop',
};

/** Slots of the register file behind the registers. */
export const Slots = {
  /** What is written to r0. */
  discard: REGISTER_COUNT,
  tileM: REGISTER_COUNT + 1,
  tileN: REGISTER_COUNT + 2,
  clock: REGISTER_COUNT + 3,
  core: REGISTER_COUNT + 4,
  cores: REGISTER_COUNT + 5,
  stream: REGISTER_COUNT + 6,
  /** Steps, part and number of parts of a work item. */
  tileK0: REGISTER_COUNT + 7,
  tileK1: REGISTER_COUNT + 8,
  tilePart: REGISTER_COUNT + 9,
  tileParts: REGISTER_COUNT + 10,
  constants: REGISTER_COUNT + 11,
} as const;

/** Slots of the special registers. */
export const SPECIAL_SLOTS: Readonly<Record<SpecialRegister, number>> = {
  '%core': Slots.core,
  '%cores': Slots.cores,
  '%tile.m': Slots.tileM,
  '%tile.n': Slots.tileN,
  '%stream': Slots.stream,
  '%clock': Slots.clock,
  '%tile.k0': Slots.tileK0,
  '%tile.k1': Slots.tileK1,
  '%tile.part': Slots.tilePart,
  '%tile.parts': Slots.tileParts,
};

/** A declared object as an instruction names it: object `base + index`, if index is below `count`. */
export interface ObjectSlot {
  readonly id: number;
  readonly base: number;
  readonly count: number;
  /** Register slot of the index. */
  readonly index: number;
}

export interface LoadRecord {
  readonly stage: ObjectSlot;
  readonly barrier: ObjectSlot;
  readonly tensor: number;
  readonly row: number;
  readonly col: number;
  readonly bytes: number;
  /** Formats and kinds fit; otherwise the load traps. */
  readonly fits: boolean;
  /** Largest row and column at which the tile lies within its tensor. */
  readonly lastRow: number;
  readonly lastCol: number;
  readonly blockSize: number;
  /** For every conversion that reads the buffer. */
  readonly alignment: Alignment;
}

/** What the row and the column of a tile must be multiples of; powers of two. */
export interface Alignment {
  readonly row: number;
  readonly col: number;
}

export interface StoreRecord {
  /** An accumulator or a stage. */
  readonly source: ObjectSlot;
  readonly memory: 'accumulator' | 'buffer';
  readonly barrier: ObjectSlot | undefined;
  readonly tensor: number;
  readonly row: number;
  readonly col: number;
  readonly bytes: number;
  readonly elementBytes: number;
  readonly path: 'direct' | 'bulk';
  /** Slots of the part that is added to what is there, and of how many. */
  readonly part: { readonly index: number; readonly count: number } | undefined;
  /** Whether the larger of what is there and what comes stays. */
  readonly maximum: boolean;
  /** Share of L2's bandwidth that each byte costs. */
  readonly weight: number;
  readonly fits: boolean;
  readonly lastRow: number;
  readonly lastCol: number;
}

export interface BarrierRecord {
  readonly barrier: ObjectSlot;
  /** Slot of the bytes (`bar.expect`) or of the parity (`bar.wait`). */
  readonly source: number;
  readonly threads: number;
  readonly warps: number;
  /** Without the poll; not rounded. */
  readonly issueCycles: number;
}

/** `init`: an MMA always starts from zero; `register`: if a slot holds 0. */
export type Start = 'init' | 'register' | 'no';

export interface MmaRecord {
  readonly accumulator: ObjectSlot;
  readonly a: ObjectSlot;
  readonly b: ObjectSlot;
  readonly start: Start;
  readonly startSlot: number;
  readonly slice: number;
  /** Groups of A's rows; 0 if the shapes do not fit. */
  readonly slices: number;
  readonly plan: MmaPlan;
  readonly issueCycles: number;
  readonly macs: number;
  readonly semantic: string;
  /** Whether its semantic was found to take the operands. */
  fitted: boolean;
}

export interface VectorRecord {
  readonly accumulator: ObjectSlot;
  readonly other: ObjectSlot | undefined;
  readonly sameShape: boolean;
  readonly busyCycles: number;
  readonly latencyCycles: number;
}

export interface ConvertRecord {
  readonly destination: ObjectSlot;
  readonly source: ObjectSlot;
  readonly memory: 'accumulator' | 'buffer';
  readonly barrier: ObjectSlot | undefined;
  /** Shapes and formats fit; otherwise the conversion traps. */
  readonly fits: boolean;
  /** Of the place that the source was loaded from. */
  readonly alignment: Alignment;
  readonly timing: QuantizeTiming;
}

/** Everything of a program that no run changes. */
export interface Code {
  readonly program: Program;
  readonly kind: Uint8Array;
  /** Whole cycles to the next instruction, at least 1; of a `bar.wait` its record tells. */
  readonly cost: Int32Array;
  /** Three slots or targets for each instruction. */
  readonly x: Int32Array;
  /** Register slots of a stream. */
  readonly slots: number;
  /** Values of the slots from `Slots.constants` on. */
  readonly constants: readonly number[];
  /** Whether it reads %clock. */
  readonly readsClock: Uint8Array;
  readonly loads: readonly (LoadRecord | undefined)[];
  readonly stores: readonly (StoreRecord | undefined)[];
  readonly barriers: readonly (BarrierRecord | undefined)[];
  readonly mmas: readonly (MmaRecord | undefined)[];
  readonly vectors: readonly (VectorRecord | undefined)[];
  readonly converts: readonly (ConvertRecord | undefined)[];
  /** By stage, for every conversion that reads it. */
  readonly alignments: readonly Alignment[];
  /** Whether it takes a tile. */
  readonly takesTile: Uint8Array;
  /** Name and arrivals of a phase, by barrier. */
  readonly barrierNames: readonly string[];
  /** Declaration and index of each barrier. */
  readonly barrierPlaces: readonly (readonly [number, number])[];
  readonly arrivals: Int32Array;
  /** Barrier of a commit. */
  readonly commits: readonly (ObjectSlot | undefined)[];
}

export const kindCode = (kind: Kind): number => KINDS.indexOf(kind);

/** The kind of an instruction. */
export function kindOf({ mnemonic, unit }: InstructionSpec): Kind {
  if (unit === 'quantize') return 'convert';
  if (unit === 'vector') return 'vector';
  const kind = KIND_OF[mnemonic] ?? KINDS.find((name) => name === mnemonic);
  if (kind === undefined) throw new Error(`the timestamp engine has no kind for ${mnemonic}`);
  return kind;
}
