import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decode,
  encode,
  INSTRUCTION_BY_MNEMONIC,
  INSTRUCTION_BY_OPCODE,
  INSTRUCTIONS,
  type Instruction,
  type OperandMap,
} from '../../isa/index.js';
import { instructionOf } from './operands.js';

const decodeWord = (word: bigint): Instruction => decode(word, INSTRUCTION_BY_OPCODE);

/** The instruction of a word, or undefined if it is none. */
function tryDecode(word: bigint): Instruction | undefined {
  try {
    return decodeWord(word);
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return undefined;
  }
}

function make(
  mnemonic: string,
  operands: OperandMap,
  modifiers: readonly (string | undefined)[] = [],
): Instruction {
  return { spec: INSTRUCTION_BY_MNEMONIC.get(mnemonic)!, modifiers, operands };
}

describe('instruction words', () => {
  it.each(INSTRUCTIONS.map((spec) => [spec.mnemonic, spec] as const))(
    '%s decodes to what was encoded',
    (_, spec) => {
      fc.assert(
        fc.property(instructionOf(spec), (instruction) => {
          const word = encode(instruction);
          expect(word >= 0n && word < 1n << 64n).toBe(true);
          expect(decodeWord(word)).toEqual(instruction);
        }),
        { seed: 1, numRuns: 300 },
      );
    },
  );

  it.each(INSTRUCTIONS.map((spec) => [spec.mnemonic, spec] as const))(
    'every bit of a %s changes it or makes it undecodable',
    (_, spec) => {
      fc.assert(
        fc.property(instructionOf(spec), (instruction) => {
          const word = encode(instruction);
          for (let bit = 0n; bit < 64n; bit++) {
            const flipped = word ^ (1n << bit);
            const other = tryDecode(flipped);
            if (other === undefined) continue;
            expect(encode(other), `bit ${bit}`).toBe(flipped);
            expect(other, `bit ${bit}`).not.toEqual(instruction);
          }
        }),
        { seed: 2, numRuns: 40 },
      );
    },
  );

  it('that decode at all encode to themselves', () => {
    const opcodes = INSTRUCTIONS.map(({ opcode }) => BigInt(opcode));
    const dense = fc
      .tuple(fc.constantFrom(...opcodes), fc.bigInt(0n, (1n << 56n) - 1n), fc.integer({ min: 8, max: 64 }))
      .map(([opcode, rest, width]) => (opcode | (rest << 8n)) & ((1n << BigInt(width)) - 1n));
    fc.assert(
      fc.property(fc.oneof(dense, fc.bigInt(0n, (1n << 64n) - 1n)), (word) => {
        const instruction = tryDecode(word);
        if (instruction !== undefined) expect(encode(instruction)).toBe(word);
      }),
      { seed: 3, numRuns: 20_000 },
    );
  });

  it('have the layout that the manual draws, worked out by hand', () => {
    // add r1, r2, 5: opcode 02, rd 1 at bit 8, ra 2 at bit 13, tag 1 (immediate) at bit 18, 5 at bit 20
    const add = make('add', { destination: 1, a: 2, b: { kind: 'immediate', value: 5 } });
    expect(encode(add)).toBe(0x02n | (1n << 8n) | (2n << 13n) | (1n << 18n) | (5n << 20n));
    // mov r3, -1: the immediate fills bits 15 to 46
    const mov = make('mov', { destination: 3, value: { kind: 'immediate', value: -1 } });
    expect(encode(mov)).toBe(0x01n | (3n << 8n) | (1n << 13n) | (0xffffffffn << 15n));
    // mov r0, %clock: tag 2, code 5
    const clock = make('mov', { destination: 0, value: { kind: 'special', special: '%clock' } });
    expect(encode(clock)).toBe(0x01n | (2n << 13n) | (5n << 15n));
    // mma.exact acc 2 [0], buffer 3 [r4], buffer 5 [1], init: suffix 1 at bit 8, slots of 12 bits from bit 13,
    // presence at bit 49, start mode 1 at bit 50
    const mma = make(
      'mma',
      {
        accumulator: { id: 2, index: { kind: 'immediate', value: 0 } },
        a: { id: 3, index: { kind: 'register', register: 4 } },
        b: { id: 5, index: { kind: 'immediate', value: 1 } },
        start: { kind: 'init' },
      },
      ['exact'],
    );
    const slots = (0b000001_000010n << 13n) | (0b001000_000011n << 25n) | (0b000011_000101n << 37n);
    expect(encode(mma)).toBe(0x30n | (1n << 8n) | slots | (1n << 49n) | (1n << 50n));
    // ld.tile: tile = tensor 1, row r2, column r3
    const load = make('ld.tile', {
      buffer: { id: 0, index: { kind: 'immediate', value: 0 } },
      tile: { id: 1, row: 2, col: 3 },
      barrier: { id: 0, index: { kind: 'immediate', value: 0 } },
    });
    const tile = 1n | (2n << 6n) | (3n << 11n);
    expect(encode(load)).toBe(0x20n | (1n << 14n) | (tile << 20n) | (1n << 42n));
  });

  it.each([
    ['zero', 0n, /no instruction has opcode 0x00/],
    ['all ones', (1n << 64n) - 1n, /no instruction has opcode 0xff/],
    ['a bit beyond the fields', 0x17n | (1n << 8n), /halt has bits set beyond its fields/],
    ['a reserved tag', 0x01n | (3n << 13n), /reserved source/],
    ['a register beyond 31 in a source', 0x01n | (32n << 15n), /reserved source/],
    ['an unknown special register', 0x01n | (2n << 13n) | (10n << 15n), /reserved source/],
    ['a missing required suffix', 0x43n, /acc.cvt has no format with code 0/],
    ['a suffix beyond the list', 0x43n | (4n << 8n), /acc.cvt has no format with code 4/],
    ['a field of an absent operand', 0x31n | (1n << 9n), /absent operand/],
    ['a start mode of 0', 0x30n | (1n << 49n), /reserved start mode/],
    ['an operand behind an absent one', 0x30n | (1n << 57n), /mma has slice without start/],
  ])('that are %s do not decode', (_, word, message) => {
    expect(() => decodeWord(word)).toThrow(message);
  });
});
