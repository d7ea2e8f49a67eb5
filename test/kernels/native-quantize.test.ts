/** The native quantisers against the TypeScript ones, bit for bit. */
import { describe, expect, it } from 'vitest';
import { blockFormatOf, dequantize, quantize } from '../../src/formats/index.js';
import { dequantizeFast, nativeLibrary, quantizeFast } from '../../src/kernels/index.js';
import { Random } from '../../src/numerics/index.js';

const { library, problem } = nativeLibrary();
const required = process.env.FP4SIM_REQUIRE_TOOLS === '1';
const SEED = 41;

const gaussian = (random: Random) => {
  const u = 1 - random.below(2 ** 24) / 2 ** 24;
  return Math.sqrt(-2 * Math.log(u)) * Math.cos((2 * Math.PI * random.below(2 ** 24)) / 2 ** 24);
};

/** Inputs by what they provoke. */
const INPUTS: Readonly<Record<string, (random: Random, i: number) => number>> = {
  ordinary: gaussian,
  'wide ranges': (random) => gaussian(random) * 2 ** (random.below(60) - 30),
  'ties of the element grid': (random) => (random.below(49) - 24) / 4,
  'zeros and negative zeros': (random) => [0, -0, 1e-9, -1e-9, 3, -6][random.below(6)]!,
  'one large value': (random, i) => (i === 777 ? 1e30 : gaussian(random)),
  'zero blocks': (random, i) => (i % 64 < 32 ? 0 : gaussian(random)),
  'all zero': () => 0,
  'tiny values': (random) => gaussian(random) * 2 ** -140,
  'large values': (random) => gaussian(random) * 2 ** 122,
};

describe.skipIf(library === null && !required)(
  `native quantisers${problem === null ? '' : ` (${problem})`}`,
  () => {
    for (const instructions of library?.engines() ?? []) {
      for (const [name, policy] of [
        ['nvfp4', 'static_6'],
        ['nvfp4', 'mse'],
        ['if4', 'mse'],
        ['if4', 'static_6'],
        ['if4', 'mae'],
      ] as const) {
        it(`${name} ${policy} on ${instructions} has the bits of the TypeScript quantiser`, () => {
          for (const [input, draw] of Object.entries(INPUTS)) {
            const random = new Random(SEED);
            const [rows, cols] = [7, 1008];
            const data = Float32Array.from({ length: rows * cols }, (_, i) => draw(random, i));
            const matrix = { rows, cols, data };
            const expected = quantize(blockFormatOf(name), matrix, policy);
            const got = quantizeFast(blockFormatOf(name), matrix, policy, { instructions, threads: 2 });
            const at = got.codes.findIndex((code, i) => code !== expected.codes[i]);
            const block = got.scales.findIndex((scale, i) => scale !== expected.scales[i]);
            expect({ input, seed: SEED, at, block }).toEqual({ input, seed: SEED, at: -1, block: -1 });
            expect(got).toEqual(expected);
            expect(dequantizeFast(expected)).toEqual(dequantize(expected));
          }
        });
      }
    }

    it('leaves refusals to the TypeScript quantiser', () => {
      const data = new Float32Array(32).fill(Number.NaN);
      expect(() => quantizeFast(blockFormatOf('nvfp4'), { rows: 1, cols: 32, data })).toThrow(
        /row 0, column 0 is NaN/,
      );
      expect(() =>
        quantizeFast(blockFormatOf('nvfp4'), { rows: 1, cols: 9, data: new Float32Array(9) }),
      ).toThrow(/multiple/);
    });
  },
);
