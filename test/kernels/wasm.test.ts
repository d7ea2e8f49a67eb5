/** The WebAssembly engine against the oracle. */
import { describe, expect, it } from 'vitest';
import { semanticOf } from '../../src/dot/index.js';
import { NVFP4 } from '../../src/formats/index.js';
import { createWasmKernels, typescriptKernels } from '../../src/kernels/index.js';
import { Random } from '../../src/numerics/index.js';
import {
  type Case,
  compareWithOracle,
  OPERAND_CLASSES,
  type OperandClass,
  operandOf,
} from './native-cases.js';

const DOTS = Number(process.env.FP4SIM_DOTS ?? 20_000);
const CASES: readonly Case[] = [
  ['blackwell-mxf4nvf4', 'nvfp4', 'nvfp4'],
  ['blackwell-mxf4nvf4', 'mxfp4', 'mxfp4'],
  ['blackwell-mxf4nvf4', 'nvfp4', 'mxfp4'],
  ['blackwell-mxf4nvf4/mma-sim', 'nvfp4', 'nvfp4'],
];

describe('the WebAssembly engine', () => {
  for (const entry of CASES) {
    it(
      `${entry[0]} on ${entry[1]} × ${entry[2]} has the oracle's bits`,
      () => {
        compareWithOracle(createWasmKernels(), entry, DOTS, 21);
      },
      120_000 + DOTS / 5,
    );
  }

  for (const fastest of ['float', 'cutting'] as const) {
    it(`from the ${fastest} tier on has the oracle's bits`, () => {
      compareWithOracle(createWasmKernels(typescriptKernels, fastest), CASES[0]!, DOTS * 0.25, 24);
    });
  }

  it('rounds sums that outgrow 24 bits in the middle of K, in part of the tiles', () => {
    const semantic = semanticOf('blackwell-mxf4nvf4');
    const random = new Random(25);
    const growing: OperandClass = {
      name: 'growing',
      code: (source) => 1 + source.below(7),
      scale: (source) => 0x70 + source.below(15),
    };
    const [rows, cols, depth] = [6, 40, 4096];
    const [a, b] = [rows, cols].map((count) => operandOf(growing, random, NVFP4, count, depth));
    const few = { ...a!, codes: a!.codes.map((code, i) => (i < 2 * depth ? code & 1 : code)) };
    const results = [
      createWasmKernels(),
      createWasmKernels(typescriptKernels, 'cutting'),
      typescriptKernels,
    ].map((engine) => {
      const acc = engine.accumulator(semantic, NVFP4, NVFP4, rows, cols);
      engine.accumulate(acc, engine.prepare(few, 'a', semantic), engine.prepare(b!, 'b', semantic), true);
      return engine.read(acc);
    });
    expect(results[0]).toEqual(results[2]);
    expect(results[1]).toEqual(results[2]);
  });

  it('hands what it does not cover to the other engine', () => {
    compareWithOracle(createWasmKernels(), ['exact', 'nvfp4', 'nvfp4'], 1000, 22);
  });

  it('chains calls over K like one call', () => {
    const semantic = semanticOf('blackwell-mxf4nvf4');
    const engine = createWasmKernels();
    const random = new Random(23);
    const [a, b] = [0, 1].map(() => operandOf(OPERAND_CLASSES[0]!, random, NVFP4, 9, 256));
    const slice = (x: typeof a, from: number, to: number) => ({
      ...x!,
      depth: to - from,
      codes: Uint8Array.from({ length: 9 * (to - from) }, (_, i) => {
        const row = Math.floor(i / (to - from));
        return x!.codes[row * 256 + from + (i % (to - from))]!;
      }),
      scales: Uint8Array.from({ length: (9 * (to - from)) / 16 }, (_, i) => {
        const blocks = (to - from) / 16;
        return x!.scales[Math.floor(i / blocks) * 16 + from / 16 + (i % blocks)]!;
      }),
    });
    const whole = engine.accumulator(semantic, NVFP4, NVFP4, 9, 9);
    engine.accumulate(whole, engine.prepare(a!, 'a', semantic), engine.prepare(b!, 'b', semantic), true);
    const parts = engine.accumulator(semantic, NVFP4, NVFP4, 9, 9);
    for (const [from, to] of [
      [0, 64],
      [64, 256],
    ] as const) {
      const [x, y] = [slice(a, from, to), slice(b, from, to)];
      engine.accumulate(
        parts,
        engine.prepare(x, 'a', semantic),
        engine.prepare(y, 'b', semantic),
        from === 0,
      );
    }
    expect(engine.read(parts)).toEqual(engine.read(whole));
  });
});
