/**
 * Operand kinds: what an operand may be, and the bit field it occupies in a 64-bit instruction word.
 *
 * A kind is one row of `OPERAND_KINDS`. The assembler turns text into the kind's value, the encoder packs that value
 * into `width` bits, and nothing else in the project knows the layout. Fields never overlap: an instruction lays its
 * operands side by side (see `encoding.ts`).
 */

/** Number of scalar registers of a stream; r0 reads 0. */
export const REGISTER_COUNT = 32;
/** Objects (tensors, buffers, accumulators, barriers) that a program may declare of each class. */
export const OBJECT_LIMIT = 64;
/** Largest immediate stage or barrier index. */
export const INDEX_LIMIT = 31;
/** Instructions that a program may hold: the width of a branch target. */
export const TARGET_LIMIT = 2 ** 20 - 1;

/** Special registers, in the order of their codes. Append only: the position is the encoding. */
export const SPECIAL_REGISTERS = [
  '%core',
  '%cores',
  '%tile.m',
  '%tile.n',
  '%stream',
  '%clock',
  '%tile.k0',
  '%tile.k1',
  '%tile.part',
  '%tile.parts',
] as const;
export type SpecialRegister = (typeof SPECIAL_REGISTERS)[number];

export type RegisterSource = { readonly kind: 'register'; readonly register: number };
export type ImmediateSource = { readonly kind: 'immediate'; readonly value: number };
export type SpecialSource = { readonly kind: 'special'; readonly special: SpecialRegister };
/** Where an instruction reads a 32-bit number from. */
export type Source = RegisterSource | ImmediateSource | SpecialSource;

/** A declared object by its number, with the stage or element that is meant. */
export interface Slot {
  readonly id: number;
  readonly index: RegisterSource | ImmediateSource;
}

/** A stage of a buffer or of an accumulator: what a unit reads that takes either. */
export interface MatrixSlot extends Slot {
  readonly memory: 'buffer' | 'accumulator';
}

/** The element of a global tensor at which a tile begins; both coordinates count elements. */
export interface TileOrigin {
  readonly id: number;
  readonly row: number;
  readonly col: number;
}

/** Where an MMA starts from: zero, or zero if a register holds 0. Without it, from what the accumulator holds. */
export type StartMode = { readonly kind: 'init' } | { readonly kind: 'register'; readonly register: number };

/** Value of each operand kind. */
export interface OperandValues {
  /** r0 … r31 */
  register: number;
  /** register, special register or 32-bit immediate */
  source: Source;
  /** register, special register or 16-bit immediate (−32768 … 32767) */
  shortSource: Source;
  /** index of the instruction that a label stands before */
  label: number;
  /** `BUF[stage]` */
  buffer: Slot;
  /** `ACC` or `ACC[stage]` */
  accumulator: Slot;
  /** `BUF[stage]` or `ACC[stage]` */
  matrix: MatrixSlot;
  /** `BAR[i]` */
  barrier: Slot;
  /** `T`: a global tensor as a whole */
  tensor: number;
  /** `T[rRow, rCol]` */
  tile: TileOrigin;
  /** a small constant, 0 … 65535 */
  count: number;
  /** `init`, or a register that is 0 for a fresh start; absent: accumulate */
  start: StartMode;
}
export type OperandKind = keyof OperandValues;
export type OperandValue = OperandValues[OperandKind];

/** The class of declared objects that a kind names, for the assembler's look-up and its messages. */
export type ObjectClass = 'tensor' | 'buffer' | 'accumulator' | 'barrier';

interface KindRow<V> {
  /** Bits of the field. */
  readonly width: number;
  /** What the assembler expects, for messages and the manual. */
  readonly expects: string;
  readonly objectClass?: ObjectClass;
  /** Number of subscripts: `BUF[stage]` has 1, `T[row, col]` has 2. Optional ones may be left out (index 0). */
  readonly subscripts?: { readonly count: number; readonly optional: boolean };
  readonly pack: (value: V) => bigint;
  readonly unpack: (field: bigint) => V;
}

const slotRow = (objectClass: ObjectClass, expects: string): KindRow<Slot> => ({
  width: 12,
  expects,
  objectClass,
  subscripts: { count: 1, optional: true },
  pack: ({ id, index }) => BigInt(id) | (packIndex(index) << 6n),
  unpack: (field) => ({ id: bitsOf(field, 0, 6), index: unpackIndex(field >> 6n) }),
});

/** Fields from the least significant bit up, as packed by each row. */
export const OPERAND_KINDS: { readonly [K in OperandKind]: KindRow<OperandValues[K]> } = {
  register: {
    width: 5,
    expects: 'a register r0 … r31',
    pack: (register) => BigInt(register),
    unpack: (field) => bitsOf(field, 0, 5),
  },
  source: sourceRow(32),
  shortSource: sourceRow(16),
  label: {
    width: 20,
    expects: 'a label',
    pack: (target) => BigInt(target),
    unpack: (field) => bitsOf(field, 0, 20),
  },
  buffer: slotRow('buffer', 'a shared-memory buffer, BUF[stage]'),
  accumulator: slotRow('accumulator', 'an accumulator, ACC or ACC[stage]'),
  matrix: {
    width: 13,
    expects: 'a shared-memory buffer or an accumulator',
    subscripts: { count: 1, optional: true },
    pack: ({ id, index, memory }) =>
      BigInt(id) | (packIndex(index) << 6n) | (memory === 'accumulator' ? 1n << 12n : 0n),
    unpack: (field) => ({
      id: bitsOf(field, 0, 6),
      index: unpackIndex(field >> 6n),
      memory: bitsOf(field, 12, 1) === 1 ? 'accumulator' : 'buffer',
    }),
  },
  barrier: slotRow('barrier', 'a barrier, BAR or BAR[i]'),
  tensor: {
    width: 6,
    expects: 'a tensor',
    objectClass: 'tensor',
    pack: (id) => BigInt(id),
    unpack: (field) => bitsOf(field, 0, 6),
  },
  tile: {
    width: 16,
    expects: 'a tile of a tensor, T[rRow, rCol]',
    objectClass: 'tensor',
    subscripts: { count: 2, optional: false },
    pack: ({ id, row, col }) => BigInt(id | (row << 6) | (col << 11)),
    unpack: (field) => ({ id: bitsOf(field, 0, 6), row: bitsOf(field, 6, 5), col: bitsOf(field, 11, 5) }),
  },
  count: {
    width: 16,
    expects: 'a constant from 0 to 65535',
    pack: (count) => BigInt(count),
    unpack: (field) => bitsOf(field, 0, 16),
  },
  start: {
    width: 7,
    expects: '`init`, or a register that holds 0 for a fresh start',
    pack: (start) =>
      BigInt(START_CODES[start.kind] | ((start.kind === 'register' ? start.register : 0) << 2)),
    unpack: unpackStart,
  },
};

/** Code 0 is reserved: an MMA that accumulates has no start operand. */
const START_CODES = { init: 1, register: 2 } as const;

function unpackStart(field: bigint): StartMode {
  const code = bitsOf(field, 0, 2);
  const register = bitsOf(field, 2, 5);
  if (code === START_CODES.register) return { kind: 'register', register };
  if (register !== 0 || code !== START_CODES.init) throw new RangeError('reserved start mode');
  return { kind: 'init' };
}

/** tag (2 bits: 0 register, 1 immediate, 2 special) | payload. */
function sourceRow(immediateBits: 16 | 32): KindRow<Source> {
  const span = 1n << BigInt(immediateBits);
  return {
    width: immediateBits + 2,
    expects: `a register, a special register or a ${immediateBits}-bit constant`,
    pack: (source) => {
      if (source.kind === 'register') return BigInt(source.register) << 2n;
      if (source.kind === 'special') return 2n | (BigInt(SPECIAL_REGISTERS.indexOf(source.special)) << 2n);
      return 1n | ((((BigInt(source.value) % span) + span) % span) << 2n);
    },
    unpack: (field) => {
      const tag = field & 3n;
      const payload = field >> 2n;
      if (tag === 1n) return { kind: 'immediate', value: Number(BigInt.asIntN(immediateBits, payload)) };
      if (tag === 0n && payload < BigInt(REGISTER_COUNT))
        return { kind: 'register', register: Number(payload) };
      const special = SPECIAL_REGISTERS[Number(payload)];
      if (tag !== 2n || special === undefined) throw new RangeError('reserved source operand');
      return { kind: 'special', special };
    },
  };
}

/** is-immediate (1 bit) | register or value (5 bits). */
function packIndex(index: Slot['index']): bigint {
  return index.kind === 'immediate' ? BigInt(1 | (index.value << 1)) : BigInt(index.register << 1);
}

function unpackIndex(field: bigint): Slot['index'] {
  const value = bitsOf(field, 1, 5);
  return bitsOf(field, 0, 1) === 1 ? { kind: 'immediate', value } : { kind: 'register', register: value };
}

function bitsOf(field: bigint, from: number, width: number): number {
  return Number((field >> BigInt(from)) & ((1n << BigInt(width)) - 1n));
}
