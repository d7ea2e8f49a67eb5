import { describe, expect, it } from 'vitest';
import { createDesign } from '../../rtl-model/designs/index.js';
import { figuresOf, MACHINE_MODELS, planMma } from '../../src/machine/index.js';

describe('every machine model', () => {
  it.each([...MACHINE_MODELS.values()])('$name has finite figures, each with a source', (model) => {
    const figures = figuresOf(model);
    expect(figures.length).toBeGreaterThan(20);
    for (const { path, figure } of figures) {
      expect(Number.isFinite(figure.value) && figure.value >= 0, path).toBe(true);
      expect(figure.source.length, path).toBeGreaterThan(10);
    }
  });

  it('hopper is measured: at most a tenth of its figures are assumptions', () => {
    const figures = figuresOf(MACHINE_MODELS.get('hopper')!);
    const assumed = figures.filter(({ figure }) => figure.source.startsWith('assumption:'));
    expect(assumed.length).toBeLessThanOrEqual(figures.length / 10);
  });

  it('fp4core has the MAC that computes what its default semantic says, at the depth of its netlist', () => {
    const { mma, banks, defaultSemantic } = MACHINE_MODELS.get('fp4core')!;
    if (mma.rate.kind !== 'grid' || !('from' in mma.rate.mac)) throw new Error('no netlist');
    const design = createDesign(mma.rate.mac.design);
    expect(design.kind === 'mac' && design.semantic.name).toBe(defaultSemantic);
    const plan = planMma(mma.rate, { m: 64, n: 64, k: 64, bits: 4, source: 'shared' }, banks);
    expect(plan.busyCycles).toBe((64 * 64 * 64) / (8 * 8 * design.lanes));
    expect(plan.latencyCycles - plan.busyCycles).toBe(design.latencyCycles);
  });

  it('blackwell takes 128 cycles for m128n256k64 of 4-bit elements, as its published peak says', () => {
    const { mma, banks } = MACHINE_MODELS.get('blackwell')!;
    const plan = planMma(mma.rate, { m: 128, n: 256, k: 64, bits: 4, source: 'shared' }, banks);
    expect(plan.steps * plan.busyCycles).toBe(128);
  });
});
