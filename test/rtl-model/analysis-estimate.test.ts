/** Estimates against recorded synthesis, and pipelines made from them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CIRCUITS } from '../../bench/estimates/circuits.js';
import {
  analyseTiming,
  calibrationOf,
  cleanUp,
  driverOf,
  estimate,
  estimateLogic,
  implement,
  pipeline,
  readsOf,
  UNCALIBRATED,
} from '../../rtl-model/analysis/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';

describe('estimates against synthesis', () => {
  type Synthesis = Record<string, Record<string, { areaUm2: number; periodPs: number }>>;
  const file = join(import.meta.dirname, '..', 'data', 'estimates', 'synthesis.json');
  const synthesis = JSON.parse(readFileSync(file, 'utf8')) as Synthesis;

  it.each(Object.keys(synthesis))('%s: mean errors of area below 0.05 and of period below 0.16', (name) => {
    const technology = technologyByName(name);
    const errors = Object.entries(synthesis[name]!).map(([circuit, { areaUm2, periodPs }]) => {
      const { area, periodPs: estimated } = estimate(CIRCUITS[circuit]!(), technology);
      return { area: Math.abs(area.areaUm2 / areaUm2 - 1), period: Math.abs(estimated / periodPs - 1) };
    });
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(errors.length).toBeGreaterThanOrEqual(15);
    expect(mean(errors.map(({ area }) => area))).toBeLessThan(0.05);
    expect(mean(errors.map(({ period }) => period))).toBeLessThan(0.16);
  });

  it('says how far it is off, and that other technologies were never compared', () => {
    expect(calibrationOf('asap7').errors!.circuits).toBe(15);
    expect(calibrationOf('mine')).toBe(UNCALIBRATED);
    expect(calibrationOf('toString')).toBe(UNCALIBRATED);
  });

  it('scales everything by the calibration alike', () => {
    const logic = cleanUp(CIRCUITS.mul4!());
    const technology = technologyByName('ihp');
    const plain = estimateLogic(logic, technology, UNCALIBRATED);
    const scaled = estimateLogic(logic, technology, { areaFactor: 2, delayFactor: 3, errors: undefined });
    expect(scaled.area.areaUm2).toBeCloseTo(2 * plain.area.areaUm2, 9);
    expect(scaled.periodPs).toBeCloseTo(3 * plain.periodPs, 9);
    expect(scaled.stages[0]!.path.steps.at(-1)!.arrivalPs).toBeCloseTo(
      3 * plain.stages[0]!.path.steps.at(-1)!.arrivalPs,
      9,
    );
  });
});

describe('pipelining', () => {
  const timing = analyseTiming(implement(cleanUp(CIRCUITS.mul12!()), technologyByName('asap7')));

  /** No cell reads a later stage. */
  function expectLegal({ netlist }: typeof timing, stages: Int32Array): void {
    for (let cell = 0; cell < stages.length; cell++) {
      for (const net of readsOf(netlist, cell)) {
        const driver = driverOf(netlist, net);
        if (driver >= 0 && driver < stages.length) expect(stages[driver]!).toBeLessThanOrEqual(stages[cell]!);
      }
    }
  }

  it('gets shorter periods from more stages, with more registers', () => {
    const pipelines = [1, 2, 3, 4].map((stages) => pipeline(timing, { stages }));
    pipelines.forEach((made, i) => {
      expectLegal(timing, made.stageOfCell);
      expect(made.latencyCycles).toBeLessThanOrEqual(i + 1);
      if (i === 0) return;
      expect(made.periodPs).toBeLessThan(pipelines[i - 1]!.periodPs);
      expect(made.registerBits).toBeGreaterThan(pipelines[i - 1]!.registerBits);
    });
    expect(pipelines[0]!.registerBits).toBe(24);
    expect(pipelines[1]!.periodPs).toBeLessThan(0.65 * pipelines[0]!.periodPs);
  });

  it('takes the fewest stages that meet a period', () => {
    const two = pipeline(timing, { stages: 2 });
    const again = pipeline(timing, { periodPs: two.periodPs * 1.001 });
    expect(again.latencyCycles).toBe(2);
    expect(again.periodPs).toBeLessThanOrEqual(two.periodPs * 1.001);
    expect(pipeline(timing, { periodPs: 1e6 }).latencyCycles).toBe(1);
  });

  it('keeps an accumulator whole and says what it needs', () => {
    const accumulator = analyseTiming(implement(cleanUp(CIRCUITS.mac8!()), technologyByName('asap7')));
    const made = pipeline(accumulator, { stages: 6 });
    expectLegal(accumulator, made.stageOfCell);
    expect(made.loopPeriodPs).toBeGreaterThan(0);
    expect(made.periodPs).toBeGreaterThanOrEqual(made.loopPeriodPs);
    expect(made.periodPs).toBeLessThan(1.1 * made.loopPeriodPs);
    expect(() => pipeline(accumulator, { periodPs: made.loopPeriodPs / 2 })).toThrow(
      new RegExp(`one loop through registers needs ${made.loopPeriodPs.toFixed(1)} ps`),
    );
  });

  it('refuses goals that make no sense', () => {
    for (const goal of [
      {},
      { stages: 2, periodPs: 100 },
      { stages: 0 },
      { stages: 1.5 },
      { periodPs: Number.NaN },
    ]) {
      expect(() => pipeline(timing, goal)).toThrow(ConfigurationError);
    }
    expect(() => pipeline(timing, { periodPs: 1 }, 1.5)).toThrow(
      /a period of 1.0 ps cannot be met: one cell needs/,
    );
  });
});
