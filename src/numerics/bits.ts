/** Views of IEEE 754 numbers as bit patterns, and small bit helpers. All results are unsigned 32-bit integers. */

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** Bits of the float32 nearest to x. */
export function float32Bits(x: number): number {
  f32[0] = x;
  return u32[0]!;
}

/** The float32 with these bits, as a number. NaN payloads are not kept. */
export function bitsToFloat32(bits: number): number {
  u32[0] = bits;
  return f32[0]!;
}

/** `bits` as at least `digits` lower-case hexadecimal digits, without a prefix. */
export function hex(bits: number, digits: number): string {
  return (bits >>> 0).toString(16).padStart(digits, '0');
}

/** floor(log2 |x|) of a finite, non-zero double; exact, unlike Math.log2. */
export function exponentOf(x: number): number {
  f64[0] = x;
  const biased = (f64Words[1]! >>> 20) & 0x7ff;
  if (biased !== 0) return biased - 1023;
  f64[0] = x * 2 ** 54; // subnormal double: normalise first
  return ((f64Words[1]! >>> 20) & 0x7ff) - 1023 - 54;
}

const f64 = new Float64Array(1);
const f64Words = new Uint32Array(f64.buffer); // little endian: word 1 holds the exponent
