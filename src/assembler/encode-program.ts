/** All words of a program. */
import { encode } from '../../isa/index.js';
import type { Program } from './program.js';

/** The 64-bit word of each instruction, in order. */
export function encodeProgram(program: Program): BigUint64Array {
  return BigUint64Array.from(program.instructions, encode);
}
