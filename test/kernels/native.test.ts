/**
 * The native library against the oracle, on every instruction set of this processor and in every tier. The nightly run:
 * `FP4SIM_DOTS=10000000 npx vitest run test/kernels/native.test.ts test/kernels/wasm.test.ts`.
 */
import { describe, expect, it } from 'vitest';
import { createNativeKernels, nativeLibrary } from '../../src/kernels/index.js';
import { type Case, compareWithOracle } from './native-cases.js';

const { library, problem } = nativeLibrary();
const required = process.env.FP4SIM_REQUIRE_TOOLS === '1';
/** Dots of each semantic. */
const DOTS = Number(process.env.FP4SIM_DOTS ?? 20_000);
/** The oracle does some tens of thousands a second on a busy machine. */
const TIMEOUT_MS = 120_000 + DOTS / 5;

const CASES: readonly Case[] = [
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
  ['blackwell-f8f6f4', 'e4m3', 'e4m3'],
  ['ada-mma-fp8', 'e4m3', 'e5m2'],
  ['ampere-f16', 'fp16', 'fp16'],
  ['volta-f16', 'fp16', 'fp16'],
];

describe.skipIf(library === null && !required)(
  `the native library${problem === null ? '' : ` (${problem})`}`,
  () => {
    it('is there', () => expect(problem).toBeNull());

    for (const engine of library?.engines() ?? []) {
      describe(engine, () => {
        for (const entry of CASES) {
          it(
            `${entry[0]} on ${entry[1]} × ${entry[2]} has the oracle's bits`,
            () => {
              const share = engine === library!.engines()[0] ? 1 : 0.25;
              compareWithOracle(
                createNativeKernels(library!, { instructions: engine, threads: 1 }),
                entry,
                DOTS * share,
                11,
              );
            },
            TIMEOUT_MS,
          );
        }
        for (const leastTier of [1, 2]) {
          it(
            `blackwell-mxf4nvf4 from tier ${leastTier} on has the oracle's bits`,
            () => {
              const kernels = createNativeKernels(library!, { instructions: engine, leastTier, threads: 1 });
              compareWithOracle(kernels, CASES[0]!, DOTS * 0.25, 12);
            },
            TIMEOUT_MS,
          );
        }
      });
    }
  },
);
