import { describe, expect, it } from 'vitest';
import { CIRCUITS } from '../../bench/estimates/circuits.js';
import {
  analyseTiming,
  areaByInstance,
  busiestNets,
  cleanUp,
  criticalPath,
  energyPerCycle,
  implement,
  logicOf,
  MappedSimulation,
  mapToTechnology,
  netLoads,
  stageTimings,
  totalArea,
} from '../../rtl-model/analysis/index.js';
import { CLOCK, defineModule } from '../../rtl-model/hdl/index.js';
import { evaluateDelay, technologyByName } from '../../rtl-model/technology/index.js';
import { Random } from '../../src/numerics/index.js';
import { gatesOf, randomMapped, unit } from './analysis-support.js';

describe('timing', () => {
  const chain = defineModule({
    name: 'chain',
    summary: 'NAND, then NOR.',
    inputs: { a: 1, b: 1, c: 1 },
    clock: CLOCK,
    body: (m, { a, b, c }) => {
      const [p, q, r] = [a, b, c].map((w, i) => m.register(`r${i}`, w, { stage: 's0' }));
      return { y: m.register('q', p!.and(q!).not().or(r!).not(), { stage: 's1' }) };
    },
  });

  it('adds up cells by hand: flip-flop, AND-NOT cell, set-up', () => {
    const netlist = mapToTechnology(logicOf(gatesOf(chain)), unit);
    const timing = analyseTiming(netlist);
    const { steps } = criticalPath(timing)!;
    const flipFlop = unit.flipFlops.reset0!;
    let expected = 0;
    const loads = netLoads(netlist);
    for (const { cell, loadFf } of steps) {
      const figures = cell === 'dff' ? flipFlop : unit.classes.find(({ name }) => name === cell)!.drives[0];
      expected += evaluateDelay(figures.rise.delay, loadFf, 0);
    }
    expect(steps.length).toBeGreaterThanOrEqual(2);
    expect(timing.periodPs).toBeCloseTo(expected + flipFlop.setupPs, 9);
    expect(loads.every((load) => load >= 0)).toBe(true);
  });

  it('follows edges through unate cells: a path of inverting cells alternates', () => {
    const { steps } = criticalPath(
      analyseTiming(implement(cleanUp(CIRCUITS.add16!()), technologyByName('osu018'))),
    )!;
    const inverting = /^(INV|NAND|NOR|AOI|OAI)/;
    steps.slice(1).forEach((step, i) => {
      if (inverting.test(step.cell)) expect(step.edge).not.toBe(steps[i]!.edge);
    });
  });

  it('names paths as the designer does, and every stage has one', () => {
    const timing = analyseTiming(implement(cleanUp(CIRCUITS.mac8!()), technologyByName('asap7')));
    const stages = stageTimings(timing);
    expect(new Set(stages.map(({ stage }) => stage))).toEqual(new Set(['s1', 's2', undefined]));
    const accumulate = stages.find(({ stage }) => stage === 's2')!;
    expect(accumulate.path.endpoint).toMatch(/^total\[\d+\]$/);
    expect(accumulate.path.steps[0]!.net).toMatch(/^(product|total)\[\d+\]$/);
    const arrivals = accumulate.path.steps.map(({ arrivalPs }) => arrivalPs);
    expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b));
    expect(stages.map(({ delayPs }) => delayPs)).toContain(timing.periodPs);
  });

  it('finds the busiest nets', () => {
    const timing = analyseTiming(mapToTechnology(logicOf(CIRCUITS.shift58!()), unit));
    expect(busiestNets(timing, 1)[0]!.net).toMatch(/^(in_n|in_a|r)/);
    expect(busiestNets(timing, 3)).toHaveLength(3);
  });

  it('gives the same answer twice for 50,000 gates', () => {
    const netlist = randomMapped(3, 200, 50_000);
    const { outputArrivalPs } = analyseTiming(netlist);
    expect(outputArrivalPs).toBeGreaterThan(0);
    expect(analyseTiming(netlist).outputArrivalPs).toBe(outputArrivalPs);
  });

  it('gains from sizing and buffers on heavily loaded nets', () => {
    const logic = cleanUp(CIRCUITS.shift32!());
    const technology = technologyByName('asap7');
    const plain = analyseTiming(mapToTechnology(logic, technology)).periodPs;
    expect(analyseTiming(implement(logic, technology)).periodPs).toBeLessThan(0.9 * plain);
  });
});

describe('area and energy', () => {
  const inner = defineModule({
    name: 'inner',
    summary: 'A multiplier.',
    inputs: { a: 4, b: 4 },
    clock: CLOCK,
    body: (m, { a, b }) => ({ p: m.register('product', a.times(b), { stage: 's1' }) }),
  });
  const outer = defineModule({
    name: 'outer',
    summary: 'Two multipliers and an adder.',
    inputs: { a: 4, b: 4, c: 4 },
    clock: CLOCK,
    body: (m, { a, b, c }) => {
      const { p } = m.instance('first', inner, { a, b });
      const { p: q } = m.instance('second', inner, { a, b: c });
      return { y: p.plus(q) };
    },
  });

  it('counts by instance what the whole has', () => {
    const netlist = implement(cleanUp(gatesOf(outer)), technologyByName('ihp'));
    const instances = areaByInstance(netlist);
    expect(instances.map(({ path }) => path)).toEqual(['', 'first', 'second']);
    const own = instances.reduce((sum, instance) => sum + instance.own.areaUm2, 0);
    expect(instances[0]!.total.areaUm2).toBeCloseTo(own, 6);
    expect(instances[0]!.total.flipFlops).toBe(16);
    for (const { own: part } of instances) expect(part.areaUm2).toBeGreaterThan(0);
    expect(instances[1]!.total.areaUm2).toBeGreaterThan(
      8 * technologyByName('ihp').flipFlops.reset0!.areaUm2,
    );
    expect(totalArea(netlist).leakageNw).toBeGreaterThan(0);
  });

  it('draws only clock energy when nothing moves, and more the more moves', () => {
    const netlist = implement(cleanUp(gatesOf(outer)), technologyByName('sky130hd'));
    const run = (input: (random: Random) => number) => {
      const random = new Random(9);
      const simulation = new MappedSimulation(netlist);
      for (let cycle = 0; cycle < 20; cycle++) {
        simulation.settle(Int32Array.from({ length: 12 }, () => input(random)));
        simulation.clock();
      }
      return energyPerCycle(simulation);
    };
    const still = run(() => 0);
    const busy = run((random) => random.uint32() | 0);
    const calm = run((random) => random.uint32() & random.uint32() & random.uint32());
    expect(still.cellsFj + still.netsFj).toBe(0);
    expect(still.totalFj).toBeCloseTo(16 * technologyByName('sky130hd').flipFlops.reset0!.clockEnergyFj, 6);
    expect(calm.totalFj).toBeGreaterThan(still.totalFj);
    expect(busy.totalFj).toBeGreaterThan(calm.totalFj);
  });

  it('refuses to average over nothing', () => {
    expect(() => energyPerCycle(new MappedSimulation(implement(cleanUp(gatesOf(outer)), unit)))).toThrow(
      RangeError,
    );
  });
});
