/** Two simulators of one netlist: the interpreter (words, bigints, slow) and the compiled one (gates, 128 lanes). */
export * from './compile.js';
export * from './harness.js';
export * from './interpreter.js';
export * from './lanes.js';
export * from './mutant-sample.js';
export * from './mutant-switches.js';
export * from './mutants.js';
export * from './mutation-run.js';
export * from './vcd.js';
export * from './viewers.js';
export * from './waveform.js';
export * from './word-simulation.js';
