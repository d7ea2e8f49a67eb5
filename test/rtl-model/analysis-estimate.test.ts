/** Estimates against recorded synthesis, and pipelines made from them. */
import { describe, expect, it } from 'vitest';
import { CIRCUITS } from '../../bench/estimates/circuits.js';
import { MEASURED } from '../../bench/estimates/comparison.js';
import { readRecorded } from '../../bench/estimates/recorded.js';
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
import { spreadOf } from '../../rtl-model/synthesis/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';

const QUICK = ['add32', 'mul8', 'shift58', 'cmp24', 'mac8'];

describe('estimates against synthesis', () => {
  it.each([...MEASURED])('%s: every quick subject is within the error bars that are told', (name) => {
    const technology = technologyByName(name);
    const { errors } = calibrationOf(name);
    const { subjects } = readRecorded(name)!;
    const within = QUICK.map((subject) => {
      const { areaUm2, periodPs } = subjects[subject]!;
      const { area, periodPs: estimated } = estimate(CIRCUITS[subject]!(), technology);
      // The bars are of fits without the subject; with it in the fit the error is at most a little smaller.
      expect(Math.abs(area.areaUm2 / spreadOf(areaUm2).median - 1)).toBeLessThanOrEqual(errors!.area.worst);
      return Math.abs(estimated / spreadOf(periodPs).median - 1);
    });
    for (const error of within) expect(error).toBeLessThanOrEqual(errors!.delay.worst);
  });

  it('are compared on every technology with circuits and designs, and meet the floors of area and delay', () => {
    for (const name of MEASURED) {
      const { errors } = calibrationOf(name);
      const recorded = Object.values(readRecorded(name)!.subjects);
      expect(errors!.circuits).toBeGreaterThanOrEqual(20);
      expect(recorded.length).toBeGreaterThanOrEqual(errors!.circuits);
      expect(recorded.filter(({ kind }) => kind === 'design').length).toBeGreaterThanOrEqual(8);
      expect(errors!.area.meanAbsolute).toBeLessThan(0.1);
      expect(errors!.area.worst).toBeLessThan(0.2);
      for (const quantity of ['delay', 'stages'] as const) {
        const { meanAbsolute, worst } = errors![quantity];
        expect(meanAbsolute).toBeLessThan(0.15);
        expect(worst).toBeLessThan(0.3);
      }
      const { ratios } = errors!;
      expect(ratios.area.meanAbsolute).toBeGreaterThan(errors!.area.meanAbsolute);
      expect(ratios.delay.meanAbsolute).toBeLessThan(0.2);
    }
  });

  it('says how far it is off, and that other technologies were never compared', () => {
    expect(calibrationOf('asap7').errors!.circuits).toBeGreaterThan(20);
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
      new RegExp(
        `one loop through registers needs ${made.loopPeriodPs.toFixed(1)} ps: s2, from total\\[\\d+\\] .*to total\\[\\d+\\] \\(\\d+ cells\\)`,
      ),
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
