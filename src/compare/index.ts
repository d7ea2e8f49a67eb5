/** Comparisons: formats by error, MAC designs by everything. */
export * from './format-error.js';
export * from './fronts.js';
export * from './mac-accuracy.js';
export * from './mac-comparison.js';
export * from './overheads.js';
