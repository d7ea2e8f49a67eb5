/** One block for a quantise unit, as its ports have it, and what finds blocks that a last place decides. */
import { BF16, codecOf, UE4M3 } from '../../../src/formats/index.js';
import { bitsToFloat32, float32Bits, type Random } from '../../../src/numerics/index.js';
import type { AdaptiveConfiguration } from '../parts/adaptive.js';

/** Elements of a block. */
export const SIZE = 16;
export const LARGEST_FLOAT = 3.4028234663852886e38;

/** A block and the scales of its tensor, as the ports have them. */
export interface QuantizerCase {
  readonly x: readonly number[];
  readonly enc: number;
  readonly dec: number;
  readonly amax: number;
}

/** What a class may know of the quantiser. */
export interface QuantizerKit {
  /** Tensor maximum × encode scale. */
  readonly divisor: number;
  readonly adaptive: AdaptiveConfiguration | undefined;
}

export interface BlockClass<T> {
  readonly summary: string;
  make(random: Random, unit: QuantizerKit): T;
}

export const bf16 = codecOf(BF16);
export const round = (x: number) => bf16.decode(bf16.encode(x));
export const sign = (random: Random) => (random.below(2) === 0 ? 1 : -1);
export const times = <T>(count: number, make: (i: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i));
export const anyElement = (random: Random) => bf16.decode(random.below(0x7f80)) * sign(random);
export const normals = (random: Random, size: number) => times(SIZE, () => round(random.normal() * size));
/** A float32 some last places away. */
export const nudged = (x: number, places: number) =>
  bitsToFloat32(Math.min(0x7f7fffff, Math.max(1, float32Bits(Math.fround(x)) + places)));

/** Scales as the tensor level has them for its maximum. */
export function tensor(amax: number, divisor: number): Omit<QuantizerCase, 'x'> {
  const bounded = Math.max(Math.fround(amax), 2 ** -149);
  const enc = Math.min(Math.fround(divisor / bounded), LARGEST_FLOAT);
  return { enc, dec: Math.fround(1 / enc), amax: bounded };
}

/**
 * A maximum near the given one at which the errors of the two candidates cross, to a few last places; the given one if
 * they do not. `fixed`: encode and decode scale that do not follow the maximum.
 */
export function nearlyEqual(
  x: readonly number[],
  start: number,
  { adaptive, divisor }: QuantizerKit,
  random: Random,
  fixed?: Omit<QuantizerCase, 'x'>,
): Omit<QuantizerCase, 'x'> {
  const scalesAt = (amax: number) =>
    fixed === undefined ? tensor(amax, divisor) : { ...fixed, amax: Math.fround(amax) };
  if (adaptive === undefined) return scalesAt(start);
  const secondWins = (bits: number) => {
    const [first, second] = adaptive.candidates.map((c) =>
      errorOf({ x, ...scalesAt(bitsToFloat32(bits)) }, c, divisor),
    );
    return second! < first!;
  };
  let low = float32Bits(Math.fround(start));
  let high = low;
  const before = secondWins(low);
  for (let step = 0; step < 24 && secondWins(high) === before; step++) high += 1 << 17;
  if (secondWins(high) === before) return scalesAt(start);
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (secondWins(middle) === before) low = middle;
    else high = middle;
  }
  return scalesAt(nudged(bitsToFloat32(low), random.below(4) - 1));
}

/** Squared error of a candidate, every step rounded to float32 in the order of the unit. */
function errorOf(
  { x, enc, dec, amax }: QuantizerCase,
  { element, stretch, gain, inverseGain }: AdaptiveConfiguration['candidates'][number],
  divisor: number,
): number {
  const f = Math.fround;
  const maximum = Math.max(...x.map(Math.abs));
  const scale = codecOf(UE4M3).decode(codecOf(UE4M3).encode(f(f(f(maximum / 6) * enc) * stretch)) & 0x7f);
  const inverse = scale === 0 ? 0 : Math.min(f(1 / f(dec * scale)), LARGEST_FLOAT);
  const { encode, decode } = codecOf(element);
  return x.reduce((sum, value) => {
    const code = decode(encode(f(f(value * inverse) * f(inverseGain))));
    const decoded = f(f(f(f(code * scale) * amax) * f(gain)) / divisor);
    const difference = f(decoded - value);
    return f(sum + f(difference * difference));
  }, 0);
}
