/** The factor that the types of two blocks put on their product, against the gains of the formats. */
import { describe, expect, it } from 'vitest';
import { factorPlan } from '../../../rtl-model/designs/index.js';
import { IF3, IF4, MIXFP4, NVFP4 } from '../../../src/formats/index.js';

describe('the plan of a factor', () => {
  // Gains × steps of the two choices, in the finest steps: IF4 7 and 6 · 2, MixFP4 7 and 12, IF3 3 and 4.
  it.each([
    [IF4, [49, 84, 144]],
    [MIXFP4, [49, 84, 144]],
    [IF3, [9, 12, 16]],
  ] as const)('of $name gives the products of its gains, up to a power of two of all', (format, products) => {
    const plan = factorPlan(format)!;
    const base = plan.constantPlaces.reduce((sum, place) => sum + 2 ** place, 0);
    const found = plan.classes.map(({ place, extraShift }) => (base + 2 ** place) * 2 ** extraShift);
    expect(plan.classes.map(({ factor }) => factor)).toEqual(
      plan.classes.map(({ place }) => base + 2 ** place),
    );
    const unit = found[0]! / products[0]!;
    expect(found).toEqual(products.map((product) => product * unit));
  });

  it('of IF4 has two constant rows and one chosen', () => {
    expect(factorPlan(IF4)!.constantPlaces).toHaveLength(2);
  });

  it('does not exist where there is nothing to choose', () => {
    expect(factorPlan(NVFP4)).toBeUndefined();
  });
});
