/** The native engine's memory over many rounds: of operands and sums, released, forgotten, refused and cancelled. */
import { describe, expect, it } from 'vitest';
import { formatOf } from '../../bench/kernels/combinations.js';
import { type OperandFormat, semanticOf } from '../../src/dot/index.js';
import { createNativeKernels, nativeLibrary } from '../../src/kernels/index.js';
import { Random } from '../../src/numerics/index.js';
import { OPERAND_CLASSES, operandOf } from './native-cases.js';

const { library, problem } = nativeLibrary();
const required = process.env.FP4SIM_REQUIRE_TOOLS === '1';
const MEGA = 1e6;
const ROUNDS = 40;

/** One semantic for every kind of operand and of sums, and the bytes of a sum. */
const KINDS = [
  ['blackwell-mxf4nvf4', 'nvfp4', 4],
  ['hopper-wgmma-fp8', 'e4m3', 4],
  ['hopper-f16', 'bf16', 4],
  ['fp32-per-block', 'e4m3', 4],
  ['published-mac', 'if4', 64],
  ['three-accumulators', 'if4', 28],
  ['exact', 'nvfp4', 12],
  ['s8-s32', 'int8', 4],
] as const;
/** Bytes of the sums of a round: 160 MB in all. */
const SUM_BYTES = 4 * MEGA;

/** Growth of the process's memory over the rounds, after some that fill its pools. */
async function growth(round: () => unknown): Promise<number> {
  for (let i = 0; i < ROUNDS / 4; i++) await round();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < ROUNDS; i++) await round();
  return process.memoryUsage().rss - before;
}

describe.skipIf(library === null && !required)(
  `memory of the native engine${problem === null ? '' : ` (${problem})`}`,
  () => {
    const engine = createNativeKernels(library!, { threads: 1 });
    const data = (format: OperandFormat, rows: number, depth: number) =>
      operandOf(OPERAND_CLASSES[0]!, new Random(1), format, rows, depth);

    it.each(KINDS)('%s on %s: operands and sums that are released', async (name, formatName, bytes) => {
      const [semantic, format] = [semanticOf(name), formatOf(formatName)];
      const [left, right] = [data(format, 12, 1024), data(format, 64, 1024)];
      const cols = Math.floor(SUM_BYTES / (12 * bytes));
      const grown = await growth(() => {
        const [a, b] = [engine.prepare(left, 'a', semantic), engine.prepare(right, 'b', semantic)];
        const [used, unused] = [64, cols].map((n) => engine.accumulator(semantic, format, format, 12, n));
        engine.accumulate(used!, a, b, true);
        for (const held of [a, b, used!, unused!]) held.release?.();
        expect(() => engine.read(used!)).toThrow(/released/);
      });
      expect(grown).toBeLessThan(80 * MEGA);
    });

    it('sums that are forgotten go as the event loop turns', async () => {
      const [semantic, format] = [semanticOf('blackwell-mxf4nvf4'), formatOf('nvfp4')];
      const grown = await growth(async () => {
        engine.accumulator(semantic, format, format, 1000, 4096);
        await new Promise(setImmediate);
      });
      // 16 MB a round, 640 MB in all: the garbage collector knows of them.
      expect(grown).toBeLessThan(320 * MEGA);
    });

    it('operands that are refused, and jobs that are cancelled', async () => {
      const [semantic, format] = [semanticOf('blackwell-mxf4nvf4'), formatOf('nvfp4')];
      const [left, right] = [data(format, 512, 1024), data(format, 512, 1024)];
      const stop = new AbortController();
      stop.abort();
      const grown = await growth(async () => {
        expect(() => engine.prepare({ ...left, scales: left.scales.slice(1) }, 'a', semantic)).toThrow();
        const [a, b] = [engine.prepare(left, 'a', semantic), engine.prepare(right, 'b', semantic)];
        const acc = engine.accumulator(semantic, format, format, 512, 512);
        const job = engine.accumulateJob(acc, a, b, true, { signal: stop.signal });
        a.release();
        b.release();
        expect(await job).toBe(false);
        acc.release?.();
      });
      // Two operands of 0.5 MB or more and 1 MB of sums: 80 MB in all.
      expect(grown).toBeLessThan(60 * MEGA);
    });
  },
);
