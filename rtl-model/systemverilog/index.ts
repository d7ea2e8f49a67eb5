/** SystemVerilog of designs, for people and for other tools. */
export * from './check.js';
export * from './emit.js';
export * from './gates.js';
export * from './icarus.js';
export * from './probe.js';
export * from './programs.js';
export * from './vectors.js';
export * from './verilator.js';
