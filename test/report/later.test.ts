import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Later } from '../../src/report/traces/later.js';

it('things for later come in the order of cycles, and of one cycle in the order they were asked for', () => {
  const asked = fc.array(fc.nat(20), { maxLength: 60 });
  fc.assert(
    fc.property(asked, asked, (first, second) => {
      const later = new Later();
      const done: [cycle: number, order: number][] = [];
      const cycles: number[] = [];
      const ask = (cycle: number, order: number): void => later.at(cycle, () => done.push([cycle, order]));
      first.forEach(ask);
      later.advanceTo(7, (cycle) => cycles.push(cycle));
      expect(done.map(([cycle]) => cycle).every((cycle) => cycle <= 7)).toBe(true);
      second.forEach((cycle, i) => {
        ask(cycle + 8, first.length + i);
      });
      later.advanceTo(100, (cycle) => cycles.push(cycle));
      expect(done).toHaveLength(first.length + second.length);
      expect(done).toEqual([...done].sort((a, b) => a[0] - b[0] || a[1] - b[1]));
      expect(cycles).toEqual([...cycles].sort((a, b) => a - b));
    }),
    { seed: 31, numRuns: 300 },
  );
});
