import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { conformDot, conformMmaSim, conformSilicon } from '../../src/conform/dot/index.js';
import type { WitnessResult } from '../../src/conform/result.js';
import { hasShared, shared } from '../support/shared.js';

const COMMITTED = join(import.meta.dirname, '..', 'data', 'dot');

/** Compared dots by witness: the beginning of the row's description. */
function comparedBy(rows: readonly WitnessResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { what, compared } of rows) {
    const name = what.split(' = ')[0]!;
    counts[name] = (counts[name] ?? 0) + compared;
  }
  return counts;
}

function expectNoMismatch(rows: readonly WitnessResult[]): void {
  for (const { file, what, mismatches, firstMismatches, skipped } of rows) {
    expect(mismatches, `${file}: ${what}\n${firstMismatches.join('\n')}`).toBe(0);
    expect(skipped).toEqual([]);
  }
}

describe('the committed witnesses', () => {
  const rows = conformDot(COMMITTED);

  test('agree with the oracle on every dot product', () => expectNoMismatch(rows));

  test('cover MMA-Sim, the published MAC and silicon', () => {
    expect(comparedBy(rows)).toEqual({
      'tcgen05.mxf4nvf4.k64.block16.ue4m3': 4096,
      'tcgen05.mxf4nvf4.k64.block32.ue8m0': 4096,
      'tcgen05.mxf4nvf4.k64.block16.ue8m0': 3072,
      'tcgen05.mxf8f6f4.k32.e4m3.e4m3.ue8m0': 3072,
      'tcgen05.mxf8f6f4.k32.e5m2.e4m3.ue8m0': 3072,
      'tcgen05.f8f6f4.k32.e4m3.e4m3.f32': 2048,
      'tcgen05.f8f6f4.k32.e4m3.e4m3.f16': 1536,
      'wgmma.k32.e4m3.e4m3.f32': 2560,
      'wgmma.k32.e5m2.e5m2.f32': 2048,
      'wgmma.k32.e4m3.e5m2.f16': 1536,
      'ada.mma.k32.e4m3.e4m3.f32': 896,
      'amd.cdna3.fp8.k32': 768,
      'if4 segments': 115,
      'nvfp4 segments': 115,
      'wgmma.e4m3.f32': 20 * 512,
      'mma.e4m3.f32': 20 * 512,
      'wgmma.e4m3.f16': 15 * 512,
      'mma.e4m3.f16': 15 * 512,
      'wgmma.f16.f32': 17 * 512,
      'mma.f16.f32': 17 * 512,
      'wgmma.bf16.f32': 17 * 512,
      'mma.bf16.f32': 17 * 512,
      'wgmma.s8.s32': 9 * 512,
      'mma.s8.s32': 9 * 512,
    });
  });

  test('of MMA-Sim agree with the hardware records too: no zero and no floor decides there', () => {
    expectNoMismatch(conformMmaSim(COMMITTED, 'hardware'));
  });
});

describe.skipIf(!hasShared)('the whole witnesses (only where ../shared is present)', () => {
  test('of MMA-Sim and the published MAC agree with the oracle', () => {
    const rows = conformDot(shared('vectors'));
    expectNoMismatch(rows);
    expect(rows.reduce((sum, { compared }) => sum + compared, 0)).toBe(29_030);
  });

  test('of silicon agree with the oracle, all classes and all chains', () => {
    const rows = conformSilicon(shared('silicon'));
    expectNoMismatch(rows);
    const counts = comparedBy(rows);
    expect(counts['wgmma.e4m3.f32']).toBe(134_656);
    expect(counts['mma.e4m3.f32']).toBe(134_656);
    expect(rows.reduce((sum, { compared }) => sum + compared, 0)).toBe(666_624);
  });
});
