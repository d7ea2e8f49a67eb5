/** The level-1 vectors of MACs: bounded, the same every time, with every class. */
import { describe, expect, it } from 'vitest';
import {
  createMac,
  fieldsOf,
  LEVEL_ONE_CLASSES,
  LEVEL_ONE_SLICES,
  levelOneSegments,
} from '../../../rtl-model/designs/index.js';

describe.each(['nvfp4-lanes', 'if4-fp32-49', 'mxfp4-exact', 'hif4-exact', 'bf16-fused25'])(
  'level 1 of %s',
  (name) => {
    const design = createMac(name);
    const segments = [...levelOneSegments(design)];

    it('has about 50,000 slices, in segments of whole blocks', () => {
      const slices = segments.reduce((sum, segment) => sum + segment.slices.length, 0);
      expect(slices).toBeGreaterThanOrEqual(LEVEL_ONE_SLICES);
      expect(slices).toBeLessThan(50_000);
      const perBlock = design.a.kind === 'block' ? Math.max(1, design.a.blockSize / design.lanes) : 1;
      expect(segments.every((segment) => segment.slices.length % perBlock === 0)).toBe(true);
    });

    it('names the class of each segment', () => {
      const used = new Set(segments.map((segment) => segment.class));
      expect([...used].filter((one) => !LEVEL_ONE_CLASSES.has(one))).toEqual([]);
      const inapplicable = design.a.kind === 'block' ? ['one-special', 'places'] : ['largest', 'ties'];
      const missing = [...LEVEL_ONE_CLASSES.keys()].filter((one) => !used.has(one));
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
