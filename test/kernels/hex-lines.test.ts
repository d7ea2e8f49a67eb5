/** Engines that write numbers as hexadecimal lines, against `toString` on one number at a time. */
import { describe, expect, it } from 'vitest';
import { createHexLines, TypeScriptHexLines, WasmHexLines } from '../../src/kernels/index.js';
import { Random } from '../../src/numerics/index.js';
import { layoutOf, setValue } from '../../src/vectors/index.js';

const ENGINES = { TypeScript: TypeScriptHexLines, WebAssembly: WasmHexLines };

/** Widths that make fields of every number of digits, with one, two and three limbs, and flags between them. */
const LAYOUTS = [
  [1],
  [4],
  [32],
  [64],
  [1, 1, 64, 8, 64, 8, 58, 1, 1],
  [1, 3, 5, 9, 13, 17, 21, 25, 29, 33, 1],
  [37, 41, 45, 49, 53, 57, 61, 65, 96, 97, 128, 130],
  [2048, 7, 2048],
];

describe.each(Object.keys(ENGINES) as (keyof typeof ENGINES)[])('lines by %s', (engine) => {
  it.each(LAYOUTS.map((widths) => [widths.join(), widths] as const))('of %s bits', (_, widths) => {
    const layout = layoutOf(
      widths.map((width, i) => ({ name: `f${i}`, width, role: 'operand', meaning: '' }) as const),
    );
    const random = new Random(widths.length);
    const count = 301;
    const columns = Array.from({ length: layout.columns }, () => new Uint32Array(count));
    const expected = Array.from({ length: count }, (_, line) => {
      const texts = layout.fields.map((field) => {
        const limbs = Array.from({ length: field.columns }, () => BigInt(random.uint32()));
        const value = limbs.reduce((sum, limb) => (sum << 32n) | limb, 0n);
        const kept = BigInt.asUintN(field.width, line === 7 ? -1n : line === 9 ? 0n : value);
        setValue(columns, field, line, kept);
        return kept.toString(16).padStart(field.digits, '0');
      });
      return `${texts.join('_')}\n`;
    });
    const writer = new ENGINES[engine](layout, count);
    const text = (lines: number) => Buffer.from(writer.lines(columns, lines)).toString();
    expect(text(count)).toBe(expected.join(''));
    // The same writer again, with fewer lines; none at all.
    expect(text(1)).toBe(expected[0]);
    expect(text(0)).toBe('');
  });
});

it('writes lines by WebAssembly where there is one', () => {
  const layout = layoutOf([{ name: 'x', width: 8, role: 'operand', meaning: '' }]);
  expect(createHexLines(layout, 4)).toBeInstanceOf(WasmHexLines);
  expect(() => createHexLines(layout, 4).lines([new Uint32Array(9)], 9)).toThrow('there is room for 4');
  expect(() => createHexLines({ ...layout, fields: [] }, 4)).toThrow(RangeError);
});
