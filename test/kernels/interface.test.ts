import { describe, expect, test } from 'vitest';
import { COMBINATIONS, formatOf } from '../../bench/kernels/combinations.js';
import { adversarialTile, exactBound, semanticOf } from '../../src/dot/index.js';
import { IF4, NVFP4 } from '../../src/formats/index.js';
import { type Kernels, oracleKernels, type TileOperand, typescriptKernels } from '../../src/kernels/index.js';
import { ConfigurationError, Random } from '../../src/numerics/index.js';

const semantic = semanticOf('blackwell-mxf4nvf4');
const operand = (rows: number, depth: number): TileOperand => ({
  format: NVFP4,
  rows,
  depth,
  codes: new Uint8Array(rows * depth).fill(2),
  scales: new Uint8Array((rows * depth) / 16).fill(0x38),
});

describe.each([typescriptKernels, oracleKernels])('$name kernels', (kernels: Kernels) => {
  test('multiply: 1 · 1 summed over K', () => {
    const a = kernels.prepare(operand(3, 128), 'a', semantic);
    const b = kernels.prepare(operand(5, 128), 'b', semantic);
    const acc = kernels.accumulator(semantic, NVFP4, NVFP4, 3, 5);
    expect(kernels.read(acc)).toEqual(new Uint32Array(15));
    kernels.accumulate(acc, a, b, true);
    expect(kernels.read(acc)).toEqual(new Uint32Array(15).fill(0x43000000)); // 128
    kernels.accumulate(acc, a, b, false);
    expect(kernels.read(acc)).toEqual(new Uint32Array(15).fill(0x43800000)); // 256
    kernels.accumulate(acc, a, b, true);
    expect(kernels.read(acc)).toEqual(new Uint32Array(15).fill(0x43000000));
  });

  test('give loaded addends back untouched, NaN payloads included', () => {
    const bits = Uint32Array.of(0x7fc12345, 0xff800000, 0x80000000, 1);
    const acc = kernels.accumulator(semantic, NVFP4, NVFP4, 2, 2);
    kernels.load(acc, bits);
    expect(kernels.read(acc)).toEqual(bits);
  });

  test('refuse what does not fit together', () => {
    const acc = kernels.accumulator(semantic, NVFP4, NVFP4, 2, 2);
    const prepare = (rows: number, depth: number, side: 'a' | 'b') =>
      kernels.prepare(operand(rows, depth), side, semantic);
    const expectRefusal = (action: () => void, message: RegExp): void => {
      expect(action).toThrow(ConfigurationError);
      expect(action).toThrow(message);
    };
    expectRefusal(
      () => kernels.accumulate(acc, prepare(2, 64, 'a'), prepare(2, 128, 'b'), true),
      /K = 64.*K = 128/,
    );
    expectRefusal(() => kernels.accumulate(acc, prepare(3, 64, 'a'), prepare(2, 64, 'b'), true), /3 × 2/);
    expectRefusal(
      () => kernels.accumulate(acc, prepare(2, 32, 'a'), prepare(2, 32, 'b'), true),
      /K = 32.*64/,
    );
    expectRefusal(() => kernels.load(acc, new Uint32Array(3)), /3 addends/);
    expectRefusal(
      () => kernels.prepare({ ...operand(2, 64), codes: new Uint8Array(3) }, 'a', semantic),
      /3 codes/,
    );
    expectRefusal(
      () => kernels.prepare({ ...operand(2, 64), scales: new Uint8Array(3) }, 'b', semantic),
      /3 scales/,
    );
    expectRefusal(
      () => kernels.prepare({ ...operand(2, 24), scales: new Uint8Array(3) }, 'b', semantic),
      /K = 24/,
    );
    expectRefusal(() => kernels.accumulator(semantic, formatOf('nvint4'), NVFP4, 1, 1), /int4/);
  });

  test('refuse a tile of another engine, and one that was released', () => {
    const other = kernels === oracleKernels ? typescriptKernels : oracleKernels;
    const acc = kernels.accumulator(semantic, NVFP4, NVFP4, 2, 2);
    const [a, b] = [
      kernels.prepare(operand(2, 64), 'a', semantic),
      kernels.prepare(operand(2, 64), 'b', semantic),
    ];
    expect(() => kernels.accumulate(acc, other.prepare(operand(2, 64), 'a', semantic), b, true)).toThrow(
      ConfigurationError,
    );
    expect(() => other.read(acc)).toThrow(ConfigurationError);
    a.release();
    expect(() => kernels.accumulate(acc, a, b, true)).toThrow(RangeError);
  });

  test('do not see later changes of an operand’s arrays', () => {
    const source = operand(2, 64);
    const a = kernels.prepare(source, 'a', semantic);
    source.codes.fill(0);
    const acc = kernels.accumulator(semantic, NVFP4, NVFP4, 2, 2);
    kernels.accumulate(acc, a, kernels.prepare(operand(2, 64), 'b', semantic), true);
    expect(kernels.read(acc)).toEqual(new Uint32Array(4).fill(0x42800000)); // 64
  });

  test('refuse an addend where the semantic takes none, and a K beyond an exact accumulator', () => {
    const mac = kernels.accumulator(semanticOf('published-mac'), IF4, IF4, 1, 1);
    expect(() => kernels.load(mac, Uint32Array.of(1))).toThrow(/no addend/);
    const exact = semanticOf('exact');
    const acc = kernels.accumulator(exact, NVFP4, NVFP4, 1, 1);
    const [a, b] = [
      kernels.prepare(operand(1, 9536), 'a', exact),
      kernels.prepare(operand(1, 9536), 'b', exact),
    ];
    kernels.accumulate(acc, a, b, true);
    expect(() => kernels.accumulate(acc, a, b, false)).toThrow(/K = 19008 .*58-bit/);
  });
});

test.each(COMBINATIONS)(
  '$semantic on $a × $b: sums carried from call to call equal the oracle’s',
  (combination) => {
    const chosen = semanticOf(combination.semantic);
    const [a, b] = [formatOf(combination.a), formatOf(combination.b)];
    const kernels = typescriptKernels;
    const [rows, cols] = [3, 6];
    const { stepK } = chosen;
    const depth = stepK === 'block' ? 32 : stepK;
    const parts = [1, 2, 3].map((seed) =>
      adversarialTile('wide-scales', chosen, a, b, { rows, cols, depth }, new Random(seed)),
    );
    const acc = kernels.accumulator(chosen, a, b, rows, cols);
    const reference = oracleKernels.accumulator(chosen, a, b, rows, cols);
    for (const [engine, tile] of [
      [kernels, acc],
      [oracleKernels, reference],
    ] as const) {
      parts.forEach((part, index) => {
        const left = engine.prepare({ format: a, rows, depth, ...part.a }, 'a', chosen);
        const right = engine.prepare({ format: b, rows: cols, depth, ...part.b }, 'b', chosen);
        engine.accumulate(tile, left, right, index === 0);
      });
    }
    expect(kernels.read(acc)).toEqual(oracleKernels.read(reference));
  },
);

test.each([
  ['exact', NVFP4],
  ['exact', IF4],
  ['exact49', IF4],
  ['three-accumulators', IF4],
])('%s: the deepest sums that the register holds equal the oracle’s', (name, format) => {
  const chosen = semanticOf(name);
  const { maxDepth } = exactBound(chosen, format, format);
  const shape = { rows: 2, cols: 5, depth: maxDepth };
  for (const className of ['largest', 'cancellation', 'extreme-addend'] as const) {
    const part = adversarialTile(className, chosen, format, format, shape, new Random(11));
    const [ours, theirs] = [typescriptKernels, oracleKernels].map((engine) => {
      const acc = engine.accumulator(chosen, format, format, shape.rows, shape.cols);
      engine.load(acc, part.c);
      const left = engine.prepare({ format, rows: shape.rows, depth: maxDepth, ...part.a }, 'a', chosen);
      const right = engine.prepare({ format, rows: shape.cols, depth: maxDepth, ...part.b }, 'b', chosen);
      engine.accumulate(acc, left, right, false);
      return engine.read(acc);
    });
    expect(ours, className).toEqual(theirs);
  }
});
