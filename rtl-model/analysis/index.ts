/** Estimates of a gate netlist in a technology: clean-up, mapping, timing, area, energy, pipelining. */
export { Aig } from './aig.js';
export * from './area.js';
export { balance } from './balance.js';
export * from './calibration.js';
export * from './energy.js';
export * from './estimate.js';
export * from './feedback.js';
export * from './logic.js';
export * from './mapped.js';
export * from './mapped-simulation.js';
export * from './paths.js';
export * from './pipeline.js';
export { rewrite } from './rewrite.js';
export * from './sizing.js';
export * from './timing.js';
