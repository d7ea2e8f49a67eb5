import { describe, expect, it } from 'vitest';
import { nearest, Random, suggest } from '../../src/numerics/index.js';

describe('the seeded generator', () => {
  it('gives the same stream for the same seed and another one for another', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 8 }, () => random.uint32());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(2 ** 40)).not.toEqual(draw(0));
  });

  it('keeps streams apart by label without disturbing the parent', () => {
    const parent = new Random(1);
    const untouched = new Random(1);
    const child = parent.split('weights');
    expect(parent.uint32()).toBe(untouched.uint32());
    expect(child.uint32()).not.toBe(parent.split('inputs').uint32());
  });

  it('has the moments of its distributions (seed 3, 200,000 draws)', () => {
    const random = new Random(3);
    const count = 200_000;
    let [sum, squares, uniform] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const x = random.normal();
      sum += x;
      squares += x * x;
      uniform += random.uniform();
    }
    expect(Math.abs(sum / count)).toBeLessThan(0.01);
    expect(Math.abs(squares / count - 1)).toBeLessThan(0.02);
    expect(Math.abs(uniform / count - 0.5)).toBeLessThan(0.005);
  });

  it('draws below a bound evenly, bounds that do not divide 2^32 included', () => {
    const random = new Random(5);
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[random.below(3)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it('refuses a seed that is not a number', () => {
    expect(() => new Random(Number.NaN)).toThrow(/seed/);
  });
});

describe('suggestions', () => {
  it('name the nearest candidate, or all of them when none is near', () => {
    expect(nearest('nvpf4', ['nvfp4', 'mxfp4', 'if4'])).toBe('nvfp4');
    expect(suggest('nvfp5', ['nvfp4', 'mxfp4'])).toBe('did you mean "nvfp4"?');
    expect(suggest('zzzzzz', ['nvfp4', 'mxfp4'])).toBe('known: nvfp4, mxfp4');
  });

  it('fills arrays with the numbers that come one by one', () => {
    const [one, other] = [new Random(7), new Random(7)];
    const filled = new Uint32Array(100);
    other.fill(filled);
    expect(Array.from(filled)).toEqual(Array.from({ length: 100 }, () => one.uint32()));
    expect(other.uint32()).toBe(one.uint32());
  });
});
