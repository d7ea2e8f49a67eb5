import { describe, expect, it } from 'vitest';
import { Barrier } from '../../src/machine/barrier.js';

const LATENCY = 4;
const fresh = (arrivals: number): Barrier => new Barrier('full[0]', { arrivals }, LATENCY);

describe('a barrier', () => {
  it('has completed parity 1 and not parity 0 when fresh', () => {
    expect(fresh(1).phaseComplete(1, 0)).toBe(true);
    expect(fresh(1).phaseComplete(0, 0)).toBe(false);
  });

  it('completes a phase with its last arrival, seen after the latency', () => {
    const barrier = fresh(2);
    barrier.arrive(0, 10);
    expect(barrier.phaseComplete(0, 100)).toBe(false);
    barrier.arrive(0, 10);
    expect(barrier.phaseComplete(0, 10 + LATENCY - 1)).toBe(false);
    expect(barrier.phaseComplete(0, 10 + LATENCY)).toBe(true);
    expect(barrier.phaseComplete(1, 10 + LATENCY)).toBe(false);
  });

  it('waits for the announced bytes, in whatever order they and the announcement come', () => {
    const late = fresh(1);
    late.arrive(64, 0);
    late.receive(32, 1);
    expect(late.phaseComplete(0, 50)).toBe(false);
    late.receive(32, 2);
    expect(late.phaseComplete(0, 50)).toBe(true);

    const early = fresh(1);
    early.receive(64, 0);
    expect(early.phaseComplete(0, 50)).toBe(false);
    early.arrive(64, 1);
    expect(early.phaseComplete(0, 50)).toBe(true);
  });

  it('counts each phase anew', () => {
    const barrier = fresh(1);
    for (let phase = 0; phase < 5; phase++) {
      const now = 100 * phase;
      expect(barrier.phaseComplete(phase % 2, now)).toBe(false);
      barrier.arrive(0, now);
      expect(barrier.phaseComplete(phase % 2, now + LATENCY)).toBe(true);
    }
  });

  it('refuses an arrival too many while bytes are missing, and negative bytes', () => {
    const barrier = fresh(1);
    barrier.arrive(16, 0);
    expect(() => barrier.arrive(0, 1)).toThrow(/has all its 1 arrivals/);
    expect(() => fresh(1).arrive(-1, 0)).toThrow(/cannot expect -1 bytes/);
  });

  it('says what it lacks', () => {
    const barrier = fresh(3);
    barrier.arrive(256, 0);
    expect(barrier.describe()).toBe('full[0] (phase 0, parity 0) lacks 2 of 3 arrivals and 256 bytes');
  });
});
