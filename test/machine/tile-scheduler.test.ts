import { describe, expect, it } from 'vitest';
import type { GridDeclaration, TilePolicy } from '../../src/assembler/index.js';
import { tilesOfCore } from '../../src/machine/index.js';

function grid(tilesM: number, tilesN: number, policy: TilePolicy): GridDeclaration {
  return { tilesM, tilesN, policy, span: { file: 't.s', line: 1, column: 1, length: 1 } };
}

const text = (tiles: readonly { m: number; n: number }[]): string =>
  tiles.map(({ m, n }) => `${m}${n}`).join(' ');

describe('the tile scheduler', () => {
  it('goes along rows, columns, or in bands with m fastest', () => {
    expect(text(tilesOfCore(grid(2, 3, { kind: 'row' }), 0, 1))).toBe('00 01 02 10 11 12');
    expect(text(tilesOfCore(grid(2, 3, { kind: 'column' }), 0, 1))).toBe('00 10 01 11 02 12');
    expect(text(tilesOfCore(grid(4, 2, { kind: 'swizzle', group: 2 }), 0, 1))).toBe(
      '00 10 01 11 20 30 21 31',
    );
  });

  it('hands out a last band that is lower than the group', () => {
    expect(text(tilesOfCore(grid(3, 2, { kind: 'swizzle', group: 2 }), 0, 1))).toBe('00 10 01 11 20 21');
  });

  it.each<TilePolicy>([
    { kind: 'row' },
    { kind: 'column' },
    { kind: 'swizzle', group: 3 },
    { kind: 'swizzle', group: 99 },
  ])('gives every tile to exactly one core: %o', (policy) => {
    for (const cores of [1, 2, 5, 64]) {
      const all = Array.from({ length: cores }, (_, core) =>
        tilesOfCore(grid(7, 5, policy), core, cores),
      ).flat();
      expect(all).toHaveLength(35);
      expect(new Set(all.map(({ m, n }) => `${m} ${n}`)).size).toBe(35);
      expect(all.every(({ m, n }) => m >= 0 && m < 7 && n >= 0 && n < 5)).toBe(true);
    }
  });
});
