import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Program } from '../../src/assembler/index.js';
import {
  type EngineName,
  type RunOptions,
  type RunResult,
  runProgram,
  Trap,
} from '../../src/machine/index.js';
import { exchange, HOPPER_GEMM, programOf, SMALL_GEMM, SMALL_QUANTISE } from '../support/programs.js';

function resultOf(program: Program, engine: EngineName, options: RunOptions = {}): RunResult {
  return runProgram(program, { values: 'none', maxCycles: 1e9, ...options, engine }).result;
}

/** Results of both engines but for their names; how many cycles were extrapolated. */
function extrapolatedCycles(program: Program, options: RunOptions = {}): number {
  const { engine: fast, ...result } = resultOf(program, 'fast-forward', options);
  const { engine: _, ...expected } = resultOf(program, 'timestamp', options);
  expect(result).toEqual(expected);
  return fast.extrapolated?.cycles ?? 0;
}

describe('fast-forward equals running every period', () => {
  it('over the k-steps of a long tile, whose counter counts up or down', () => {
    const down = programOf(SMALL_GEMM, { K: 64 * 3000 });
    expect(extrapolatedCycles(down, { cores: 1 })).toBeGreaterThan(
      0.8 * resultOf(down, 'timestamp', { cores: 1 }).cycles,
    );
    const up = programOf(HOPPER_GEMM, { STEPS: 1500 });
    const options = { cores: 1, warmL2: true };
    expect(extrapolatedCycles(up, options)).toBeGreaterThan(0.5 * resultOf(up, 'timestamp', options).cycles);
  });

  it('over the tiles of a persistent kernel, on cores that contend for L2', () => {
    for (const cores of [1, 2, 3, 4]) {
      const program = programOf(SMALL_GEMM, { M: 32 * 37, N: 32 * 29, K: 256 });
      expect(extrapolatedCycles(program, { cores })).toBeGreaterThan(0);
    }
  });

  it('against the tick engine as well', () => {
    const program = programOf(SMALL_GEMM, { M: 32 * 20, N: 32 * 20, K: 128 });
    const { engine, ...result } = resultOf(program, 'fast-forward');
    const { engine: _, ...expected } = resultOf(program, 'tick');
    expect(result).toEqual(expected);
    expect(engine.extrapolated?.cycles).toBeGreaterThan(0);
  });

  it('on quantisations and stores of blocks', () => {
    for (const [tilesM, tilesN, cores] of [
      [20, 10, 1],
      [21, 32, 3],
      [32, 30, 4],
    ] as const) {
      const [rows, cols] = [32 * tilesM, 32 * tilesN];
      let text = exchange(SMALL_QUANTISE, '128 x 128', `${rows} x 128`);
      text = exchange(text, '64 x 64, out', `${rows} x ${cols}, out`);
      text = exchange(text, '64 x 1, out', `${rows} x 1, out`);
      text = exchange(text, '.grid 2, 2', `.grid ${tilesM}, ${tilesN}`);
      expect(extrapolatedCycles(programOf(text), { cores })).toBeGreaterThan(0);
    }
  });

  it('on random shapes, whatever fraction of them repeats', () => {
    let extrapolated = 0;
    const shape = fc.record({
      M: fc.integer({ min: 1, max: 30 }).map((n) => 32 * n),
      N: fc.integer({ min: 1, max: 30 }).map((n) => 32 * n),
      K: fc.integer({ min: 1, max: 40 }).map((n) => 64 * n),
      cores: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(shape, ({ cores, ...set }) => {
        extrapolated += Number(extrapolatedCycles(programOf(SMALL_GEMM, set), { cores }) > 0);
      }),
      { numRuns: 60, seed: 20271 },
    );
    expect(extrapolated).toBeGreaterThan(10);
  });

  it('on one core of hopper with warm L2, with direct and bulk stores', () => {
    const settings = fc.record({
      M: fc.constantFrom(64, 128, 192),
      N: fc.constantFrom(8, 32, 96, 256),
      STAGES: fc.integer({ min: 1, max: 4 }),
      STEPS: fc.integer({ min: 1, max: 400 }),
      WAIT: fc.constantFrom(0, 1),
      TILES: fc.integer({ min: 2, max: 20 }),
      store: fc.constantFrom('st.tile', 'st.bulk'),
    });
    fc.assert(
      fc.property(settings, ({ store, TILES, ...set }) => {
        const many = HOPPER_GEMM.replace('.grid 2, 2', `.grid 2, ${TILES}`).replaceAll(
          'N * 2',
          `N * ${TILES}`,
        );
        extrapolatedCycles(programOf(exchange(many, 'st.tile', store), set), { cores: 1, warmL2: true });
      }),
      { numRuns: 40, seed: 20272 },
    );
  });

  it('where every register of the loop matters after it', () => {
    // r6 adds up the rows of all tiles: no rule holds for it, so nothing may be skipped that changes it.
    const sums = exchange(
      exchange(SMALL_GEMM, 'mov r13, 1\n', 'mov r13, 1\n mov r6, 0\n'),
      'mul r2, r2, 32\n        bar.wait stored',
      'mul r2, r2, 32\n add r6, r6, r1\n bar.wait stored',
    );
    // … and decides for how long the consumer idles at the end.
    const used = sums
      .replace('.done:  halt\n.endstream\n', 'HALT')
      .replace(
        '.done:  halt\n.endstream\n',
        '.done:  add r6, r6, 1\n.idle: loop r6, .idle\n halt\n.endstream\n',
      )
      .replace('HALT', '.done:  halt\n.endstream\n');
    extrapolatedCycles(programOf(used, { M: 32 * 24, N: 32 * 9, K: 64 }));
    // The last tile's row decides instead: it comes from the tile scheduler, not from a rule.
    const last = used.replace('add r6, r6, r1', 'mov r6, r1');
    expect(extrapolatedCycles(programOf(last, { M: 32 * 64, N: 32 * 9, K: 64 }))).toBeGreaterThan(0);
  });

  it('stops before an address that leaves its tensor, with the same trap', () => {
    const text = exchange(
      SMALL_GEMM,
      'mov r4, K / 64\n.step:  bar.wait empty',
      'mov r4, 9999\n.step:  bar.wait empty',
    ).replace('mov r4, K / 64\n        mov r5, 0', 'mov r4, 9999\n mov r5, 0');
    const trapped = (engine: EngineName): unknown => {
      try {
        return resultOf(programOf(text, { K: 64 * 800 }), engine, { cores: 1 });
      } catch (error) {
        if (!(error instanceof Trap)) throw error;
        const { kind, message, cycle, place } = error;
        return { kind, message, cycle, place };
      }
    };
    expect(trapped('fast-forward')).toEqual(trapped('timestamp'));
    expect(trapped('timestamp')).toMatchObject({ kind: 'out-of-range' });
  });
});

describe('fast-forward refuses, and says why', () => {
  const refusalOf = (program: Program, options: RunOptions = {}): string | undefined =>
    resultOf(program, 'fast-forward', options).engine.notExtrapolated;

  it.each([
    ['somebody observes the run', SMALL_GEMM, { listeners: [{ onHalted: () => {} }] }, /observes/],
    ['parts of tiles are added up', exchange(SMALL_GEMM, 'st.tile', 'st.add'), {}, /are added up/],
    ['the same on one core', exchange(SMALL_GEMM, 'st.tile', 'st.add'), { cores: 1 }, /are added up/],
    ['what L2 holds depends on addresses', HOPPER_GEMM, { cores: 2 }, /depends on addresses/],
    [
      'the program has no loop',
      '.machine fp4core\n.grid 1, 1\n.stream s\n nop\n halt\n.endstream\n',
      {},
      /no loop/,
    ],
  ] as const)('%s', (_, text, options, reason) => {
    expect(refusalOf(programOf(text), options)).toMatch(reason);
  });

  it('a branch that depends on a tile', () => {
    const text = exchange(SMALL_GEMM, 'mul r1, r1, 32', 'blt r1, 3, .few\n.few: mul r1, r1, 32');
    expect(refusalOf(programOf(text, { M: 32 * 40, N: 32 * 40 }))).toMatch(
      /branch depends on a tile .* at line \d+/,
    );
  });

  it('a branch that depends on the clock', () => {
    const text = exchange(SMALL_GEMM, 'mov r5, 1', 'mov r5, 1\n mov r7, %clock\n blt r7, 0, .next');
    expect(refusalOf(programOf(text, { K: 64 * 2000 }), { cores: 1 })).toMatch(/the clock|without a rule/);
  });
});
