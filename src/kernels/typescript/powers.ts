/** Powers of two by table, saturating: far below the doubles 0, far above them Infinity. */
const LOWEST = -1075;
const HIGHEST = 1024;

const TABLE = Float64Array.from({ length: HIGHEST - LOWEST + 1 }, (_, i) => {
  const exponent = LOWEST + i;
  if (exponent === LOWEST) return 0;
  return exponent === HIGHEST ? Number.POSITIVE_INFINITY : 2 ** exponent;
});

/** 2^exponent; 0 below the subnormal doubles, Infinity beyond the largest. */
export function powerOfTwo(exponent: number): number {
  return TABLE[Math.min(Math.max(exponent, LOWEST), HIGHEST) - LOWEST]!;
}
