/**
 * The cocotb bench, with cocotb from PyPI in a fresh environment: a matter of the network, so only where FP4SIM_COCOTB=1
 * asks for it (every night).
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDesign } from '../../../rtl-model/designs/index.js';
import { flatModule } from '../../../rtl-model/hdl/index.js';
import { mutantsOf } from '../../../rtl-model/simulation/index.js';
import { emitModules, inFolder, runProgram } from '../../../rtl-model/systemverilog/index.js';
import { make } from '../support.js';
import { makeBench, writeBench } from './support.js';

describe.skipIf(process.env.FP4SIM_COCOTB !== '1')('the cocotb bench', () => {
  it.each(['nvfp4-exact', 'nvfp4-lanes', 'quant-nvfp4'])(
    'passes for %s, and fails for a mutant',
    (name) => {
      const design = createDesign(name);
      const mutant = mutantsOf(design.netlist).find(({ class: kind }) => kind === 'dropped carry')!;
      inFolder((folder) => {
        const environment = join(folder, 'python');
        runProgram('python3', ['-m', 'venv', environment]);
        runProgram(join(environment, 'bin', 'pip'), ['install', '--quiet', 'cocotb']);
        const path = `PATH=${join(environment, 'bin')}:${process.env.PATH}`;
        const made = make(name, { level: 0 });
        const run = (sub: string, rtl: Parameters<typeof writeBench>[2]) =>
          makeBench(writeBench(join(folder, sub), made, rtl), 'cocotb', path);
        const right = run('right', emitModules(design.module));
        const classes = made.manifest.units[0]!.classes.length;
        expect(right.output).toContain(`TESTS=${classes} PASS=${classes} FAIL=0`);
        expect(right.status).toBe(0);
        const wrong = run('wrong', emitModules(flatModule(mutant.make(), design.module.name)));
        expect(wrong.output).toMatch(/vector \d+ \(.*\): \w+: expected 0x[0-9a-f]+, found 0x[0-9a-f]+/);
        expect(wrong.status).not.toBe(0);
      });
    },
    600_000,
  );
});
