import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/assembler/index.js';
import { assembled, complaints, REST } from './support.js';

const DECLARED = `.equ P, 7
.tensor T, nvfp4, 32x64, zeros
.tensor U, bf16, 3x5, zeros
.smem S, mxfp4, 4x96, stages=3
.smem I, int4, 3x3
.acc X, 6x7, stages=2
`;

/** The value of an expression, read back from a parameter. */
function value(expression: string): number {
  return assembled(`${DECLARED}.param V, ${expression}\n${REST}`).parameters[0]!.value;
}

describe('a constant expression', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['100 / 7 / 2', 7],
    ['-7 / 2', -3],
    ['7 / -2', -3],
    ['-7 % 3', -1],
    ['7 % -3', 1],
    ['1 << 4 + 1', 32],
    ['-9 >> 1', -5],
    ['1 << 40', 2 ** 40],
    ['6 & 3 == 3', 0],
    ['1 | 6 ^ 2 & 3', 5],
    ['~0', -1],
    ['!5 + !0', 1],
    ['- - 3', 3],
    ['-~-!0', 0],
    ['2 > 1 > 0', 1],
    ['3 == 3 != 0', 1],
    ['0 || 7', 1],
    ['2 && 4', 1],
    ['1 ? 2 : 0 ? 3 : 4', 2],
    ['0 ? 2 : 0 ? 3 : 4', 4],
    ['P == 7 ? P * 2 : 1 / 0', 14],
    ['P != 7 && 1 / 0', 0],
    ['P == 7 || 1 / 0', 1],
    ['0xF', 15],
    ['0b1010_0101', 165],
    ['1_000_000', 1_000_000],
    ['0xFFFF_FFFF', 2 ** 32 - 1],
    ['9007199254740991', 2 ** 53 - 1],
    ['-9007199254740991', -(2 ** 53) + 1],
    ['9007199254740991 / 3 * 3 - 9007199254740991', -1],
    ['9007199254740991 % 1000', 991],
    ['ceil(7, 2)', 4],
    ['ceil(8, 2)', 4],
    ['ceil(-7, 2)', -3],
    ['min(3, -4, 5)', -4],
    ['max(3, -4, 5)', 5],
    ['log2(1)', 0],
    ['log2(1 << 52)', 52],
    ['P%3', 1],
    ['P %3', 1],
    ['P%P', 0],
    ['rows(T) * 1000 + cols(T)', 32_064],
    ['sizeof(T)', (32 * 64) / 2 + 32 * 4], // 4-bit codes, and a scale for each 16 of 64 columns
    ['sizeof(U)', 30],
    ['sizeof(S)', (4 * 96) / 2 + 4 * 3], // one stage: a scale for each 32 of 96 columns
    ['sizeof(I)', 5], // 36 bits take 5 bytes
    ['sizeof(X)', 4 * 6 * 7],
  ])('%s is %d', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  it('agrees with the precedence of a language that takes it from C', () => {
    const operators = ['*', '%', '+', '-', '<<', '>>', '<', '<=', '>', '>=', '==', '!=', '&', '^', '|'];
    const chain = fc.tuple(
      fc.integer({ min: 0, max: 20 }),
      fc.array(fc.tuple(fc.constantFrom(...operators), fc.integer({ min: 1, max: 3 })), { maxLength: 5 }),
    );
    let compared = 0;
    fc.assert(
      fc.property(chain, ([first, rest]) => {
        const text = rest.reduce((left, [operator, right]) => `${left} ${operator} ${right}`, `${first}`);
        const expected: unknown = new Function(`return Number(${text})`)();
        const source = `.param V, ${text}\n${REST}`;
        const { program } = assemble(source, 'test.s');
        if (program === undefined) {
          // The other language takes shifts modulo 32 and remainders by zero without complaint.
          expect(complaints(source)).toMatch(/shift by|division by zero/);
        } else if (!/<<|>>/.test(text) || !text.includes('*')) {
          compared++;
          expect(program.parameters[0]!.value, text).toBe((expected as number) + 0);
        }
      }),
      { seed: 4, numRuns: 2_000 },
    );
    expect(compared).toBeGreaterThan(1_000);
  });

  it('evaluates any tree as its parts do', () => {
    type Tree = { text: string; value: bigint };
    const leaf = fc.integer({ min: 0, max: 1000 }).map((n): Tree => ({ text: `${n}`, value: BigInt(n) }));
    const apply: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
      '+': (a, b) => a + b,
      '-': (a, b) => a - b,
      '*': (a, b) => a * b,
      '/': (a, b) => (b === 0n ? 0n : a / b),
      '&': (a, b) => a & b,
      '<': (a, b) => (a < b ? 1n : 0n),
      '&&': (a, b) => (a !== 0n && b !== 0n ? 1n : 0n),
    };
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        leaf,
        tie('tree').map((a): Tree => ({ text: `-(${a.text})`, value: -a.value })),
        fc
          .tuple(fc.constantFrom(...Object.keys(apply)), tie('tree'), tie('tree'))
          .map(([operator, a, b]): Tree => {
            const guarded =
              operator === '/' ? `((${b.text}) == 0 ? (${a.text}) * 0 + 1 : (${b.text}))` : `(${b.text})`;
            const divisor = operator === '/' && b.value === 0n;
            const result = divisor ? a.value : apply[operator]!(a.value, b.value);
            return { text: `(${a.text}) ${operator} ${guarded}`, value: result };
          }),
      ),
    }));
    fc.assert(
      fc.property(tree, ({ text, value: expected }) => {
        if (text.length > 800 || expected > 2n ** 40n || expected < -(2n ** 40n)) return;
        expect(BigInt(value(text)), text).toBe(expected);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it.each([
    ['1 / 0', 'division by zero'],
    ['5 % (3 - 3)', 'division by zero'],
    ['1 << 65', 'shift by 65'],
    ['1 >> -1', 'shift by -1'],
    ['1 << 53', 'the value is too large'],
    ['9007199254740991 + 1', 'the value is too large'],
    ['94906267 * 94906267', 'the value is too large'],
    ['9007199254740992', 'the number is too large'],
    ['log2(12)', 'log2 of 12, which is not a power of two'],
    ['log2(0)', 'log2 of 0'],
    ['ceil(1, 0)', 'ceil divides by 0'],
    ['ceil(1)', 'ceil takes 2 arguments, not 1'],
    ['min()', 'min takes 1 to 64 arguments, not 0'],
    ['lg2(8)', 'unknown function "lg2"'],
    ['Q', 'unknown name "Q"'],
    ['T', '"T" is a tensor, not a number'],
    ['X', '"X" is an accumulator, not a number'],
    ['r3', '"r3" is not a constant'],
    ['%core', 'a special register is not a constant'],
    ['"text"', 'a string is not a number'],
    ['.label', 'a label is not a number'],
    ['T[1]', 'an indexed object is not a number'],
    ['sizeof(P)', '"P" has no size'],
    ['sizeof(Z)', '"Z" is not declared'],
    ['sizeof(1)', 'sizeof takes the name of one object'],
    ['rows(T, U)', 'rows takes the name of one object'],
    ['1 +', 'expected a value, found the end of the line'],
    ['1 2', 'unexpected "2"'],
    ['12ab', 'unexpected "ab"'],
    ['(1', 'expected ")"'],
    ['1 ? 2', 'expected ":"'],
    ['1 = 1', 'unexpected "="'],
    ['2x3', 'a shape is not expected here'],
  ])('%s is an error: %s', (text, message) => {
    expect(complaints(`${DECLARED}.param V, ${text}\n${REST}`)).toContain(`error: ${message}`);
  });

  it('is evaluated once the file is read where it stands in an instruction', () => {
    const text = '.grid 1, 1\n.stream s\n mov r1, LATER\n halt\n.endstream\n.equ LATER, 5\n';
    expect(assembled(text).instructions[0]!.operands).toMatchObject({ value: { value: 5 } });
  });

  it('must be known above a directive', () => {
    expect(complaints(`.equ A, B\n.equ B, 1\n${REST}`)).toContain('1:9: error: unknown name "B"');
  });
});
