import { describe, expect, it } from 'vitest';
import { createHexLines } from '../../src/kernels/index.js';
import { Random } from '../../src/numerics/index.js';
import { codesAt, createColumns, layoutOf, setCodes, setValue, valueAt } from '../../src/vectors/index.js';

const field = (name: string, width: number) => ({ name, width, role: 'operand', meaning: '' }) as const;

describe('the columns of a layout', () => {
  it('hold values of any width', () => {
    const random = new Random(1);
    const layout = layoutOf([1, 4, 31, 32, 33, 64, 65, 130].map((width) => field(`f${width}`, width)));
    const columns = createColumns(layout, 3);
    const draw = (width: number) =>
      BigInt.asUintN(
        width,
        [1, 2, 3, 4, 5].reduce((v) => (v << 32n) | BigInt(random.uint32()), 0n),
      );
    const values = [0, 1, 2].map((line) =>
      layout.fields.map((f) => {
        const value = draw(f.width);
        setValue(columns, f, line, value);
        return value;
      }),
    );
    const read = [0, 1, 2].map((line) => layout.fields.map((f) => valueAt(columns, f, line)));
    expect(read).toEqual(values);
  });

  it.each([1, 3, 4, 6, 7, 8, 16])('hold codes of %i bits side by side, across limbs too', (width) => {
    const random = new Random(width);
    const layout = layoutOf([field('codes', 23 * width), field('next', 32)]);
    const columns = createColumns(layout, 1);
    const codes = Uint16Array.from({ length: 23 }, () => random.below(2 ** width));
    setCodes(columns, layout.fields[0]!, 0, width, codes);
    expect(codesAt(columns, layout.fields[0]!, 0, width, new Uint16Array(23))).toEqual(codes);
    const packed = [...codes].reduceRight((word, code) => (word << BigInt(width)) | BigInt(code), 0n);
    expect(valueAt(columns, layout.fields[0]!, 0)).toBe(packed);
  });
});

describe('lines of text', () => {
  it('are what formatting each number gives, for every width from 1 to 70', () => {
    const random = new Random(3);
    const layout = layoutOf(Array.from({ length: 70 }, (_, i) => field(`f${i}`, i + 1)));
    const columns = createColumns(layout, 5);
    for (const { width, column, columns: limbs } of layout.fields) {
      for (let line = 0; line < 5; line++) {
        for (let limb = 0; limb < limbs; limb++)
          columns[column + limb]![line] = random.uint32() >>> Math.max(0, 32 * (limb + 1) - width);
      }
    }
    const expected = Array.from({ length: 4 }, (_, line) =>
      layout.fields.map((f) => valueAt(columns, f, line).toString(16).padStart(f.digits, '0')).join('_'),
    );
    const text = Buffer.from(createHexLines(layout, 5).lines(columns, 4)).toString();
    expect(text).toBe(`${expected.join('\n')}\n`);
    expect(layout.lineBytes).toBe(expected[0]!.length + 1);
  });
});
