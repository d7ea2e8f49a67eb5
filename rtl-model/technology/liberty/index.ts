/** Reading liberty files: `readLibertyFile` gives the cells with their tables. */
export { evaluateFunction, functionInputs, MAX_FUNCTION_INPUTS, truthTable, VARIABLES } from './function.js';
export * from './library.js';
export { type LookupTable, lookUp } from './table.js';
