/**
 * The embedded hardware description. Two levels, on purpose:
 * - words (`Netlist`): what the designer wrote; read by the interpreter and by the SystemVerilog writer;
 * - gates (`GateNetlist`): derived by `bitBlast`, folded; read by the compiled simulator, timing and area.
 */
export * from './bit-algebra.js';
export * from './bit-blast.js';
export * from './builder.js';
export * from './cell-kinds.js';
export * from './cells.js';
export * from './circuits.js';
export * from './errors.js';
export * from './flat-module.js';
export * from './flatten.js';
export * from './gates.js';
export * from './module.js';
export * from './place.js';
export { concat, fromBits, type Operand, Word, type WordContext } from './word.js';
