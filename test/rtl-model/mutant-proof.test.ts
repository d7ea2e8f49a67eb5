/** Proofs about mutants: what is provable is proved, what is not is not, and invariants are not taken on trust. */
import { describe, expect, it } from 'vitest';
import { createDesign, scaleProduct } from '../../rtl-model/designs/index.js';
import { bitBlast, CLOCK, defineModule, flatten, type Netlist } from '../../rtl-model/hdl/index.js';
import { floatDivider } from '../../rtl-model/library/index.js';
import {
  type AlikeSet,
  alikeSetsOf,
  atLeast,
  firstTold,
  firstUnproved,
  floatRange,
  invariantsOf,
  MutantProver,
  mutationSetup,
  prove,
  yosysFlavour,
} from '../../rtl-model/proof/index.js';
import { type Mutant, type MutationSetup, mutantsOf, randomize } from '../../rtl-model/simulation/index.js';
import { emitGates } from '../../rtl-model/systemverilog/index.js';
import { FP16, NVFP4 } from '../../src/formats/index.js';
import { Random } from '../../src/numerics/index.js';

/** Random inputs for 16 edges, all outputs looked at. */
function setupOf(netlist: Netlist, observations: MutationSetup['observations']): MutationSetup {
  const drive: MutationSetup['drive'] = (engine, cycle) => {
    const random = new Random(cycle);
    for (const { name } of netlist.inputs) randomize(engine.input(name), random);
  };
  return { netlist, cycles: 16, drive, observations };
}

/** Verdicts on all mutants of a netlist, by what their description matches. */
function verdicts(
  netlist: Netlist,
  observations: MutationSetup['observations'],
  depth: number,
  which: RegExp,
) {
  const prover = new MutantProver(setupOf(netlist, observations), {
    depth,
    conflicts: [100, 10_000],
    invariants: [],
  });
  const mutants = mutantsOf(netlist).filter(({ description }) => which.test(description));
  expect(mutants.length).toBeGreaterThan(0);
  return mutants.map((mutant) => prover.judge(mutant));
}

/** A register that loads x while `en` is 1 and is read while `valid` (en, one edge later) is 1. */
const held = flatten(
  defineModule({
    name: 'held',
    summary: 'holds a word while there is none',
    clock: CLOCK,
    inputs: { en: 1, x: 4 },
    body: (m, { en, x }) => {
      const valid = m.register('valid', en, { stage: 's1' });
      return { y: m.register('data', x, { stage: 's1', enable: en }), valid };
    },
  }),
);

describe('the proof of a mutant', () => {
  it('finds that a held word needs no holding when it is only read while it is valid', () => {
    expect(verdicts(held, [{ port: 'valid' }, { port: 'y', when: 'valid' }], 1, /always loads/)).toEqual([
      'equivalent',
    ]);
  });

  it('does not find so when the word is read at every edge', () => {
    expect(verdicts(held, [{ port: 'valid' }, { port: 'y' }], 1, /always loads/)).toEqual(['not proved']);
  });

  it('uses that a register only holds what was loaded into it', () => {
    const netlist = flatten(
      defineModule({
        name: 'bounded',
        summary: 'a word below 12, and whether it is at least 12',
        clock: CLOCK,
        inputs: { x: 4 },
        body: (m, { x }) => {
          const small = m.register('low', x.lessThan(12).choose(x, 0), { stage: 's1' });
          return { y: m.register('high', small.bit(3).and(small.bit(2)).or(small.bit(0)), { stage: 's2' }) };
        },
      }),
    );
    // small is never 12 or more: its two top bits are never both 1.
    const [plain, withHistory] = [0, 1].map((depth) =>
      verdicts(netlist, [{ port: 'y' }], depth, /of and stuck at 0/),
    );
    expect(plain).toEqual(['not proved']);
    expect(withHistory).toEqual(['equivalent']);
  });
});

describe('the proof of a mutant by cases', () => {
  const netlist = flatten(floatDivider({ ...FP16, name: 'tiny', exponentBits: 3, fractionBits: 2, bias: 3 }));
  const setup = setupOf(netlist, [{ port: 'quotient' }]);
  const conflicts: [number, number] = [100, 100_000];
  const sample = mutantsOf(netlist).filter((_, i) => i % 5 === 0);
  const by = (cases: boolean) => {
    const prover = new MutantProver(setup, { depth: 0, conflicts, invariants: [], cases });
    return sample.map((mutant) => prover.judge(mutant));
  };

  it('proves what is proved without them, and nothing else', () => {
    const [plain, cases] = [by(false), by(true)];
    expect(new Set(plain)).toEqual(new Set(['same gates', 'equivalent', 'not proved']));
    const notProved = (verdicts: string[]) =>
      sample.flatMap(({ description }, i) => (verdicts[i] === 'not proved' ? [description] : []));
    expect(notProved(cases)).toEqual(notProved(plain));
  });
});

describe('values that nothing tells apart', () => {
  /** Only whether the word is at least 8 is shown. */
  const netlist = flatten(
    defineModule({
      name: 'rounded_off',
      summary: 'whether a sum is at least 8, one edge later',
      clock: CLOCK,
      inputs: { x: 3, y: 3 },
      body: (m, { x, y }) => {
        const sum = m.register('sum', x.zeroExtend(4).plus(y.zeroExtend(4)), { stage: 's1' });
        return { many: sum.lessThan(8).not() };
      },
    }),
  );
  const observations = [{ port: 'many' }];
  const set = (representative: number, limit: number): AlikeSet => ({
    register: 'sum',
    representative,
    contains: (gates, bits) => gates.not(atLeast(gates, bits, limit)),
  });
  const told = (...sets: AlikeSet[]) => firstTold(netlist, observations, [], sets, 10_000);

  it('are proved to be so', () => {
    expect(told(set(0, 8))).toBeUndefined();
  });

  it('are refused when a set is too large, or sets overlap', () => {
    expect(told(set(0, 9))).toBe('an output');
    expect(told(set(0, 8), set(1, 4))).toBe('sum');
  });

  it('make mutants equivalent that change nothing else', () => {
    const prover = (alike: AlikeSet[]) =>
      new MutantProver(setupOf(netlist, observations), {
        depth: 0,
        conflicts: [100, 10_000],
        invariants: [],
        alike,
      });
    const stuck = mutantsOf(netlist).filter(({ description }) => /bit \d of add stuck/.test(description));
    expect(stuck.length).toBe(2);
    const bit = Number(/bit (\d)/.exec(stuck[0]!.description)![1]);
    const verdict = bit === 3 ? 'not proved' : 'equivalent';
    expect(stuck.map((mutant) => prover([]).judge(mutant))).toEqual(['not proved', 'not proved']);
    expect(stuck.map((mutant) => prover([set(0, 8), at8]).judge(mutant))).toEqual([verdict, verdict]);
  });

  const at8: AlikeSet = {
    register: 'sum',
    representative: 8,
    contains: (gates, bits) => atLeast(gates, bits, 8),
  };
});

it.each(['quant-nvfp4', 'quant-four-over-six', 'quant-if4'])(
  'nothing tells apart what %s has as alike',
  (name) => {
    const design = createDesign(name);
    const { observations } = mutationSetup(design, 0);
    const sets = alikeSetsOf(design);
    expect(sets.length).toBeGreaterThan(0);
    expect(firstTold(design.netlist, observations, invariantsOf(design), sets, 100_000)).toBeUndefined();
  },
);

it.each(['nvfp4-fp32', 'if4-fp32-49', 'if4-fp32-correct', 'hadamard16', 'quant-nvfp4', 'quant-if4'])(
  'the invariants of %s are proved',
  (name) => {
    const design = createDesign(name);
    const invariants = invariantsOf(design);
    expect(invariants.length).toBeGreaterThan(0);
    expect(firstUnproved(design.netlist, invariants, 100_000)).toBeUndefined();
  },
);

describe('the invariants of the published MAC', () => {
  const design = createDesign('nvfp4-lanes', { lanes: 2 });

  it('are proved', () => {
    expect(firstUnproved(design.netlist, invariantsOf(design), 100_000)).toBeUndefined();
  });

  it('let it be proved that what is only read while it is valid need not be held', () => {
    const prover = new MutantProver(mutationSetup(design, 200), {
      depth: 0,
      conflicts: [50, 1000],
      invariants: invariantsOf(design),
    });
    const mutants = mutantsOf(design.netlist).filter(({ description }) => /always loads/.test(description));
    const verdicts = new Map(mutants.map((m) => [m.description.split(' ')[0], prover.judge(m)]));
    expect(verdicts.get('s1_product0')).toBe('equivalent');
    expect(verdicts.get('s3_value1')).toBe('equivalent');
    expect(verdicts.get('s2_acc0')).toBe('not proved');
  });

  it('are refused when they are too tight', () => {
    const tight = floatRange('s1_product0', { least: 110, largest: 140, grid: 110 });
    expect(firstUnproved(design.netlist, [tight], 100_000)).toBe(tight);
  });
});

const noYosys = yosysFlavour() === undefined;
if (noYosys) console.warn('skipped: no Yosys to confirm verdicts with');

describe.skipIf(noYosys)('Yosys, on the same mutants,', () => {
  const netlist = flatten(scaleProduct(NVFP4));
  const setup = setupOf(netlist, [{ port: 'scale' }]);
  const prover = new MutantProver(setup, { depth: 0, conflicts: [100, 100_000], invariants: [] });
  const sample = mutantsOf(netlist).filter((_, i) => i % 9 === 0);
  const right = emitGates(bitBlast(netlist), 'right');
  const specification = { top: 'right', files: [right] };

  it('agrees on which are equivalent', () => {
    const verdictOf = (mutant: Mutant) => (prover.judge(mutant) === 'not proved' ? 'refuted' : 'proved');
    const yosysOn = (mutant: Mutant) => {
      const implementation = { top: 'wrong', files: [emitGates(bitBlast(mutant.make()), 'wrong')] };
      return prove({ name: 'mutant', claim: 'equivalent', specification, implementation }).status;
    };
    const found = sample.map((mutant) => ({ mutant: mutant.description, status: verdictOf(mutant) }));
    const witnessed = sample.map((mutant) => ({ mutant: mutant.description, status: yosysOn(mutant) }));
    expect(found).toEqual(witnessed);
    expect(new Set(found.map(({ status }) => status))).toEqual(new Set(['proved', 'refuted']));
  }, 60_000);
});
