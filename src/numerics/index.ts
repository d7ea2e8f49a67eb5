/** Exact arithmetic, rounding, bit views, the seeded generator, and the error class of bad input. */
export * from './bits.js';
export type { Dyadic as DyadicValue } from './dyadic.js';
export * as Dyadic from './dyadic.js';
export * from './errors.js';
export * from './file-libraries.js';
export * from './named-settings.js';
export * from './random.js';
export type { Rational as RationalValue } from './rational.js';
export * as Rational from './rational.js';
export * from './rounding.js';
