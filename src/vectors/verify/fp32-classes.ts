/** What an FP32 pattern is. */
const [EXPONENT, FRACTION] = [0x7f800000n, 0x007fffffn];

export const CLASSES_OF_FP32 = {
  isNan: (bits: bigint) => (bits & EXPONENT) === EXPONENT && (bits & FRACTION) !== 0n,
  isInfinite: (bits: bigint) => (bits & EXPONENT) === EXPONENT && (bits & FRACTION) === 0n,
  isSubnormal: (bits: bigint) => (bits & EXPONENT) === 0n && (bits & FRACTION) !== 0n,
} as const;
