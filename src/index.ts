/** fp4sim as a library: assemble programs, run them, and work with formats and dot semantics. */
export * from './assembler/index.js';
export * as Dot from './dot/index.js';
export * as Formats from './formats/index.js';
export * from './machine/index.js';
export * as Numerics from './numerics/index.js';
