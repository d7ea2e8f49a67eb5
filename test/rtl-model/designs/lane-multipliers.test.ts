/** One multiply lane with its scales, over every input there is, in the compiled simulator. */
import { describe, expect, it } from 'vitest';
import { lanesLane, oneLane } from '../../../rtl-model/designs/index.js';
import { bitBlast, flatten, type Module } from '../../../rtl-model/hdl/index.js';
import {
  CompiledSimulation,
  LANE_NUMBER_BITS,
  LANES,
  type LaneWord,
} from '../../../rtl-model/simulation/index.js';
import {
  type BlockFormat,
  codecOf,
  IF4,
  NVFP4,
  NVINT4,
  SELECTOR_BIT,
  widthOf,
} from '../../../src/formats/index.js';
import { Rational, type RationalValue } from '../../../src/numerics/index.js';

/** Which choice of the format a scale code selects. */
const choiceOf = (format: BlockFormat, scale: number) =>
  format.selector !== 'none' && (scale & SELECTOR_BIT) !== 0 ? 1 : 0;

/** Products of all element pairs (a in the low four bits of the index), for each pair of choices. */
function productTables({ choices }: BlockFormat): Float64Array[][] {
  const values = choices.map(({ element }) =>
    Array.from({ length: 16 }, (_, code) => codecOf(element).decode(code)),
  );
  return values.map((a) =>
    values.map((w) => Float64Array.from({ length: 256 }, (_, i) => a[i & 15]! * w[i >> 4]!)),
  );
}

/** Product of the gains of each pair of choices. */
function gainTables({ choices }: BlockFormat): RationalValue[][] {
  return choices.map((a) => choices.map((w) => Rational.multiply(a.gain, w.gain)));
}

/** Every (a, w) pair for one pair of scales: 256 inputs in two vectors of lanes. */
function sweep(
  module: Module,
  ports: { readonly scaleWidth: number },
  visit: (scaleA: number, scaleW: number, half: number, engine: CompiledSimulation) => void,
): number {
  const engine = new CompiledSimulation(bitBlast(flatten(module)));
  const bits = (word: LaneWord, from: number) => {
    for (let i = 0; i < 4; i++) {
      const source = LANE_NUMBER_BITS[from + i];
      if (source !== undefined) word.vectors.set(source, i * 4);
    }
  };
  bits(engine.input('a'), 0); // lane bits 0 … 3
  bits(engine.input('w'), 4); // lane bits 4 … 6, and the half
  const count = 2 ** ports.scaleWidth;
  for (let scaleA = 0; scaleA < count; scaleA++) {
    engine.input('a_sf').fill(scaleA);
    for (let scaleW = 0; scaleW < count; scaleW++) {
      engine.input('w_sf').fill(scaleW);
      for (let half = 0; half < 2; half++) {
        engine.input('w').vectors.fill(half === 1 ? 0xffffffff : 0, 12, 16);
        engine.settle();
        visit(scaleA, scaleW, half, engine);
      }
    }
  }
  return 256 * count * count;
}

describe.each([NVFP4, IF4, NVINT4].map((format) => [format.name, format] as const))(
  '%s lane',
  (_, format) => {
    const scaleWidth = widthOf(format.scale) + (format.selector === 'none' ? 0 : 1);
    const inputs = 2 ** (8 + 2 * scaleWidth);
    const scales = Array.from({ length: 2 ** scaleWidth }, (_, code) => codecOf(format.scale).decode(code));
    const [products, gains] = [productTables(format), gainTables(format)];
    const expected = new Float32Array(LANES);
    const expectedBits = new Uint32Array(expected.buffer);

    it(`of the published MAC equals FP32 arithmetic on all ${inputs} inputs`, () => {
      const largest = codecOf(format.scale).maxValue;
      const corrections = gains.map((row) => row.map((gain) => Math.fround(Rational.toNumber(gain))));
      const found = new Uint32Array(LANES);
      const checked = sweep(lanesLane(format), { scaleWidth }, (scaleA, scaleW, half, engine) => {
        engine.output('product').read(0, 32, found);
        const [a, w] = [choiceOf(format, scaleA), choiceOf(format, scaleW)];
        const [sa, sw] = [scales[scaleA]!, scales[scaleW]!].map((s) => (Number.isNaN(s) ? largest : s));
        const scale = Math.fround(sa! * sw! * corrections[a]![w]!);
        const table = products[a]![w]!;
        for (let lane = 0; lane < LANES; lane++) {
          expected[lane] = table[half * LANES + lane]! * scale;
          if (found[lane] !== expectedBits[lane]) {
            expect.fail(
              `pair ${half * LANES + lane}, scales ${scaleA} ${scaleW}: ${found[lane]}, ${expectedBits[lane]}`,
            );
          }
        }
      });
      expect(checked).toBe(inputs);
    });

    it(`of the exact MAC equals integer arithmetic on all ${inputs} inputs`, () => {
      const { module, unitExponent, denominator, width } = oneLane(format);
      const [low, high] = [new Uint32Array(LANES), new Uint32Array(LANES)];
      const units = gains.map((row) =>
        row.map((g) => (Rational.toNumber(g) * denominator) / 2 ** unitExponent),
      );
      const checked = sweep(module, { scaleWidth }, (scaleA, scaleW, half, engine) => {
        const scale = scales[scaleA]! * scales[scaleW]!;
        const nan = engine.output('nan').vectors[0]! !== 0;
        if (nan !== Number.isNaN(scale)) expect.fail(`nan is ${nan} for scales ${scaleA} ${scaleW}`);
        if (nan) return;
        const term = engine.output('term');
        term.read(0, 32, low);
        term.read(32, width - 32, high);
        const [a, w] = [choiceOf(format, scaleA), choiceOf(format, scaleW)];
        const unit = Math.round(scale * units[a]![w]! * 4); // an integer: elements count half units on each side
        const table = products[a]![w]!;
        for (let lane = 0; lane < LANES; lane++) {
          const wanted = (table[half * LANES + lane]! * unit) / 4;
          const found = ((high[lane]! << (64 - width)) >> (64 - width)) * 2 ** 32 + low[lane]!;
          if (found !== wanted + 0) {
            expect.fail(
              `pair ${half * LANES + lane}, scales ${scaleA} ${scaleW}: ${found}, expected ${wanted}`,
            );
          }
        }
      });
      expect(checked).toBe(inputs);
    });
  },
);
