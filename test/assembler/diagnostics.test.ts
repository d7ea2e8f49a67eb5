import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/assembler/index.js';
import { complaints, REST } from './support.js';

const OBJECTS = `.param M, 128
.equ K, 64
.tensor A, nvfp4, MxK, normal(1)
.tensor D, fp32, MxM, out
.smem As, nvfp4, MxK, stages=2
.acc acc, MxM
.barrier full[2]
.grid 1, 1
`;
const HEAD_LINES = 9;

/** What is said about a text: places, lines and hints. Every error has a hint. */
function hinted(text: string): string {
  const printed = complaints(text);
  expect(printed.match(/ = hint: ./g)?.length, printed).toBe(printed.match(/: error: /g)!.length);
  return printed;
}

/** What is said about one line of a stream, with its line number as it stands in the text. */
function about(line: string): string {
  return hinted(`${OBJECTS}.stream s\n${line}\nagain: halt\n.endstream\n`);
}

/** What is said about a directive before a good program. */
function aboutDirective(line: string): string {
  return hinted(`${line}\n${REST}`);
}

describe('a syntax error', () => {
  it('does not hide those on other lines', () => {
    const text = `.stream s\n  add r1,, r2\n  mov r1 r2\n  mov r1, (2\n  mov r1, @\n  mov r1, "abc\n  , halt\n  add r1, r2, 3, \n  mov r1, 0x\n.grid 1 1\n  halt\n.endstream\n`;
    expect(hinted(text)).toMatchInlineSnapshot(`
      "test.s:2:10: error: expected a value, found ","
         2 |   add r1,, r2
           |          ^
           = hint: a value is a number, a name, a string or an expression in brackets
      test.s:3:10: error: unexpected "r2"
         3 |   mov r1 r2
           |          ^^
           = hint: operands are separated by commas
      test.s:4:13: error: expected ")", found the end of the line
         4 |   mov r1, (2
           |             ^
           = hint: close the bracket
      test.s:5:11: error: unexpected character "@"
         5 |   mov r1, @
           |           ^
           = hint: comments begin with ; or //, texts stand in "…"
      test.s:6:11: error: the string is not closed
         6 |   mov r1, "abc
           |           ^^^^
           = hint: close it with " on the same line
      test.s:7:3: error: a statement cannot begin with ","
         7 |   , halt
           |   ^
           = hint: a line holds labels, then an instruction or a directive
      test.s:8:17: error: expected a value, found the end of the line
         8 |   add r1, r2, 3,
           |                 ^
           = hint: a value is a number, a name, a string or an expression in brackets
      test.s:9:12: error: unexpected "x"
         9 |   mov r1, 0x
           |            ^
           = hint: "0x" is not a number
      test.s:10:9: error: unexpected "1"
        10 | .grid 1 1
           |         ^
           = hint: operands are separated by commas
      "
    `);
  });

  it('leaves the names that its line would have declared known', () => {
    const text = `.equ N, (2\n.tensor A, nvfp4, 16x, out\n.grid N, N\n.stream s\nx: mov r1,\n  ld.tile As[N], A[r1, r2], full\n  b x\n.endstream\n.smem As nvfp4 16x16\n.barrier full[\n`;
    expect(hinted(text)).toMatchInlineSnapshot(`
      "test.s:1:11: error: expected ")", found the end of the line
         1 | .equ N, (2
           |           ^
           = hint: close the bracket
      test.s:2:22: error: expected a value, found ","
         2 | .tensor A, nvfp4, 16x, out
           |                      ^
           = hint: a value is a number, a name, a string or an expression in brackets
      test.s:5:11: error: expected a value, found the end of the line
         5 | x: mov r1,
           |           ^
           = hint: a value is a number, a name, a string or an expression in brackets
      test.s:9:10: error: unexpected "nvfp4"
         9 | .smem As nvfp4 16x16
           |          ^^^^^
           = hint: operands are separated by commas
      test.s:10:15: error: expected a value, found the end of the line
        10 | .barrier full[
           |               ^
           = hint: a value is a number, a name, a string or an expression in brackets
      "
    `);
  });

  it('leaves a stream that it begins or ends begun or ended', () => {
    const text = '.grid 1, 1\n.stream s count=2\n  halt\n.endstream )\n.stream t\n  halt\n.endstream\n';
    expect(hinted(text)).toMatchInlineSnapshot(`
      "test.s:2:11: error: unexpected "count"
         2 | .stream s count=2
           |           ^^^^^
           = hint: operands are separated by commas
      test.s:4:12: error: unexpected ")"
         4 | .endstream )
           |            ^
           = hint: the statement ends before it
      "
    `);
  });

  it('is bounded by line length and depth', () => {
    expect(aboutDirective(`.equ X, ${'('.repeat(100)}1${')'.repeat(100)}`)).toContain(
      '1:73: error: more than 64 brackets and conditions within each other',
    );
    expect(aboutDirective(`.equ X, 0${'+1'.repeat(1000)}`)).toContain(
      'error: the line has more than 1024 words and signs',
    );
    expect(aboutDirective(`.equ X, ${'1 ? 2 : '.repeat(70)} 3`)).toContain('error: more than 64 brackets');
  });
});

describe('an unknown name', () => {
  it.each([
    'ad r1, r2, 3',
    'ld.tlie As[0], A[r1, r2], full',
    'acc.cvtt.bf16 acc',
    'acc.foo acc',
    'frobnicate r1',
    'mma.blackwel acc, As[0], As[1]',
    'mma.exact.exact acc, As[0], As[1]',
    'acc.cvt acc',
    'acc.cvt.bf61 acc',
    'halt.now',
    'b agian',
    'b .again',
    'mov r1, %cor',
    'mov r1, %tile.n.x',
    'mov r1, KK',
    'ld.tile Bs[0], A[r1, r2], full',
    'ld.tile As[0], B[r1, r2], full',
    'bar.wait ful, 0',
  ])('in "%s" is reported with the nearest one', (line) => {
    expect(about(line)).toMatchSnapshot();
  });

  it.each([
    '.machin fp4core',
    '.endm',
    '.tensor T, nvfp5, 16x16, zeros',
    '.tensor T, nvfp4, 16x16, norml(1)',
    '.tensor T, nvfp4, 16x16, norml',
    '.tensor T, nvfp4, 16x16, normal',
    '.smem S, nvfp4, 16x16, stage=2',
    '.grid 1, 1, diagonal',
    '.equ X, siezof(T)',
  ])('in "%s" is reported with the nearest one', (line) => {
    expect(aboutDirective(line)).toMatchSnapshot();
  });
});

describe('a wrong operand', () => {
  it.each([
    'add r1, r2',
    'add r1, r2, r3, r4, r5',
    'halt r1',
    'mma acc, As[0]',
    'add r1, 5, 3',
    'add 5, r1, r1',
    'add K, r1, r1',
    'mov %core, 0',
    'x: mov %core, 0',
    'mov r32, 0',
    'mov r01, 0',
    'mov r1, 4294967296',
    'mov r1, -2147483649',
    'beq r1, 32768, again',
    'beq r1, -32769, again',
    'mov r1, again',
    'mov r1, .again',
    'mov r1, "text"',
    'mov r1, A',
    'mov r1, As[0]',
    'b 5',
    'b r1',
    'b A',
    'ld.tile A, A[r1, r2], full',
    'ld.tile As[2], A[r1, r2], full',
    'ld.tile As[-1], A[r1, r2], full',
    'ld.tile As[%core], A[r1, r2], full',
    'ld.tile As[0, 1], A[r1, r2], full',
    'ld.tile As[0], A, full',
    'ld.tile As[0], A[0, r2], full',
    'ld.tile As[0], A[r1], full',
    'ld.tile As[0], As[r1, r2], full',
    'ld.tile As[0], A[r1, r2], full[2]',
    'mma acc[1], As[0], As[1]',
    'mma M, As[0], As[1]',
    'mma acc, As[0], As[1], ini',
    'mma.wait 65536',
    'mma.wait -1',
    'mma.wait r1',
    'acc.scale acc, A[r1, r2]',
  ])('in "%s" is named with what is expected', (line) => {
    expect(about(line)).toMatchSnapshot();
  });

  it('does not hide another in the same instruction', () => {
    expect(about('ld.tile As[7], B[r1, r2], ful').match(/error:/g)).toHaveLength(3);
  });
});

describe('a wrong directive', () => {
  it.each([
    '.machine',
    '.machine 5',
    '.machine a, b',
    '.equ X',
    '.equ 5, X',
    '.equ a.b, 1',
    '.equ r1, 1',
    '.equ init, 1',
    `.equ ${'n'.repeat(65)}, 1`,
    '.equ X, 1 / 0',
    '.assert 1 > 2, "one is small"',
    '.assert 1 > 2, message',
    '.assert 1 > 2',
    '.tensor T, nvfp4, 16x16',
    '.tensor T, "nvfp4", 16x16, zeros',
    '.tensor T, nvfp4, 16, zeros',
    '.tensor T, nvfp4, 16x40, zeros',
    '.tensor T, nvfp4, 16x8, zeros',
    '.tensor T, mxfp4, 16x48, zeros',
    '.tensor T, nvfp4, 0 x 16, zeros',
    '.tensor T, nvfp4, 16x0, zeros',
    '.tensor T, nvfp4, 0x16, zeros',
    '.tensor T, nvfp4, 16x(-16), zeros',
    '.tensor T, nvfp4, 16777217x16, zeros',
    '.tensor T, nvfp4, 16777216x16777216, zeros',
    '.tensor T, nvfp4, 16x16, ""',
    '.tensor T, nvfp4, 16x16, "a\\qb.npy"',
    '.tensor T, nvfp4, 16x16, tiled(3)',
    '.tensor T, nvfp4, 16x16, student(3)',
    '.tensor T, nvfp4, 16x16, student(0, 1)',
    '.tensor T, nvfp4, 16x16, normal(-1)',
    '.tensor T, nvfp4, 16x16, 5',
    '.tensor T, nvfp4, 16x16, 2x2',
    '.smem S, nvfp4, 16x16, stages=0',
    '.smem S, nvfp4, 16x16, stages=33',
    '.smem S, nvfp4, 16x16, stages=1, stages=2',
    '.smem S, nvfp4, 16x16, 2',
    '.acc X, fp32, 16x16',
    '.acc X, 0x16',
    '.barrier B[0]',
    '.barrier B[33]',
    '.barrier B[2], 3',
    '.barrier B[2, 3]',
    '.barrier B, arrivals=0',
    '.grid 1, 1\n.grid 1, 1',
    '.machine a\n.machine b',
    '.param P, 1\n.equ P, 2',
    '.acc P, 1x1\n.barrier P',
    '.stream a\n.stream b\n  halt\n.endstream',
    '.stream s\n  halt\n.endstream',
    '.stream 5\n  halt\n.endstream',
    '.stream a, count=65\n  halt\n.endstream',
    '.endstream',
  ])('in "%s" is reported with a hint', (line) => {
    expect(aboutDirective(line)).toMatchSnapshot();
  });
});

describe('a wrong label or stream', () => {
  it.each([
    ['a label that is there twice', '.grid 1, 1\n.stream s\nx: nop\nx: halt\n.endstream\n'],
    [
      'a local label that is there twice in its scope',
      '.grid 1, 1\n.stream s\nx: nop\n.l: nop\n.l: halt\n.endstream\n',
    ],
    ['a label with the name of a stream', '.grid 1, 1\n.stream s\ns: halt\n.endstream\n'],
    [
      'a stream with the name of a label',
      '.grid 1, 1\n.stream s\nt: halt\n.endstream\n.stream t\nhalt\n.endstream\n',
    ],
    ['a label outside a stream', '.grid 1, 1\nx: .stream s\nhalt\n.endstream\n'],
    ['a label with a dot in it', '.grid 1, 1\n.stream s\nx.y: halt\n.endstream\n'],
    ['a local label of another scope', '.grid 1, 1\n.stream s\n.l: nop\nx: b .l\n.endstream\n'],
    ['a label of another stream', '.grid 1, 1\n.stream s\nx: halt\n.endstream\n.stream t\nb x\n.endstream\n'],
    ['a label behind the last instruction', '.grid 1, 1\n.stream s\nb x\nx:\n.endstream\n'],
    ['a stream that runs off its end', '.grid 1, 1\n.stream s\nx: nop\nbeq r1, 0, x\n.endstream\n'],
    ['a stream without instructions', '.grid 1, 1\n.stream s\n.endstream\n'],
    ['a stream that does not end', '.grid 1, 1\n.stream s\nhalt\n'],
    ['an instruction outside a stream', 'nop\n.grid 1, 1\n.stream s\nhalt\n.endstream\n'],
    ['no grid', '.stream s\nhalt\n.endstream\n'],
    ['no stream', '.grid 1, 1\n'],
    ['nothing at all', ''],
  ])('such as %s is reported with a hint', (_, text) => {
    expect(hinted(text)).toMatchSnapshot();
  });
});

describe('a setting', () => {
  it('of an unknown parameter is an error with the nearest name', () => {
    const text = `.param SIZE, 1\n.equ FIXED, 2\n${REST}`;
    expect(complaints(text, new Map([['SIZ', 3]]))).toMatchInlineSnapshot(`
      "test.s:1:1: error: --set "SIZ": the program has no parameter of this name
         1 | .param SIZE, 1
           | ^
           = hint: did you mean "SIZE"?
      "
    `);
    expect(complaints(text, new Map([['FIXED', 3]]))).toMatchInlineSnapshot(`
      "test.s:1:1: error: --set "FIXED": the program has no parameter of this name
         1 | .param SIZE, 1
           | ^
           = hint: FIXED is an .equ; declare it with .param to set it
      "
    `);
    expect(complaints(REST, new Map([['SIZE', 3]]))).toMatchInlineSnapshot(`
      "test.s:1:1: error: --set "SIZE": the program has no parameter of this name
         1 | .grid 1, 1
           | ^
           = hint: the program has no .param
      "
    `);
  });

  it('that is no integer is an error', () => {
    const text = `.param SIZE, 1\n${REST}`;
    for (const value of [1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
      expect(complaints(text, new Map([['SIZE', value]]))).toContain(
        `--set "SIZE": ${value} is not an integer that fits`,
      );
    }
  });

  it('is what assertions, shapes and operands see', () => {
    const text = `.param M, 64\n.assert M % 64 == 0, "M must be a multiple of 64"\n.acc X, MxM\n${REST}`;
    expect(assemble(text, 'a.s', { set: new Map([['M', 128]]) }).program!.accumulators[0]).toMatchObject({
      rows: 128,
    });
    expect(complaints(text, new Map([['M', 100]]))).toMatchInlineSnapshot(`
      "test.s:2:9: error: M must be a multiple of 64
         2 | .assert M % 64 == 0, "M must be a multiple of 64"
           |         ^^^^^^^^^^^
           = hint: M = 100
      "
    `);
  });
});

it('the head of these programs has the length that the snapshots count on', () => {
  expect(OBJECTS.split('\n')).toHaveLength(HEAD_LINES);
});
