/** Every MAC of the registry on constrained-random segments, against the dot oracle; its driver and its options. */
import { describe, expect, it } from 'vitest';
import {
  createDesign,
  createMac,
  DESIGNS,
  type DesignOptions,
  expectationOf,
  type MacDesign,
  randomSegments,
  STIMULUS_CLASSES,
} from '../../../rtl-model/designs/index.js';
import { DesignBench, describeMismatch } from '../../../rtl-model/proof/index.js';
import { Random } from '../../../src/numerics/index.js';

/** A million a design is run by bench/rtl/random-blocks.ts. */
const SLICES = 100_000;
const SEED = 11;
const VARIANT_SLICES = 8_000;

const macs = [...DESIGNS.keys()]
  .map((name) => createDesign(name))
  .filter((d): d is MacDesign => d.kind === 'mac');

function checkRandom(design: MacDesign, slices: number): void {
  const report = new DesignBench(design).random(new Random(SEED).split(design.configuration), slices);
  const text = report.mismatches
    .slice(0, 3)
    .map((mismatch) => describeMismatch(design, mismatch))
    .join('\n');
  expect(report.mismatches.length, `seed ${SEED}, ${design.configuration}\n${text}`).toBe(0);
  expect(report.slices).toBeGreaterThanOrEqual(slices);
}

describe('a MAC equals its oracle on 100,000 random slices, back to back and with bubbles', () => {
  it.each(macs.map((design) => [design.name, design] as const))('%s', (_, design) => {
    checkRandom(design, SLICES);
  });
});

const VARIANTS: readonly [string, DesignOptions][] = [
  ['nvfp4-exact', { readout: 'fp32' }],
  ['nvfp4-exact', { predecode: true }],
  ['nvfp4-exact', { pipeline: false }],
  ['nvfp4-exact', { lanes: 4 }],
  ['nvfp4-exact', { lanes: 32, readout: 'fp32' }],
  ['if4-exact49', { readout: 'fp32' }],
  ['if4-exact49', { lanes: 64, predecode: true }],
  ['mxfp4-exact', { lanes: 32, readout: 'fp32' }],
  ['nvint4-exact', { readout: 'fp32' }],
  ['mixfp4-exact', { readout: 'fp32' }],
  ['hif4-exact', { lanes: 64, readout: 'fp32' }],
  ['hif4-exact', { lanes: 128, predecode: true }],
  ['nvfp4-fp32', { predecode: true }],
  ['if4-fp32-correct', { predecode: true }],
  ['if4-three-acc', { lanes: 8 }],
  ['nvfp4-lanes', { lanes: 8 }],
  ['if4-lanes', { lanes: 4 }],
  ['if4-lanes', { floats: 'finite' }],
  ['nvfp4-lanes', { lanes: 32, floats: 'finite' }],
  ['int8-exact', { lanes: 64 }],
];

describe('a MAC with other options equals its oracle', () => {
  it.each(
    VARIANTS.map(([name, options]) => [createMac(name, options).configuration, name, options] as const),
  )('%s', (_, name, options) => {
    checkRandom(createMac(name, options), VARIANT_SLICES);
  });
});

describe('the comparison', () => {
  const design = createMac('nvfp4-exact');
  const correct = expectationOf(design);

  it('sees a result that is off by one unit', () => {
    const off: MacDesign = {
      ...design,
      expectation: (segment) => correct(segment).map((value) => (value === null ? value : value + 1n)),
    };
    const report = new DesignBench(off).random(new Random(1), 500, ['uniform']);
    expect(report.mismatches.length).toBe(report.segments);
  });

  it('sees a missing result', () => {
    const bench = new DesignBench(design);
    const segments = [...randomSegments(design, new Random(2), { slices: 20 })];
    const report = bench.run([segments], new Random(3));
    expect(report.mismatches).toEqual([]);
    const deaf: MacDesign = { ...design, protocol: { ...design.protocol, done: 'nan' } };
    expect(new DesignBench(deaf).run([segments], new Random(3)).mismatches.length).toBeGreaterThan(0);
  });
});

describe('latency is the register depth of the netlist', () => {
  const latencies: Record<string, number> = {
    'nvfp4-lanes': 7,
    'nvfp4-exact': 3,
    'nvfp4-exact readout=fp32': 5,
    'nvfp4-exact predecode=true': 4,
    'nvfp4-exact pipeline=false': 1,
    'if4-three-acc': 8,
    'if4-fp32-correct': 4,
    'nvfp4-fused35': 5,
    'int8-exact': 2,
  };
  it.each(Object.entries(latencies))('%s: %i', (text, cycles) => {
    const [name, option] = text.split(' ');
    const [key, value] = option?.split('=') ?? [];
    const parsed = value === 'true' ? true : value === 'false' ? false : value;
    expect(createMac(name!, key === undefined ? {} : { [key]: parsed }).latencyCycles).toBe(cycles);
  });
});

describe('accumulator widths follow from the formats', () => {
  it.each([
    ['nvfp4-exact', 58],
    ['if4-exact49', 64],
  ])('%s: %i bits', (name, width) => {
    expect(createMac(name).protocol.results[0].width).toBe(width);
  });
});

describe('stimulus', () => {
  it('is the same for the same seed', () => {
    const design = createMac('if4-exact49');
    const draw = () => [...randomSegments(design, new Random(5), { slices: 50 })];
    expect(draw()).toEqual(draw());
  });

  it.each(Object.keys(STIMULUS_CLASSES))('class %s makes whole blocks', (name) => {
    const design = createMac('hif4-exact');
    for (const { slices } of randomSegments(design, new Random(6), { slices: 40, classes: [name] })) {
      expect(slices.length % 4).toBe(0);
      for (let i = 0; i < slices.length; i++) {
        expect([...Array.from(slices[i]!.a.scales)]).toEqual([...Array.from(slices[i - (i % 4)]!.a.scales)]);
      }
    }
  });
});

describe('bad requests are refused', () => {
  it.each([
    ['nvfp4-exakt', {}, /unknown design "nvfp4-exakt"/],
    ['nvfp4-fused35', { lanes: 32 }, /has no option "lanes"/],
    ['nvfp4-lanes', { readout: 'fp32' }, /has no option "readout"/],
    ['nvfp4-exact', { lanes: 12 }, /12 lanes do not fit blocks of 16/],
    ['nvfp4-exact', { lanes: 0 }, /0 lanes do not fit/],
    ['nvfp4-fp32', { lanes: 8 }, /adds once a block of 16/],
    ['hif4-exact', { lanes: 4 }, /4 lanes do not fit blocks of 64/],
    ['if4-lanes', { lanes: 24 }, /cannot be added in pairs/],
  ] as const)('%s %o', (name, options, message) => {
    expect(() => createDesign(name, options)).toThrow(message);
  });
});
