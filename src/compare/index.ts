/** Comparisons: formats by error. */
export * from './format-error.js';
