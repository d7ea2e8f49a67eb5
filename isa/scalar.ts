/** Scalar instructions: 32-bit integers in registers, wrapping. One cycle each. */
import { type InstructionSpec, instruction, operand } from './instruction.js';

/** `name rd, ra, source` with rd = compute(ra, source). */
function arithmetic(
  mnemonic: string,
  opcode: number,
  summary: string,
  compute: (a: number, b: number) => number,
): InstructionSpec {
  return instruction({
    mnemonic,
    opcode,
    group: 'scalar',
    unit: 'scalar',
    operands: { destination: operand('register'), a: operand('register'), b: operand('source') },
    summary,
    example: `${mnemonic} r1, r2, 5`,
    execute(context, { destination, a, b }) {
      context.write(destination, compute(context.read({ kind: 'register', register: a }), context.read(b)));
    },
  });
}

export const SCALAR: readonly InstructionSpec[] = [
  instruction({
    mnemonic: 'mov',
    opcode: 0x01,
    group: 'scalar',
    unit: 'scalar',
    operands: { destination: operand('register'), value: operand('source') },
    summary: 'rd = source',
    example: 'mov r1, %core',
    execute(context, { destination, value }) {
      context.write(destination, context.read(value));
    },
  }),
  arithmetic('add', 0x02, 'rd = ra + source (mod 2^32)', (a, b) => a + b),
  arithmetic('sub', 0x03, 'rd = ra − source (mod 2^32)', (a, b) => a - b),
  arithmetic('mul', 0x04, 'rd = ra × source (mod 2^32)', Math.imul),
  arithmetic('and', 0x05, 'rd = ra AND source', (a, b) => a & b),
  arithmetic('or', 0x06, 'rd = ra OR source', (a, b) => a | b),
  arithmetic('xor', 0x07, 'rd = ra XOR source', (a, b) => a ^ b),
  arithmetic('shl', 0x08, 'rd = ra shifted left by source mod 32', (a, b) => a << b),
  arithmetic('shr', 0x09, 'rd = ra shifted right by source mod 32, zeros in', (a, b) => a >>> b),
  arithmetic('min', 0x0a, 'rd = the smaller of ra and source, signed', Math.min),
  arithmetic('max', 0x0b, 'rd = the larger of ra and source, signed', Math.max),
  arithmetic('slt', 0x0c, 'rd = 1 if ra < source, signed, else 0', (a, b) => Number(a < b)),
  arithmetic('sltu', 0x0d, 'rd = 1 if ra < source, unsigned, else 0', (a, b) => Number(a >>> 0 < b >>> 0)),
];
