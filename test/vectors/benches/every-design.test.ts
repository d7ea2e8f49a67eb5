/**
 * Level 1 of every design played by its benches into its own SystemVerilog: the C++ main in Verilator plays all of it, the
 * testbench in Icarus, some hundred times slower, the beginning of every class. The whole of it in all three, and mutants,
 * are a matter of the night (bench/vectors/benches.ts, reports/benches.md).
 */
import { describe, expect, it } from 'vitest';
import { createDesign, DESIGNS } from '../../../rtl-model/designs/index.js';
import { emitModules, inFolder } from '../../../rtl-model/systemverilog/index.js';
import { requireTool } from '../../support/tools.js';
import { make } from '../support.js';
import { makeBench, writeBench } from './support.js';

const hasTools = requireTool('iverilog', 'vvp', 'verilator', 'g++', 'make').present;
/** Vectors of each class in Icarus, and of quantise units, whose blocks take a hundred times as long, in Verilator. */
const [IN_ICARUS, OF_QUANTIZERS] = [16, 512];
/** Designs of sixteen FP32 lanes take a compiler half a minute. */
const optionsOf = (name: string) => (name.endsWith('-lanes') ? { lanes: 4 } : {});

describe.skipIf(!hasTools)('level 1 of every design', () => {
  it.each([...DESIGNS.keys()])('%s passes in Verilator and in Icarus', (name) => {
    inFolder((folder) => {
      const options = optionsOf(name);
      const design = createDesign(name, options);
      const made = make(name, {}, ['mem'], 'compiled', options);
      const limit = design.kind === 'quantizer' ? OF_QUANTIZERS : Number.POSITIVE_INFINITY;
      const { classes } = made.manifest.units[0]!;
      const count = classes.reduce((total, { vectors }) => total + Math.min(vectors, limit), 0);
      writeBench(folder, made, emitModules(design.module), undefined, ['sv', 'verilator']);
      const args = Number.isFinite(limit) ? [`ARGS=+limit=${limit}`] : [];
      const all = makeBench(folder, 'verilator-main', ...args);
      expect(all.output).toContain(`: ${count} vectors, `);
      expect(all.output).toMatch(/^PASS /m);
      expect(all.status).toBe(0);
      const beginning = makeBench(folder, 'icarus', `ARGS=+limit=${IN_ICARUS}`);
      expect(beginning.output).toMatch(/^PASS /m);
      expect(beginning.status).toBe(0);
    });
  });
});
