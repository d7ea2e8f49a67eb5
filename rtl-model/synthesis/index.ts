/** Synthesis by other people's tools: what estimates are judged by. */
export * from './library.js';
export * from './spread.js';
export * from './synthesise.js';
export * from './tools.js';
