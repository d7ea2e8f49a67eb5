import { describe, expect, it } from 'vitest';
import { INSTRUCTIONS } from '../../isa/index.js';
import { Lexer } from '../../src/assembler/chevrotain.js';
import { LineParser } from '../../src/assembler/grammar.js';
import { TOKENS, tokenize } from '../../src/assembler/lexer.js';

describe('the grammar', () => {
  it('has no ambiguity or left recursion', () => {
    expect(() => new LineParser(false)).not.toThrow();
  });

  it('has tokens that are all reachable', () => {
    const lexer = new Lexer([...TOKENS], {
      positionTracking: 'onlyOffset',
      lineTerminatorsPattern: /\n/,
      lineTerminatorCharacters: ['\n'],
    });
    expect(lexer.lexerDefinitionErrors).toEqual([]);
  });

  it('names no instruction', () => {
    const patterns = TOKENS.map(({ PATTERN, name }) => `${name} ${PATTERN}`.toLowerCase());
    for (const { mnemonic } of INSTRUCTIONS.filter(({ mnemonic }) => mnemonic.length > 4)) {
      expect(patterns.filter((pattern) => pattern.includes(mnemonic))).toEqual([]);
    }
  });
});

describe('the lexer', () => {
  it('gives every character to a token, or to space and comments', () => {
    for (let code = 0; code < 0x300; code++) {
      const text = `a${String.fromCharCode(code)}b`;
      const covered = tokenize(text).tokens.reduce((sum, { image }) => sum + image.length, 0);
      const skipped = /[ \t\f\v;]/.test(text[1]!);
      expect(covered, `U+${code.toString(16)}`).toBe(skipped ? (text[1] === ';' ? 1 : 2) : 3);
    }
  });

  it.each([
    ['nop a%b', ['nop', 'a', '%', 'b']],
    ['nop a %b', ['nop', 'a', '%', 'b']],
    ['mov %core', ['mov', '%core']],
    ['x: mov %core', ['x', ':', 'mov', '%core']],
    ['mov r1, %tile.m', ['mov', 'r1', ',', '%tile.m']],
    ['(1)%3', ['(', '1', ')', '%', '3']],
    ['A[1]%b', ['A', '[', '1', ']', '%', 'b']],
    ['1<<2<=3', ['1', '<<', '2', '<=', '3']],
    ['a==b=c', ['a', '==', 'b', '=', 'c']],
    ['0x1F_2 0b1_0 1_0', ['0x1F_2', '0b1_0', '1_0']],
    ['1__0', ['1', '__0']],
    ['"a\\"b" ; c "d"', ['"a\\"b"']],
    ['"a;b//c"#k.e-y/1, x // y', ['"a;b//c"', '#k.e-y/1', ',', 'x']],
    ['"f"#"a b"', ['"f"', '#"a b"']],
    ['1 / 2 // 3', ['1', '/', '2']],
    ['\ufeffnop', ['nop']],
  ])('splits %s', (text, expected) => {
    expect(tokenize(text).tokens.map(({ image }) => image)).toEqual(expected);
  });
});
