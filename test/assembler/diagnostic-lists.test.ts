import { describe, expect, it } from 'vitest';
import { assemble, DIAGNOSTIC_LIMIT, formatDiagnostics } from '../../src/assembler/index.js';
import { complaints, REST } from './support.js';

describe('a list of diagnostics', () => {
  it('is ordered by place, whatever pass found them', () => {
    const { diagnostics } = assemble(
      `.grid 1, 1\n.stream s\n  mov r99, 0\n  mov r1,\n  mov %x, .Q\n  halt\n.endstream\n.foo\n`,
      'a.s',
    );
    const places = diagnostics.map(({ span }) => span.line * 1000 + span.column);
    expect(places).toEqual([3007, 4010, 5007, 5011, 8001]);
  });

  it('is ordered within a line', () => {
    const { diagnostics } = assemble(`.machine 5\n.stream s\nhalt\n.endstream\n`, 'a.s');
    expect(diagnostics.map(({ span }) => span.column)).toEqual([1, 10]);
  });

  it('ends at 100 and says how many more there are', () => {
    const text = `.grid 1, 1\n.stream s\n${'  bogus\n'.repeat(130)}  halt\n.endstream\n`;
    const { diagnostics } = assemble(text, 'a.s');
    expect(diagnostics).toHaveLength(DIAGNOSTIC_LIMIT + 1);
    expect(diagnostics.at(-2)!.span.line).toBe(102);
    expect(diagnostics.at(-1)).toMatchObject({
      message: '30 more errors are not shown',
      span: { line: 103 },
    });
    const one = assemble(`.grid 1, 1\n.stream s\n${'  bogus\n'.repeat(101)}  halt\n.endstream\n`, 'a.s');
    expect(one.diagnostics.at(-1)!.message).toBe('1 more error is not shown');
    const none = assemble(`.grid 1, 1\n.stream s\n${'  bogus\n'.repeat(100)}  halt\n.endstream\n`, 'a.s');
    expect(none.diagnostics).toHaveLength(100);
  });

  it('is printed with the line it is about, without control characters', () => {
    const text = `\t.equ\tX,\t"a\u001b[31m\u202e"\n${REST}`;
    const printed = formatDiagnostics(assemble(text, 'a\u0007.s').diagnostics, text);
    expect(printed).toBe(
      'a\ufffd.s:1:10: error: a string is not a number\n   1 |  .equ X, "a\ufffd[31m\ufffd"\n     |          ^^^^^^^^^\n     = hint: write a number, a constant or an expression of them\n',
    );
  });

  it('shows the part of a long line around the place', () => {
    const text = `.assert 1, "${'a'.repeat(500)}" "here"\n${REST}`;
    const [, source, caret] = complaints(text).split('\n');
    expect(source!.length).toBeLessThan(160);
    expect(source!.slice(caret!.indexOf('^'))).toBe('"here"');
  });

  it('takes the text of each file by its name', () => {
    const { diagnostics } = assemble('.foo\n', 'a.s');
    expect(formatDiagnostics(diagnostics, new Map([['a.s', '.foo\n']]))).toContain('   1 | .foo\n');
    expect(formatDiagnostics(diagnostics, new Map())).not.toContain('|');
  });
});
