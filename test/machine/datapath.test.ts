import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { semanticOf } from '../../src/dot/index.js';
import { blockFormatOf, quantize } from '../../src/formats/index.js';
import {
  createKernels,
  createNativeKernels,
  nativeLibrary,
  typescriptKernels,
} from '../../src/kernels/index.js';
import { Datapath } from '../../src/machine/datapath.js';
import { Accumulator, BufferStage } from '../../src/machine/local-memory.js';
import { cutOut, type OperandMatrix, operandMatrix, type Window } from '../../src/machine/operand-matrix.js';
import { Random } from '../../src/numerics/index.js';

const SEMANTICS = ['blackwell-mxf4nvf4', 'exact'];
const [TILE, STEP, SIDE] = [16, 64, 256];
const span = { file: 'test', line: 1, column: 1, length: 1 };

function matrixOf(format: string, seed: number): OperandMatrix {
  const random = new Random(seed);
  const data = Float32Array.from({ length: SIDE * SIDE }, () => random.normal());
  const block = blockFormatOf(format);
  return operandMatrix(block, quantize(block, { rows: SIDE, cols: SIDE, data }));
}

const MATRICES = ['nvfp4', 'nvfp4', 'mxfp4'].map(matrixOf);

interface Mma {
  readonly semantic: number;
  readonly matrices: readonly [number, number];
  readonly rows: readonly [number, number];
  /** First column in steps; undefined: where the last one of that side ended. */
  readonly from: number | undefined;
  readonly slice: number;
  readonly fresh: boolean;
  /** Whether somebody looks at the accumulator afterwards. */
  readonly read: boolean;
}

const mma: fc.Arbitrary<Mma> = fc.record({
  semantic: fc.constantFrom(0, 0, 0, 1),
  matrices: fc.constantFrom([0, 1], [0, 1], [0, 1], [1, 1], [2, 2]) as fc.Arbitrary<[number, number]>,
  rows: fc.tuple(fc.constantFrom(0, 0, 32), fc.constantFrom(0, 0, 48)),
  from: fc.option(fc.nat(3), { freq: 3, nil: undefined }),
  slice: fc.constantFrom(0, 0, 1),
  fresh: fc.constantFrom(false, false, false, true),
  read: fc.constantFrom(false, false, true),
});

function stageOf(content: Window, rows: number): BufferStage {
  const { format } = content.matrix;
  const stage = new BufferStage(
    { name: 's', format: format.name, rows, cols: STEP, stages: 1, span },
    format,
  );
  stage.content = content;
  return stage;
}

/** What the accumulator holds whenever somebody looks, and at the end: each product is computed at once. */
function eagerly(sequence: readonly Mma[]): Uint32Array[] {
  const kernels = typescriptKernels;
  const seen: Uint32Array[] = [];
  let state: { key: string; tile: ReturnType<typeof kernels.accumulator> } | undefined;
  forEach(sequence, ({ semantic, fresh, read }, a, b) => {
    const rule = semanticOf(SEMANTICS[semantic]!);
    const [left, right] = [a.matrix.format, b.matrix.format];
    const key = `${rule.name} ${left.name} ${right.name}`;
    if (state?.key !== key) {
      const tile = kernels.accumulator(rule, left, right, TILE, TILE);
      if (!fresh) kernels.load(tile, kernels.read(state!.tile));
      state = { key, tile };
    }
    const [x, y] = ([a, b] as const).map((window, i) =>
      kernels.prepare(
        { format: window.matrix.format, rows: TILE, depth: STEP, ...cutOut(window, TILE, STEP) },
        i === 0 ? 'a' : 'b',
        rule,
      ),
    );
    kernels.accumulate(state.tile, x!, y!, fresh);
    if (read) seen.push(kernels.read(state.tile));
  });
  seen.push(kernels.read(state!.tile));
  return seen;
}

/** The same by the machine's datapath, which puts products off. `room`: of prepared operands. */
function putOff(sequence: readonly Mma[], room: number): Uint32Array[] {
  const datapath = new Datapath(createKernels(), room);
  const accumulator = new Accumulator({ name: 'acc', rows: TILE, cols: TILE, stages: 1, span });
  const seen: Uint32Array[] = [];
  forEach(sequence, ({ semantic, slice, fresh, read }, a, b) => {
    const above = { ...a, row: a.row - slice * TILE };
    const operands = { a: stageOf(above, 2 * TILE), slice, b: stageOf(b, TILE) };
    datapath.multiply(accumulator, operands, SEMANTICS[semantic]!, fresh);
    if (read) seen.push(datapath.bitsOf(accumulator).slice());
  });
  seen.push(datapath.bitsOf(accumulator));
  return seen;
}

function forEach(sequence: readonly Mma[], visit: (step: Mma, a: Window, b: Window) => void): void {
  let column = 0;
  for (const [i, step] of sequence.entries()) {
    column = step.from ?? (column + 1) % (SIDE / STEP);
    const [a, b] = step.matrices.map((matrix, side) => ({
      matrix: MATRICES[matrix]!,
      row: step.rows[side]! + (side === 0 ? step.slice * TILE : 0),
      col: column * STEP,
    }));
    visit(i === 0 ? { ...step, fresh: true } : step, a!, b!);
  }
}

describe('products that are put off', () => {
  it.each([0, 2 ** 20])(
    'have the bits of products computed one by one, with room for %i elements',
    (room) => {
      fc.assert(
        fc.property(fc.array(mma, { minLength: 1, maxLength: 12 }), (sequence) => {
          expect(putOff(sequence, room)).toEqual(eagerly(sequence));
        }),
        { numRuns: 60, seed: 20271 },
      );
    },
  );
});

describe.skipIf(nativeLibrary().library === null)('a product', () => {
  it('has the same bits on one, two and eight host threads', () => {
    // Enough work for the library to split it.
    const [rows, depth] = [128, 2048];
    const block = blockFormatOf('nvfp4');
    const [a, b] = [3, 4].map((seed) => {
      const random = new Random(seed);
      const data = Float32Array.from({ length: rows * depth }, () => random.student(3));
      const matrix = operandMatrix(block, quantize(block, { rows, cols: depth, data }));
      const stage = new BufferStage(
        { name: 's', format: 'nvfp4', rows, cols: depth, stages: 1, span },
        block,
      );
      stage.content = { matrix, row: 0, col: 0 };
      return stage;
    });
    const [one, ...more] = [1, 2, 8].map((threads) => {
      const datapath = new Datapath(createNativeKernels(nativeLibrary().library!, { threads }), 0);
      const accumulator = new Accumulator({ name: 'acc', rows, cols: rows, stages: 1, span });
      datapath.multiply(accumulator, { a: a!, slice: 0, b: b! }, SEMANTICS[0]!, true);
      return datapath.bitsOf(accumulator);
    });
    for (const bits of more) expect(bits).toEqual(one);
  });
});
