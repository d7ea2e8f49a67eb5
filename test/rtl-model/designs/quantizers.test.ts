/** Quantise units against the quantiser of `src/formats`, block by block. */
import { describe, expect, it } from 'vitest';
import { createDesign, type UnitDesign } from '../../../rtl-model/designs/index.js';
import { bitBlast, flatten, type Module } from '../../../rtl-model/hdl/index.js';
import { floatDivider } from '../../../rtl-model/library/index.js';
import {
  describeUnitMismatch,
  expectedBlocks,
  randomBlocks,
  UnitBench,
} from '../../../rtl-model/proof/index.js';
import { CompiledSimulation, LANES } from '../../../rtl-model/simulation/index.js';
import { BF16, BLOCK_FORMATS, type BlockFormat, codecOf, FP32 } from '../../../src/formats/index.js';
import { bitsToFloat32, float32Bits, Random } from '../../../src/numerics/index.js';

const bf16 = codecOf(BF16);
const f = Math.fround;

function unit(name: string): UnitDesign {
  const design = createDesign(name);
  if (design.kind === 'mac') throw new TypeError(`${name} is a MAC`);
  return design;
}

const CASES = [
  { name: 'quant-nvfp4', blocks: 12_800 },
  { name: 'quant-four-over-six', blocks: 6_400 },
  { name: 'quant-if4', blocks: 6_400 },
] as const;

describe.each(CASES)('$name', ({ name, blocks }) => {
  const design = unit(name);

  it.each([1, 2, 3])('equals the quantiser on random blocks, seed %i', (seed) => {
    const report = new UnitBench(design).random(new Random(seed).split(name), blocks);
    expect(report.mismatches.slice(0, 3).map(describeUnitMismatch)).toEqual([]);
    expect(report.blocks).toBe(blocks);
  });

  it('is seen to differ by one code', () => {
    const bench = new UnitBench(design);
    const data = randomBlocks(new Random(4), 300);
    const { inputs, expected } = expectedBlocks(design, data);
    const found = bench.simulate(data, inputs);
    expect(found).toEqual(expected);
    expect(
      bench.simulate(
        data.map((x, i) => (i === 37 ? -x - 1 : x)),
        inputs,
      )[2],
    ).not.toEqual(expected[2]);
  });
});

describe('hadamard16', () => {
  const design = unit('hadamard16');

  it('equals the transform before quantisation, on normal numbers', () => {
    const report = new UnitBench(design).random(new Random(16), 6400);
    expect(report.mismatches.slice(0, 3).map(describeUnitMismatch)).toEqual([]);
    expect(report.blocks).toBe(6400);
  });

  it('cuts what lies more than 24 bits below the largest element', () => {
    const data = new Float32Array(16);
    [data[0], data[1]] = [1, 2 ** -33];
    const [{ y }] = new UnitBench(design).simulate(data) as [{ y: bigint }];
    const found = Array.from({ length: 16 }, (_, i) => bf16.decode(Number((y >> BigInt(16 * i)) & 0xffffn)));
    expect(found).toEqual(new Array(16).fill(0.25));
  });
});

describe('FP32 divider', () => {
  it('equals the processor on 200,000 pairs', () => {
    const engine = new CompiledSimulation(bitBlast(flatten(floatDivider(FP32) as Module)));
    const random = new Random(7);
    const draw = () => {
      const edge =
        random.pick([0, 1, 2, 63, 126, 127, 128, 190, 253, 254]) * 0x800000 +
        random.pick([0, 1, 0x400000, 0x7fffff]);
      const bits =
        [edge, random.uint32(), edge + random.below(9), random.below(2 ** 24)][random.below(4)]! >>> 0;
      return (bits & 0x7f800000) === 0x7f800000 ? bits & 0xff800000 : bits; // infinities, but no NaN
    };
    for (let batch = 0; batch < 200_000 / LANES; batch++) {
      const [a, b] = [Uint32Array.from({ length: LANES }, draw), Uint32Array.from({ length: LANES }, draw)];
      engine.input('a').write(a);
      engine.input('b').write(b);
      engine.settle();
      const found = engine.output('quotient').read();
      for (let lane = 0; lane < LANES; lane++) {
        const expected = f(bitsToFloat32(a[lane]!) / bitsToFloat32(b[lane]!));
        if (!Number.isNaN(expected) && found[lane] !== float32Bits(expected)) {
          expect.fail(`${a[lane]!.toString(16)} / ${b[lane]!.toString(16)}: ${found[lane]!.toString(16)}`);
        }
      }
    }
  });
});

it('every quantise unit names a format of the catalogue', () => {
  for (const { name } of CASES) expect(BLOCK_FORMATS.has((unit(name).format as BlockFormat).name)).toBe(true);
});
