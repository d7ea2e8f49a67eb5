/** The quick form of the benchmarks: no kernel lost half of its recorded speed, relative to the others. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { measureQuickly, recordedRatios } from '../../bench/kernels/quick.js';

const HISTORY = join(import.meta.dirname, '..', '..', 'reports', 'performance-history.json');

it('no kernel is slower than half of what was recorded', async () => {
  const recorded = recordedRatios(JSON.parse(readFileSync(HISTORY, 'utf8')), cpus()[0]?.model ?? '');
  const { compared, losses } = await measureQuickly(recorded);
  expect(losses).toEqual([]);
  expect(compared).toBeGreaterThan(0);
});

it('a loss is one however often it is measured', async () => {
  const { losses } = await measureQuickly({ 'WebAssembly against plain TypeScript': 1e6 });
  expect(losses).toEqual([
    expect.stringMatching(/^WebAssembly against plain TypeScript: .* recorded 1000000/),
  ]);
});
