import { describe, expect, it } from 'vitest';
import { disassemble, storedBytes, storedFormat } from '../../src/assembler/index.js';
import { BLOCK_FORMATS, ELEMENT_FORMATS } from '../../src/formats/index.js';
import { assembled, complaints, REST } from './support.js';

const bytes = (format: string, rows: number, cols: number): number =>
  storedBytes(storedFormat(format)!, rows, cols);

describe('the bytes of a buffer', () => {
  it.each([
    ['nvfp4', 128, 64, 128 * 32 + 128 * 4], // 4-bit codes, a scale byte for 16
    ['if4', 128, 64, 128 * 32 + 128 * 4], // the selector is in the scale byte
    ['mxfp4', 128, 64, 128 * 32 + 128 * 2], // a scale byte for 32
    ['mxfp8_e4m3', 2, 32, 2 * 33],
    ['mxfp6_e2m3', 1, 32, 24 + 1],
    ['hif4', 1, 64, 32 + 1 + 3], // 8 + 16 micro-exponents
    ['vectorwise_fp4', 4, 6, 12], // no scales beside the elements
    ['e4m3', 3, 5, 15],
    ['int4', 3, 3, 5],
    ['bf16', 3, 3, 18],
    ['fp32', 3, 3, 36],
  ])('of %s %dx%d are %d', (format, rows, cols, expected) => {
    expect(bytes(format, rows, cols)).toBe(expected);
  });
});

describe('the formats', () => {
  it('can each be declared by name, with underscores for hyphens, and read back', () => {
    for (const name of [...BLOCK_FORMATS.keys(), ...ELEMENT_FORMATS.keys()]) {
      const cols = BLOCK_FORMATS.get(name)?.blockSize ?? 1;
      const text = `.smem S, ${name.replaceAll('-', '_')}, 2x${cols}\n${REST}`;
      const program = assembled(text);
      expect(program.buffers[0]!.format).toBe(name);
      expect(assembled(disassemble(program)).buffers[0]!.format).toBe(name);
    }
  });

  it('have names that stay apart in a program', () => {
    const names = [...BLOCK_FORMATS.keys(), ...ELEMENT_FORMATS.keys()].map((name) =>
      name.replaceAll('-', '_'),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('with a hyphen in the name are suggested as they are written', () => {
    expect(complaints(`.smem S, e4m3-fnuz, 2x2\n${REST}`)).toContain('hint: did you mean "e4m3_fnuz"?');
  });
});
