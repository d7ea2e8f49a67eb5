/**
 * Interpreter = words as JavaScript = compiled simulator = Icarus = Verilator, at every output and register of every
 * cycle. Here: library circuits and random circuits. The designs for 102,400 cycles: `engines-long-*.test.ts`.
 */
import { describe, expect, it } from 'vitest';
import { createDesign } from '../../rtl-model/designs/index.js';
import { flatten, type Module } from '../../rtl-model/hdl/index.js';
import {
  checkWithWords,
  designStimulus,
  interpreterMismatches,
  recordCompiled,
  type Stimulus,
  uniformStimulus,
} from '../../rtl-model/proof/index.js';
import { CompiledSimulation } from '../../rtl-model/simulation/index.js';
import { checkWithIcarus, checkWithVerilator, type Vectors } from '../../rtl-model/systemverilog/index.js';
import { Random } from '../../src/numerics/index.js';
import { requireTool } from '../support/tools.js';
import { LIBRARY_CIRCUITS, together } from './circuits.js';
import { randomModule } from './random-hardware.js';

const { lanes } = CompiledSimulation;
const hasIcarus = requireTool('iverilog', 'vvp').present;
const hasVerilator = requireTool('verilator', 'g++').present;

/** No mismatch, and as many cycles as were recorded. */
function expectAgreement(check: { first: readonly unknown[]; cycles: number }, vectors: Vectors): void {
  expect(check.first).toEqual([]);
  expect(check.cycles).toBe(vectors.lanes * vectors.cycles);
}

const CIRCUITS: readonly Module[] = [
  together('library_circuits', LIBRARY_CIRCUITS),
  together(
    'random_circuits',
    Array.from({ length: 8 }, (_, seed) => randomModule(new Random(seed), 2, `random_${seed}`)),
  ),
];

describe.each(CIRCUITS)('$name', (module) => {
  const stimulus = uniformStimulus(new Random(11));
  const short = recordCompiled(module, stimulus, 4, 60);

  it('interpreter', () => {
    expect(interpreterMismatches(module, short, 2, 60)).toEqual([]);
  });
  it('words', () => {
    expectAgreement(checkWithWords(flatten(module), [short]), short);
  });
  it.skipIf(!hasIcarus)('Icarus', () => {
    expectAgreement(checkWithIcarus(module, short), short);
  });
  it.skipIf(!hasVerilator)('Verilator', () => {
    const vectors = recordCompiled(module, stimulus, lanes, 100);
    expectAgreement(checkWithVerilator(module, vectors), vectors);
  });
});

describe('the checks themselves', () => {
  const design = createDesign('nvfp4-exact');
  const stimulus: Stimulus = designStimulus(design, 9);
  const vectors = recordCompiled(design.module, stimulus, 2, 30);
  /** One bit of one register wrong in one cycle. */
  const spoiled = (): Vectors => {
    const expected = vectors.expected.slice();
    const field = vectors.layout.state.find(({ name }) => name === 's2_term')!;
    expected[(1 * 30 + 17) * vectors.layout.stateWords + field.word + 1]! ^= 4;
    return { ...vectors, expected };
  };
  const where = [expect.objectContaining({ lane: 1, cycle: 17, field: 's2_term' })];

  it('see one wrong bit: interpreter', () => {
    expect(interpreterMismatches(design.module, spoiled(), 2, 30)).toEqual(where);
  });
  it('see one wrong bit: words', () => {
    expect(checkWithWords(design.netlist, [spoiled()]).first).toEqual(where);
  });
  it.skipIf(!hasIcarus)('see one wrong bit: Icarus', () => {
    expect(checkWithIcarus(design.module, spoiled()).first).toEqual(where);
  });
  it.skipIf(!hasVerilator)('see one wrong bit: Verilator', () => {
    expect(checkWithVerilator(design.module, spoiled()).first).toEqual(where);
  });
});
