/** Evidence that the interpretations of a design agree: recordings of its behaviour, and proofs by satisfiability. */
export * from './carry-save.js';
export * from './design-goals.js';
export * from './design-mutation.js';
export * from './design-stimulus.js';
export * from './library-goals.js';
export * from './pipeline.js';
export * from './prove.js';
export * from './record.js';
export * from './specifications.js';
export * from './yosys.js';
