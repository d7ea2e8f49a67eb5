import { describe, expect, it } from 'vitest';
import { CIRCUITS } from '../../bench/estimates/circuits.js';
import {
  analyseTiming,
  areaByInstance,
  balance,
  busiestNets,
  cleanUp,
  criticalPath,
  energyPerCycle,
  estimatedGates,
  findRepeats,
  implement,
  type Logic,
  logicOf,
  type MappedNetlist,
  MappedSimulation,
  mapToTechnology,
  netLoads,
  PINS,
  refactor,
  rewrite,
  stageTimings,
  sweep,
  totalArea,
  usedAndCount,
  withReuse,
} from '../../rtl-model/analysis/index.js';
import {
  bitBlast,
  CLOCK,
  defineModule,
  evaluateGate,
  flatten,
  GATE_KINDS,
  GATES,
  GateBuilder,
  type GateNetlist,
  type Module,
} from '../../rtl-model/hdl/index.js';
import { evaluateDelay, TECHNOLOGY_NAMES, technologyByName } from '../../rtl-model/technology/index.js';
import { Random } from '../../src/numerics/index.js';

const gatesOf = (module: Module) => bitBlast(flatten(module), { adder: 'brent-kung' });
const unit = technologyByName('unit');

/** What the sinks of a gate netlist are for the given values of its sources, by the gates' own definition. */
function gateValues(gates: GateNetlist, sources: Int32Array): number[] {
  const values = new Int32Array(gates.kinds.length);
  const ports = gates.inputs.flatMap((port) => [...port.bits]);
  const registered = gates.registers.flatMap(({ output }) => [...output].filter((node) => node > 1));
  [...ports, ...registered].forEach((node, i) => {
    values[node] = sources[i]!;
  });
  gates.kinds.forEach((kind, node) => {
    const row = GATES[GATE_KINDS[kind]!];
    if (row.operands === 0 && kind > GATES.one.code) return;
    const operands = [gates.a, gates.b, gates.c].map((from) => values[from[node]!]!);
    values[node] = evaluateGate(kind, operands[0]!, operands[1]!, operands[2]!);
  });
  const loads = gates.registers.flatMap(({ output, next, enable }) =>
    [...output].flatMap((node, bit) => {
      if (node <= 1) return [];
      const loaded = values[next[bit]!]!;
      const gate = enable < 0 ? -1 : values[enable]!;
      return [(loaded & gate) | (values[node]! & ~gate)];
    }),
  );
  return [...gates.outputs.flatMap((port) => [...port.bits]).map((node) => values[node]!), ...loads];
}

function logicValues({ aig, sources, outputs, flipFlops }: Logic, inputs: Int32Array): number[] {
  const values = new Int32Array(aig.count);
  const value = (literal: number) => values[literal >> 1]! ^ -(literal & 1);
  sources.forEach((source, i) => {
    values[source >> 1] = inputs[i]! ^ -(source & 1);
  });
  for (let node = 1; node < aig.count; node++) {
    if (aig.isAnd(node)) values[node] = value(aig.left[node]!) & value(aig.right[node]!);
  }
  return [...outputs, ...flipFlops.map(({ next }) => next)].map(value);
}

function mappedValues(netlist: MappedNetlist, sources: Int32Array): number[] {
  const simulation = new MappedSimulation(netlist);
  const inputs = netlist.sourceCount - 2 - netlist.flipFlops.length;
  const inverted = netlist.technology.flipFlops.reset0?.invertedOutput === true ? -1 : 0;
  netlist.flipFlops.forEach(({ output }, i) => {
    simulation.values[output] = sources[inputs + i]! ^ inverted;
  });
  simulation.settle(sources.slice(0, inputs));
  return [...netlist.outputs, ...netlist.flipFlops.map(({ next }) => next)].map(
    (net) => simulation.values[net]!,
  );
}

const sourceCountOf = (gates: GateNetlist) => logicOf(gates).sources.length;

function randomSources(random: Random, count: number): Int32Array {
  return Int32Array.from({ length: count }, () => random.uint32() | 0);
}

/** A random netlist of folded gates, every eighth of them an output. */
function randomGates(seed: number, inputs: number, gateTries: number): GateNetlist {
  const random = new Random(seed);
  const builder = new GateBuilder('ripple');
  const nodes = Array.from({ length: inputs }, () => builder.source('input'));
  const pick = () => nodes[random.uint32() % nodes.length]!;
  for (let i = 0; i < gateTries; i++) {
    const makes = [
      () => builder.and(pick(), pick()),
      () => builder.or(pick(), pick()),
      () => builder.xor(pick(), pick()),
      () => builder.mux(pick(), pick(), pick()),
      () => builder.not(pick()),
    ];
    nodes.push(makes[random.uint32() % makes.length]!());
  }
  const cut = (array: Int32Array) => array.slice(0, builder.count);
  return {
    name: 'random',
    kinds: builder.kinds.slice(0, builder.count),
    a: cut(builder.a),
    b: cut(builder.b),
    c: cut(builder.c),
    scopes: cut(builder.scopes),
    inputs: [{ name: 'x', bits: Int32Array.from(nodes.slice(0, inputs)) }],
    outputs: [{ name: 'y', bits: Int32Array.from(nodes.filter((_, i) => i % 8 === 7)) }],
    registers: [],
    probes: [],
    hierarchy: [{ path: '', module: 'random', parent: -1 }],
  };
}

/** A mapped netlist of random NAND2 cells; for measuring only. */
function randomMapped(seed: number, inputs: number, cells: number): MappedNetlist {
  const random = new Random(seed);
  const template = mapToTechnology(logicOf(randomGates(seed, inputs, 10)), unit);
  const { sourceCount } = template;
  const read = (cell: number) => 2 + (random.uint32() % (sourceCount - 2 + cell));
  return {
    ...template,
    classes: new Uint8Array(cells).fill(unit.classes.findIndex(({ name }) => name === 'nand2')),
    drives: new Uint8Array(cells),
    pins: Int32Array.from({ length: PINS * cells }, (_, pin) =>
      pin % PINS < 2 ? read(Math.floor(pin / PINS)) : -1,
    ),
    scopes: new Int32Array(cells),
    outputs: Int32Array.of(sourceCount + cells - 1),
  };
}

describe('clean-up', () => {
  const passes: Record<string, (logic: Logic) => Logic> = {
    balance,
    sweep,
    rewrite,
    'rewrite without gain': (logic) => rewrite(logic, { zeroGain: true }),
    refactor,
    'refactor without gain': (logic) => refactor(logic, { zeroGain: true }),
  };

  it.each(Object.keys(passes))('%s keeps the function of random netlists', (name) => {
    for (let seed = 1; seed <= 60; seed++) {
      const gates = randomGates(seed, 6 + (seed % 9), 20 + 5 * seed);
      const sources = randomSources(new Random(seed), sourceCountOf(gates));
      const after = passes[name]!(passes[name]!(logicOf(gates)));
      expect(logicValues(after, sources), `seed ${seed}`).toEqual(gateValues(gates, sources));
    }
  });

  it.each(['add48', 'mul8', 'shift32', 'cmp24', 'mac8'])(
    'keeps the function of %s and makes it no larger',
    (name) => {
      const gates = CIRCUITS[name]!();
      const before = logicOf(gates);
      const after = cleanUp(gates);
      const sources = randomSources(new Random(5), before.sources.length);
      expect(logicValues(after, sources)).toEqual(gateValues(gates, sources));
      expect(usedAndCount(after)).toBeLessThanOrEqual(usedAndCount(before));
    },
  );

  it('rewriting finds the shorter form of a carry network', () => {
    const before = logicOf(CIRCUITS.add48!());
    expect(usedAndCount(rewrite(before))).toBeLessThan(0.97 * usedAndCount(before));
  });

  it('sweeping merges what is equal for reasons that lie deep: a sum and its other order', () => {
    const module = defineModule({
      name: 'orders',
      summary: 'Two orders of a sum.',
      inputs: { a: 8, b: 8, c: 8 },
      body: (_, { a, b, c }) => ({ x: a.plus(b).plus(c), y: c.plus(b.plus(a)) }),
    });
    const after = sweep(logicOf(gatesOf(module)));
    expect(after.outputs.slice(0, 8)).toEqual(after.outputs.slice(8));
  });

  it('refactoring takes out a factor that cuts of four leaves cannot see', () => {
    const module = defineModule({
      name: 'factors',
      summary: 'The product of a bit with any of seven others, written out.',
      inputs: { a: 1, b: 7 },
      body: (_, { a, b }) => ({
        y: b
          .bitList()
          .map((bit) => bit.and(a))
          .reduce((x, y) => x.or(y)),
      }),
    });
    expect(usedAndCount(refactor(logicOf(gatesOf(module))))).toBe(7);
  });

  it('looks at repeated instances once, and copies them with their names', () => {
    const square = defineModule({
      name: 'square',
      summary: 'A square.',
      inputs: { a: 16 },
      body: (_, { a }) => ({ y: a.times(a) }),
    });
    const module = defineModule({
      name: 'squares',
      summary: 'Three squares and what tells them apart.',
      inputs: { a: 16, b: 16, c: 16 },
      body: (m, inputs) => {
        const [p, q, r] = Object.entries(inputs).map(
          ([name, a]) => m.instance(`square_${name}`, square, { a }).y,
        );
        return { y: p!.plus(q!), z: r!.xor(q!) };
      },
    });
    const gates = gatesOf(module);
    const before = logicOf(gates);
    expect(findRepeats(before).map((repeat) => repeat.length)).toEqual([3]);
    const seen: number[] = [];
    const after = withReuse(before, (logic) => {
      seen.push(usedAndCount(logic));
      return rewrite(sweep(logic));
    });
    expect(seen[0]).toBeLessThan(0.55 * usedAndCount(before));
    const sources = randomSources(new Random(3), before.sources.length);
    expect(logicValues(after, sources)).toEqual(gateValues(gates, sources));
    const nodesOf = (scope: number) =>
      after.aig.scopes.slice(0, after.aig.count).filter((s) => s === scope).length;
    const squares = gates.hierarchy.flatMap(({ module: name }, scope) => (name === 'square' ? [scope] : []));
    expect(new Set(squares.map(nodesOf)).size).toBe(1);
    expect(after.literals.filter((literal) => literal >= 0).length).toBeGreaterThan(gates.kinds.length / 2);
  });

  it('writes operators out as synthesis does, with the same function', () => {
    const module = defineModule({
      name: 'operators',
      summary: 'Sums with a carry, and products.',
      inputs: { a: 7, b: 7, c: 1 },
      body: (_, { a, b, c }) => ({
        alone: a.plus(b, { carryIn: c }),
        incremented: a
          .xor(b)
          .plus(b)
          .xor(a.xor(b).plus(b, { carryIn: c })),
        rounded: a.plus(0, { carryIn: c }),
        least: a.bit(0).plus(b.bit(0), { carryIn: c }),
        product: a.times(b),
        narrow: a.truncate(2).times(c),
      }),
    });
    const netlist = flatten(module);
    const sources = randomSources(new Random(7), 15);
    expect(gateValues(estimatedGates(netlist), sources)).toEqual(gateValues(bitBlast(netlist), sources));
  });

  it('folds what constants leave over: multiplying by a constant power of two is wiring', () => {
    const module = defineModule({
      name: 'times_four',
      summary: 'Times four.',
      inputs: { a: 8 },
      body: (m, { a }) => ({ y: a.times(m.constant(3, 4)) }),
    });
    expect(usedAndCount(cleanUp(gatesOf(module)))).toBe(0);
  });
});

describe('mapping', () => {
  it.each(TECHNOLOGY_NAMES)(
    'to %s keeps the function, registers with inverse outputs and buffers included',
    (name) => {
      const technology = technologyByName(name);
      for (const circuit of ['mul8', 'shift32', 'mac8', 'lzc48']) {
        const gates = CIRCUITS[circuit]!();
        const netlist = implement(cleanUp(gates), technology);
        const sources = randomSources(new Random(11), sourceCountOf(gates));
        expect(mappedValues(netlist, sources), circuit).toEqual(gateValues(gates, sources));
      }
    },
  );

  it('keeps the function of random netlists', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const gates = randomGates(seed, 5 + (seed % 11), 300);
      const sources = randomSources(new Random(seed), sourceCountOf(gates));
      const netlist = implement(logicOf(gates), technologyByName('sky130hd'));
      expect(mappedValues(netlist, sources), `seed ${seed}`).toEqual(gateValues(gates, sources));
    }
  });

  it('uses the cells that are there: one majority and three-input XOR cells for a full adder', () => {
    const module = defineModule({
      name: 'full_adder',
      summary: 'Three bits.',
      inputs: { a: 1, b: 1, c: 1 },
      body: (_, { a, b, c }) => ({
        s: a.xor(b).xor(c),
        k: a.and(b).or(a.xor(b).and(c)),
      }),
    });
    const technology = technologyByName('sky130hd');
    const { classes } = mapToTechnology(cleanUp(gatesOf(module)), technology);
    const names = [...classes].map((index) => technology.classes[index]!.name);
    expect(names.some((name) => name.startsWith('maj3'))).toBe(true);
    expect(names.length).toBeLessThanOrEqual(3);
  });

  it('trades levels for area when asked', () => {
    const logic = logicOf(CIRCUITS.add64!());
    const fast = totalArea(mapToTechnology(logic, unit)).areaUm2;
    const small = totalArea(mapToTechnology(logic, unit, 1000)).areaUm2;
    expect(small).toBeLessThan(fast);
  });
});

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
