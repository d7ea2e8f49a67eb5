/** What a family of semantics gives to the native engine, and what families ask of registers and scales. */
import { type DotSemantic, type ExactBound, hasBlockScales, type OperandFormat } from '../dot/index.js';
import { minExponent } from '../formats/index.js';
import type { TileOperand } from './kernels.js';
import type { NativeLibrary, NativeOperand, NativeSums } from './native-library.js';

export interface NativeSetup {
  readonly semantic: DotSemantic;
  readonly a: OperandFormat;
  readonly b: OperandFormat;
  readonly rows: number;
  readonly cols: number;
  readonly stepK: number;
  /** Instruction set to use instead of the fastest, for tests and benchmarks. */
  readonly engine?: string | undefined;
  /** 1: no tier faster than double; 2: always the slowest. For tests and benchmarks. */
  readonly leastTier?: number | undefined;
}

export interface NativeFamily {
  /** Null if this side cannot be prepared for the semantic. */
  prepare(
    library: NativeLibrary,
    operand: TileOperand,
    side: 'a' | 'b',
    semantic: DotSemantic,
  ): NativeOperand | null;
  /** Null if the pair is not covered. Both sides must be ones that `prepare` takes. */
  sums(library: NativeLibrary, setup: NativeSetup): NativeSums | null;
  /** The register that sums of a chain of steps must not leave. */
  bound?(setup: NativeSetup): ExactBound;
}

/** The register of the native kernels: FP32; null for others. */
export function fp32Register(
  { result }: DotSemantic,
  rounding: 'toward-zero' | 'nearest-even',
): { nanBits: number } | null {
  if (result.kind !== 'float' || result.format !== 'fp32') return null;
  return result.rounding === rounding ? result : null;
}

/** Fraction bits and exponents of a side's scales small enough that products of two scales are exact in FP32. */
export function hasModestScales(format: OperandFormat): boolean {
  if (!hasBlockScales(format)) return true;
  const { scale } = format;
  return scale.fractionBits <= 5 && minExponent(scale) >= -40 && scale.exponentBits <= 6;
}
