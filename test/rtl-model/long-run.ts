/** Designs in every engine for 102,400 cycles, every output and register compared at every cycle. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { checkWithInterpreter, checkWithWords, recordLongRun } from '../../rtl-model/proof/index.js';
import { checkWithIcarus, checkWithVerilator, type Vectors } from '../../rtl-model/systemverilog/index.js';
import { requireTool } from '../support/tools.js';

const SEED = 1;
const CYCLES = 102_400;
/** For machines that are busy with something else. */
const LIMIT_MS = 900_000;

const hasIcarus = requireTool('iverilog', 'vvp').present;
const hasVerilator = requireTool('verilator', 'g++').present;

/** Files that share the designs, so that processors share the work; Icarus takes most of it, up to 1.6 ms a cycle. */
const FILES = 7;

/**
 * Declares the tests of the designs of one file, numbered from 1. The recording is by the compiled simulator, so that is
 * compared with all.
 */
export function describeLongRuns(file: number): void {
  describe.each([...DESIGNS.keys()].filter((_, i) => i % FILES === file - 1))('%s', (name) => {
    const design = createDesign(name);
    let recordings: Vectors[] = [];
    beforeAll(() => {
      recordings = recordLongRun(design, SEED);
    }, LIMIT_MS);
    afterAll(() => {
      recordings = [];
    });

    it(
      `interpreter, ${CYCLES} cycles`,
      () => {
        const { first, mismatches, cycles } = checkWithInterpreter(design.module, recordings);
        expect({ first, mismatches, cycles }).toEqual({ first: [], mismatches: 0, cycles: CYCLES });
      },
      LIMIT_MS,
    );
    it(
      `words, ${CYCLES} cycles`,
      () => {
        const { first, mismatches, cycles } = checkWithWords(design.netlist, recordings);
        expect({ first, mismatches, cycles }).toEqual({ first: [], mismatches: 0, cycles: CYCLES });
      },
      LIMIT_MS,
    );
    it.skipIf(!hasVerilator)(
      `Verilator, ${CYCLES} cycles`,
      () => {
        const { first, mismatches, cycles } = checkWithVerilator(design.module, recordings);
        expect({ first, mismatches, cycles }).toEqual({ first: [], mismatches: 0, cycles: CYCLES });
      },
      LIMIT_MS,
    );
    it.skipIf(!hasIcarus)(
      `Icarus, ${CYCLES} cycles`,
      () => {
        const { first, mismatches, cycles } = checkWithIcarus(design.module, recordings);
        expect({ first, mismatches, cycles }).toEqual({ first: [], mismatches: 0, cycles: CYCLES });
      },
      LIMIT_MS,
    );
  });
}
