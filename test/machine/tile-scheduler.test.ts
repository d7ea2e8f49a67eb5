import { describe, expect, it } from 'vitest';
import type { GridDeclaration, TileDivision, TilePolicy } from '../../src/assembler/index.js';
import { runProgram, type WorkItem, workOfCore } from '../../src/machine/index.js';
import { DIVIDED_GEMM, exchange, programOf, SMALL_GEMM } from '../support/programs.js';

function grid(tilesM: number, tilesN: number, policy: TilePolicy): GridDeclaration {
  return { tilesM, tilesN, policy, span: { file: 't.s', line: 1, column: 1, length: 1 } };
}

const text = (tiles: readonly { m: number; n: number }[]): string =>
  tiles.map(({ m, n }) => `${m}${n}`).join(' ');

/** The parts of one tile follow each other from its first k-step to its last. */
function expectWhole(items: readonly WorkItem[], steps: number): void {
  const sorted = [...items].sort((a, b) => a.part - b.part);
  let next = 0;
  for (const [i, { part, parts, k0, k1 }] of sorted.entries()) {
    expect({ part, parts, k0 }).toEqual({ part: i, parts: items.length, k0: next });
    expect(k1).toBeGreaterThan(k0);
    next = k1;
  }
  expect(next).toBe(steps);
}

describe('the tile scheduler', () => {
  it('goes along rows, columns, or in bands with m fastest', () => {
    expect(text(workOfCore(grid(2, 3, { kind: 'row' }), 0, 1))).toBe('00 01 02 10 11 12');
    expect(text(workOfCore(grid(2, 3, { kind: 'column' }), 0, 1))).toBe('00 10 01 11 02 12');
    expect(text(workOfCore(grid(4, 2, { kind: 'swizzle', group: 2 }), 0, 1))).toBe('00 10 01 11 20 30 21 31');
  });

  it('hands out a last band that is lower than the group', () => {
    expect(text(workOfCore(grid(3, 2, { kind: 'swizzle', group: 2 }), 0, 1))).toBe('00 10 01 11 20 21');
  });

  it.each<TilePolicy>([
    { kind: 'row' },
    { kind: 'column' },
    { kind: 'swizzle', group: 3 },
    { kind: 'swizzle', group: 99 },
  ])('gives every tile to exactly one core: %o', (policy) => {
    for (const cores of [1, 2, 5, 64]) {
      const all = Array.from({ length: cores }, (_, core) =>
        workOfCore(grid(7, 5, policy), core, cores),
      ).flat();
      expect(all).toHaveLength(35);
      expect(new Set(all.map(({ m, n }) => `${m} ${n}`)).size).toBe(35);
      expect(all.every(({ m, n }) => m >= 0 && m < 7 && n >= 0 && n < 5)).toBe(true);
    }
  });

  it.each<TileDivision>([
    { kind: 'split-k', parts: 3, steps: 7 },
    { kind: 'split-k', parts: 1, steps: 7 },
    { kind: 'stream-k', steps: 7 },
    { kind: 'stream-k', steps: 1 },
  ])('gives every k-step of every tile to exactly one core, parts in the order of k: %o', (division) => {
    for (const cores of [1, 2, 5, 64]) {
      const divided = { ...grid(4, 5, { kind: 'swizzle', group: 3 }), division };
      const work = Array.from({ length: cores }, (_, core) => workOfCore(divided, core, cores));
      const tiles = new Set(work.flat().map(({ m, n }) => `${m} ${n}`));
      expect(tiles.size).toBe(4 * 5);
      for (const tile of tiles) {
        const parts = work.flat().filter(({ m, n }) => `${m} ${n}` === tile);
        expectWhole(parts, division.steps);
      }
      if (division.kind === 'split-k') continue;
      const lengths = work.map((items) => items.reduce((sum, { k0, k1 }) => sum + k1 - k0, 0));
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
    }
  });
});

/** Each part has its own rows of the output. */
const APART = [
  ['.tensor D, fp32, M x N, out', '.param PARTS, 3\n.tensor D, fp32, M * PARTS x N, out'],
  ['st.tile D[r1, r2]', 'mov r8, %tile.part\n mul r8, r8, M\n add r1, r1, r8\n st.tile D[r1, r2]'],
].reduce((text, [passage, replacement]) => exchange(text, passage!, replacement!), DIVIDED_GEMM);

describe('a program on divided and on-demand tiles', () => {
  it.each(['row, split_k(3, K / 64)', 'column, stream_k(K / 64)', 'swizzle(2), dynamic, split_k(2, K / 64)'])(
    '%s: every part equals the oracle, and all engines agree',
    (schedule) => {
      const text = exchange(APART, 'N / 32, row', `N / 32, ${schedule}`);
      const program = programOf(text, { M: 96, N: 64, K: 448 });
      const { result } = runProgram(program);
      expect(result.outputs[0]?.verification?.mismatches).toBe(0);
      expect(result.macs).toBe(96 * 64 * 448);
      for (const engine of ['tick', 'timestamp', 'fast-forward'] as const) {
        for (const reverse of [false, true]) {
          const other = runProgram(program, { engine, reverse, values: 'none' }).result;
          expect(other.cycles).toBe(result.cycles);
          expect(other.statistics).toEqual(result.statistics);
          expect(other.schedule).toEqual(result.schedule);
        }
      }
    },
  );

  it('stream_k shortens the tail of a grid that does not divide by the cores', () => {
    const shape = { M: 160, N: 32, K: 64 * 60 };
    const whole = runProgram(programOf(SMALL_GEMM, shape), { values: 'none' }).result;
    const text = exchange(APART, 'N / 32, row', 'N / 32, stream_k(K / 64)');
    const shared = runProgram(programOf(text, shape), { values: 'none' }).result;
    expect(whole.schedule).toMatchObject({ items: 5, leastOfCore: 1, mostOfCore: 2 });
    expect(shared.schedule.balance).toBeGreaterThan(whole.schedule.balance + 0.1);
    expect(shared.cycles).toBeLessThan(whole.cycles);
  });

  it('a core that is slower takes fewer tiles on demand', () => {
    const idle = exchange(
      SMALL_GEMM,
      'mul r2, r2, 32\n        mov r3, 0',
      'mul r2, r2, 32\n mov r9, %core\n bne r9, 0, .go\n mov r9, 3000\n.idle: loop r9, .idle\n.go: mov r3, 0',
    );
    const shape = { M: 320, N: 64 };
    const demanded = exchange(idle, 'N / 32, row', 'N / 32, row, dynamic');
    const { result } = runProgram(programOf(demanded, shape), { values: 'none' });
    const still = runProgram(programOf(idle, shape), { values: 'none' }).result;
    expect(result.schedule.leastOfCore).toBeLessThan(still.schedule.leastOfCore);
    expect(result.cycles).toBeLessThan(still.cycles);
    expect(result.engine.notExtrapolated).toMatch(/on demand/);
  });
});
