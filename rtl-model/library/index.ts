/** Arithmetic generators over words: what MAC designs are assembled from. */
export * from './adders.js';
export * from './algebra.js';
export * from './comparators.js';
export * from './compressors.js';
export * from './decoders.js';
export * from './exact-to-float.js';
export * from './float.js';
export * from './hadamard.js';
export * from './leading-zeros.js';
export * from './lfsr.js';
export * from './multipliers.js';
export * from './pack.js';
export * from './raw-add.js';
export * from './rounding.js';
export * from './shifters.js';
export * from './signed-sum.js';
export * from './signs.js';
