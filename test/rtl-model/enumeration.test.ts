/** Proofs by trying all values: narrowest cuts, equal nodes, and numbers in a register that nothing tells apart. */
import { describe, expect, it } from 'vitest';
import { CLOCK, defineModule, flatten, GateBuilder, type Netlist } from '../../rtl-model/hdl/index.js';
import {
  areEqualByTrial,
  FlowNetwork,
  isEqualByEnumeration,
  MutantMiter,
  madeFrom,
  narrowestCut,
  sourcesOf,
  within,
} from '../../rtl-model/proof/index.js';
import { Interpreter, type Mutant, mutantsOf } from '../../rtl-model/simulation/index.js';
import { Random } from '../../src/numerics/index.js';

describe('a flow network', () => {
  it('carries as much as its narrowest place, rerouting what is in the way', () => {
    // The short way 0 → 2 → 3 → 1 blocks both long ones, unless it is taken back.
    const network = new FlowNetwork(6, 0, 1);
    for (const [from, to] of [
      [0, 2],
      [2, 3],
      [3, 1],
      [0, 4],
      [4, 3],
      [2, 5],
      [5, 1],
    ] as const)
      network.connect(from, to, 1);
    const carried = [0, 1, 2].map(() => network.augment());
    expect(carried).toEqual([true, true, false]);
  });
});

describe('the narrowest cut', () => {
  it('decides its roots, and no smaller set of nodes does, in random graphs', () => {
    const random = new Random(1);
    const sizes = new Set<number>();
    for (let trial = 0; trial < 60; trial++) {
      const { gates, nodes } = randomGraph(random, 5, 9);
      const roots = nodes.slice(-2);
      const cut = narrowestCut(gates, roots, 8)!;
      expect(decides(gates, roots, cut)).toBe(true);
      const smaller = subsets(sourceAndGateNodes(gates), cut.length - 1);
      expect(smaller.filter((set) => decides(gates, roots, set))).toEqual([]);
      sizes.add(cut.length);
    }
    expect(sizes.size).toBeGreaterThan(1);
  });

  it('is undefined where it is wider than wanted', () => {
    const gates = new GateBuilder('ripple');
    const bits = Array.from({ length: 6 }, () => gates.source('input'));
    const pairs = [0, 2, 4].map((i) => gates.and(bits[i]!, bits[i + 1]!));
    expect(narrowestCut(gates, pairs, 2)).toBeUndefined();
    expect(narrowestCut(gates, pairs, 3)).toEqual(pairs);
  });
});

describe('what is made of some sources alone', () => {
  it('is where they meet others', () => {
    const gates = new GateBuilder('ripple');
    const [a, b, other] = Array.from({ length: 3 }, () => gates.source('input')) as [number, number, number];
    const either = gates.or(a, b);
    expect(madeFrom(gates, gates.and(either, other), [a, b])).toEqual([either]);
    expect(madeFrom(gates, either, [a, b])).toEqual([either]);
    expect(madeFrom(gates, gates.xor(gates.and(a, other), b), [a, b]).sort()).toEqual([a, b]);
  });
});

describe('equality by trial', () => {
  const gates = new GateBuilder('ripple');
  const bits = Array.from({ length: 12 }, () => gates.source('input'));
  const parity = bits.reduce((x, y) => gates.xor(x, y));
  const byHalves = gates.not(
    gates.xor(
      bits.slice(6).reduce((x, y) => gates.xor(x, y)),
      gates.not(bits.slice(0, 6).reduce((x, y) => gates.xor(x, y))),
    ),
  );

  it('finds nodes equal that are made in different ways', () => {
    const majority = (x: number, y: number, z: number) =>
      gates.or(gates.and(x, y), gates.and(z, gates.or(x, y)));
    const chosen = (x: number, y: number, z: number) => gates.mux(gates.xor(x, y), z, x);
    const [x, y, z] = bits as [number, number, number];
    expect(majority(x, y, z)).not.toBe(chosen(x, y, z));
    expect(areEqualByTrial(gates, majority(x, y, z), chosen(x, y, z))).toBe(true);
    expect(areEqualByTrial(gates, parity, byHalves)).toBe(true);
  });

  it('sees a single value in 4096 that differs', () => {
    const all = bits.reduce((x, y) => gates.and(x, y));
    expect(areEqualByTrial(gates, parity, gates.xor(parity, all))).toBe(false);
  });
});

/** A square in a register, of which the upper bits are read, beside another word; and whether it is large. */
const reader = (kept: number) =>
  flatten(
    defineModule({
      name: 'reader',
      summary: 'the upper bits of a square, plus a word',
      clock: CLOCK,
      inputs: { x: 4, y: 2, z: 1 },
      body: (m, { x, y, z }) => {
        const square = m.register('square', x.times(x).plus(3), { stage: 's1' });
        const sum = square
          .slice(8 - kept, kept)
          .zeroExtend(8)
          .plus(y.zeroExtend(8));
        return {
          sum: m.register('sum', sum, { stage: 's2' }),
          is_large: m.register('is_large', square.lessThan(0x60).not().and(z), { stage: 's2' }),
        };
      },
    }),
  );
const observations = [{ port: 'sum' }, { port: 'is_large' }];

describe('mutants behind a register, by enumeration', () => {
  const known = { invariants: [], alike: [] };

  it.each([6, 7])('are equal only if they are under all inputs, with %i bits read', (kept) => {
    const netlist = reader(kept);
    const miter = new MutantMiter(netlist, observations, 0, 'free');
    const judged = mutantsOf(netlist).filter((mutant) => loadsOnly('square', miter, mutant));
    const equal = judged.filter((mutant) => isEqualByEnumeration(miter, mutant, known));
    const wanted = judged.filter((mutant) => behavesAs(netlist, mutant.make()));
    expect(equal.map(({ description }) => description)).toEqual(wanted.map(({ description }) => description));
    expect(equal.length).toBeGreaterThan(0);
    expect(equal.length).toBeLessThan(judged.length);
  });

  it('are equal up to values that nothing tells apart', () => {
    const netlist = flatten(
      defineModule({
        name: 'chain',
        summary: 'a sum, its copy an edge later, and whether that is large',
        clock: CLOCK,
        inputs: { x: 6 },
        body: (m, { x }) => {
          const first = m.register('first', x.zeroExtend(8).plus(13), { stage: 's1' });
          const second = m.register('second', first, { stage: 's2' });
          return { is_large: second.lessThan(0x38).not() };
        },
      }),
    );
    const miter = new MutantMiter(netlist, [{ port: 'is_large' }], 0, 'free');
    const alike = [within('second', 0, 0x38), within('second', 0x38, 0x80)];
    const judged = mutantsOf(netlist).filter((mutant) => loadsOnly('first', miter, mutant));
    const equal = (sets: typeof alike) =>
      judged.filter((mutant) => isEqualByEnumeration(miter, mutant, { invariants: [], alike: sets }));
    expect(equal([])).toEqual([]);
    expect(equal(alike)).toEqual(judged.filter((mutant) => behavesAs(netlist, mutant.make())));
    expect(equal(alike).length).toBeGreaterThan(0);
    expect(equal(alike).length).toBeLessThan(judged.length);
  });
});

/** Whether a mutant differs from its design in what one register loads, and there alone. */
function loadsOnly(name: string, miter: MutantMiter, mutant: Mutant): boolean {
  const differing = new Set(miter.differences(mutant).map(({ register }) => register));
  return differing.size === 1 && miter.netlist.registers[[...differing][0]!]?.name === name;
}

/** Whether two netlists with little to put in give the same under all inputs, two edges later, by the interpreter. */
function behavesAs(one: Netlist, other: Netlist): boolean {
  const bits = one.inputs.reduce((sum, { width }) => sum + width, 0);
  const [first, second] = [new Interpreter(one), new Interpreter(other)];
  for (let value = 0; value < 2 ** bits; value++) {
    for (const simulation of [first, second]) {
      let rest = value;
      for (const { name, width } of one.inputs) {
        simulation.set(name, rest % 2 ** width);
        rest = Math.floor(rest / 2 ** width);
      }
      for (let edge = 0; edge < 2; edge++) simulation.clock();
      simulation.settle();
    }
    if (one.outputs.some(({ name }) => first.get(name) !== second.get(name))) return false;
  }
  return true;
}

function randomGraph(random: Random, inputs: number, count: number) {
  const gates = new GateBuilder('ripple');
  const nodes = Array.from({ length: inputs }, () => gates.source('input'));
  const pick = () => nodes[random.below(nodes.length)]!;
  while (nodes.length < inputs + count) {
    const node = random.below(2) === 0 ? gates.and(pick(), pick()) : gates.xor(pick(), pick());
    if (node > gates.one) nodes.push(node);
  }
  return { gates, nodes };
}

const sourceAndGateNodes = (gates: GateBuilder) => Array.from({ length: gates.count - 2 }, (_, i) => i + 2);

/** Whether no way leads from a root to a source but through a set of nodes. */
function decides(gates: GateBuilder, roots: readonly number[], set: readonly number[]): boolean {
  const reach = (node: number): boolean => {
    if (node <= gates.one || set.includes(node)) return true;
    const operands = gates.operands(node);
    return operands.length > 0 && operands.every(reach);
  };
  expect(sourcesOf(gates, roots).length).toBeGreaterThan(0);
  return roots.every(reach);
}

/** All subsets of a size, and smaller ones through them: a set that decides does so with more nodes as well. */
function subsets(nodes: readonly number[], size: number): number[][] {
  if (size < 0) return [];
  if (size === 0) return [[]];
  return nodes.flatMap((node, i) => subsets(nodes.slice(i + 1), size - 1).map((rest) => [node, ...rest]));
}
