import { describe, expect, it } from 'vitest';
import {
  conflictDegree,
  MACHINE_MODELS,
  type MachineModel,
  parseMachine,
  runProgram,
} from '../../src/machine/index.js';
import { HOPPER_GEMM, programOf, SMALL_GEMM } from '../support/programs.js';

const figure = (value: number) => ({ value, source: 'a test' });

/** A model whose tiles are not swizzled. */
function plain(base: string): MachineModel {
  const swizzle = 'banks.swizzleBytes: { value: 0, unit: B, source: a test }';
  return parseMachine(`extends: ${base}\nfigures:\n  ${swizzle}\n`, 'plain.yaml');
}

describe('eight rows of shared memory', () => {
  const banks = { count: figure(32), wordBytes: figure(4), swizzleBytes: figure(0) };

  it.each([
    // 32 banks × 4 B: a piece of a row is 16 B, and rows 128 B apart begin in the same bank.
    [16, 1],
    [32, 2],
    [64, 4],
    [128, 8],
    [256, 8],
    // A pad of one piece sends every row to banks of its own.
    [144, 1],
    [272, 1],
    // Half a piece: each row covers half of the banks of the one before it.
    [136, 2],
  ])('%i bytes apart meet %i times in a bank', (pitch, degree) => {
    expect(conflictDegree(banks, pitch)).toBe(degree);
  });

  it('do not meet where they are swizzled', () => {
    const swizzled = { ...banks, swizzleBytes: figure(128) };
    expect(conflictDegree(swizzled, 128)).toBe(1);
    expect(conflictDegree(swizzled, 256)).toBe(8);
  });
});

describe('conflicts of banks', () => {
  it('do not occur in programs whose tiles fit the swizzle', () => {
    for (const text of [SMALL_GEMM, HOPPER_GEMM]) {
      const { cores } = runProgram(programOf(text), { values: 'none' }).result.statistics;
      expect(cores.every(({ bankConflictCycles }) => bankConflictCycles === 0)).toBe(true);
    }
  });

  it('lengthen the MMAs of a grid, and are counted', () => {
    const machine = plain('fp4core');
    // Rows of 64 4-bit elements are 32 B apart, 64 banks × 8 B: a piece is 64 B, so that two rows meet.
    const degree = conflictDegree(machine.banks, 32);
    expect(degree).toBe(2);
    const program = programOf(SMALL_GEMM, { K: 1024 });
    const [own, conflicting] = ['fp4core', machine].map(
      (m) => runProgram(program, { machine: m, values: 'none', cores: 1 }).result,
    );
    const busy = own!.statistics.cores[0]!.busyCycles.mma;
    expect(conflicting!.statistics.cores[0]).toMatchObject({
      bankConflictCycles: busy * (degree - 1),
      busyCycles: { mma: busy * degree },
    });
  });

  it('lengthen the steps of hopper where its port of the shared memory becomes the slower one', () => {
    const machine = plain('hopper');
    const program = programOf(HOPPER_GEMM, { M: 64, N: 256, STEPS: 8 });
    const run = (m: MachineModel) => runProgram(program, { machine: m, values: 'none', cores: 1 }).result;
    const [own, conflicting] = [run(MACHINE_MODELS.get('hopper')!), run(machine)];
    // k-steps of 64 B: four rows meet. Steps of 16 + 256/4 cycles take four times as long and outlast 256/2 cycles.
    const macs = 64 * 256 * 32;
    const steps = own.macs / macs;
    expect(conflicting.statistics.cores[0]!.bankConflictCycles).toBe(steps * 3 * (16 + 256 / 4));
    expect(conflicting.statistics.cores[0]!.busyCycles.mma).toBe(steps * 4 * (16 + 256 / 4));
    expect(own.statistics.cores[0]!.busyCycles.mma).toBe(steps * 128);
  });

  it('are the same in every engine, watched or not', () => {
    const machine = plain('fp4core');
    const program = programOf(SMALL_GEMM, { M: 96, K: 512 });
    const all = [
      ...(['tick', 'timestamp', 'fast-forward'] as const).map((engine) => ({
        engine,
        values: 'none' as const,
      })),
      { engine: 'timestamp' as const },
    ].map((options) => runProgram(program, { machine, ...options }).result);
    expect(all[0]!.statistics.cores[0]!.bankConflictCycles).toBeGreaterThan(0);
    for (const { statistics, cycles } of all) {
      expect(statistics).toEqual(all[0]!.statistics);
      expect(cycles).toBe(all[0]!.cycles);
    }
  });
});
