/** Quantise units against the quantiser of `src/formats`, block by block. */
import { describe, expect, it } from 'vitest';
import { createDesign, type UnitDesign } from '../../../rtl-model/designs/index.js';
import { bitBlast, flatten, type Module } from '../../../rtl-model/hdl/index.js';
import { floatDivider } from '../../../rtl-model/library/index.js';
import { CompiledSimulation, LANES } from '../../../rtl-model/simulation/index.js';
import {
  BF16,
  BLOCK_FORMATS,
  type BlockFormat,
  codecOf,
  FP32,
  NVFP4,
  quantize,
  quantizerInput,
  resolvePolicy,
} from '../../../src/formats/index.js';
import { bitsToFloat32, float32Bits, Random } from '../../../src/numerics/index.js';

const bf16 = codecOf(BF16);
const FLOAT_MAX = Math.fround(3.4028234663852886e38);
const f = Math.fround;

function unit(name: string): UnitDesign {
  const design = createDesign(name);
  if (design.kind === 'mac') throw new TypeError(`${name} is a MAC`);
  return design;
}

/** Rows of 16 BF16 values: normal numbers under a wide range of block scales, zeros, −0, ties, one large element. */
function randomBlocks(random: Random, count: number): Float32Array {
  const data = new Float32Array(count * 16);
  for (let block = 0; block < count; block++) {
    const kind = random.below(8);
    const exponent = kind < 4 ? 0 : -random.below(kind === 7 ? 40 : 14);
    for (let i = 0; i < 16; i++) {
      let x = random.normal() * 2 ** exponent;
      if (kind === 5 && i > 0) x *= 2 ** -random.below(20);
      if (kind === 6) x = (random.below(25) - 12) * 0.25 * 2 ** exponent;
      if (random.below(24) === 0) x = random.below(2) === 0 ? 0 : -0;
      data[block * 16 + i] = bf16.decode(bf16.encode(x));
    }
  }
  data[0] = bf16.decode(bf16.encode(3)); // the largest element of the tensor is known to be ordinary
  return data;
}

/** BF16 codes that the transform unit makes of rows of 16. */
function transformed(design: UnitDesign, data: Float32Array): Uint32Array {
  const engine = new CompiledSimulation(bitBlast(design.netlist));
  engine.input('en').fill(1);
  const codes = new Uint32Array(data.length);
  for (let start = 0; start < data.length; start += 16 * LANES) {
    for (let i = 0; i < 16; i++) {
      const column = Uint32Array.from({ length: LANES }, (_, lane) =>
        bf16.encode(data[start + lane * 16 + i] ?? 0),
      );
      engine.input('x').write(column, i * 16, 16);
    }
    engine.run(design.latencyCycles);
    engine.settle();
    for (let i = 0; i < 16; i++) {
      const column = engine.output('y').read(i * 16, 16);
      for (let lane = 0; lane < LANES && start + lane * 16 < data.length; lane++)
        codes[start + lane * 16 + i] = column[lane]!;
    }
  }
  return codes;
}

interface Block {
  readonly codes: string;
  readonly scale: number;
}

/** What the unit makes of each block: `inputs` gives further port values. */
function runUnit(design: UnitDesign, data: Float32Array, inputs: Readonly<Record<string, number>>): Block[] {
  const engine = new CompiledSimulation(bitBlast(design.netlist));
  for (const [port, bits] of Object.entries(inputs)) engine.input(port).fill(bits);
  const blocks = data.length / 16;
  const results: Block[] = [];
  const enable = engine.input(design.protocol.enable);
  for (let first = 0; first < blocks; first += LANES) {
    const here = Math.min(LANES, blocks - first);
    for (let i = 0; i < 16; i += 2) {
      const values = Uint32Array.from({ length: LANES }, (_, lane) => {
        const at = (first + lane) * 16 + i;
        return lane < here ? ((bf16.encode(data[at + 1]!) << 16) | bf16.encode(data[at]!)) >>> 0 : 0;
      });
      engine.input('x').write(values, i * 16, 32);
    }
    enable.fill(1);
    engine.clock();
    enable.fill(0);
    engine.input('x').fill(0); // the unit keeps what it needs
    for (let cycle = 1; cycle < design.latencyCycles; cycle++) {
      engine.settle();
      expect(engine.output('done').vectors.every((word) => word === 0)).toBe(true);
      engine.clock();
    }
    engine.settle();
    expect(engine.output('done').vectors.every((word) => word === 0xffffffff)).toBe(true);
    const halves = [engine.output('codes').read(0, 32), engine.output('codes').read(32, 32)];
    const scales = engine.output('scale_code').read();
    for (let lane = 0; lane < here; lane++) {
      const codes = halves
        .map((half) => half[lane]!.toString(16).padStart(8, '0'))
        .reverse()
        .join('');
      results.push({ codes, scale: scales[lane]! });
    }
    engine.clock();
  }
  return results;
}

/** The same by the software quantiser. */
function reference(
  format: BlockFormat,
  data: Float32Array,
  policy: string,
): { blocks: Block[]; factor: number[] } {
  const result = quantize(format, { rows: data.length / 16, cols: 16, data }, policy);
  const blocks = Array.from(result.scales, (scale, b) => {
    const codes = Array.from(result.codes.subarray(b * 16, b * 16 + 16), (code) => code.toString(16));
    return { codes: codes.reverse().join(''), scale };
  });
  return { blocks, factor: [result.tensorFactor!.amax, result.tensorFactor!.divisor] };
}

const CASES = [
  { name: 'quant-nvfp4', blocks: 12_800 },
  { name: 'quant-four-over-six', blocks: 6_400 },
  { name: 'quant-if4', blocks: 6_400 },
] as const;

describe.each(CASES)('$name', ({ name, blocks }) => {
  const design = unit(name);
  const format = design.format as BlockFormat;

  it.each([1, 2, 3])('equals the quantiser on random blocks, seed %i', (seed) => {
    const data = randomBlocks(new Random(seed).split(name), blocks);
    const { blocks: expected, factor } = reference(format, data, design.policy);
    const [amax, divisor] = factor as [number, number];
    const enc = Math.min(f(divisor / amax), FLOAT_MAX);
    const given: Record<string, number> = { enc: float32Bits(enc), dec: float32Bits(f(1 / enc)) };
    if (design.protocol.inputs.some(({ port }) => port === 'amax')) given.amax = float32Bits(amax);
    const found = runUnit(design, data, given);
    const wrong = found.findIndex(
      (block, b) => block.codes !== expected[b]!.codes || block.scale !== expected[b]!.scale,
    );
    const row = Array.from(data.subarray(wrong * 16, wrong * 16 + 16)).join(' ');
    if (wrong >= 0) {
      expect.fail(
        `block ${wrong} (${row}), amax ${amax}: ${JSON.stringify([found[wrong], expected[wrong]])}`,
      );
    }
    expect(found.length).toBe(blocks);
  });
});

describe('hadamard16', () => {
  const design = unit('hadamard16');

  it('equals the transform before quantisation, on normal numbers', () => {
    const random = new Random(16);
    const data = Float32Array.from({ length: 16 * 6400 }, () =>
      bf16.decode(bf16.encode(random.normal() * 2 ** -random.below(9))),
    );
    const matrix = { rows: 6400, cols: 16, data };
    const expected = quantizerInput(NVFP4, matrix, resolvePolicy(NVFP4, 'hadamard=16')).data;
    const found = transformed(design, data);
    const wrong = found.findIndex((bits, i) => bf16.decode(bits) !== expected[i]! + 0);
    expect(wrong, `value ${wrong}: ${found[wrong]} for ${expected[wrong]}`).toBe(-1);
  });

  it('cuts what lies more than 24 bits below the largest element', () => {
    const data = new Float32Array(16);
    [data[0], data[1]] = [1, 2 ** -33];
    const found = [...transformed(design, data)].map((bits) => bf16.decode(bits));
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
