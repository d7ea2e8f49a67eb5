/** Evidence that the interpretations of a design agree: recordings of its behaviour, and proofs by satisfiability. */
export * from './carry-save.js';
export * from './circuit-solver.js';
export * from './design-goals.js';
export * from './design-mutation.js';
export * from './design-stimulus.js';
export * from './library-goals.js';
export * from './mutant-miter.js';
export * from './mutant-proof.js';
export * from './mutant-trial.js';
export * from './patterns.js';
export * from './pipeline.js';
export * from './prove.js';
export * from './record.js';
export * from './sat.js';
export * from './specifications.js';
export * from './yosys.js';
