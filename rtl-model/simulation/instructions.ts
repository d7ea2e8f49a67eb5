/** How each node of a gate netlist is computed: one SIMD instruction a gate, in tables by node. */
import { GATE_KINDS, GATES, type GateKind, type GateNetlist } from '../hdl/index.js';
import type { Opcode } from './wasm-encoder.js';

/** Places for operands of a node in the table of operands. */
export const MOST_OPERANDS = 3;

const NOT = GATES.not.code;
const AND = GATES.and.code;
const MUX = GATES.mux.code;

/** The instruction of each kind of gate. */
const OPERATIONS: Partial<Record<GateKind, Opcode>> = {
  not: 'not',
  and: 'and',
  or: 'or',
  xor: 'xor',
  mux: 'bitSelect',
};

/** By the code of a kind; last the one that joins two gates. */
const NUMBERED = [...GATE_KINDS.map((kind) => OPERATIONS[kind]), 'andNot' as const];
const AND_NOT = GATE_KINDS.length;
const OPERAND_COUNTS = GATE_KINDS.map((kind) => GATES[kind].operands);

export interface Instructions {
  /** Whether gates are joined to one instruction where there is one: an `and` with an inverter to `andNot`. */
  readonly fused: boolean;
  /** Number of operands of each node; 0 for sources, which have no instruction. */
  readonly counts: Uint8Array;
  /** `MOST_OPERANDS` places a node; the first ones hold its operands in the order in which they are pushed. */
  readonly operands: Int32Array;
  /** The instruction of a gate. */
  opcode(node: number): Opcode;
}

/** The instructions of all gates. */
export function instructionsOf({ kinds, a, b, c }: GateNetlist, fused: boolean): Instructions {
  const counts = new Uint8Array(kinds.length);
  const operands = new Int32Array(MOST_OPERANDS * kinds.length);
  const operations = kinds.slice();
  const put = (node: number, first: number, second: number) => {
    operands[MOST_OPERANDS * node] = first;
    operands[MOST_OPERANDS * node + 1] = second;
  };
  const isNot = (node: number) => kinds[node] === NOT;
  for (let node = 0; node < kinds.length; node++) {
    const kind = kinds[node]!;
    const [x, y] = [a[node]!, b[node]!];
    counts[node] = OPERAND_COUNTS[kind]!;
    if (kind === MUX) {
      put(node, y, c[node]!);
      operands[MOST_OPERANDS * node + 2] = x;
    } else if (kind === AND && fused && (isNot(x) || isNot(y))) {
      operations[node] = AND_NOT;
      if (isNot(y)) put(node, x, a[y]!);
      else put(node, y, a[x]!);
    } else {
      put(node, x, y);
    }
  }
  return { fused, counts, operands, opcode: (node) => NUMBERED[operations[node]!]! };
}

/** Calls `read` with every operand of a node. */
export function forOperands(
  { counts, operands }: Instructions,
  node: number,
  read: (operand: number) => void,
): void {
  const first = MOST_OPERANDS * node;
  for (let i = first; i < first + counts[node]!; i++) read(operands[i]!);
}

/** The operands of a node, in the order in which they are pushed. */
export function operandsOf(instructions: Instructions, node: number): number[] {
  const read: number[] = [];
  forOperands(instructions, node, (operand) => read.push(operand));
  return read;
}
