/** Instances that repeat: found alike, cleaned up and mapped once, copied with their names. */
import { describe, expect, it } from 'vitest';
import {
  findRepeats,
  followersOf,
  logicOf,
  mapToTechnology,
  rewrite,
  sweep,
  usedAndCount,
  withReuse,
} from '../../rtl-model/analysis/index.js';
import { defineModule, type Word } from '../../rtl-model/hdl/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { Random } from '../../src/numerics/index.js';
import { gatesOf, gateValues, logicValues, mappedValues, randomSources } from './analysis-support.js';

describe('repeated instances', () => {
  it('are looked at once, and copied with their names', () => {
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
    // Of the three copies one is mapped, and the other two get the same cells.
    const { cones, leaderOf } = followersOf(after);
    expect(cones).toHaveLength(2);
    expect(leaderOf.filter((leader) => leader >= 0).length).toBeGreaterThan(0.6 * usedAndCount(after));
    for (const technology of ['asap7', 'sky130hd']) {
      const mapped = mapToTechnology(after, technologyByName(technology));
      expect(mappedValues(mapped, sources)).toEqual(gateValues(gates, sources));
    }
  });

  it('that read each other keep their function, and chains of them are found alike', () => {
    const square = defineModule({
      name: 'low_square',
      summary: 'The low half of a square.',
      inputs: { a: 20 },
      body: (_, { a }) => ({
        y: a.times(a).truncate(20),
        parity: a.xor(a.slice(1, 19).zeroExtend(20)).bit(0),
      }),
    });
    const module = defineModule({
      name: 'chains',
      summary: 'Two chains of squares, and a square that reads both.',
      inputs: { a: 20, b: 20 },
      body: (m, { a, b }) => {
        const twice = (x: Word, name: string) =>
          m.instance(`${name}_2`, square, { a: m.instance(`${name}_1`, square, { a: x }).y }).y;
        const [p, q] = [twice(a, 'first'), twice(b, 'second')];
        const both = m.instance('both', square, { a: p.xor(q) });
        return { p, y: both.y, parity: both.parity };
      },
    });
    const gates = gatesOf(module);
    const before = logicOf(gates);
    expect(findRepeats(before).map((repeat) => repeat.length)).toEqual([2]);
    const after = withReuse(before, (logic) => rewrite(sweep(logic)));
    const sources = randomSources(new Random(7), before.sources.length);
    expect(logicValues(after, sources)).toEqual(gateValues(gates, sources));
  });

  it('are found where they share the logic of an operand, whichever operand comes first', () => {
    const scaled = defineModule({
      name: 'scaled',
      summary: 'A value times the square of a scale.',
      inputs: { x: 12, scale: 8 },
      body: (_, { x, scale }) => ({ y: x.times(scale.times(scale)) }),
    });
    const module = defineModule({
      name: 'two_scaled',
      summary: 'Values before and behind their scale.',
      inputs: { first: 12, scale: 8, second: 12 },
      body: (m, { first, scale, second }) => ({
        p: m.instance('early', scaled, { x: first, scale }).y,
        q: m.instance('late', scaled, { x: second, scale }).y,
      }),
    });
    const gates = gatesOf(module);
    const before = logicOf(gates);
    const repeats = findRepeats(before);
    expect(repeats).toHaveLength(1);
    const [one, two] = repeats[0]!.map(({ nodes }) => new Set(nodes));
    expect([...one!].filter((node) => two!.has(node) && before.aig.isAnd(node)).length).toBeGreaterThan(100);
    const after = withReuse(before, (logic) => rewrite(sweep(logic)));
    const sources = randomSources(new Random(5), before.sources.length);
    expect(logicValues(after, sources)).toEqual(gateValues(gates, sources));
    const { cones, leaderOf } = followersOf(after);
    expect(cones).toHaveLength(1);
    expect(leaderOf.filter((leader) => leader >= 0).length).toBeGreaterThan(500);
    const mapped = mapToTechnology(after, technologyByName('asap7'));
    expect(mappedValues(mapped, sources)).toEqual(gateValues(gates, sources));
  });
});
