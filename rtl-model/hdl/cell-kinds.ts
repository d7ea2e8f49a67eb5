/** What a cell is: its kinds, the shape that rules look at, and what each row of the table of kinds (`cells.ts`) gives. */
import type { AdderArchitecture } from './circuits.js';
import type { GateBuilder } from './gates.js';

/** Kinds of word-level cells. Words are unsigned bit vectors; kinds that read a sign say so. */
export type CellKind =
  | 'constant'
  | 'buffer'
  | 'not'
  | 'and'
  | 'or'
  | 'xor'
  | 'mux'
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'shiftLeft'
  | 'shiftRight'
  | 'shiftRightArithmetic'
  | 'equal'
  | 'lessThan'
  | 'lessThanSigned'
  | 'reduceAnd'
  | 'reduceOr'
  | 'reduceXor'
  | 'concat'
  | 'slice'
  | 'zeroExtend'
  | 'signExtend';

/** What a cell costs is estimated by class: one figure a class and width, not one a kind. */
export type CellClass = 'wiring' | 'logic' | 'selector' | 'adder' | 'multiplier' | 'shifter' | 'comparator';

/** Constants of a cell. Which are present depends on its kind. */
export interface CellParameters {
  /** `constant`: the value, 0 ≤ value < 2^width. */
  readonly value?: bigint;
  /** `slice`: position of the result's bit 0 in the operand. */
  readonly low?: number;
  /** `add`, `subtract`, `multiply`, `lessThan`: how carries are computed; the bit-blaster's default if absent. */
  readonly adder?: AdderArchitecture;
}

/** What the rules of a cell kind may look at: widths and constants, never values. */
export interface CellShape {
  readonly inputWidths: readonly number[];
  readonly width: number;
  readonly parameters: CellParameters;
}

export interface CellRow {
  /** What the cell computes, for people. */
  readonly summary: string;
  readonly class: CellClass;
  /** What is wrong with these widths, or undefined. */
  complaint(shape: CellShape): string | undefined;
  /** The value, from values in range; the caller reduces it modulo 2^width. */
  evaluate(inputs: readonly bigint[], shape: CellShape): bigint;
  /** The gates, one node a bit, least significant first. */
  bitBlast(gates: GateBuilder, inputs: readonly (readonly number[])[], shape: CellShape): number[];
  /**
   * SystemVerilog expression of exactly `width` bits. Operands are expressions of exactly their width; those of
   * kinds in `needsNames` are plain identifiers.
   */
  systemVerilog(operands: readonly string[], shape: CellShape): string;
  /** True if SystemVerilog only allows identifiers as operands (bit selects). */
  readonly needsNames?: boolean;
}
