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
/** Vectors of each class in Icarus. */
const LIMIT = 16;

describe.skipIf(!hasTools)('level 1 of every design', () => {
  it.each([...DESIGNS.keys()])('%s passes in Verilator and in Icarus', (name) => {
    inFolder((folder) => {
      const made = make(name);
      const { classes } = made.manifest.units[0]!;
      const sum = (key: 'vectors' | 'results') => classes.reduce((total, set) => total + set[key], 0);
      writeBench(folder, made, emitModules(createDesign(name).module), undefined, ['sv', 'verilator']);
      const all = makeBench(folder, 'verilator-main');
      expect(all.output).toContain(`${sum('vectors')} vectors, ${sum('results')} results`);
      expect(all.output).toMatch(/^PASS /m);
      expect(all.status).toBe(0);
      const beginning = makeBench(folder, 'icarus', `ARGS=+limit=${LIMIT}`);
      expect(beginning.output).toMatch(/^PASS /m);
      expect(beginning.status).toBe(0);
    });
  });
});
