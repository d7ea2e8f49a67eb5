/** The native library against the oracle, on every instruction set of this processor and in every tier. */
import { describe, expect, it } from 'vitest';
import { createOracle, semanticOf } from '../../src/dot/index.js';
import { BLOCK_FORMATS, ELEMENT_FORMATS } from '../../src/formats/index.js';
import { createNativeKernels, type NativeOptions, nativeLibrary } from '../../src/kernels/index.js';
import { Random } from '../../src/numerics/index.js';
import { addendsOf, OPERAND_CLASSES, operandOf } from './native-cases.js';

const { library, problem } = nativeLibrary();
const required = process.env.FP4SIM_REQUIRE_TOOLS === '1';
/** Dots of each semantic; the nightly run asks for 10^7. */
const DOTS = Number(process.env.FP4SIM_DOTS ?? 20_000);

/** Semantic, formats, whether it takes an addend. */
const CASES: readonly (readonly [string, string, string])[] = [
  ['blackwell-mxf4nvf4', 'nvfp4', 'nvfp4'],
  ['blackwell-mxf4nvf4', 'mxfp4', 'mxfp4'],
  ['blackwell-mxf4nvf4', 'nvfp4', 'mxfp4'],
  ['blackwell-mxf4nvf4/mma-sim', 'nvfp4', 'nvfp4'],
  ['exact', 'nvfp4', 'nvfp4'],
  ['exact', 'if4', 'if4'],
  ['exact', 'if4', 'nvint4'],
  ['exact49', 'if4', 'if4'],
  ['fp32-per-block', 'nvfp4', 'nvfp4'],
  ['fp32-per-block', 'nvfp4', 'e2m1'],
  ['published-mac', 'nvfp4', 'nvfp4'],
  ['hopper-wgmma-fp8', 'e4m3', 'e4m3'],
  ['hopper-wgmma-fp8', 'e5m2', 'e2m1'],
  ['hopper-wgmma-fp8/mma-sim', 'e4m3', 'e4m3'],
  ['hopper-mma-fp8', 'e4m3', 'e5m2'],
  ['hopper-f16', 'fp16', 'fp16'],
  ['blackwell-f8f6f4', 'e4m3', 'e3m2'],
  ['ada-mma-fp8', 'e4m3', 'e5m2'],
  ['ampere-f16', 'fp16', 'fp16'],
  ['volta-f16', 'fp16', 'fp16'],
];

const formatOf = (name: string) => BLOCK_FORMATS.get(name) ?? ELEMENT_FORMATS.get(name)!;

/** Compares `dots` dots in small tiles; the failure names the case. */
function compare(
  [name, aName, bName]: readonly [string, string, string],
  options: NativeOptions,
  dots: number,
  seed: number,
) {
  const semantic = semanticOf(name);
  const [a, b] = [formatOf(aName), formatOf(bName)];
  const oracle = createOracle(semantic, a, b);
  const engine = createNativeKernels(library!, options);
  const random = new Random(seed);
  for (let done = 0, round = 0; done < dots; round++) {
    const cls = OPERAND_CLASSES[round % OPERAND_CLASSES.length]!;
    const other = random.below(3) === 0 ? OPERAND_CLASSES[random.below(OPERAND_CLASSES.length)]! : cls;
    const [rows, cols] = [1 + random.below(20), 1 + random.below(70)];
    const depth = oracle.stepK * (1 + random.below(4));
    const left = operandOf(cls, random, a, rows, depth);
    const right = operandOf(other, random, b, cols, depth);
    const addends =
      semantic.addend === 'taken' && random.below(2) === 0 ? addendsOf(random, rows * cols) : null;
    const acc = engine.accumulator(semantic, a, b, rows, cols);
    const [x, y] = [engine.prepare(left, 'a', semantic), engine.prepare(right, 'b', semantic)];
    if (addends !== null) engine.load(acc, addends);
    engine.accumulate(acc, x, y, addends === null);
    const bits = engine.read(acc);
    const blocks = [left.scales.length / rows, right.scales.length / cols] as const;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        const expected = oracle.dot(
          left.codes.subarray(i * depth, (i + 1) * depth),
          left.scales.subarray(i * blocks[0], (i + 1) * blocks[0]),
          right.codes.subarray(j * depth, (j + 1) * depth),
          right.scales.subarray(j * blocks[1], (j + 1) * blocks[1]),
          addends?.[i * cols + j] ?? 0,
        );
        const got = bits[i * cols + j]!;
        if (got !== expected) {
          throw new Error(
            `${name} ${aName}×${bName} seed ${seed} round ${round} (${cls.name}, ${other.name}) ${rows}×${cols}×${depth} ` +
              `at ${i},${j}: ${got.toString(16)} instead of ${expected.toString(16)}, C = ${addends?.[i * cols + j]?.toString(16)}`,
          );
        }
      }
    }
    done += rows * cols;
    x.release();
    y.release();
  }
}

describe.skipIf(library === null && !required)(
  `the native library${problem === null ? '' : ` (${problem})`}`,
  () => {
    it('is there', () => expect(problem).toBeNull());

    for (const engine of library?.engines() ?? []) {
      describe(engine, () => {
        for (const entry of CASES) {
          it(`${entry[0]} on ${entry[1]} × ${entry[2]} has the oracle's bits`, () => {
            const share = engine === library!.engines()[0] ? 1 : 0.25;
            compare(entry, { instructions: engine, threads: 1 }, DOTS * share, 11);
          });
        }
        for (const leastTier of [1, 2]) {
          it(`blackwell-mxf4nvf4 from tier ${leastTier} on has the oracle's bits`, () => {
            compare(CASES[0]!, { instructions: engine, leastTier, threads: 1 }, DOTS * 0.25, 12);
          });
        }
      });
    }
  },
);
