/** What the native engine does with arguments that it cannot use: an error that names them, never a crash or a leak. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { semanticOf } from '../../src/dot/index.js';
import { NVFP4 } from '../../src/formats/index.js';
import {
  createNativeKernels,
  loadNative,
  NATIVE_ABI_VERSION,
  nativeLibrary,
  type TileOperand,
  typescriptKernels,
} from '../../src/kernels/index.js';
import { ConfigurationError, Random } from '../../src/numerics/index.js';
import { OPERAND_CLASSES, operandOf } from './native-cases.js';

const { library, problem, path } = nativeLibrary();
const required = process.env.FP4SIM_REQUIRE_TOOLS === '1';
const SEMANTIC = semanticOf('blackwell-mxf4nvf4');

function operand(rows: number, depth: number, seed = 5): TileOperand {
  return operandOf(OPERAND_CLASSES[0]!, new Random(seed), NVFP4, rows, depth);
}

describe('loading the native library', () => {
  it('explains a missing file, another platform and another build in one line', () => {
    const missing = loadNative('/nowhere/fp4sim-native.node');
    expect(missing).toMatchObject({ library: null });
    expect(missing.problem).toMatch(/not built at \/nowhere.*build:native/);
    expect(loadNative(undefined, 'sunos-sparc').problem).toBe('there is no native library for sunos-sparc');
    const other = path === null ? missing : loadNative(path, undefined, 999);
    expect(other.problem).toMatch(
      path === null
        ? /not built/
        : new RegExp(`another build \\(interface ${NATIVE_ABI_VERSION}, expected 999\\)`),
    );
    for (const load of [missing, other]) expect(load.problem).not.toContain('\n');
  });

  it('finds the packages that are prepared for other platforms by their names', () => {
    const root = join(import.meta.dirname, '..', '..');
    const read = (...path: string[]) => JSON.parse(readFileSync(join(root, ...path, 'package.json'), 'utf8'));
    const triples = readdirSync(join(root, 'native', 'npm'));
    expect(triples).toHaveLength(5);
    for (const triple of triples) {
      const { name, main, version, os, cpu } = read('native', 'npm', triple);
      expect([name, main]).toEqual([`fp4sim-native-${triple}`, `fp4sim-native.${triple}.node`]);
      expect(version).toBe(read('.').version);
      expect(loadNative(undefined, `${os}-${cpu}`).problem ?? '').not.toMatch(
        /there is no native library for/,
      );
    }
  });

  it('explains a file that is not a library, and a library that is not this one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fp4sim-native-'));
    const garbage = join(folder, 'garbage.node');
    writeFileSync(garbage, 'not a library');
    expect(loadNative(garbage).problem).toMatch(/does not load: /);
    const stranger = join(folder, 'stranger.cjs');
    writeFileSync(stranger, 'module.exports = {};');
    expect(loadNative(stranger).problem).toMatch(/another build \(interface none/);
  });
});

describe.skipIf(library === null && !required)(
  `the native engine${problem === null ? '' : ` (${problem})`}`,
  () => {
    const kernels = () => createNativeKernels(library!, { threads: 2 });

    it('names the operand and the array of a wrong length', () => {
      const engine = kernels();
      const good = operand(3, 64);
      expect(() => engine.prepare({ ...good, codes: good.codes.slice(1) }, 'a', SEMANTIC)).toThrow(
        /operand a has 191 codes/,
      );
      expect(() => engine.prepare({ ...good, scales: new Uint8Array(5) }, 'b', SEMANTIC)).toThrow(
        /operand b has 5 scales/,
      );
      expect(() => engine.prepare({ ...good, rows: -1 }, 'a', SEMANTIC)).toThrow(ConfigurationError);
      expect(() => engine.prepare({ ...good, rows: 2 ** 20, depth: 2 ** 20 }, 'a', SEMANTIC)).toThrow(
        /more than 2\^31/,
      );
      expect(() => engine.prepare({ ...good, codes: [1, 2] as never }, 'a', SEMANTIC)).toThrow(
        /codes must be/,
      );
    });

    it('refuses shared, detached and resizable memory', () => {
      const engine = kernels();
      const good = operand(2, 64);
      const shared = new Uint8Array(new SharedArrayBuffer(128));
      expect(() => engine.prepare({ ...good, codes: shared }, 'a', SEMANTIC)).toThrow(
        /operand a: codes lie in shared/,
      );
      const gone = new Uint8Array(128);
      structuredClone(gone.buffer, { transfer: [gone.buffer] });
      expect(() => engine.prepare({ ...good, codes: gone }, 'a', SEMANTIC)).toThrow(/operand a/);
      const Resizable = ArrayBuffer as unknown as new (
        n: number,
        o: { maxByteLength: number },
      ) => ArrayBuffer;
      const elastic = new Uint8Array(new Resizable(128, { maxByteLength: 256 }));
      expect(() => engine.prepare({ ...good, codes: elastic }, 'a', SEMANTIC)).toThrow(
        /operand a: codes lie in a resizable/,
      );
    });

    it('reads misaligned views', () => {
      const good = operand(4, 64);
      const moved = new Uint8Array(new ArrayBuffer(good.codes.length + 3), 3);
      moved.set(good.codes as Uint8Array);
      const results = [good.codes, moved].map((codes) => {
        const engine = kernels();
        const acc = engine.accumulator(SEMANTIC, NVFP4, NVFP4, 4, 4);
        engine.accumulate(
          acc,
          engine.prepare({ ...good, codes }, 'a', SEMANTIC),
          engine.prepare(good, 'b', SEMANTIC),
          true,
        );
        return engine.read(acc);
      });
      expect(results[1]).toEqual(results[0]);
    });

    it('refuses released operands, swapped sides, foreign handles and shapes that do not fit', () => {
      const engine = kernels();
      const [a, b] = [
        engine.prepare(operand(4, 64), 'a', SEMANTIC),
        engine.prepare(operand(5, 64), 'b', SEMANTIC),
      ];
      const acc = engine.accumulator(SEMANTIC, NVFP4, NVFP4, 4, 5);
      const square = engine.accumulator(SEMANTIC, NVFP4, NVFP4, 5, 4);
      expect(() => engine.accumulate(square, b, a, true)).toThrow(/operand a was prepared for side b/);
      expect(() => engine.accumulate(square, a, b, true)).toThrow(/do not fit/);
      const foreign = typescriptKernels.prepare(operand(4, 64), 'a', SEMANTIC);
      expect(() => engine.accumulate(acc, foreign, b, true)).toThrow(/another engine/);
      const deep = engine.prepare(operand(5, 128), 'b', SEMANTIC);
      expect(() => engine.accumulate(acc, a, deep, true)).toThrow(/K = 64.*K = 128/);
      expect(() => engine.load(acc, new Uint32Array(3))).toThrow(/3 addends/);
      a.release();
      expect(() => engine.accumulate(acc, a, b, true)).toThrow(/operand a has been released/);
    });

    it('checks lengths in the library too', () => {
      const reading = {
        elements: new Int8Array(512),
        selector: 0,
        values: new Float32Array(256),
        exponents: new Int16Array(256),
        block: 16,
        groupsPerStep: 4,
      };
      const call =
        (codes: number, scales: number, rows: number, depth: number, change = {}) =>
        () =>
          library!.NativeOperand.groups(false, new Uint8Array(codes), new Uint8Array(scales), rows, depth, {
            ...reading,
            ...change,
          });
      expect(call(63, 4, 1, 64)).toThrow(/codes: 63 entries, expected 64/);
      expect(call(64, 3, 1, 64)).toThrow(/scales: 3 entries, expected 4/);
      expect(call(0, 0, 2 ** 31, 2 ** 31)).toThrow(/rows × depth/);
      expect(call(64, 4, 1, 64, { values: new Float32Array(3) })).toThrow(/reading\.values/);
      expect(call(64, 4, 1, 64, { elements: new Int8Array(512).fill(100) })).toThrow(/reading\.elements/);
      expect(call(64, 4, 1, 64, { block: 24 })).toThrow(/block: 24/);
      expect(() => library!.NativeSums.perBlock(0, 2 ** 31, 2 ** 31, 0)).toThrow(/too many/);
      expect(() => library!.NativeSums.perBlock(0, 1, 1, 0, 'mmx')).toThrow(
        /engine: this processor has no "mmx"/,
      );
      const operand = call(64, 4, 1, 64)();
      const sums = library!.NativeSums.perBlock(0, 1, 1, 0);
      expect(() => sums.accumulate(operand, operand, true, 1)).toThrow(/another semantic or side/);
      sums.release();
      expect(() => sums.read()).toThrow(/accumulator: it has been released/);
    });

    it('gives the same bits on any number of threads, and beside the event loop', async () => {
      const [a, b] = [operand(300, 256, 7), operand(130, 256, 8)];
      const results = await Promise.all(
        [1, 2, 5].map(async (threads) => {
          const engine = createNativeKernels(library!, { threads });
          const acc = engine.accumulator(SEMANTIC, NVFP4, NVFP4, 300, 130);
          const progress: number[] = [];
          const done = await engine.accumulateJob(
            acc,
            engine.prepare(a, 'a', SEMANTIC),
            engine.prepare(b, 'b', SEMANTIC),
            true,
            { onProgress: (part) => progress.push(part) },
          );
          expect(done).toBe(true);
          expect(progress.at(-1)).toBe(1);
          return engine.read(acc);
        }),
      );
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
    });

    it('stops a cancelled job and says so when its sums are read', async () => {
      const engine = createNativeKernels(library!, { threads: 1 });
      const acc = engine.accumulator(SEMANTIC, NVFP4, NVFP4, 300, 40);
      const [a, b] = [
        engine.prepare(operand(300, 64), 'a', SEMANTIC),
        engine.prepare(operand(40, 64), 'b', SEMANTIC),
      ];
      const stop = new AbortController();
      stop.abort();
      expect(await engine.accumulateJob(acc, a, b, true, { signal: stop.signal })).toBe(false);
      expect(() => engine.read(acc)).toThrow(/cancelled/);
      expect(() => engine.accumulate(acc, a, b, false)).toThrow(/cancelled/);
      engine.accumulate(acc, a, b, true);
      expect(engine.read(acc)).toHaveLength(12_000);
    });

    it('refuses an operand that was prepared for another semantic', () => {
      const engine = kernels();
      const [other, named] = ['exact', 'blackwell-mxf4nvf4'].map(semanticOf);
      const acc = engine.accumulator(named!, NVFP4, NVFP4, 4, 4);
      const [a, b] = [
        engine.prepare(operand(4, 64), 'a', other!),
        engine.prepare(operand(4, 64), 'b', named!),
      ];
      expect(() => engine.accumulate(acc, a, b, true)).toThrow(/operand a was prepared for "exact"/);
    });

    it('refuses shared and resizable scales and addends', () => {
      const engine = kernels();
      const good = operand(2, 64);
      const shared = new Uint8Array(new SharedArrayBuffer(8));
      expect(() => engine.prepare({ ...good, scales: shared }, 'b', SEMANTIC)).toThrow(
        /operand b: scales lie in shared/,
      );
      const acc = engine.accumulator(SEMANTIC, NVFP4, NVFP4, 2, 2);
      expect(() => engine.load(acc, new Uint32Array(new SharedArrayBuffer(16)))).toThrow(
        /addends lie in shared/,
      );
      const gone = new Uint32Array(4);
      structuredClone(gone.buffer, { transfer: [gone.buffer] });
      expect(() => engine.load(acc, gone)).toThrow(/0 addends for 2 × 2/);
    });

    it('checks what the other kinds of operands are made of', () => {
      const { NativeOperand: make, NativeSums: sums } = library!;
      const [floats, bytes] = [new Float32Array(32), new Uint8Array(2)];
      expect(() => make.parts(false, floats, new Int16Array(31), 1, 32)).toThrow(/exponents: 31 entries/);
      expect(() =>
        make.parts(
          false,
          floats.map(() => 2),
          new Int16Array(32),
          1,
          32,
        ),
      ).toThrow(/significands/);
      expect(() => make.parts(true, floats, new Int16Array(0), 0, 32)).toThrow(/0 × 32 is empty/);
      expect(() => make.blocks(false, new Int32Array(32), new Float64Array(2), 1, 32, 5)).toThrow(/block: 5/);
      expect(() =>
        make.blocks(false, new Int32Array(32).fill(2 ** 24), new Float64Array(2), 1, 32, 16),
      ).toThrow(/elements: one of 2\^24/);
      expect(() => make.lanes(floats, floats.slice(0, 2), bytes.fill(2), 1, 32)).toThrow(/choices/);
      expect(() => make.integers(false, new Int8Array(3), 1, 3)).toThrow(/K = 3 is odd/);
      expect(() => make.integers(false, new Int8Array(3), 2 ** 31, 2 ** 31)).toThrow(/too many/);
      expect(() => sums.lanes(true, floats, 1, 1, 0)).toThrow(/corrections: 32 of them, expected 3/);
      const integers = make.integers(false, new Int8Array(32), 1, 32);
      expect(() => sums.perBlock(0, 1, 1, 0).accumulate(integers, integers, true, 1)).toThrow(
        /another semantic or side/,
      );
    });

    it('turns a panic into an error, beside the event loop too', async () => {
      // Passes of 32 prepared, passes of 16 asked for: the engine never does that, and the library runs out of bounds.
      const tables = { values: new Float32Array(4).fill(1), exponents: new Int16Array(4) };
      const side = (panels: boolean) =>
        library!.NativeOperand.floats(panels, new Uint16Array(12 * 32), 12, 32, tables, {
          zero: 0,
          pass: 32,
          words: false,
        });
      const rule = { fractionBits: 25, floor: -133, zeroAddend: -20_000, resultBits: 23, half: false };
      for (const threads of [1, 2]) {
        const make = () =>
          library!.NativeSums.products({ ...rule, step: 32, passes: 2, addendLast: false }, 12, 12, 0);
        const sums = make();
        expect(() => sums.accumulate(side(false), side(true), true, threads)).toThrow(
          /index out of bounds|panic/,
        );
        expect(() => sums.read()).toThrow(/failed in the middle/);
        const job = new library!.NativeJob();
        await expect(make().accumulateJob(side(false), side(true), true, threads, job)).rejects.toThrow(
          /the job failed/,
        );
      }
    });

    it('stops a job in the middle', async () => {
      const engine = createNativeKernels(library!, { threads: 1, leastTier: 2 });
      const acc = engine.accumulator(SEMANTIC, NVFP4, NVFP4, 960, 1024);
      const [a, b] = [
        engine.prepare(operand(960, 1024), 'a', SEMANTIC),
        engine.prepare(operand(1024, 1024), 'b', SEMANTIC),
      ];
      const stop = new AbortController();
      const seen: number[] = [];
      const onProgress = (part: number) => {
        seen.push(part);
        if (part > 0) stop.abort();
      };
      const options = { signal: stop.signal, onProgress, intervalMs: 1 };
      expect(await engine.accumulateJob(acc, a, b, true, options)).toBe(false);
      expect(seen.at(-1)).toBeLessThan(1);
      expect(() => engine.read(acc)).toThrow(/cancelled/);
    });
  },
);
