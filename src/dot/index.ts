/** Dot-product semantics as records, and their exact oracle. */
export type { DotAccumulator, OperandCodes } from './accumulator.js';
export * from './adversarial.js';
export { type ExactBound, exactBound } from './bound.js';
export * from './catalogue.js';
export {
  hasBlockScales,
  stepOf,
  type UnpackedOperand,
  type UnpackedTable,
  unpackOperand,
  warningsFor,
} from './operand.js';
export { createOracle, type DotOracle, valueOfResult } from './oracle.js';
export * from './semantic.js';
export type { DotTrace, Recorder, TracedValue, TraceEvent } from './trace.js';
