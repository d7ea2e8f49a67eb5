/** Proofs by Yosys: what holds is proved, what does not is refuted, and what takes too long is not called proved. */
import { describe, expect, it } from 'vitest';
import { createDesign, createMac } from '../../rtl-model/designs/index.js';
import { CLOCK, defineModule, HardwareError, type Module, type Word } from '../../rtl-model/hdl/index.js';
import { sumSignMagnitude } from '../../rtl-model/library/index.js';
import {
  designGoals,
  expressionSide,
  libraryGoals,
  type ProofGoal,
  pipelineDepth,
  pipelineRegisters,
  prove,
  sideOf,
  transparent,
  treeLemmas,
  yosysFlavour,
} from '../../rtl-model/proof/index.js';
import { combinational } from './hardware.js';

const missing = yosysFlavour() === undefined;
const outcome = (goal: ProofGoal) => {
  const { status, detail } = prove(goal);
  return status === 'proved' ? status : `${status}: ${detail}`;
};

/** Seconds each: the adders of significands and every decoder. Wider adders are in the report. */
const QUICK_GOALS = libraryGoals().filter(({ name }) => !/^adder .* (58|64)$/.test(name));

describe.skipIf(missing)('the library', () => {
  it.each(QUICK_GOALS)('$name: $claim', (goal) => {
    expect(outcome(goal)).toBe('proved');
  });
});

describe('the npm package of Yosys', () => {
  it('proves and refutes as the program does', () => {
    const { specification, ...rest } = QUICK_GOALS.find(({ name }) => name === 'adder brent-kung 24')!;
    expect(prove({ specification, ...rest }, { yosys: 'package' }).status).toBe('proved');
    const [file] = specification.files;
    const wrong = { ...specification, files: [{ ...file!, text: file!.text.replace('+ cin', '- cin') }] };
    expect(prove({ specification: wrong, ...rest }, { yosys: 'package' }).status).toBe('refuted');
  });
});

describe.skipIf(missing)('the parts of nvfp4-exact and if4-exact49', () => {
  const goals = ['nvfp4-exact', 'if4-exact49'].flatMap((name) => designGoals(createDesign(name)));
  it.each(goals)('$name: $claim', (goal) => {
    expect(outcome(goal)).toBe('proved');
  });

  it('are all there: lane, tree, pipeline', () => {
    const kinds = designGoals(createDesign('nvfp4-exact')).map(({ name }) => name.split(' ')[0]);
    expect(new Set(kinds)).toEqual(new Set(['lane', 'tree', 'pipeline']));
  });
});

/** y = expression, against a module with inputs a and b of 8 bits. */
const goalOf = (expression: string, module: Module): ProofGoal => {
  const inputs = ['a', 'b'].map((name) => ({ name, width: 8 }));
  return {
    name: 'test',
    claim: expression,
    specification: expressionSide('plain', inputs, [{ name: 'y', width: 8 }], [`y = ${expression}`]),
    implementation: sideOf(module),
  };
};

describe.skipIf(missing)('what does not hold', () => {
  it('is refuted with the inputs that show it', () => {
    const module = combinational({ a: 8, b: 8 }, ({ a, b }) =>
      a.plus(b).xor(a.equals(77).and(b.equals(200)).zeroExtend(8)),
    );
    const { status, detail } = prove(goalOf('a + b', module));
    expect(status).toBe('refuted');
    expect(detail).toMatch(/\b77\b/);
    expect(detail).toMatch(/\b200\b/);
  });

  it('is not proved when it shows only after many cycles', () => {
    const counter = (limit: number | undefined) =>
      defineModule({
        name: `counter_${limit ?? 'never'}`,
        summary: 'y = 1 once, after a long time',
        clock: CLOCK,
        inputs: { en: 1 },
        body: (m, { en }) => {
          const count = m.feedbackRegister('count', 8, { stage: 's1', enable: en });
          m.setNext(count, count.plus(1));
          return { y: limit === undefined ? en.and(0) : count.equals(limit) };
        },
      });
    const goal: ProofGoal = {
      name: 'late',
      claim: 'never',
      specification: sideOf(counter(undefined)),
      implementation: sideOf(counter(200)),
      inductionCycles: 2,
    };
    expect(prove(goal).status).not.toBe('proved');
  });

  it('is not proved when time runs out', () => {
    const module = combinational({ a: 8, b: 8 }, ({ a, b }) => a.times(b).times(a.xor(b)).truncate(8));
    const goal = goalOf('(a ^ b) * b * a', module);
    expect(prove({ ...goal, timeoutSeconds: 0.01 })).toMatchObject({
      status: 'not proved',
      detail: 'out of time',
    });
  });

  it('is not proved by a tool that refuses the text', () => {
    const module = combinational({ a: 8, b: 8 }, ({ a, b }) => a.plus(b));
    const { status, detail } = prove(goalOf('a + + ;', module));
    expect(status).toBe('not proved');
    expect(detail).toMatch(/ERROR/);
  });
});

describe.skipIf(missing)('a sum tree', () => {
  const terms = (signs: Word, magnitudes: Word) =>
    signs.bitList().map((sign, i) => ({ sign, magnitude: magnitudes.slice(5 * i, 5) }));
  const tree = (body: (signs: Word, magnitudes: Word) => Word) =>
    defineModule({
      name: 'tree',
      summary: 'The sum of seven signed numbers.',
      inputs: { signs: 7, magnitudes: 35 },
      body: (_, { signs, magnitudes }) => ({ sum: body(signs, magnitudes) }),
    });
  const right = tree((signs, magnitudes) => sumSignMagnitude(terms(signs, magnitudes), 9));
  const outcomes = (module: Module) => new Set(treeLemmas(module)?.map((lemma) => prove(lemma).status));

  it('is proved adder by adder and term by term', () => {
    expect(outcomes(right)).toEqual(new Set(['proved']));
  });

  it.each(['or', 'and', 'xor'] as const)('is not proved with one %s cell that lost an operand', (kind) => {
    const at = right.cells.findIndex((cell) => cell.kind === kind && right.nets[cell.output]!.width === 9);
    const broken = right.cells[at]!;
    const cells = right.cells.with(at, { ...broken, kind: 'buffer', inputs: [broken.inputs[0]!] });
    const lemmas = treeLemmas({ ...right, cells });
    const statuses = lemmas?.map((lemma) => prove(lemma).status) ?? ['not proved'];
    expect(statuses.every((status) => status === 'proved')).toBe(false);
  });

  it('has no lemmas when its constants do not add up', () => {
    const shifted = tree((signs, magnitudes) => sumSignMagnitude(terms(signs, magnitudes), 9).plus(1));
    expect(treeLemmas(shifted)).toBeUndefined();
  });
});

describe('pipelines', () => {
  const design = createMac('nvfp4-exact');
  const plain = createMac('nvfp4-exact', { pipeline: false });
  const registers = pipelineRegisters(design.module, plain.module);

  it('have the same depth on every path', () => {
    expect(pipelineDepth(design.module, registers)).toBe(design.latencyCycles - plain.latencyCycles);
  });

  it('are refused when a path has a register less', () => {
    const skewed = transparent(design.module, new Set([[...registers][0]!]));
    const rest = new Set([...registers].slice(1));
    expect(() => pipelineDepth(skewed, rest)).toThrow(HardwareError);
  });

  it('are refused when a register has an enable', () => {
    const gated = defineModule({
      name: 'gated',
      summary: 'y = x, some time ago',
      clock: CLOCK,
      inputs: { x: 1, en: 1 },
      body: (m, { x, en }) => {
        const held = m.register('held', x, { stage: 's1', enable: en });
        return { y: m.register('last', held, { stage: 's2' }) };
      },
    });
    expect(() => pipelineDepth(gated, new Set(['held']))).toThrow(/held has an enable/);
  });
});
