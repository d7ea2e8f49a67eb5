/** Whole input spaces in seconds: bit-sliced counters, and comparison inside the netlist. */
import { describe, expect, it } from 'vitest';
import { createMac, type MacDesign } from '../../rtl-model/designs/index.js';
import { bitBlast, CLOCK, defineModule, flatten } from '../../rtl-model/hdl/index.js';
import { prefixAdder } from '../../rtl-model/library/index.js';
import {
  CompiledSimulation,
  compareAtRandom,
  compareExhaustively,
  forEachCombination,
} from '../../rtl-model/simulation/index.js';
import { type BlockFormat, codecOf, SELECTOR_BIT } from '../../src/formats/index.js';
import { Random } from '../../src/numerics/index.js';
import { combinational } from './hardware.js';

describe('counting through all inputs', () => {
  it('reaches every combination once', () => {
    const sum = combinational({ a: 6, b: 5 }, ({ a, b }) => a.plus(b.zeroExtend(6)));
    const engine = new CompiledSimulation(bitBlast(flatten(sum)));
    const seen = new Set<number>();
    const count = forEachCombination(engine, [{ name: 'a' }, { name: 'b' }], (base) => {
      engine.settle();
      engine
        .output('y')
        .read()
        .forEach((y, lane) => {
          const number = base + lane;
          seen.add(number);
          expect(y).toBe(((number >> 5) + (number & 31)) & 63);
        });
    });
    expect(count).toBe(2048);
    expect(seen.size).toBe(2048);
  });

  it('refuses more than it can count', () => {
    const wide = combinational({ a: 32 }, ({ a }) => a.not());
    const engine = new CompiledSimulation(bitBlast(flatten(wide)));
    expect(() => forEachCombination(engine, [{ name: 'a' }], () => {})).toThrow(RangeError);
  });
});

describe('comparing two modules', () => {
  it('agrees that two adders are one, on all 2^21 inputs', () => {
    const result = compareExhaustively(prefixAdder(10, 'ripple'), prefixAdder(10, 'brent-kung'));
    expect(result).toEqual({ vectors: 2 ** 21, difference: undefined });
  });

  it('finds the only inputs that differ', () => {
    const always = combinational({ a: 9, b: 9 }, ({ a, b }) => a.and(b).anyOne());
    const almost = combinational({ a: 9, b: 9 }, ({ a, b }) =>
      a
        .and(b)
        .anyOne()
        .xor(a.equals(300).and(b.equals(17))),
    );
    expect(compareExhaustively(always, almost).difference?.inputs).toEqual({ a: 300n, b: 17n });
  });

  it('finds a difference that takes several cycles to show', () => {
    const counter = (width: number) =>
      defineModule({
        name: `counter_${width}`,
        summary: 'counts',
        clock: CLOCK,
        inputs: { en: 1 },
        body: (m, { en }) => {
          const count = m.feedbackRegister('count', width, { stage: 's1', enable: en });
          m.setNext(count, count.plus(1));
          return {
            full: count
              .truncate(5)
              .allOnes()
              .and(count.bit(-1).or(count.bit(4))),
          };
        },
      });
    expect(compareAtRandom(counter(5), counter(5), new Random(1), 200).difference).toBeUndefined();
    const stuck = defineModule({
      name: 'stuck',
      summary: 'never full',
      clock: CLOCK,
      inputs: { en: 1 },
      body: (m) => ({ full: m.constant(1, 0) }),
    });
    const { difference } = compareAtRandom(counter(5), stuck, new Random(1), 200);
    expect(difference?.cycle).toBeGreaterThan(30);
  });
});

/** Every product of one lane with both scales, in the accumulator after one edge, against the codecs. */
function laneMismatches(design: MacDesign): { vectors: number; mismatches: number } {
  const { protocol, netlist } = design;
  const engine = new CompiledSimulation(bitBlast(netlist));
  engine.input(protocol.enable).fill(1);
  engine.input(protocol.first!).fill(1);
  const format = design.a as BlockFormat;
  const value = elementTimesScale(format, protocol.a.codeWidth, protocol.a.scaleWidth);
  const [{ port, width, unitExponent }] = protocol.results;
  const result = engine.output(port);
  const unit = 2 ** unitExponent;
  const operandBits = protocol.a.codeWidth + protocol.a.scaleWidth;
  const [low, high] = [new Uint32Array(128), new Uint32Array(128)];
  let mismatches = 0;
  const ports = [protocol.a.scales!, protocol.a.codes, protocol.w.scales!, protocol.w.codes];
  const vectors = forEachCombination(
    engine,
    ports.map((name) => ({ name })),
    (base) => {
      engine.clock();
      engine.settle();
      result.read(0, 32, low);
      result.read(32, Math.min(32, width - 32), high);
      for (let lane = 0; lane < 128; lane++) {
        const number = base + lane;
        const expected = value[number >>> operandBits]! * value[number & (2 ** operandBits - 1)]!;
        if (Number.isNaN(expected)) continue;
        const top = (high[lane]! << (64 - width)) >> (64 - width);
        if ((top * 2 ** 32 + low[lane]!) * unit !== expected) mismatches++;
      }
    },
  );
  return { vectors, mismatches };
}

/** value(scale) × gain × value(element), times the gains' common denominator to stay exact; NaN for NaN scales. */
function elementTimesScale(format: BlockFormat, codeWidth: number, scaleWidth: number): Float64Array {
  const scale = codecOf(format.scale);
  return Float64Array.from({ length: 2 ** (codeWidth + scaleWidth) }, (_, number) => {
    const [scaleCode, code] = [number >> codeWidth, number & (2 ** codeWidth - 1)];
    const selected = format.selector !== 'none' && (scaleCode & SELECTOR_BIT) !== 0 ? 1 : 0;
    const { element, gain } = format.choices[selected]!;
    const denominator = format.choices.reduce((d, choice) => d * Number(choice.gain.denominator), 1);
    const numerator = (Number(gain.numerator) * denominator) / Number(gain.denominator);
    const bits = format.selector === 'none' ? scaleCode : scaleCode & (SELECTOR_BIT - 1);
    return scale.decode(bits) * numerator * codecOf(element).decode(code);
  });
}

describe('one lane with its scales, every input', () => {
  it.each([
    ['nvfp4-exact', 22],
    ['if4-exact49', 24],
  ])('%s: 2^%i products', (name, bits) => {
    const design = createMac(name, { lanes: 1, pipeline: false });
    expect(laneMismatches(design)).toEqual({ vectors: 2 ** bits, mismatches: 0 });
  });
});
