/** Comparison of MACs: accuracy against plain arithmetic, overheads and fronts against values made by hand. */
import { describe, expect, it } from 'vitest';
import { createMac } from '../../rtl-model/designs/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import {
  compareMacs,
  frontOf,
  type MacFigures,
  macAccuracy,
  overheadsOver,
  sizeUnder,
  storageBits,
  type Trade,
} from '../../src/compare/index.js';
import { FP32, IF4, MXFP4, matrixFromSource, NVFP4 } from '../../src/formats/index.js';

const operands = (a: string, w: string) => ({
  a: matrixFromSource(a),
  w: matrixFromSource(w),
  name: `${a} and ${w}`,
});
const NORMAL = operands('normal:96x256:1', 'normal:96x256:2');

describe('accuracy of a MAC', () => {
  it('follows from the errors of its two operands where nothing else rounds', () => {
    // NVFP4 on N(0,1) has a mean squared error of 0.00905: two operands, independent errors.
    const expected = -10 * Math.log10(2 * 0.00905);
    const { sqnrDb } = macAccuracy(createMac('nvfp4-exact'), NORMAL);
    expect(Math.abs(sqnrDb - expected)).toBeLessThan(1.5);
  });

  it('is better for a format with less error, and for a wider one', () => {
    const [nvfp4, if4, bf16] = ['nvfp4-exact', 'if4-exact49', 'bf16-fused25'].map(
      (name) => macAccuracy(createMac(name), NORMAL).sqnrDb,
    );
    expect(if4!).toBeGreaterThan(nvfp4! + 0.5);
    expect(bf16!).toBeGreaterThan(if4! + 20);
  });

  it('is refused on operands without a signal', () => {
    const zero = { rows: 2, cols: 16, data: new Float32Array(32) };
    expect(() => macAccuracy(createMac('nvfp4-exact'), { a: zero, w: zero, name: 'zeros' })).toThrow(
      /zeros: the dot products are all zero/,
    );
  });
});

describe('a comparison', () => {
  const designs = new Map(['nvfp4-exact', 'if4-exact49'].map((name) => [name, createMac(name)]));
  const comparison = compareMacs(designs, [technologyByName('asap7'), technologyByName('unit')], [NORMAL]);

  it('has a row for every design and technology, with widths from the netlist', () => {
    expect(comparison.rows.map(({ design, technology }) => `${design} ${technology}`)).toEqual([
      'nvfp4-exact asap7',
      'nvfp4-exact unit',
      'if4-exact49 asap7',
      'if4-exact49 unit',
    ]);
    const [{ stages, exact }] = comparison.rows as [MacFigures];
    expect(exact).toBe(true);
    expect(stages.map(({ stage }) => stage)).toEqual(['s1_multiply', 's2_scale', 's3_accumulate']);
    // The accumulator of 58 bits, done and the NaN flag.
    expect(stages[2]!.bits).toBe(60);
  });

  it('counts overheads under every denominator, the largest diluting most', () => {
    const [overhead] = overheadsOver(comparison, 'nvfp4-exact');
    const [base, , other] = comparison.rows as [MacFigures, MacFigures, MacFigures];
    expect(overhead!.size['block MAC']).toBeCloseTo(other.estimate.areaUm2 / base.estimate.areaUm2, 6);
    expect(overhead!.size['block MAC']).toBeGreaterThan(overhead!.size['tensor core']);
    expect(overhead!.size['tensor core']).toBeGreaterThan(1);
    expect(sizeUnder('lanes and tree', base)).toBeLessThan(base.estimate.nand2e);
    expect(sizeUnder('tensor core', base) - base.estimate.nand2e).toBeCloseTo(16 * 484 * 0.5, 6);
  });

  it('has no overheads over a design that is not there', () => {
    expect(overheadsOver(comparison, 'nvfp4-lanes')).toEqual([]);
  });
});

describe('a front', () => {
  const row = (design: string, energyPerMacFj: number, sqnrDb: number) =>
    ({ design, energyPerMacFj, sqnrDb }) as unknown as MacFigures;
  const trade: Trade = {
    name: 'energy and error',
    x: { title: 'energy', better: 'less', value: (one) => one.energyPerMacFj },
    y: { title: 'error', better: 'more', value: (one) => one.sqnrDb },
  };

  it('keeps what nothing beats, equals included, in the order of x', () => {
    const rows = [row('dear', 9, 30), row('worse', 5, 10), row('cheap', 1, 10), row('twin', 1, 10)];
    expect(frontOf(trade, rows).map(({ design }) => design)).toEqual(['cheap', 'twin', 'dear']);
  });
});

describe('storage', () => {
  it('counts scales as stored', () => {
    expect([NVFP4, IF4, MXFP4, FP32].map(storageBits)).toEqual([4.5, 4.5, 4.25, 32]);
  });
});
