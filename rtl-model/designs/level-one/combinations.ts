/** Numbers for a format whose blocks have gains: digits that add up to nothing or to a single bit, long carries. */

/** What a digit of a pair of choices is worth: digit × weight, in a unit that all pairs share. */
export interface Weighted {
  /** Position in `Palette.choices`. */
  readonly choice: number;
  readonly weight: number;
  /** The gain alone. */
  readonly gain: number;
  readonly magnitudes: readonly number[];
}

export interface Digit {
  readonly choice: number;
  readonly digit: number;
}

/** Digits whose sum is ±2^place. */
export interface SingleBit {
  readonly place: number;
  readonly digits: readonly Digit[];
}

/** Pairs of digits of different choices that are worth the same. */
export function equalPairs(options: readonly Weighted[]): (readonly [Digit, Digit])[] {
  return options.flatMap((one) =>
    options
      .filter((other) => other.weight !== one.weight)
      .flatMap((other) =>
        one.magnitudes.flatMap((digit) => {
          const equal = (digit * one.weight) / other.weight;
          if (!other.magnitudes.includes(equal)) return [];
          return [[digitOf(one, digit), digitOf(other, equal)] as const];
        }),
      ),
  );
}

/** Sums of one digit of every distinct weight that are a power of two; zeros are left out. */
export function singleBits(options: readonly Weighted[]): SingleBit[] {
  const distinct = [...new Map(options.map((option) => [option.weight, option])).values()];
  let sums: { total: number; digits: readonly Digit[] }[] = [{ total: 0, digits: [] }];
  for (const option of distinct) {
    const small = option.magnitudes.slice(0, 8);
    sums = sums.flatMap(({ total, digits }) =>
      [0, ...small, ...small.map((digit) => -digit)].map((digit) => ({
        total: total + digit * option.weight,
        digits: digit === 0 ? digits : [...digits, digitOf(option, digit)],
      })),
    );
  }
  return sums
    .map(({ total, digits }) => ({ place: Math.log2(Math.abs(total)), digits }))
    .filter(({ place }) => Number.isInteger(place));
}

/** A number whose product with the float32 of a gain is rounded to a significand of 24 bits, or to a neighbour. */
export function beforeGain(significand: number, gain: number): number {
  return Math.fround(Math.round(significand / Math.fround(gain)));
}

/** Multiples of 2^16 that the product of a number of 24 bits with the float32 of a gain is rounded up to. */
export function longCarries(gain: number): number[] {
  const factor = Math.fround(gain);
  const multiples = Array.from({ length: 128 }, (_, i) => (128 + i) * 2 ** 16);
  const reached = multiples.filter((multiple) => {
    const exact = beforeGain(multiple, gain) * factor; // 48 bits: exact
    return exact < multiple && Math.fround(exact) === multiple;
  });
  return reached.length > 0 ? reached : multiples;
}

const digitOf = ({ choice }: Weighted, digit: number): Digit => ({ choice, digit });
