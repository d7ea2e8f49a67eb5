/** Dot products on which a kernel once differed from the oracle, found by fuzzing and kept for good. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatOf } from '../../bench/kernels/combinations.js';
import { createOracle, semanticOf } from '../../src/dot/index.js';
import {
  createNativeKernels,
  createWasmKernels,
  type Kernels,
  nativeLibrary,
  typescriptKernels,
} from '../../src/kernels/index.js';
import { hex } from '../../src/numerics/index.js';

interface Regression {
  readonly what: string;
  readonly semantic: string;
  readonly format: string;
  /** Element codes, a hexadecimal digit each; scales and registers as bytes. */
  readonly a: string;
  readonly sa: string;
  readonly b: string;
  readonly sb: string;
  readonly c: string;
  readonly d: string;
}

const FILE = join(import.meta.dirname, 'regressions.json');
const REGRESSIONS = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Regression[];

const { library } = nativeLibrary();
const ENGINES: readonly (readonly [string, Kernels])[] = [
  ['typescript', typescriptKernels],
  ['wasm', createWasmKernels()],
  ...(library?.engines() ?? []).map(
    (instructions) => [`native ${instructions}`, createNativeKernels(library!, { instructions })] as const,
  ),
];

test.each(REGRESSIONS)('$what', (regression) => {
  const semantic = semanticOf(regression.semantic);
  const format = formatOf(regression.format);
  const side = (codes: string, scales: string) => ({
    codes: Uint8Array.from(codes, (digit) => Number.parseInt(digit, 16)),
    scales: Uint8Array.from(Buffer.from(scales, 'hex')),
  });
  const [a, b] = [side(regression.a, regression.sa), side(regression.b, regression.sb)];
  const c = Number.parseInt(regression.c, 16);
  const oracle = createOracle(semantic, format, format).dot(a.codes, a.scales, b.codes, b.scales, c);
  expect(hex(oracle, 8)).toBe(regression.d);

  const shape = { format, rows: 1, depth: a.codes.length };
  const results = ENGINES.map(([name, engine]) => {
    const acc = engine.accumulator(semantic, format, format, 1, 1);
    engine.load(acc, Uint32Array.of(c));
    const left = engine.prepare({ ...shape, ...a }, 'a', semantic);
    engine.accumulate(acc, left, engine.prepare({ ...shape, ...b }, 'b', semantic), false);
    return [name, hex(engine.read(acc)[0]!, 8)];
  });
  expect(results).toEqual(ENGINES.map(([name]) => [name, regression.d]));
});
