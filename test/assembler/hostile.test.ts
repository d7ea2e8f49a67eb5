/**
 * Hostile texts: random characters, random pieces of programs, mutated programs, and texts that are large or deep.
 * FP4SIM_FUZZ_CASES sets the number of cases (20,000), FP4SIM_FUZZ_SEED the seed.
 */
import { describe, expect, it } from 'vitest';
import {
  assemble,
  DIAGNOSTIC_LIMIT,
  disassemble,
  encodeProgram,
  formatDiagnostics,
} from '../../src/assembler/index.js';
import { Random } from '../../src/numerics/index.js';
import { assembled, REST } from './support.js';
import { babble, mutant, noise } from './texts.js';

const CASES = Number(process.env.FP4SIM_FUZZ_CASES ?? 20_000);
const SEED = Number(process.env.FP4SIM_FUZZ_SEED ?? 1);

/** What must hold for any text. Returns whether it is a program. */
function check(text: string): boolean {
  const { program, diagnostics } = assemble(text, 'fuzz.s');
  expect(program === undefined).toBe(diagnostics.length > 0);
  expect(diagnostics.length).toBeLessThanOrEqual(DIAGNOSTIC_LIMIT + 1);
  const lines = text.split(/\r\n|\n|\r/);
  for (const { span, message } of diagnostics) {
    expect(message).not.toBe('');
    expect(span.line >= 1 && span.line <= lines.length).toBe(true);
    expect(span.column >= 1 && span.column <= lines[span.line - 1]!.length + 1).toBe(true);
    expect(span.length).toBeGreaterThanOrEqual(1);
  }
  formatDiagnostics(diagnostics, text);
  if (program === undefined) return false;
  const again = disassemble(program);
  expect(disassemble(assembled(again))).toBe(again);
  expect(encodeProgram(assembled(again))).toEqual(encodeProgram(program));
  return true;
}

describe('the assembler survives', () => {
  it.each([
    ['noise', noise, 0.5],
    ['babble', babble, 0.2],
    ['mutated programs', mutant, 0.3],
  ] as const)('%s', { timeout: 3_600_000 }, (_, make, share) => {
    const random = new Random(SEED).split(make.name);
    let programs = 0;
    for (let i = 0; i < CASES * share; i++) {
      const text = make(random);
      try {
        if (check(text)) programs++;
      } catch (error) {
        throw new Error(`case ${i} of seed ${SEED}: ${JSON.stringify(text)}`, { cause: error });
      }
    }
    if (make === mutant && CASES >= 1_000) expect(programs).toBeGreaterThan(CASES * share * 0.02);
  });

  it.each<[string, string]>([
    ['a text that is too long', 'a'.repeat(2 ** 23 + 1)],
    ['a line of the greatest length', `.machine "${'a'.repeat(2 ** 16 - 20)}`],
    ['an endless line', `.machine "${'a'.repeat(2 ** 23 - 20)}`],
    ['one very long word', 'a'.repeat(2 ** 20)],
    ['a declared name that is very long', `.equ ${'a'.repeat(2 ** 20)}, 1`],
    ['a very long number', `.equ X, ${'9'.repeat(2 ** 20)}`],
    ['a very long mnemonic with dots', `.stream s\n${'a.'.repeat(2 ** 19)}a`],
    ['a very long suffix', `.stream s\nmma.${'a'.repeat(2 ** 20)} r1`],
    ['a very long string', `.machine "${'\\n'.repeat(2 ** 19)}`],
    ['a very long word with many x', `.equ x, 1\n.acc A, ${'x'.repeat(2 ** 20)}`],
    ['deep brackets', `.equ X, ${'('.repeat(2 ** 20)}`],
    ['deep subscripts', `.stream s\nmov ${'a['.repeat(2 ** 18)}`],
    ['brackets that close first', `.equ X, ${')'.repeat(2 ** 18)}${'('.repeat(2 ** 18)}`],
    ['a long chain of signs', `.equ X, ${'-'.repeat(1000)}1`],
    ['a long chain of operators', `.equ X, 1${' + 1'.repeat(500)}`],
    ['a long chain of conditions', `.equ X, ${'1 ? 1 : '.repeat(64)}1`],
    ['a huge shift', '.equ X, 1 << 9007199254740991'],
    ['many empty lines', '\n'.repeat(2 ** 22)],
    ['many bad lines', '@\n'.repeat(2 ** 19)],
    [
      'many unknown instructions beside many labels',
      `.stream s\n${Array.from({ length: 20_000 }, (_, i) => `label${i}: b lable${i}\n`).join('')}`,
    ],
    [
      'many unknown constants beside many constants',
      Array.from({ length: 20_000 }, (_, i) => `.equ constant${i}, konstant${i}\n.equ other${i}, 1\n`).join(
        '',
      ),
    ],
    ['many streams', '.stream s\n'.repeat(20_000)],
    ['many objects', Array.from({ length: 5_000 }, (_, i) => `.acc A${i}, 1x1\n`).join('')],
    ['many arguments', `.grid ${Array(1_000).fill('1').join(',')}`],
    ['an assertion over many names', `.assert ${Array(400).fill('a').join('+')}, ""`],
  ])('%s, and soon', (_, text) => {
    const begin = performance.now();
    const { program, diagnostics } = assemble(text, 'hostile.s');
    formatDiagnostics(diagnostics, text);
    expect(program).toBeUndefined();
    expect(diagnostics.length).toBeLessThanOrEqual(DIAGNOSTIC_LIMIT + 1);
    expect(performance.now() - begin).toBeLessThan(60_000);
  });

  it('a program of a hundred thousand instructions', () => {
    const long = `.grid 1, 1\n.stream s\nx:\n${'  add r1, r1, 1\n'.repeat(100_000)}  b x\n.endstream\n`;
    const program = assembled(long);
    expect(program.instructions).toHaveLength(100_001);
    expect(disassemble(program)).toBe(disassemble(assembled(disassemble(program))));
  });

  it('values of settings that no program can hold', () => {
    const text = `.param M, 16\n.acc X, M x M\n${REST}`;
    for (const value of [0, -1, 2 ** 53 - 1, -(2 ** 53) + 1, Number.NaN, 0.5, Number.NEGATIVE_INFINITY]) {
      const { program, diagnostics } = assemble(text, 'a.s', { set: new Map([['M', value]]) });
      expect(program, String(value)).toBeUndefined();
      expect(diagnostics.length).toBeGreaterThan(0);
    }
  });
});
