/** Designs in every engine for 102,400 cycles, every output and register compared at every cycle. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDesign } from '../../rtl-model/designs/index.js';
import { checkWithWords, recordLongRun } from '../../rtl-model/proof/index.js';
import { checkWithIcarus, checkWithVerilator, type Vectors } from '../../rtl-model/systemverilog/index.js';
import { requireTool } from '../support/tools.js';

const SEED = 1;
const CYCLES = 102_400;
/**
 * Icarus takes 0.1 to 1.6 ms a cycle: all designs for 102,400 cycles are a quarter of an hour of processor time, which
 * is for the nightly run. Here it gets the first recording.
 */
const ICARUS_CYCLES = 12_800;

/** For machines that are busy with something else. */
const LIMIT_MS = 900_000;

const hasIcarus = requireTool('iverilog', 'vvp').present;
const hasVerilator = requireTool('verilator', 'g++').present;

/** Declares the tests of these designs. The recording is by the compiled simulator, so that is compared with all. */
export function describeLongRuns(names: readonly string[]): void {
  describe.each(names)('%s', (name) => {
    const design = createDesign(name);
    let recordings: Vectors[] = [];
    beforeAll(() => {
      recordings = recordLongRun(design, SEED);
    }, LIMIT_MS);
    afterAll(() => {
      recordings = [];
    });

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
      `Icarus, ${ICARUS_CYCLES} cycles`,
      () => {
        const { first, mismatches, cycles } = checkWithIcarus(design.module, recordings[0]!);
        expect({ first, mismatches, cycles }).toEqual({ first: [], mismatches: 0, cycles: ICARUS_CYCLES });
      },
      LIMIT_MS,
    );
  });
}
