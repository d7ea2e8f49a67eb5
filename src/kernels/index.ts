/** Engines that multiply tiles of coded operands, behind one interface. */
export { createKernels } from './create.js';
export type { AccumulatorTile, Kernels, PreparedTile, TileOperand } from './kernels.js';
export { checkAddends, checkOperand, checkShapes } from './kernels.js';
export { oracleKernels } from './oracle-kernels.js';
export { typescriptKernels } from './typescript/index.js';
