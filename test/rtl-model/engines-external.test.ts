/**
 * Interpreter = compiled simulator = Icarus = Verilator, at every output and register of every cycle.
 *
 * Here: library circuits, random circuits and nvfp4-exact in all four engines, nvfp4-exact for more than 100,000
 * cycles in Verilator; every design in the interpreter and in Icarus. Every design for 100,000 cycles in Verilator
 * takes minutes of its build: `node dist/bench/reports/engines.js`, which writes reports/engines.md.
 */
import { describe, expect, it } from 'vitest';
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import type { Module } from '../../rtl-model/hdl/index.js';
import {
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
  it.skipIf(!hasIcarus)('Icarus', () => {
    expectAgreement(checkWithIcarus(module, short), short);
  });
  it.skipIf(!hasVerilator)('Verilator', () => {
    const vectors = recordCompiled(module, stimulus, lanes, 100);
    expectAgreement(checkWithVerilator(module, vectors), vectors);
  });
});

describe.each([...DESIGNS.keys()])('%s', (name) => {
  const design = createDesign(name);
  const short = recordCompiled(design.module, designStimulus(design, 5), 2, 40);

  it('interpreter', () => {
    expect(interpreterMismatches(design.module, short, 2, 40)).toEqual([]);
  });
  it.skipIf(!hasIcarus)('Icarus', () => {
    expectAgreement(checkWithIcarus(design.module, short), short);
  });
});

describe('nvfp4-exact for 100,000 cycles', () => {
  const design = createDesign('nvfp4-exact');
  const cycles = Math.ceil(100_000 / lanes);

  it.skipIf(!hasVerilator)('Verilator', () => {
    const vectors = recordCompiled(design.module, designStimulus(design, 6), lanes, cycles);
    expectAgreement(checkWithVerilator(design.module, vectors), vectors);
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
  it.skipIf(!hasIcarus)('see one wrong bit: Icarus', () => {
    expect(checkWithIcarus(design.module, spoiled()).first).toEqual(where);
  });
  it.skipIf(!hasVerilator)('see one wrong bit: Verilator', () => {
    expect(checkWithVerilator(design.module, spoiled()).first).toEqual(where);
  });
});
