/** FP32 and FP16 adders and multipliers against the processor's own float32 arithmetic and against the codecs. */
import { describe, expect, it } from 'vitest';
import { bitBlast, flatten, type Module } from '../../rtl-model/hdl/index.js';
import { type FloatOptions, floatAdder, floatMultiplier } from '../../rtl-model/library/index.js';
import { CompiledSimulation, Interpreter } from '../../rtl-model/simulation/index.js';
import { codecOf, E4M3_IEEE, type FloatFormat, FP16, FP32 } from '../../src/formats/index.js';
import { bitsToFloat32, float32Bits, hex, Random } from '../../src/numerics/index.js';

type Operation = (a: number, b: number) => number;

const UNITS: Record<
  string,
  { unit: typeof floatAdder | typeof floatMultiplier; means: Operation; output: string }
> = {
  add: { unit: floatAdder, means: (a, b) => a + b, output: 'sum' },
  multiply: { unit: floatMultiplier, means: (a, b) => a * b, output: 'product' },
};

const EDGE_EXPONENTS = [0, 1, 2, 23, 24, 25, 102, 103, 126, 127, 128, 129, 150, 151, 231, 252, 253, 254, 255];
const EDGE_FRACTIONS = [0, 1, 2, 3, 0x3fffff, 0x400000, 0x400001, 0x555555, 0x7ffffe, 0x7fffff];

/** Float32 codes: edge exponents × edge fractions, uniform bits, or near a partner (cancellation, ties). */
function drawFloat32(random: Random, partner: number): number {
  const sign = random.below(2) * 0x80000000;
  const near = (partner ^ (random.below(2) << 31)) + random.below(7) - 3 + random.below(3) * 0x800000;
  const edge = sign + random.pick(EDGE_EXPONENTS) * 0x800000 + random.pick(EDGE_FRACTIONS);
  return [edge, random.uint32(), near, edge][random.below(4)]! >>> 0;
}

/** Flushes a float32 code to zero of its sign when it is subnormal. */
const flush = (bits: number) => ((bits & 0x7f800000) === 0 ? (bits & 0x80000000) >>> 0 : bits);

function expectedFloat32(means: Operation, { subnormals }: FloatOptions, a: number, b: number): number {
  const prepare = (bits: number) => bitsToFloat32(subnormals === 'flush' ? flush(bits) : bits);
  // One double operation on float32 operands, then one rounding, is correctly rounded (53 ≥ 2·24 + 2).
  const result = Math.fround(means(prepare(a), prepare(b)));
  const bits = Number.isNaN(result) ? 0x7fffffff : float32Bits(result);
  return subnormals === 'flush' ? flush(bits) : bits;
}

function runBatch(engine: CompiledSimulation, output: string, a: Uint32Array, b: Uint32Array): Uint32Array {
  engine.input('a').write(a);
  engine.input('b').write(b);
  engine.settle();
  return engine.output(output).read();
}

describe.each(Object.entries(UNITS))('FP32 %s', (name, { unit, means, output }) => {
  it.each(['keep', 'flush'] as const)(
    'equals the processor on 500,000 pairs, subnormals: %s',
    (subnormals) => {
      const engine = new CompiledSimulation(bitBlast(flatten(unit(FP32, { subnormals }) as Module)));
      const random = new Random(32).split(name + subnormals);
      const [a, b] = [new Uint32Array(128), new Uint32Array(128)];
      for (let batch = 0; batch < 500_000 / 128; batch++) {
        for (let lane = 0; lane < 128; lane++) {
          a[lane] = drawFloat32(random, random.uint32());
          b[lane] = drawFloat32(random, a[lane]!);
        }
        const results = runBatch(engine, output, a, b);
        for (let lane = 0; lane < 128; lane++) {
          const expected = expectedFloat32(means, { subnormals }, a[lane]!, b[lane]!);
          if (results[lane] !== expected) {
            const [x, y, got, want] = [a[lane]!, b[lane]!, results[lane]!, expected].map((bits) =>
              hex(bits, 8),
            );
            expect.fail(`${name} ${x} ${y}: ${got}, expected ${want}`);
          }
        }
      }
    },
  );

  it('equals the processor without NaN and infinities wherever neither occurs', () => {
    const options = { subnormals: 'flush', values: 'finite' } as const;
    const engine = new CompiledSimulation(bitBlast(flatten(unit(FP32, options) as Module)));
    const random = new Random(33).split(name);
    const hasFiniteValue = (bits: number) => (bits & 0x7f800000) !== 0x7f800000;
    const drawn = (partner: number): number => {
      const bits = drawFloat32(random, partner);
      return hasFiniteValue(bits) ? bits : drawn(partner);
    };
    let compared = 0;
    for (let batch = 0; batch < 100_000 / 128; batch++) {
      const a = Uint32Array.from({ length: 128 }, () => drawn(random.uint32()));
      const b = a.map((partner) => drawn(partner));
      const results = runBatch(engine, output, a, b);
      results.forEach((found, lane) => {
        const expected = expectedFloat32(means, options, a[lane]!, b[lane]!);
        if (!hasFiniteValue(expected)) return;
        compared++;
        if (found !== expected)
          expect.fail(`${name} ${hex(a[lane]!, 8)} ${hex(b[lane]!, 8)}: ${hex(found, 8)}`);
      });
    }
    expect(compared).toBeGreaterThan(50_000);
  });

  it('is the same circuit in the interpreter', () => {
    const netlist = flatten(unit(FP32, { subnormals: 'keep' }) as Module);
    const [slow, fast] = [new Interpreter(netlist), new CompiledSimulation(bitBlast(netlist))];
    const random = new Random(33).split(name);
    for (let i = 0; i < 1000; i++) {
      const a = drawFloat32(random, random.uint32());
      const b = drawFloat32(random, a);
      for (const [port, bits] of Object.entries({ a, b })) {
        slow.set(port, bits);
        fast.input(port).set(5, bits);
      }
      slow.settle();
      fast.settle();
      expect(fast.output(output).get(5), `${hex(a, 8)} ${hex(b, 8)}`).toBe(slow.get(output));
    }
  });
});

describe.each(Object.entries(UNITS))('%s in every code', (_, { unit, means, output }) => {
  it('of E4M3 with infinities equals the codec', () => {
    exhaustive(E4M3_IEEE, unit(E4M3_IEEE, { subnormals: 'keep' }) as Module, means, output, 256);
  });
  it('of FP16, sampled, equals the codec', () => {
    exhaustive(FP16, unit(FP16, { subnormals: 'keep' }) as Module, means, output, 65536);
  });
});

/** All pairs for formats of 8 bits; 128 × 2,000 pairs otherwise. */
function exhaustive(
  format: FloatFormat,
  module: Module,
  means: Operation,
  output: string,
  codes: number,
): void {
  const engine = new CompiledSimulation(bitBlast(flatten(module)));
  const codec = codecOf(format);
  const random = new Random(codes);
  const [a, b] = [new Uint32Array(128), new Uint32Array(128)];
  const batches = codes === 256 ? 512 : 2000;
  for (let batch = 0; batch < batches; batch++) {
    for (let lane = 0; lane < 128; lane++) {
      const index = batch * 128 + lane;
      [a[lane], b[lane]] =
        codes === 256 ? [index & 255, index >> 8] : [random.below(codes), random.below(codes)];
    }
    const results = runBatch(engine, output, a, b);
    for (let lane = 0; lane < 128; lane++) {
      const result = means(codec.decode(a[lane]!), codec.decode(b[lane]!));
      const nan = codes / 2 - 1;
      const expected = Number.isNaN(result) ? nan : codec.encode(result, { overflow: 'special' });
      expect(results[lane], `${a[lane]} ${b[lane]}`).toBe(expected);
    }
  }
}
