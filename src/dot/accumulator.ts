/** The shape that every family's oracle has: one accumulator for one output. */
import type { UnpackedOperand } from './operand.js';
import type { DotSemantic } from './semantic.js';
import type { Recorder } from './trace.js';

/** Codes of one side, and its scale bytes (empty for bare elements), element 0 of K first. */
export interface OperandCodes {
  readonly codes: ArrayLike<number>;
  readonly scales: ArrayLike<number>;
}

/** What a family needs to know to build an accumulator. */
export interface AccumulatorSetup {
  readonly semantic: DotSemantic;
  readonly a: UnpackedOperand;
  readonly b: UnpackedOperand;
  /** Elements of K that one step takes. */
  readonly stepK: number;
}

/** One output. All bit patterns are unsigned 32-bit integers; FP16 sits in the low half. */
export interface DotAccumulator {
  /** Begins a dot product whose addend has these bits. */
  start(c: number): void;
  /** Adds elements from … from + stepK − 1 of both sides; `from` is a multiple of stepK. */
  step(a: OperandCodes, b: OperandCodes, from: number, recorder?: Recorder): void;
  /** Bits of the result. May be called at any time; more steps may follow. */
  finish(recorder?: Recorder): number;
}

/** Index into the scale table for element k: NaN codes replaced if the semantic says so. */
export function scaleCode(operand: UnpackedOperand, scales: ArrayLike<number>, k: number): number {
  const table = operand.scale;
  const code = scales[Math.floor(k / operand.blockSize)]! & table.mask;
  return operand.nanScaleCode >= 0 && table.kind[code] !== 0 ? operand.nanScaleCode : code;
}

/** The element choice that holds element k. */
export function choiceOf(operand: UnpackedOperand, scales: ArrayLike<number>, k: number): number {
  if (operand.selectorBit === 0) return 0;
  return (scales[Math.floor(k / operand.blockSize)]! & operand.selectorBit) === 0 ? 0 : 1;
}
