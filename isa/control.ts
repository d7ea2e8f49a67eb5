/** Control flow within a stream, and the hand-out of output tiles. */
import { type InstructionSpec, instruction, operand } from './instruction.js';

/** `name ra, source, label`: a branch if compare(ra, source) holds. */
function branch(
  mnemonic: string,
  opcode: number,
  relation: string,
  compare: (a: number, b: number) => boolean,
): InstructionSpec {
  return instruction({
    mnemonic,
    opcode,
    group: 'control',
    unit: 'scalar',
    operands: { a: operand('register'), b: operand('shortSource'), target: operand('label') },
    summary: `go to the label if ra ${relation} source, signed`,
    example: `${mnemonic} r1, 0, again`,
    execute(context, { a, b, target }) {
      if (compare(context.read({ kind: 'register', register: a }), context.read(b))) context.jump(target);
    },
  });
}

export const CONTROL: readonly InstructionSpec[] = [
  instruction({
    mnemonic: 'b',
    opcode: 0x10,
    group: 'control',
    unit: 'scalar',
    continues: false,
    operands: { target: operand('label') },
    summary: 'go to the label',
    example: 'b again',
    execute(context, { target }) {
      context.jump(target);
    },
  }),
  branch('beq', 0x11, '=', (a, b) => a === b),
  branch('bne', 0x12, '≠', (a, b) => a !== b),
  branch('blt', 0x13, '<', (a, b) => a < b),
  branch('bge', 0x14, '≥', (a, b) => a >= b),
  instruction({
    mnemonic: 'loop',
    opcode: 0x15,
    group: 'control',
    unit: 'scalar',
    operands: { counter: operand('register'), target: operand('label') },
    summary: 'rN = rN − 1, then go to the label unless rN is 0',
    example: 'loop r1, again',
    execute(context, { counter, target }) {
      const left = (context.read({ kind: 'register', register: counter }) - 1) | 0;
      context.write(counter, left);
      if (left !== 0) context.jump(target);
    },
  }),
  instruction({
    mnemonic: 'nop',
    opcode: 0x16,
    group: 'control',
    unit: 'scalar',
    operands: {},
    summary: 'nothing, for one cycle',
    example: 'nop',
    execute() {},
  }),
  instruction({
    mnemonic: 'halt',
    opcode: 0x17,
    group: 'control',
    unit: 'scalar',
    continues: false,
    operands: {},
    summary: 'end of this stream',
    example: 'halt',
    execute(context) {
      context.halt();
    },
  }),
  instruction({
    mnemonic: 'tile.next',
    opcode: 0x18,
    group: 'tiles',
    unit: 'scalar',
    operands: { m: operand('register'), n: operand('register'), done: operand('label') },
    summary:
      "rM, rN = coordinates (in tiles) of this core's next output tile; to the label when none is left",
    example: 'tile.next r1, r2, done',
    execute(context, { m, n, done }) {
      const tile = context.nextTile();
      if (tile === null) {
        context.jump(done);
      } else {
        context.write(m, tile.m);
        context.write(n, tile.n);
      }
    },
  }),
];
