import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type AssembleOptions,
  assemble,
  disassemble,
  encodeProgram,
  formatProgram,
} from '../../src/assembler/index.js';
import { Random } from '../../src/numerics/index.js';
import { GEMM, meaningOf, optionsOf, PROGRAMS, SHIPPED } from './support.js';
import { babble, MACRO_GEMM, mutant, noise } from './texts.js';

/** Everything that a text means: its program, or its errors without their places and order. */
function meaning(text: string, options: AssembleOptions): unknown {
  const { program, diagnostics } = assemble(text, 'a.s', options);
  if (program === undefined) return diagnostics.map(({ message }) => message).sort();
  return [meaningOf(program), [...encodeProgram(program)]];
}

/** The comments of a text, each without the spaces around it. */
const comments = (text: string): string[] =>
  text.split(/\r\n|\n|\r/).flatMap((line) => {
    const code = line.replaceAll(/"(?:[^"\\]|\\.)*"?/g, (string) => 'x'.repeat(string.length));
    const at = code.search(/;|\/\//);
    return at < 0 ? [] : [line.slice(at).trim()];
  });

function expectKept(text: string, options: AssembleOptions = {}): void {
  const formatted = formatProgram(text);
  expect(formatProgram(formatted)).toBe(formatted);
  expect(meaning(formatted, options)).toEqual(meaning(text, options));
  expect(comments(formatted)).toEqual(comments(text));
}

describe('formatting', () => {
  it('puts labels, mnemonics, operands and comments into their columns', () => {
    const text =
      '\n\n.equ   A ,1;one\n\n\n.stream  s ,count = 2\nx:y:mov r1,-A+2*(3- -1)?1:2 // two\n  ; three\n.a: bar.expect full [ r1 ],4\n a_long_label: nop\nlonely: ; four\n.endstream   \n\n';
    expect(formatProgram(text)).toMatchInlineSnapshot(`
      ".equ A, 1                               ;one

      .stream s, count=2
      x: y:   mov         r1, -A + 2 * (3 - -1) ? 1 : 2  // two
              ; three
      .a:     bar.expect  full[r1], 4
      a_long_label: nop
      lonely:                                 ; four
      .endstream
      "
    `);
  });

  it('leaves the text of macro arguments alone, and separators of shapes where they matter', () => {
    const text =
      '.macro  m  a ,b=1+1\n.acc x, MxN\n.acc y,M xN\n.acc z, (A*2)xN\n \\a\\b r1,\\b\n.endm\nm  1+1 , "a,b"\n.rept 2,i\n.endr\n';
    expect(formatProgram(text)).toMatchInlineSnapshot(`
      ".macro m  a ,b=1+1
      .acc x, MxN
      .acc y, M xN
      .acc z, (A * 2)xN
              \\a\\b        r1,\\b
      .endm
              m           1+1 , "a,b"
      .rept 2, i
      .endr
      "
    `);
  });

  it('keeps words together that are joined from parameters', () => {
    const text = '.macro m f, r=\n quant.\\f\\()\\r A[r1],B[r1]\n mov r1,\\f\\()x\n.endm\n';
    expect(formatProgram(text)).toMatchInlineSnapshot(`
      ".macro m f, r=
              quant.\\f\\()\\r A[r1], B[r1]
       mov r1,\\f\\()x
      .endm
      "
    `);
  });

  it.each([
    ['a program with every directive', GEMM],
    ['a program of macros', MACRO_GEMM],
    ['carriage returns and a byte order mark', `\uFEFF${GEMM.replaceAll('\n', '\r\n')}`],
    ['nothing', ''],
    ['empty lines', '\n\n \n'],
    ['a comment', '  ; x'],
    ['a line that is too long', `  mov r1,${' '.repeat(70_000)}1`],
  ])('keeps what it means and its comments: %s', (_, text) => expectKept(text));

  it('has been applied to every shipped program and what it includes', () => {
    const files = readdirSync(PROGRAMS, { recursive: true, encoding: 'utf8' });
    const texts = files.filter((name) => /\.(s|inc)$/.test(name));
    const unformatted = texts.filter((name) => {
      const text = readFileSync(join(PROGRAMS, name), 'utf8');
      return formatProgram(text) !== text;
    });
    expect(texts.length).toBeGreaterThan(20);
    expect(unformatted).toEqual([]);
  });

  it.each(SHIPPED)('keeps what programs/%s means, and its comments', (name) => {
    const text = readFileSync(join(PROGRAMS, name), 'utf8');
    const options = optionsOf(name);
    expectKept(text, options);
    const { program } = assemble(text, 'a.s', options);
    expect(program).toBeDefined();
    expect(disassemble(assemble(formatProgram(text), 'a.s', options).program!)).toBe(disassemble(program!));
  });

  it.each([
    ['noise', noise],
    ['babble', babble],
    ['mutated programs', mutant],
  ] as const)('keeps what random texts mean, and their comments: %s', (_, make) => {
    const random = new Random(7).split(make.name);
    for (let i = 0; i < 300; i++) {
      const text = make(random);
      try {
        expectKept(text);
      } catch (error) {
        throw new Error(`case ${i}: ${JSON.stringify(text)}`, { cause: error });
      }
    }
  });
});
