/** Interpreter = compiled simulator = Icarus = Verilator, at every output and register of every cycle. */
import { describe, expect, it } from 'vitest';
import type { Module } from '../../rtl-model/hdl/index.js';
import { interpreterMismatches, recordCompiled, uniformStimulus } from '../../rtl-model/proof/index.js';
import { checkWithIcarus, checkWithVerilator } from '../../rtl-model/systemverilog/index.js';
import { Random } from '../../src/numerics/index.js';
import { requireTool } from '../support/tools.js';
import { LIBRARY_CIRCUITS, together } from './circuits.js';
import { randomModule } from './random-hardware.js';

const CASES: readonly Module[] = [
  together('library_circuits', LIBRARY_CIRCUITS),
  together(
    'random_circuits',
    Array.from({ length: 8 }, (_, seed) => randomModule(new Random(seed), 2, `random_${seed}`)),
  ),
];

const record = (module: Module, lanes: number, cycles: number) =>
  recordCompiled(module, uniformStimulus(new Random(lanes + cycles)), lanes, cycles);

describe.each(CASES)('$name', (module) => {
  it('interpreter', () => {
    expect(interpreterMismatches(module, record(module, 2, 50), 2, 50)).toEqual([]);
  });
  it.skipIf(!requireTool('iverilog', 'vvp').present)('Icarus', () => {
    const check = checkWithIcarus(module, record(module, 4, 100));
    console.log(check);
    expect(check.first).toEqual([]);
    expect(check.cycles).toBe(400);
  });
  it.skipIf(!requireTool('verilator', 'g++').present)('Verilator', () => {
    const check = checkWithVerilator(module, record(module, 128, 100));
    console.log(check);
    expect(check.first).toEqual([]);
    expect(check.cycles).toBe(12800);
  });
});
