/** The instruction set as data: records, operand kinds, and the 64-bit encoding derived from them. */
import { EPILOGUE, MMA } from './compute.js';
import { CONTROL } from './control.js';
import type { InstructionSpec } from './instruction.js';
import { BARRIERS, COPY } from './memory.js';
import { QUANTIZE } from './quantize.js';
import { SCALAR } from './scalar.js';

export * from './encoding.js';
export * from './instruction.js';
export * from './manual.js';
export { DEFAULT_POLLING_THREADS } from './memory.js';
export * from './operands.js';
export { QUANTIZE_FORMAT, QUANTIZE_POLICY, quantizationOf } from './quantize.js';

/** Every instruction, in the order of the manual. */
export const INSTRUCTIONS: readonly InstructionSpec[] = [
  ...SCALAR,
  ...CONTROL,
  ...COPY,
  ...BARRIERS,
  ...QUANTIZE,
  ...MMA,
  ...EPILOGUE,
];

export const INSTRUCTION_BY_MNEMONIC: ReadonlyMap<string, InstructionSpec> = new Map(
  INSTRUCTIONS.map((spec) => [spec.mnemonic, spec]),
);

export const INSTRUCTION_BY_OPCODE: ReadonlyMap<number, InstructionSpec> = new Map(
  INSTRUCTIONS.map((spec) => [spec.opcode, spec]),
);
