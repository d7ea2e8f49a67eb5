/**
 * C models beside devices through DPI in Verilator: a unit of every kind, which the model, the vectors and the device agree
 * on; and lanes alone, in both simulators.
 */
import { describe, expect, it } from 'vitest';
import { createDesign, createMac, laneOf } from '../../../rtl-model/designs/index.js';
import { flatModule } from '../../../rtl-model/hdl/index.js';
import { mutantsOf } from '../../../rtl-model/simulation/index.js';
import { emitModules, inFolder } from '../../../rtl-model/systemverilog/index.js';
import type { Settings } from '../../../src/numerics/index.js';
import { requireTool } from '../../support/tools.js';
import { make } from '../support.js';
import { makeBench, writeBench } from './support.js';

const hasVerilator = requireTool('verilator', 'g++', 'make').present;
const hasIcarus = requireTool('iverilog', 'vvp', 'make').present;

/** Design, settings, classes. */
const KINDS: readonly (readonly [string, Settings, readonly string[]])[] = [
  ['nvfp4-exact', {}, ['uniform', 'special', 'reserved']],
  ['int8-exact', {}, ['uniform']],
  ['nvfp4-lanes', { lanes: 2 }, ['uniform', 'reserved']],
  ['nvfp4-fp32', {}, ['uniform', 'special']],
  ['nvfp4-fused35', {}, ['uniform', 'special']],
  ['quant-nvfp4', {}, ['normal', 'ties']],
  ['hadamard16', {}, ['normal']],
];

describe.skipIf(!hasVerilator)('through DPI in Verilator', () => {
  it.each(KINDS)('the C model of %s %j stands beside the device', (name, settings, classes) => {
    inFolder((folder) => {
      const made = make(name, { level: 0, classes: [...classes] }, ['mem'], 'compiled', settings);
      writeBench(folder, made, emitModules(createDesign(name, settings).module), undefined, ['dpi']);
      const { status, output } = makeBench(folder, 'dpi');
      const [, compared] = /^model: (\d+) results, 0 wrong/m.exec(output) ?? [output];
      expect(Number(compared)).toBeGreaterThan(9);
      expect(output).toMatch(/^PASS /m);
      expect(status).toBe(0);
    });
  });

  it('the C model stands beside the device through DPI, and both tell a mutant', () => {
    const design = createDesign('fp8-fused13');
    const mutant = mutantsOf(design.netlist).find(({ class: name }) => name === 'dropped carry')!;
    inFolder((folder) => {
      const made = make('fp8-fused13', { level: 0, classes: ['uniform', 'special'] });
      writeBench(folder, made, emitModules(flatModule(mutant.make(), design.module.name)));
      const { status, output } = makeBench(folder, 'dpi', 'ARGS=+errors=1000');
      expect(output).toMatch(
        /first difference from the model: result \d+ at time \d+\n {2}d: model [0-9a-f]{8}, device/,
      );
      const [, byVectors] = /^FAIL \S+ (\d+) wrong/m.exec(output)!;
      const [, byModel] = /^model: 128 results, (\d+) wrong/m.exec(output)!;
      expect(Number(byVectors)).toBe(2 * Number(byModel));
      expect(status).not.toBe(0);
    });
  });
});

describe.skipIf(!hasIcarus || !hasVerilator)('a lane alone', () => {
  /** Design, shards of its exhaustive set: 8192 vectors each. */
  it.each([
    ['if4-lanes', 2048],
    ['nvfp4-exact', 512],
  ] as const)('of %s passes in Icarus, Verilator and beside its C model', (name, shards) => {
    inFolder((folder) => {
      const shard = { index: shards / 2 + 3, of: shards };
      const made = make(name, { level: 2, classes: ['exhaustive'], shard });
      writeBench(folder, made, emitModules(laneOf(createMac(name))!.module), undefined, ['sv', 'dpi']);
      for (const target of ['icarus', 'verilator', 'dpi']) {
        const { status, output } = makeBench(folder, target);
        expect(output).toMatch(/^PASS lane_\w+: 8192 vectors, 8192 results/m);
        expect(status).toBe(0);
      }
    });
  });
});
