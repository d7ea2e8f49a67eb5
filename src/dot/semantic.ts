/**
 * What a dot-product semantic is: how K products, the block scales and the addend C become D. Plain records; the
 * oracle (`oracle.ts`), the fast kernels and the accumulator netlists are driven by them. `catalogue.ts` lists them.
 */
import type { BlockFormat, ElementFormat } from '../formats/index.js';
import type { RationalValue, RoundingMode } from '../numerics/index.js';

/** One side of a dot product: elements with block scales, or bare elements. */
export type OperandFormat = BlockFormat | ElementFormat;

/** Which operands a semantic takes, and how it reads their scale bytes. */
export interface OperandRule {
  /** Names of element formats, or anything with a finite table of up to 19 bits. */
  readonly elements: readonly string[] | 'any';
  /** Names of scale formats; `none` stands for an operand without block scales. */
  readonly scales: readonly string[] | 'any';
  readonly blockSizes: readonly number[] | 'any';
  /** Whether bit 7 of a scale byte chooses the element format (IF4), or is not looked at. */
  readonly selector: 'read' | 'ignored';
  /** What a NaN scale code means: NaN, or (in the published MAC) the largest finite scale. */
  readonly nanScale: 'nan' | 'largest-finite';
}

/** A floating-point register: the format of C and D, and how a sum is brought into it. */
export interface FloatResult {
  readonly kind: 'float';
  readonly format: 'fp32' | 'fp16';
  /** Fraction bits that survive; the rest of the register's fraction is zero (13 for Hopper's E8M13). */
  readonly fractionBits: number;
  readonly rounding: RoundingMode;
  /** The bit pattern of every NaN result. */
  readonly nanBits: number;
}

/** A two's complement register that wraps. */
export interface IntegerResult {
  readonly kind: 'integer';
  readonly bits: 32;
}

export type ResultFormat = FloatResult | IntegerResult;

/**
 * Align, truncate, add once: all terms and the addend are cut to multiples of 2^(emax − fractionBits), where emax is
 * the largest of their exponents and the floor; their sum is exact and goes to the result's rounding.
 */
export interface FusedAccumulation {
  readonly kind: 'fused';
  /** The element positions, 0 … stepK − 1, that each pass adds up; passes run in order. */
  readonly passes: readonly (readonly number[])[];
  /**
   * `first-pass`: C enters the first pass and each pass hands its result to the next.
   * `after-last-pass`: the first pass starts from zero, and C is added to the last result by one RNE addition.
   */
  readonly addend: 'first-pass' | 'after-last-pass';
  /**
   * What is aligned. `products`: every product by itself; its exponent is the sum of the elements' and the scales'
   * exponents, not re-normalised. `groups`: exact sums of `size` consecutive products of a pass, times the scales;
   * the exponent is the scales' alone.
   */
  readonly terms: { readonly kind: 'products' } | { readonly kind: 'groups'; readonly size: number };
  /** F: the last place kept lies this many bits below emax. */
  readonly fractionBits: number;
  /** emax is never below this. */
  readonly exponentFloor: number;
  /** What a term (or C) that is zero contributes to emax. */
  readonly zeroTerms: ZeroTermRule;
}

/**
 * - `ignored`: nothing;
 * - `scale-exponents`: nothing for a product or C, but a group that sums to zero counts with its scales' exponents as
 *   long as neither scale is zero;
 * - `operand-floor`: what the exponents of its operands add up to, where every zero operand has the exponent −126.
 */
export type ZeroTermRule = 'ignored' | 'scale-exponents' | 'operand-floor';

/**
 * AMD's two-stage form: products at even and at odd positions are cut and summed apart, the two sums are aligned, and
 * only then does C enter.
 */
export interface TwoStageAccumulation {
  readonly kind: 'two-stage';
  /** Consecutive elements of one fused addition; groups chain within a step. */
  readonly groupSize: number;
  /** Fraction bits of the products and of the aligned half sums. */
  readonly fractionBits: number;
  /** Fraction bits of the products' sum when C is larger. */
  readonly sumFractionBits: number;
  /** Fraction bits to which C is kept. */
  readonly addendFractionBits: number;
  /** C is dropped when its exponent lies more than this below emax. */
  readonly addendReach: number;
  /** How the half sums, their sum and C are cut; the products themselves are truncated. */
  readonly alignment: RoundingMode;
}

/** A wide fixed-point (Kulisch) register: every product is kept whole, one rounding at the end of K. */
export interface ExactAccumulation {
  readonly kind: 'exact';
  /** Bits of the register above those that one group of `boundGroup` products needs; decides the largest K. */
  readonly headroomBits: number;
  readonly boundGroup: number;
  /**
   * `value`: the result is the dot product. `grid`: gains with a denominator are multiplied out (IF4: 7 and 6 instead
   * of 1 and 6/7 on each side), and the result is the dot product × the common denominator; see `resultFactor`.
   */
  readonly result: 'value' | 'grid';
}

/** One FP32 addition a block: an exact sum of the block's products × both scales, added with one rounding. */
export interface PerBlockAccumulation {
  readonly kind: 'per-block';
  /**
   * `none`: gains must be 1. `fp32`: the scale product is multiplied by the FP32 number nearest to the gains' product,
   * and the block sum by that, with one rounding each.
   */
  readonly correction: 'none' | 'fp32';
}

/** An FP32 accumulator a lane (element position modulo the lane count), summed pairwise at the end of K. */
export interface LaneAccumulation {
  readonly kind: 'lanes';
  readonly lanes: number;
  /** Whether subnormal results of FP32 additions and multiplications become zero of their sign. */
  readonly subnormals: 'flushed' | 'kept';
  /** Whether a lane begins with its first product (a −0 survives) or adds it to +0. */
  readonly firstProduct: 'loaded' | 'added-to-zero';
}

/** One exact register per pair of element choices (float·float, mixed, int·int), corrected once at the end of K. */
export interface PerChoiceAccumulation {
  readonly kind: 'per-choice';
  readonly headroomBits: number;
  readonly boundGroup: number;
}

/** Exact integer sums in a register that wraps. */
export interface IntegerAccumulation {
  readonly kind: 'integer';
}

export type Accumulation =
  | FusedAccumulation
  | TwoStageAccumulation
  | ExactAccumulation
  | PerBlockAccumulation
  | LaneAccumulation
  | PerChoiceAccumulation
  | IntegerAccumulation;

export interface DotSemantic {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** The paper, repository or measurement that the record was written from. */
  readonly source: string;
  /** Where the rule is established: `silicon` (measured), `model` (someone's simulator or RTL), `project` (our own). */
  readonly evidence: 'silicon' | 'model' | 'project';
  readonly operands: OperandRule;
  /** Elements of K that one step consumes; `block` stands for one block of the operands (16 for bare elements). */
  readonly stepK: number | 'block';
  readonly accumulation: Accumulation;
  /** Of C and D alike. */
  readonly result: ResultFormat;
  /** Whether C may be anything but zero. */
  readonly addend: 'taken' | 'refused';
  /** dot product = result × this. 1, but 1/49 on the IF4 grid, where the epilogue's tensor scale takes it in. */
  readonly resultFactor: RationalValue;
}

/** Something a user should know about a combination that is nevertheless computed. */
export interface DotWarning {
  readonly code: 'selector-ignored';
  readonly message: string;
  readonly hint: string;
}
