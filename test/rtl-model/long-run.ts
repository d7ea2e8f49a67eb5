/** Designs in every engine for 102,400 cycles, every output and register compared at every cycle. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { checkWithInterpreter, checkWithWords, recordLongRun } from '../../rtl-model/proof/index.js';
import { checkWithIcarus, checkWithVerilator, type Vectors } from '../../rtl-model/systemverilog/index.js';
import { requireTool } from '../support/tools.js';

const SEED = 1;
const CYCLES = 102_400;
/** How much of a design the interpreter runs: recordings, and the cycles that they have together. */
const ALL = { recordings: 5, cycles: CYCLES };
const TWO = { recordings: 2, cycles: 25_600 };
const ONE = { recordings: 1, cycles: 12_800 };

/** Designs of which it does not run all, for it takes up to 1.5 ms a cycle; their words as JavaScript do. */
const INTERPRETED: Readonly<Record<string, typeof ALL>> = {
  'nvfp4-lanes': ONE,
  'if4-lanes': ONE,
  'quant-nvfp4': ONE,
  'quant-four-over-six': ONE,
  'quant-if4': ONE,
  'if4-three-acc': TWO,
  'nvfp4-fused35': TWO,
  'mxfp4-fused35': TWO,
  'fp8-fused13': TWO,
  hadamard16: TWO,
};

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

    const interpreted = INTERPRETED[name] ?? ALL;
    it(
      `interpreter, ${interpreted.cycles} cycles`,
      () => {
        const some = recordings.slice(0, interpreted.recordings);
        const { first, mismatches, cycles } = checkWithInterpreter(design.module, some);
        expect({ first, mismatches, cycles }).toEqual({
          first: [],
          mismatches: 0,
          cycles: interpreted.cycles,
        });
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
