/** Bulk copies between global tensors and a core, and the barriers at which streams meet. */
import {
  type CopyOperation,
  type InstructionContext,
  type InstructionSpec,
  instruction,
  operand,
  optional,
  type StallReason,
} from './instruction.js';
import type { Slot, TileOrigin } from './operands.js';

/** Coordinates of a tile's first element, read from its two registers. */
function originOf(
  context: InstructionContext,
  tile: TileOrigin,
): { tensor: number; row: number; col: number } {
  return {
    tensor: tile.id,
    row: context.read({ kind: 'register', register: tile.row }),
    col: context.read({ kind: 'register', register: tile.col }),
  };
}

function load(
  context: InstructionContext,
  { buffer, tile, barrier }: { readonly buffer: Slot; readonly tile: TileOrigin; readonly barrier: Slot },
): StallReason | null {
  return context.enqueue({
    unit: 'copy',
    direction: 'load',
    ...originOf(context, tile),
    local: { ...context.place(buffer), memory: 'buffer' },
    barrier: context.place(barrier),
  });
}

/** @param how the way out of the core, and whether it is added to what is there */
function store(
  context: InstructionContext,
  memory: CopyOperation['local']['memory'],
  {
    tile,
    source,
    barrier,
  }: { readonly tile: TileOrigin; readonly source: Slot; readonly barrier?: Slot | undefined },
  how: Pick<CopyOperation, 'path' | 'part'>,
): StallReason | null {
  return context.enqueue({
    unit: 'copy',
    direction: 'store',
    ...how,
    ...originOf(context, tile),
    local: { ...context.place(source), memory },
    barrier: barrier && context.place(barrier),
  });
}

export const COPY: readonly InstructionSpec[] = [
  instruction({
    mnemonic: 'ld.tile',
    opcode: 0x20,
    group: 'copy',
    unit: 'copy',
    operands: { buffer: operand('buffer'), tile: operand('tile'), barrier: operand('barrier') },
    summary:
      "copy a tile of the buffer's shape, with its scales, from the element (rRow, rCol) of a tensor to shared memory; its bytes count towards the barrier's phase",
    example: 'ld.tile As[r1], A[r2, r3], full[r1]',
    attempt: load,
  }),
  instruction({
    mnemonic: 'st.tile',
    opcode: 0x21,
    group: 'copy',
    unit: 'copy',
    operands: { tile: operand('tile'), source: operand('accumulator'), barrier: optional('barrier') },
    summary:
      'copy an accumulator to the element (rRow, rCol) of an output tensor; the barrier gets one arrival when it is done',
    example: 'st.tile D[r2, r3], acc, stored',
    attempt: (context, operands) => store(context, 'accumulator', operands, { path: 'direct' }),
  }),
  instruction({
    mnemonic: 'st.bulk',
    opcode: 0x22,
    group: 'copy',
    unit: 'copy',
    operands: { tile: operand('tile'), source: operand('accumulator'), barrier: optional('barrier') },
    summary:
      'like st.tile, but the accumulator is written to shared memory first and copied from there by the bulk-copy engine',
    example: 'st.bulk D[r2, r3], acc, stored',
    attempt: (context, operands) => store(context, 'accumulator', operands, { path: 'bulk' }),
  }),
  instruction({
    mnemonic: 'st.add',
    opcode: 0x26,
    group: 'copy',
    unit: 'copy',
    operands: { tile: operand('tile'), source: operand('accumulator'), barrier: optional('barrier') },
    summary:
      'add an accumulator, in FP32, nearest-even, to an fp32 output tensor where the parts of a divided tile meet: one part is written and the others are added in a fixed order, each after the one before it has landed: from part 0 on with split_k, from the last part on with stream_k; waits for its turn, and leaves the core as st.bulk does',
    example: 'st.add D[r2, r3], acc, stored',
    attempt: (context, operands) => {
      const index = context.read({ kind: 'special', special: '%tile.part' });
      const count = context.read({ kind: 'special', special: '%tile.parts' });
      return store(context, 'accumulator', operands, { path: 'bulk', part: { index, count } });
    },
  }),
  instruction({
    mnemonic: 'ld.block',
    opcode: 0x24,
    group: 'copy',
    unit: 'copy',
    operands: { buffer: operand('buffer'), tile: operand('tile'), barrier: operand('barrier') },
    summary:
      'like ld.tile for scalars and vectors: a buffer of an element format, of any shape, from any element of a tensor',
    example: 'ld.block Xr, X[r2, r3], full[r1]',
    attempt: load,
  }),
  instruction({
    mnemonic: 'st.block',
    opcode: 0x25,
    group: 'copy',
    unit: 'copy',
    operands: { tile: operand('tile'), source: operand('buffer'), barrier: optional('barrier') },
    summary:
      'copy a buffer of an element format to the element (rRow, rCol) of an output tensor; the barrier gets one arrival when it is done',
    example: 'st.block R[r2, r0], rowmax, stored',
    attempt: (context, operands) => store(context, 'buffer', operands, { path: 'bulk' }),
  }),
  instruction({
    mnemonic: 'st.max',
    opcode: 0x27,
    group: 'copy',
    unit: 'copy',
    operands: { tile: operand('tile'), source: operand('buffer'), barrier: optional('barrier') },
    summary:
      'like st.block into an fp32 output tensor, where of two values that are stored to a place by st.max the larger stays, whoever is first; a NaN stays too',
    example: 'st.max R[r2, r0], rowmax, stored',
    attempt: (context, { tile, source, barrier }) =>
      context.enqueue({
        unit: 'copy',
        direction: 'store',
        path: 'bulk',
        maximum: true,
        ...originOf(context, tile),
        local: { ...context.place(source), memory: 'buffer' },
        barrier: barrier && context.place(barrier),
      }),
  }),
  instruction({
    mnemonic: 'st.wait',
    opcode: 0x23,
    group: 'copy',
    unit: 'scalar',
    operands: { pending: operand('count') },
    summary: "wait until at most that many of this stream's stores are not done",
    example: 'st.wait 0',
    attempt: (context, { pending }) => (context.storesInFlight() > pending ? 'store-wait' : null),
  }),
];

/** Threads that poll in a `bar.wait` that does not say: one warp. */
export const DEFAULT_POLLING_THREADS = 32;

export const BARRIERS: readonly InstructionSpec[] = [
  instruction({
    mnemonic: 'bar.expect',
    opcode: 0x28,
    group: 'barriers',
    unit: 'scalar',
    operands: { barrier: operand('barrier'), bytes: operand('source') },
    summary: 'arrive once, and make the phase wait for that many bytes of copies as well',
    example: 'bar.expect full[r1], sizeof(As) + sizeof(Bs)',
    execute(context, { barrier, bytes }) {
      context.arrive(context.place(barrier), context.read(bytes));
    },
  }),
  instruction({
    mnemonic: 'bar.arrive',
    opcode: 0x29,
    group: 'barriers',
    unit: 'scalar',
    operands: { barrier: operand('barrier') },
    summary: 'arrive once',
    example: 'bar.arrive empty[r1]',
    execute(context, { barrier }) {
      context.arrive(context.place(barrier), 0);
    },
  }),
  instruction({
    mnemonic: 'bar.wait',
    opcode: 0x2a,
    group: 'barriers',
    unit: 'scalar',
    operands: { barrier: operand('barrier'), parity: operand('shortSource'), threads: optional('count') },
    summary:
      'wait until the phase of this parity (0 or 1, bit 0 counts) has completed; on a fresh barrier parity 1 passes at once; so many threads poll together (default 32, one warp), which takes time but changes nothing else',
    example: 'bar.wait full[r1], r4',
    attempt: (context, { barrier, parity, threads = DEFAULT_POLLING_THREADS }) =>
      context.phaseComplete(context.place(barrier), context.read(parity) & 1, threads) ? null : 'barrier',
  }),
];
