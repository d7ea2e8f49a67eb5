/** Where stochastic rounding takes its randomness from: draws that are given, or a seed. */
import { ConfigurationError, Random } from '../../numerics/index.js';
import type { Policy } from '../policy.js';

export interface RandomSource {
  /** The next uniform number in [0, 1), a float32. */
  uniform(): number;
  /** The next 8 random bits. */
  bits8(): number;
}

/**
 * Sources for the candidates of a quantiser, in order. With `draws` (row-major, one array a candidate), the source
 * of candidate c replays array c; otherwise every candidate has its own stream of the policy's seed.
 */
export function randomSource(
  policy: Policy,
  candidate: number,
  draws?: readonly Float32Array[],
): RandomSource {
  const random = new Random(Number(policy.seed)).split(`stochastic rounding ${candidate}`);
  const lfsr = new GaloisLfsr(random.uint32());
  if (draws === undefined) {
    return { uniform: () => (random.uint32() >>> 8) * 2 ** -24, bits8: () => lfsr.bits8() };
  }
  const given = draws[candidate];
  let next = 0;
  const uniform = (): number => {
    const value = given?.[next++];
    if (value !== undefined) return value;
    throw new ConfigurationError(
      `stochastic rounding: draw ${next - 1} of candidate ${candidate} is missing`,
    );
  };
  return { uniform, bits8: () => Math.floor(uniform() * 256) };
}

/**
 * A 32-bit Galois linear-feedback shift register with the primitive polynomial x^32 + x^22 + x^2 + x + 1 (period
 * 2^32 − 1), as hardware would hold one beside each rounder.
 */
export class GaloisLfsr {
  #state: number;

  /** @param seed any integer; 0, the one state that stays put, is replaced by 1. */
  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** Eight steps; the bits shifted out, the first one lowest. */
  bits8(): number {
    let bits = 0;
    for (let i = 0; i < 8; i++) {
      const out = this.#state & 1;
      bits |= out << i;
      this.#state = ((this.#state >>> 1) ^ (out === 1 ? 0x80200003 : 0)) >>> 0;
    }
    return bits;
  }
}
