/** Long K, where guards over the whole of K decide: engines against each other. */
import { describe, expect, it } from 'vitest';
import { semanticOf } from '../../src/dot/index.js';
import { NVFP4 } from '../../src/formats/index.js';
import {
  createNativeKernels,
  createWasmKernels,
  type Kernels,
  nativeLibrary,
  typescriptKernels,
} from '../../src/kernels/index.js';
import { Random } from '../../src/numerics/index.js';
import { addendsOf, OPERAND_CLASSES, operandOf } from './native-cases.js';

const [ROWS, COLS, DEPTH] = [23, 70, 4096];
const SEED = 61;
const { library } = nativeLibrary();
const native = (library?.engines() ?? []).map(
  (instructions) =>
    [`native ${instructions}`, createNativeKernels(library!, { instructions, threads: 2 })] as const,
);
const ENGINES: readonly (readonly [string, Kernels])[] = [...native, ['wasm', createWasmKernels()]];

describe.each(['blackwell-mxf4nvf4', 'exact', 'fp32-per-block'])('%s', (name) => {
  const semantic = semanticOf(name);

  it.each(OPERAND_CLASSES)('$name: all engines agree, from C = 0 and from addends', (operandClass) => {
    const random = new Random(SEED);
    const a = operandOf(operandClass, random, NVFP4, ROWS, DEPTH);
    const b = operandOf(operandClass, random, NVFP4, COLS, DEPTH);
    const addends = addendsOf(random, ROWS * COLS);
    const results = (engine: Kernels) => {
      const acc = engine.accumulator(semantic, NVFP4, NVFP4, ROWS, COLS);
      const [x, y] = [engine.prepare(a, 'a', semantic), engine.prepare(b, 'b', semantic)];
      engine.accumulate(acc, x, y, true);
      const fromZero = engine.read(acc);
      engine.load(acc, addends);
      engine.accumulate(acc, x, y, false);
      return [...fromZero, ...engine.read(acc)];
    };
    const expected = results(typescriptKernels);
    for (const [engineName, engine] of ENGINES) {
      const at = results(engine).findIndex((bits, i) => bits !== expected[i]);
      expect({ engineName, seed: SEED, at }).toEqual({ engineName, seed: SEED, at: -1 });
    }
  });
});
