/** Estimates of a gate netlist in a technology: clean-up, mapping, timing, area, energy, pipelining. */
export { Aig } from './aig.js';
export * from './area.js';
export { balance } from './balance.js';
export * from './logic.js';
export * from './mapped.js';
export { rewrite } from './rewrite.js';
export * from './sizing.js';
export * from './timing.js';
export * from './paths.js';
export * from './calibration.js';
export * from './estimate.js';
