import { describe, expect, it } from 'vitest';
import {
  encodedWidth,
  INSTRUCTION_BY_MNEMONIC,
  INSTRUCTIONS,
  layoutOf,
  modifierWidth,
  OPCODE_WIDTH,
  OPERAND_KINDS,
} from '../../isa/index.js';

describe('the instruction records', () => {
  it('have unique mnemonics and opcodes', () => {
    expect(new Set(INSTRUCTIONS.map(({ mnemonic }) => mnemonic)).size).toBe(INSTRUCTIONS.length);
    expect(new Set(INSTRUCTIONS.map(({ opcode }) => opcode)).size).toBe(INSTRUCTIONS.length);
  });

  it('never give the opcode 0, so that zeroed memory does not decode', () => {
    for (const { mnemonic, opcode } of INSTRUCTIONS) {
      expect(opcode, mnemonic).toBeGreaterThan(0);
      expect(opcode, mnemonic).toBeLessThan(2 ** OPCODE_WIDTH);
    }
  });

  it('fit 64 bits with fields that lie side by side', () => {
    for (const spec of INSTRUCTIONS) {
      expect(encodedWidth(spec), spec.mnemonic).toBeLessThanOrEqual(64);
      let next = 0;
      for (const { from, width } of layoutOf(spec)) {
        expect(from, spec.mnemonic).toBe(next);
        next = from + width;
      }
    }
  });

  it('have optional operands only behind the others', () => {
    for (const { mnemonic, operands } of INSTRUCTIONS) {
      const flags = Object.values(operands).map(({ optional }) => optional);
      expect(flags, mnemonic).toEqual(flags.toSorted((a, b) => Number(a) - Number(b)));
    }
  });

  it('give each field of an instruction its own name', () => {
    for (const spec of INSTRUCTIONS) {
      const names = layoutOf(spec).map(({ name }) => name);
      expect(new Set(names).size, spec.mnemonic).toBe(names.length);
    }
  });

  it('have suffixes that a mnemonic and a 5-bit field can hold, told apart in text', () => {
    for (const { mnemonic, modifiers } of INSTRUCTIONS) {
      const texts = modifiers.flatMap(({ values }) => values.map((value) => value.replaceAll('-', '_')));
      expect(new Set(texts).size, mnemonic).toBe(texts.length);
      for (const modifier of modifiers) {
        expect(modifier.values.length, mnemonic).toBeLessThan(2 ** modifierWidth(modifier));
      }
      for (const text of texts) {
        expect(text).toMatch(/^[a-z0-9_]+$/);
        expect(INSTRUCTION_BY_MNEMONIC.has(`${mnemonic}.${text}`), `${mnemonic}.${text}`).toBe(false);
      }
    }
  });

  it('say what they do and show it', () => {
    for (const { mnemonic, summary, example } of INSTRUCTIONS) {
      expect(summary.length, mnemonic).toBeGreaterThan(5);
      expect(example.split(' ')[0]!.startsWith(mnemonic), mnemonic).toBe(true);
    }
  });

  it('let every operand kind say what the assembler expects', () => {
    for (const [kind, { expects, width }] of Object.entries(OPERAND_KINDS)) {
      expect(expects.length, kind).toBeGreaterThan(3);
      expect(width, kind).toBeGreaterThan(0);
    }
  });

  it('keep the opcodes that object files already hold', () => {
    const held =
      '01 mov 02 add 03 sub 04 mul 05 and 06 or 07 xor 08 shl 09 shr 0a min 0b max 0c slt 0d sltu ' +
      '10 b 11 beq 12 bne 13 blt 14 bge 15 loop 16 nop 17 halt 18 tile.next 20 ld.tile 21 st.tile ' +
      '28 bar.expect 29 bar.arrive 2a bar.wait 30 mma 31 mma.commit 32 mma.wait ' +
      '40 acc.scale 41 acc.add 42 acc.act 43 acc.cvt 44 acc.dequant 45 acc.sub 46 acc.mask ' +
      '24 ld.block 25 st.block 50 quant 51 amax 52 hadamard 53 dequant 54 outliers';
    for (const [, opcode, mnemonic] of held.matchAll(/([0-9a-f]{2}) ([a-z][a-z.]*)/g)) {
      expect(INSTRUCTION_BY_MNEMONIC.get(mnemonic!)?.opcode, mnemonic).toBe(Number.parseInt(opcode!, 16));
    }
  });
});
