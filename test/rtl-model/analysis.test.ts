import { describe, expect, it } from 'vitest';
import { CIRCUITS } from '../../bench/estimates/circuits.js';
import {
  balance,
  cleanUp,
  Exhaustion,
  estimatedGates,
  implement,
  type Logic,
  logicOf,
  mapToTechnology,
  refactor,
  rewrite,
  sweep,
  totalArea,
  usedAndCount,
} from '../../rtl-model/analysis/index.js';
import { bitBlast, CLOCK, defineModule, flatten, type Word } from '../../rtl-model/hdl/index.js';
import { TECHNOLOGY_NAMES, technologyByName, VARIABLES } from '../../rtl-model/technology/index.js';
import { Random } from '../../src/numerics/index.js';
import {
  gatesOf,
  gateValues,
  logicValues,
  mappedValues,
  randomGates,
  randomSources,
  sourceCountOf,
  unit,
} from './analysis-support.js';

describe('clean-up', () => {
  const passes: Record<string, (logic: Logic) => Logic> = {
    sweep,
    rewrite,
    'rewrite without gain': (logic) => rewrite(logic, { zeroGain: true }),
    refactor,
    'refactor without gain': (logic) => refactor(logic, { zeroGain: true }),
    balance,
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

  it('sweeping merges what a solver finds hard, by trying every value: a product and its other order', () => {
    const module = defineModule({
      name: 'products',
      summary: 'Two orders of a product.',
      inputs: { a: 7, b: 7 },
      body: (_, { a, b }) => ({ x: a.times(b), y: b.times(a) }),
    });
    const after = sweep(logicOf(gatesOf(module)));
    expect(after.outputs.slice(0, 14)).toEqual(after.outputs.slice(14));
  });

  it('tells literals apart by trying, and gives values on which they differ', () => {
    const answers = { equal: 0, different: 0 };
    for (let seed = 1; seed <= 40; seed++) {
      const gates = randomGates(seed, 7, 120);
      const { aig, sources, outputs } = logicOf(gates);
      const words = [0, 1, 2, 3].map((word) =>
        gateValues(
          gates,
          Int32Array.from(sources, (_, i) => VARIABLES[i] ?? -((word >> (i - 5)) & 1)),
        ),
      );
      const exhaustion = new Exhaustion(aig, 7);
      outputs.forEach((literal, i) => {
        const answer = exhaustion.compare(literal, outputs[0]!)!;
        const areEqual = words.every((values) => values[i] === values[0]);
        expect(answer === 'equal', `seed ${seed}, output ${i}`).toBe(areEqual);
        answers[areEqual ? 'equal' : 'different']++;
        if (answer === 'equal') return;
        const values = gateValues(
          gates,
          Int32Array.from(sources, (source) => -(answer.get(source >> 1) ?? 0)),
        );
        expect(values[i]).toBe(~values[0]!);
      });
      expect(new Exhaustion(aig, 1).compare(sources[0]!, sources[1]!)).toBeUndefined();
    }
    expect(answers.equal).toBeGreaterThan(40);
    expect(answers.different).toBeGreaterThan(40);
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

  it('refactoring looks through a cone that others read, where one node alone needs too wide a cone', () => {
    const module = defineModule({
      name: 'wide',
      summary: 'Any of thirteen pairs, the first two of which have a factor in common.',
      inputs: { a: 14, b: 13 },
      body: (_, { a, b }) => {
        const pairs = b.bitList().map((bit, i) => bit.and(a.bit(i === 1 ? 0 : i)));
        return { y: pairs.reduce((x, y) => x.or(y)) };
      },
    });
    const before = logicOf(gatesOf(module));
    // b0·a0 + b1·a0 = (b0 + b1)·a0: one AND less.
    expect(usedAndCount(refactor(before))).toBe(usedAndCount(before) - 1);
  });

  it('rewriting makes a ripple chain of a carry network in few passes: seven ANDs a bit', () => {
    const before = rewrite(refactor(rewrite(sweep(logicOf(CIRCUITS.add32!())))));
    const after = [1, 2].reduce((logic) => rewrite(logic, { zeroGain: true }), rewrite(balance(before)));
    // 7 a bit is a full adder; the lowest bit has no carry in, the highest no carry out.
    expect(usedAndCount(after)).toBeLessThanOrEqual(7 * 32 + 6);
    expect(usedAndCount(after)).toBeGreaterThanOrEqual(7 * 30);
  });

  it('balancing puts what is late on top of a tree of ANDs, and leaves shared ANDs whole', () => {
    const module = defineModule({
      name: 'late',
      summary: 'A chain of ANDs that begins with a late bit, and another whose middle is read as well.',
      inputs: { a: 8, b: 8 },
      body: (_, { a, b }) => {
        const late = a.bitList().reduce((x, y) => x.xor(y));
        const chain = [late, ...b.bitList()].reduce((x, y) => x.and(y));
        const middle = b.bit(0).and(b.bit(1)).and(b.bit(2));
        return { chain, middle, more: middle.or(a.bit(0)) };
      },
    });
    const before = logicOf(gatesOf(module));
    const after = balance(before);
    const level = ({ aig, outputs }: Logic) => aig.level[outputs[0]! >> 1]!;
    expect(level(after)).toBe(level(before) - 7);
    expect(usedAndCount(after)).toBeLessThanOrEqual(usedAndCount(before));
  });

  it('makes registers that always load the same once', () => {
    const module = defineModule({
      name: 'copies',
      summary: 'A word that is kept twice, once more inverted at reset, and under an enable.',
      inputs: { a: 4, en: 1 },
      clock: CLOCK,
      body: (m, { a, en }) => ({
        x: m.register('x', a, { stage: 's1' }),
        y: m.register('y', a, { stage: 's1' }),
        set: m.register('set', a, { stage: 's1', reset: 15n }),
        held: m.register('held', a, { stage: 's1', enable: en }),
      }),
    });
    const gates = gatesOf(module);
    const logic = logicOf(gates);
    expect(logic.flipFlops).toHaveLength(12);
    expect(logic.outputs.slice(0, 4)).toEqual(logic.outputs.slice(4, 8));
    expect(new Set(logic.outputs).size).toBe(12);
    expect(implement(cleanUp(gates), unit).flipFlops).toHaveLength(12);
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
        kept: a.lessThan(b).not().choose(a.minus(b), a),
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

  it.each(['sky130hd', 'ihp'])('uses the four-way multiplexers of %s, with inverted data as well', (name) => {
    const module = defineModule({
      name: 'select',
      summary: 'One of four words, and one with some of them inverted, that other gates read.',
      inputs: { a: 6, b: 6, c: 6, d: 6, s: 2 },
      body: (_, { a, b, c, d, s }) => {
        const one = (words: readonly Word[]) =>
          s.bit(1).choose(s.bit(0).choose(words[3]!, words[2]!), s.bit(0).choose(words[1]!, words[0]!));
        return { y: one([a, b, c, d]), z: one([a.xor(b).not(), b.and(c).not(), c, d.or(a)]) };
      },
    });
    const gates = gatesOf(module);
    const technology = technologyByName(name);
    const netlist = mapToTechnology(logicOf(gates), technology);
    const names = [...netlist.classes].map((index) => technology.classes[index]!.name);
    expect(names.filter((cell) => cell === 'mux4').length).toBeGreaterThanOrEqual(6);
    const sources = randomSources(new Random(3), sourceCountOf(gates));
    expect(mappedValues(netlist, sources)).toEqual(gateValues(gates, sources));
  });

  it('trades levels for area when asked', () => {
    const logic = logicOf(CIRCUITS.mac8!());
    const fast = totalArea(mapToTechnology(logic, unit)).areaUm2;
    const small = totalArea(mapToTechnology(logic, unit, 1000)).areaUm2;
    expect(small).toBeLessThan(fast);
  });
});
