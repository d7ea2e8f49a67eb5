/** A float32 number as C that means the same bits. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NAN';
  if (!Number.isFinite(value)) return value > 0 ? 'INFINITY' : '-INFINITY';
  return Object.is(value, -0) ? '-0.0f' : `${value.toExponential()}f`;
}
