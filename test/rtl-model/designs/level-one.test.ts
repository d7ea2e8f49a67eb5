/** The level-1 vectors of MACs: bounded, the same every time, with every class. */
import { describe, expect, it } from 'vitest';
import {
  beforeGain,
  boundaryCase,
  CORNERS,
  createDesign,
  createMac,
  fieldsOf,
  LEVEL_ONE_CLASSES,
  LEVEL_ONE_SLICES,
  levelOneBlocks,
  levelOneClassesOf,
  levelOneSegments,
  longCarries,
  singleBits,
  type UnitDesign,
} from '../../../rtl-model/designs/index.js';
import { codecOf, NVFP4 } from '../../../src/formats/index.js';
import { Random } from '../../../src/numerics/index.js';

describe.each(['nvfp4-lanes', 'if4-fp32-49', 'mxfp4-exact', 'hif4-exact', 'bf16-fused25'])(
  'level 1 of %s',
  (name) => {
    const design = createMac(name);
    const segments = [...levelOneSegments(design)];

    it('has about 50,000 slices, in segments of whole blocks', () => {
      const slices = segments.reduce((sum, segment) => sum + segment.slices.length, 0);
      expect(slices).toBeGreaterThanOrEqual(LEVEL_ONE_SLICES);
      expect(slices).toBeLessThan(51_000);
      const perBlock = design.a.kind === 'block' ? Math.max(1, design.a.blockSize / design.lanes) : 1;
      expect(segments.every((segment) => segment.slices.length % perBlock === 0)).toBe(true);
    });

    it('names the class of each segment', () => {
      const used = new Set(segments.map((segment) => segment.class));
      expect([...used].filter((one) => !LEVEL_ONE_CLASSES.has(one))).toEqual([]);
      const inapplicable = design.a.kind === 'block' ? ['one-special', 'places'] : ['largest', 'ties'];
      const missing = [...LEVEL_ONE_CLASSES.keys()].filter((one) => !used.has(one) && !(one in CORNERS));
      expect(missing).toEqual(
        design.a.kind === 'block' ? inapplicable : expect.arrayContaining(inapplicable),
      );
    });

    it('is the same every time', () => {
      const again = [...levelOneSegments(design, 500)];
      expect(again).toEqual(segments.slice(0, again.length));
    });
  },
);

it.each(['quant-nvfp4', 'quant-four-over-six', 'quant-if4', 'hadamard16'])(
  'level 1 of %s comes to an end, with as many blocks of every class',
  (name) => {
    const design = createDesign(name) as UnitDesign;
    const counts = new Map<string, number>();
    for (const { class: own } of levelOneBlocks(design)) counts.set(own, (counts.get(own) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([...levelOneClassesOf(design).keys()].sort());
    const each = [...counts.values()];
    expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1);
    expect(Math.min(...each)).toBeGreaterThan(1000);
  },
);

describe('the corners', () => {
  const segmentsOf = (name: string, corner: string) =>
    [...levelOneSegments(createMac(name))].filter((segment) => segment.class === corner);

  it.each(Object.entries(CORNERS))('%s are in level 1 of their designs', (corner, { designs }) => {
    for (const name of designs) expect(segmentsOf(name, corner).length, name).toBeGreaterThan(0);
  });

  it('leave half a last place and one bit below it in an accumulator', () => {
    const { decode } = codecOf(NVFP4.choices[0].element);
    const scale = codecOf(NVFP4.scale).decode;
    const sums = segmentsOf('nvfp4-lanes', 'lone-sticky').map(({ slices }) => {
      const parts = slices.map(
        ({ a, w }) => decode(a.codes[0]!) * decode(w.codes[0]!) * scale(a.scales[0]!) * scale(w.scales[0]!),
      );
      return { small: parts[0]! + parts[1]! + parts[2]!, large: parts[3]! };
    });
    const own = sums.filter(({ small, large }) => small !== 0 && large !== 0);
    expect(own.length).toBeGreaterThan(100);
    for (const { small, large } of own) {
      const place = 2 ** (Math.floor(Math.log2(Math.abs(large))) - 23);
      const rest = (small / place) % 1;
      // Seen from the lower neighbour: a little more than half, or a little less when it is taken away.
      expect(rest).toBeGreaterThan(0.5);
      expect(rest).toBeLessThanOrEqual(0.75);
      expect(Math.fround(large + small)).not.toBe(large + small);
    }
  });
});

describe('blocks at a boundary', () => {
  it('have an element that one last place of its inverse scale takes over a boundary', () => {
    const random = new Random(3);
    const f = Math.fround;
    const boundaries = [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5];
    const near = Array.from({ length: 300 }, () => boundaryCase(random, boundaries)).map(
      ({ x, dec, scale }) => {
        const y = x * Math.min(f(1 / f(dec * scale)), 2 ** 128 - 2 ** 104);
        return Math.min(...boundaries.map((boundary) => Math.abs(y / boundary - 1)));
      },
    );
    expect(Math.max(...near)).toBeLessThan(2 ** -19);
    expect(near.filter((distance) => distance < 2 ** -22).length).toBeGreaterThan(100);
  });
});

describe('the class negative-zeros', () => {
  it('adds −0 in all lanes but one', () => {
    const design = createMac('nvfp4-lanes');
    const { decode } = codecOf(NVFP4.choices[0].element);
    const slices = [...levelOneSegments(design, 20_000)]
      .filter((segment) => segment.class === 'negative-zeros')
      .flatMap((segment) => segment.slices);
    expect(slices.length).toBeGreaterThan(50);
    for (const { a, w } of slices) {
      const products = Array.from(
        { length: design.lanes },
        (_, i) => decode(a.codes[i]!) * decode(w.codes[i]!),
      );
      expect(products.filter((product) => Object.is(product, -0)).length).toBeGreaterThanOrEqual(15);
    }
  });
});

describe('numbers for gains', () => {
  it('are rounded up to a multiple of 2^16 last places', () => {
    const multiples = longCarries(6 / 7);
    expect(multiples.length).toBeGreaterThan(10);
    expect(multiples.length).toBeLessThan(128);
    for (const multiple of multiples) {
      const exact = beforeGain(multiple, 6 / 7) * Math.fround(6 / 7);
      expect(multiple % 2 ** 16).toBe(0);
      expect(Math.fround(exact)).toBe(multiple);
      expect(exact).toBeLessThan(multiple);
    }
  });

  it('add up to a single bit with different gains', () => {
    const options = [49, 84, 144].map((weight, choice) => ({
      choice,
      weight,
      gain: 1,
      magnitudes: [1, 2, 3, 4],
    }));
    const bits = singleBits(options);
    expect(bits.some(({ digits }) => digits.length === 3)).toBe(true);
    for (const { place, digits } of bits) {
      const sum = digits.reduce((total, { choice, digit }) => total + digit * options[choice]!.weight, 0);
      expect(Math.abs(sum)).toBe(2 ** place);
    }
  });
});

describe('a bubble', () => {
  it('carries noise on every port but the enable, and the same noise every time', () => {
    const design = createMac('nvfp4-lanes');
    const bubble = { slice: undefined, first: false, last: false, addend: 0 };
    const values = (noise: number) => fieldsOf(design).map((field) => field.valueAt({ ...bubble, noise }));
    expect(values(5)).toEqual(values(5));
    expect(values(5)).not.toEqual(values(6));
    expect(Array.from({ length: 50 }, (_, n) => values(n)[0])).toEqual(new Array(50).fill(0));
    expect(new Set(Array.from({ length: 50 }, (_, n) => values(n)[1]))).toEqual(new Set([0, 1]));
  });
});
