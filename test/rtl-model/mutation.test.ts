/** Mutants: each mistake changes what it says, and a design's own vectors notice. */
import { describe, expect, it } from 'vitest';
import { createDesign } from '../../rtl-model/designs/index.js';
import { flatten } from '../../rtl-model/hdl/index.js';
import { MutantTrial } from '../../rtl-model/proof/index.js';
import {
  Interpreter,
  type Mutant,
  mutantsOf,
  switchName,
  withSwitches,
} from '../../rtl-model/simulation/index.js';
import { combinational } from './hardware.js';

/** What a mutant computes. */
function resultOf(mutant: Mutant, inputs: Readonly<Record<string, number>>): bigint {
  const engine = new Interpreter(mutant.make());
  for (const [name, value] of Object.entries(inputs)) engine.set(name, value);
  engine.settle();
  return engine.get('y');
}

const mutants = (build: Parameters<typeof combinational>[1]) =>
  mutantsOf(flatten(combinational({ a: 8, b: 8 }, build)));
const ofClass = (all: readonly Mutant[], name: string) => all.filter((mutant) => mutant.class === name);

describe('a mutant', () => {
  it('has a bit that is stuck', () => {
    const [zero, one] = ofClass(
      mutants(({ a, b }) => a!.xor(b!)),
      'stuck-at',
    );
    const bit = Number(/bit (\d)/.exec(zero!.description)![1]);
    expect(resultOf(zero!, { a: 255, b: 0 })).toBe(BigInt(255 & ~(1 << bit)));
    expect(resultOf(one!, { a: 0, b: 0 })).toBe(BigInt(1 << bit));
  });

  it('has its operands swapped', () => {
    const [mutant] = ofClass(
      mutants(({ a, b }) => a!.minus(b!)),
      'swapped operands',
    );
    expect(resultOf(mutant!, { a: 10, b: 3 })).toBe(BigInt.asUintN(8, -7n));
  });

  it('shifts one place too far', () => {
    const all = mutants(({ a, b }) => a!.shiftLeft(b!.truncate(3)));
    const mutant = all.find(({ description }) => /too far/.test(description));
    expect(resultOf(mutant!, { a: 3, b: 2 })).toBe(24n);
  });

  it('drops a carry', () => {
    const [cut] = ofClass(
      mutants(({ a, b }) => a!.plus(b!)),
      'dropped carry',
    );
    expect(resultOf(cut!, { a: 0x0f, b: 0x01 })).toBe(0x00n);
    expect(resultOf(cut!, { a: 0x12, b: 0x34 })).toBe(0x46n);
    const withCarry = mutants(({ a, b }) => a!.plus(b!, { carryIn: a!.bit(7) }));
    const dropped = ofClass(withCarry, 'dropped carry').find((m) => /carry in dropped/.test(m.description));
    expect(resultOf(dropped!, { a: 0x80, b: 1 })).toBe(0x81n);
  });

  it('has a wrong constant', () => {
    const all = mutants(({ a }, m) => a!.and(m.constant(8, 0x0e)));
    expect(resultOf(ofClass(all, 'wrong constant')[0]!, { a: 255, b: 0 })).toBe(0x0fn);
  });

  it('says where it was made', () => {
    for (const { description } of mutants(({ a, b }) => a!.plus(b!))) {
      expect(description).toMatch(/test\/rtl-model\/mutation\.test\.ts:\d+/);
    }
  });
});

/** Designs all of whose mutants are killed or proved equivalent; the others are in `reports/mutants.md`. */
const COMPLETE = [
  'nvfp4-exact',
  'mxfp4-exact',
  'nvint4-exact',
  'mixfp4-exact',
  'hif4-exact',
  'int8-exact',
  'if4-exact49',
];

describe.each(COMPLETE)('the level-1 vectors of %s', (name) => {
  const design = createDesign(name);
  const trial = new MutantTrial(design, 8000);

  it('kill every twentieth of its mutants that is not proved equivalent', () => {
    const sample = mutantsOf(design.netlist).filter((_, i) => i % 20 === 0);
    const statuses = trial.judge(sample);
    expect(sample.filter((_, i) => statuses[i] === 'survived').map((m) => m.description)).toEqual([]);
    expect(statuses.filter((status) => status === 'killed').length).toBeGreaterThan(sample.length / 2);
  });
});

describe('a switch', () => {
  const netlist = flatten(combinational({ a: 8, b: 8 }, ({ a, b }) => a!.plus(b!).xor(b!)));
  const all = mutantsOf(netlist);

  it('makes the mistake of its mutant, and none while it is 0', () => {
    const switched = new Interpreter(withSwitches(netlist, all));
    const result = (engine: Interpreter) => {
      engine.set('a', 0x5b);
      engine.set('b', 0x0f);
      engine.settle();
      return engine.get('y');
    };
    expect(result(switched)).toBe(BigInt(((0x5b + 0x0f) & 255) ^ 0x0f));
    all.forEach((mutant, i) => {
      switched.set(switchName(i), 1);
      expect(result(switched), mutant.description).toBe(result(new Interpreter(mutant.make())));
      switched.set(switchName(i), 0);
    });
  });
});
