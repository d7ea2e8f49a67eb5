import { describe, expect, it } from 'vitest';
import {
  assemble,
  DEPTH_LIMIT,
  disassemble,
  encodeProgram,
  formatDiagnostics,
  readObject,
  writeObject,
} from '../../src/assembler/index.js';
import { assembled, complaints, meaningOf, REST } from './support.js';

/** A program with one stream of these lines, behind other lines. */
const program = (stream: string, before = ''): string =>
  `${before}.grid 1, 1\n.stream s\n${stream}\n  halt\n.endstream\n`;

/** The instructions of a program's streams, as the disassembler writes them. */
function instructions(text: string, set?: ReadonlyMap<string, number>): string[] {
  return disassemble(assembled(text, set === undefined ? {} : { set }))
    .split('\n')
    .filter((line) => line.startsWith('  ') && line !== '  halt')
    .map((line) => line.trim());
}

describe('.if', () => {
  const text = program(
    '.if N == 1\n mov r1, 1\n.elseif N == 2\n mov r1, 2\n.elseif N == 2\n mov r1, 22\n.else\n mov r1, 9\n.endif',
    '.param N, 1\n',
  );

  it.each([
    [1, 'mov r1, 1'],
    [2, 'mov r1, 2'],
    [3, 'mov r1, 9'],
  ])('assembles the first branch that holds: N = %i', (n, expected) => {
    expect(instructions(text, new Map([['N', n]]))).toEqual([expected]);
  });

  it('skips lines whatever they are, conditions within them too', () => {
    const skipped =
      '.if 0\n @ "\n .if nonsense\n .else\n mov r1, 3\n .endif\n .macro x\n .include "no"\n.rept\n.endif';
    expect(instructions(program(skipped))).toEqual([]);
  });

  it('sees the constants above it, and those that a branch declares are seen below', () => {
    const before = '.equ A, 4\n.if A == 4\n.equ B, 1\n.else\n.equ B, 2\n.endif\n';
    expect(instructions(program('.if B == 1\nmov r1, B\n.endif', before))).toEqual(['mov r1, 1']);
  });

  it('can choose objects and whole streams', () => {
    const before =
      '.param WIDE, 0\n.if WIDE\n.acc x, 64x64\n.else\n.acc x, 32x32\n.endif\n.if WIDE\n.stream more\nhalt\n.endstream\n.endif\n';
    expect(assembled(program('nop', before)).accumulators[0]).toMatchObject({ rows: 32 });
    expect(assembled(program('nop', before), { set: new Map([['WIDE', 1]]) }).streams).toHaveLength(2);
  });
});

describe('.rept', () => {
  it('repeats lines, with the number of the repetition', () => {
    expect(instructions(program('.rept 3, i\n mov r\\i, \\i * 2\n.endr'))).toEqual([
      'mov r0, 0',
      'mov r1, 2',
      'mov r2, 4',
    ]);
  });

  it('nests, and the inner lines see both numbers', () => {
    const lines = '.rept 2, i\n.rept 2, j\n mov r1, \\i\\j\n.endr\n.endr';
    expect(instructions(program(lines))).toEqual(['mov r1, 0', 'mov r1, 1', 'mov r1, 10', 'mov r1, 11']);
  });

  it('repeats nothing no times', () => {
    expect(instructions(program('.rept 0\n @\n.endr'))).toEqual([]);
  });

  it('makes names, ended by \\() where letters follow', () => {
    const before = '.rept 2, i\n.acc a\\i\\()x, 8x8\n.endr\n';
    expect(assembled(program('nop', before)).accumulators.map(({ name }) => name)).toEqual(['a0x', 'a1x']);
  });
});

describe('.macro', () => {
  const ADD = '.macro plus to, by=1\n  add \\to, \\to, \\by\n.endm\n';

  it('stands for its lines, with arguments in order, by name, or left to their defaults', () => {
    const lines = 'plus r1\nplus r2, 5\nplus by=7, to=r3\nplus r4, by=(1 + 2) * 3\nplus r5,';
    expect(instructions(program(lines, ADD))).toEqual([
      'add r1, r1, 1',
      'add r2, r2, 5',
      'add r3, r3, 7',
      'add r4, r4, 9',
      'add r5, r5, 1',
    ]);
  });

  it('takes arguments with commas in brackets, and strings', () => {
    const before =
      '.macro load into, from\n ld.tile \\into, \\from, full\n.endm\n.macro use model\n.machine \\model\n.endm\n';
    const objects = '.tensor A, nvfp4, 64x64, zeros\n.smem As, nvfp4, 64x64\n.barrier full\nuse "a, b"\n';
    const { machine } = assembled(program('nop', before + objects));
    expect(machine).toBe('a, b');
    expect(instructions(program('load As, A[r1, r2]', before + objects))).toEqual([
      'ld.tile As, A[r1, r2], full',
    ]);
  });

  it('has labels of its own in each use', () => {
    const before = '.macro spin\n.again\\@: b .again\\@\n.endm\n';
    expect(instructions(program('spin\nspin', before))).toEqual(['b .again0', 'b .again1']);
  });

  it('can be used by another, from another stream, and behind labels', () => {
    const before = `${ADD}.macro plus2 to\n plus \\to\n plus \\to, 2\n.endm\n`;
    const text = `${program('x: plus2 r1\n b x', before)}.stream t\nplus2 r2\nhalt\n.endstream\n`;
    expect(instructions(text)).toEqual([
      'add r1, r1, 1',
      'add r1, r1, 2',
      'b x',
      'add r2, r2, 1',
      'add r2, r2, 2',
    ]);
  });

  it('can end by itself with a condition', () => {
    const before = '.macro down n\n.if \\n > 0\n mov r1, \\n\n down \\n - 1\n.endif\n.endm\n';
    expect(instructions(program('down 3', before))).toEqual(['mov r1, 3', 'mov r1, 2', 'mov r1, 1']);
  });

  it('declares objects and whole streams', () => {
    const before = '.macro ring name, n=2\n.barrier \\name\\()_full[\\n]\n.endm\nring a\nring b, 4\n';
    expect(assembled(program('nop', before)).barriers.map(({ name, count }) => [name, count])).toEqual([
      ['a_full', 2],
      ['b_full', 4],
    ]);
  });

  it('leaves escapes in strings and comments alone', () => {
    const before = '.macro m n\n.machine "\\n\\t\\\\n" ; \\other \\n\n.endm\nm x\n';
    expect(assembled(program('nop', before)).machine).toBe('x\t\\n');
  });

  it('keeps the places of instructions, in objects too', () => {
    const read = readObject(writeObject(assembled(program('.rept 2\nplus r1\n.endr', ADD))), 'a.o');
    const [first, second] = read.spans;
    expect(first).toMatchObject({ line: 2, use: { kind: 'macro', name: 'plus' } });
    expect(first?.use?.span).toMatchObject({ line: 7, column: 1, use: { kind: 'repetition', index: 0 } });
    expect(second?.use?.span.use).toMatchObject({
      kind: 'repetition',
      index: 1,
      count: 2,
      span: { line: 6 },
    });
    expect(read.spans).toEqual(assembled(program('.rept 2\nplus r1\n.endr', ADD)).spans);
  });
});

describe('an expanded program', () => {
  it('assembles from its disassembly to the same words', () => {
    const text = program(
      '.rept 3, i\nplus r\\i\n.endr\n.if 1\nplus r9, 4\n.endif',
      '.macro plus to, by=1\n.skip\\@: add \\to, \\to, \\by\n blt \\to, 9, .skip\\@\n.endm\n',
    );
    const once = assembled(text);
    const again = assembled(disassemble(once));
    expect(encodeProgram(again)).toEqual(encodeProgram(once));
    expect(meaningOf(again)).toEqual(meaningOf(once));
  });
});

describe('an error in an expansion', () => {
  it('names its place and every use', () => {
    const before =
      '.macro inner what\n  mov r1, \\what + 1\n.endm\n.macro outer what\n  inner \\what\n.endm\n';
    expect(complaints(program('.rept 2, i\n  outer missing\\i\n.endr', before))).toMatchInlineSnapshot(`
      "test.s:2:11: error: unknown name "missing0"
         2 |   mov r1, \\what + 1
           |           ^^^^^
           = expanded: mov r1, missing0 + 1
           = in macro "inner", used at test.s:5:3
           = in macro "outer", used at test.s:10:3
           = in repetition 1 of 2, begun at test.s:9:1
           = hint: declare it with .equ or .param above
      test.s:2:11: error: unknown name "missing1"
         2 |   mov r1, \\what + 1
           |           ^^^^^
           = expanded: mov r1, missing1 + 1
           = in macro "inner", used at test.s:5:3
           = in macro "outer", used at test.s:10:3
           = in repetition 2 of 2, begun at test.s:9:1
           = hint: declare it with .equ or .param above
      "
    `);
  });

  it('is told where the use stands, between the errors around it', () => {
    const text = program(' ad r1, r1, 1\n bad\n ad r1, r1, 2', '.macro bad\n nob\n.endm\n');
    expect(complaints(text).match(/test\.s:\d+:\d+: error/g)).toEqual([
      'test.s:6:2: error',
      'test.s:2:2: error',
      'test.s:8:2: error',
    ]);
  });

  it('counts columns of the text as written, whatever the values', () => {
    const before = '.macro m value, word\n  mov r1, \\value, \\word\n.endm\n';
    const [line] = complaints(program('m 100000000, x', before)).split('\n');
    expect(line).toBe('test.s:2:19: error: mov takes 2 operands, not 3');
  });
});

describe('diagnostics of directives that decide', () => {
  it.each<[string, string]>([
    ['.else\n', '.else without an .if'],
    ['.endif\n', '.endif without an .if'],
    ['.elseif 1\n', '.elseif without an .if'],
    ['.endr\n', '.endr without a .rept'],
    ['.endm\n', '.endm without a .macro'],
    ['.if 1\n', '.if does not end'],
    ['.rept 1\n', '.rept does not end'],
    ['.macro m\n', '.macro does not end'],
    ['.if 1\n.else\n.else\n.endif\n', '.else stands behind the .else of its .if'],
    ['.if 1\n.else\n.elseif 1\n.endif\n', '.elseif stands behind the .else of its .if'],
    ['.if\n.endif\n', '.if is incomplete'],
    ['.if 1, 2\n.endif\n', '.if does not take this argument'],
    ['.if 1\n.endif 3\n', '.endif does not take this argument'],
    ['.if nope\n.endif\n', 'unknown name "nope"'],
    ['.if 1 +\n.endif\n', 'expected a value'],
    ['.rept -1\n.endr\n', '-1 repetitions'],
    ['.rept 2, 3\n.endr\n', 'expected a name'],
    ['x: .if 1\n.endif\n', 'a label cannot stand before .if'],
    ['.rept 1\nx: .endr\n', 'a label cannot stand before .endr'],
    ['.macro\n.endm\n', '.macro without a name'],
    ['.macro 3\n.endm\n', '.macro without a name'],
    ['.macro add\n.endm\n', '"add" is an instruction'],
    ['.macro m\n.endm\n.macro m\n.endm\n', 'the macro "m" is already defined'],
    ['.macro m a, a\n.endm\n', 'one parameter too many: "a"'],
    ['.macro m a b\n.endm\n', 'expected the name of a parameter'],
    ['.rept 1\n.macro m\n.endm\n.endr\n', 'a macro is defined within an expansion'],
    ['.macro m a\n.endm\nm\n', 'm needs its argument a'],
    ['.macro m a\n.endm\nm 1, 2\n', 'm does not take this argument'],
    ['.macro m a\n.endm\nm 1, a=2\n', 'a is given twice'],
    ['.macro m a\n.equ X, \\b\n.endm\nm 1\n', 'there is no parameter \\b here'],
    ['.equ X, \\@\n', 'there is no parameter \\@ here'],
    ['.include "a.inc"\n', 'cannot include "a.inc": there is nothing to read a file with'],
    ['.include a\n', 'expected a file in quotes'],
    ['.include\n', '.include is incomplete'],
    ['.els\n', 'unknown directive ".els"'],
    ['.stream t\n halr\n halt\n.endstream\n.macro halts\n halt\n.endm\n', 'unknown instruction "halr"'],
  ])('%j', (lines, message) => {
    const { program: none, diagnostics, texts } = assemble(`${lines}${REST}`, 'test.s');
    expect(none).toBeUndefined();
    expect(diagnostics.map((each) => each.message).filter((each) => each.startsWith(message))).toHaveLength(
      1,
    );
    expect(diagnostics, formatDiagnostics(diagnostics, texts)).toHaveLength(1);
    expect(diagnostics[0]?.hint ?? '').not.toBe('');
  });
});

describe('expansion is bounded', () => {
  it.each<[string, string, RegExp]>([
    ['a macro that uses itself', '.macro m\n m\n.endm\nm\n', /more than 64 expansions within each other/],
    [
      'two that use each other',
      '.macro ping\n pong\n.endm\n.macro pong\n ping\n.endm\nping\n',
      /more than 64 expansions/,
    ],
    ['one that uses itself twice', '.macro m\n m\n m\n.endm\nm\n', /more than 64 expansions/],
    ['endless repetition', '.rept 9007199254740991\n.endr\n', /more than 262144 lines/],
    ['nested repetition', `${'.rept 100\n'.repeat(20)}${'.endr\n'.repeat(20)}`, /more than 262144 lines/],
    [
      'macros that each use the one before ten times',
      `.macro m0\n.equ X, 1\n.endm\n${Array.from({ length: 30 }, (_, i) => `.macro m${i + 1}\n${`m${i}\n`.repeat(10)}.endm\n`).join('')}m30\n`,
      /more than 262144 lines/,
    ],
    [
      'arguments that double',
      `.macro m0 a\n.endm\n${Array.from({ length: 40 }, (_, i) => `.macro m${i + 1} a\nm${i} \\a\\a\n.endm\n`).join('')}m40 xxxxxxxx\n`,
      /the line has \d+ characters, more than 65536/,
    ],
    [
      'many long arguments on one line',
      `.macro m a\n${'\\a'.repeat(10_000)}\n.endm\n.rept 100000\nm ${'x'.repeat(60_000)}\n.endr\n`,
      /more than (65536|16777216)/,
    ],
    [
      'long bodies that are skipped again and again',
      `.macro m\n.rept 0\n${'\n'.repeat(100_000)}.endr\n.endm\n.rept 100000\nm\n.endr\n`,
      /more than 262144 lines/,
    ],
    ['skipped uses without end', '.macro m\n.if 0\n.else\nm\n.endif\n.endm\nm\n', /more than 64 expansions/],
  ])('%s ends with a diagnostic', (_, text, message) => {
    const { diagnostics, texts } = assemble(`${text}${REST}`, 'bomb.s');
    const printed = formatDiagnostics(diagnostics, texts);
    expect(printed).toMatch(message);
    expect(printed.length).toBeLessThan(100_000);
  });

  it('at a depth that programs can reach', () => {
    const chain = Array.from({ length: DEPTH_LIMIT - 1 }, (_, i) => `.macro m${i + 1}\nm${i}\n.endm\n`).join(
      '',
    );
    expect(instructions(program(`m${DEPTH_LIMIT - 1}`, `.macro m0\nnop\n.endm\n${chain}`))).toEqual(['nop']);
  });
});
