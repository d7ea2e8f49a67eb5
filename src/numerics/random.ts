/**
 * The seeded generator of the whole project: xoshiro128** (Blackman and Vigna), seeded by SplitMix32.
 *
 * Same seed, same stream, on every machine. `split` gives an independent stream for a named purpose, so that a
 * new consumer never shifts the numbers another one sees.
 */

export class Random {
  readonly #state = new Uint32Array(4);

  /** @param seed any finite number; only its integer part modulo 2^64 counts. */
  constructor(seed: number) {
    if (!Number.isFinite(seed)) throw new RangeError(`seed must be a finite number, not ${seed}`);
    const bits = BigInt.asUintN(64, BigInt(Math.trunc(seed)));
    let word = Number(bits & 0xffffffffn) ^ Math.imul(Number(bits >> 32n), 0x85ebca6b);
    for (let i = 0; i < 4; i++) {
      word = (word + 0x9e3779b9) | 0;
      this.#state[i] = mix32(word);
    }
  }

  /** An independent generator for the purpose called `label`. Does not advance this one. */
  split(label: string): Random {
    let hash = 0x811c9dc5; // FNV-1a
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
    const child = new Random(0);
    for (let i = 0; i < 4; i++) child.#state[i] = mix32((this.#state[i]! ^ hash) + Math.imul(i, 0x9e3779b9));
    return child;
  }

  /** Uniform over the 2^32 unsigned integers. */
  uint32(): number {
    const s = this.#state;
    const [a, b, c, d] = [s[0]!, s[1]!, s[2]!, s[3]!];
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9);
    s[0] = a ^ d ^ b;
    s[1] = b ^ c ^ a;
    s[2] = c ^ a ^ (b << 9);
    s[3] = rotateLeft(d ^ b, 11);
    return result >>> 0;
  }

  /** Fills an array with what `uint32` would give one by one; several times faster. */
  fill(into: Uint32Array): void {
    const s = this.#state;
    let [a, b, c, d] = [s[0]! | 0, s[1]! | 0, s[2]! | 0, s[3]! | 0];
    for (let i = 0; i < into.length; i++) {
      into[i] = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9);
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = rotateLeft(d, 11);
    }
    s.set([a, b, c, d]);
  }

  /** Uniform integer in [0, bound), without bias. 1 ≤ bound ≤ 2^32. */
  below(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const draw = this.uint32();
      if (draw < limit) return draw % bound;
    }
  }

  /** Uniform multiple of 2^-32 in [0, 1). */
  uniform(): number {
    return this.uint32() * 2 ** -32;
  }

  /** Standard normal (polar method of Marsaglia; the second number of each pair is dropped). */
  normal(): number {
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const square = u * u + v * v;
      if (square > 0 && square < 1) return u * Math.sqrt((-2 * Math.log(square)) / square);
    }
  }

  /** Student's t with `degrees` (a positive integer) degrees of freedom. */
  student(degrees: number): number {
    const numerator = this.normal();
    let chiSquare = 0;
    for (let i = 0; i < degrees; i++) chiSquare += this.normal() ** 2;
    return numerator / Math.sqrt(chiSquare / degrees);
  }

  /** One of the items, uniformly. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

function rotateLeft(x: number, count: number): number {
  return (x << count) | (x >>> (32 - count));
}

function mix32(x: number): number {
  let z = x | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}
