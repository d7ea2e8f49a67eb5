/**
 * The terms of fused units: products of bare elements, or exact group sums under block scales, each with the exponent
 * that alignment looks at. See `fused.ts` for the stages.
 */
import type { DotSemantic, FusedAccumulation, OperandFormat, ZeroTermRule } from '../../../src/dot/index.js';
import { type BlockFormat, type FloatFormat, widthOf } from '../../../src/formats/index.js';
import { ConfigurationError } from '../../../src/numerics/index.js';
import { concat, defineModule, type ModuleBuilder, memoizedModule, type Word } from '../../hdl/index.js';
import { decodeFloat, type PackRule, toSignMagnitude } from '../../library/index.js';
import { blockSum, sideDecoder } from './block-dot.js';
import { type SideShape, sideShape, split, sumAt } from './operand.js';
import type { Stage } from './pipeline.js';

/** Exponent that a zero operand has under the rule `operand-floor`. */
export const ZERO_OPERAND_EXPONENT = -126;

/** What the record and the formats give: constants of the datapath. */
export interface FusedShape {
  readonly rule: FusedAccumulation;
  readonly lanes: number;
  readonly pack: PackRule;
  readonly nanBits: number;
  /** Added to every exponent. */
  readonly offset: number;
  readonly exponentWidth: number;
}

/** One finite term: value = ±magnitude × 2^(exponent + unit). */
export interface Term {
  readonly sign: Word;
  readonly magnitude: Word;
  /** In the offset domain. */
  readonly exponent: Word;
  /** Whether it takes part in the maximum. */
  readonly counts: Word;
}

/** A term with the place of its magnitude's last bit relative to its exponent. */
export interface PlacedTerm extends Term {
  readonly unit: number;
}

export interface SpecialWords {
  readonly nan: Word;
  readonly positive: Word;
  readonly negative: Word;
}

/** Where terms come from: one row a kind of terms. */
export interface TermSource {
  readonly inputs: Record<string, number>;
  /** Least and largest exponent of a term. */
  readonly exponents: readonly [number, number];
  /** The terms behind the registers of s1 and s2; `counting` sees them behind s1, for the maximum. */
  terms(
    m: ModuleBuilder,
    ports: Readonly<Record<string, Word>>,
    s1: Stage,
    s2: Stage,
    shape: FusedShape,
  ): TermsMade;
}

export interface TermsMade {
  /** Exponents at the end of s1, for the maximum. */
  readonly early: readonly Pick<Term, 'exponent' | 'counts'>[];
  /** Terms at the end of s2. */
  readonly late: readonly PlacedTerm[];
  /** Specials at the end of s1. */
  readonly specials: SpecialWords;
}

/** The source of the terms of a semantic for operands of one format. */
export function termSource(format: OperandFormat, semantic: DotSemantic): TermSource {
  const { accumulation, stepK } = semantic;
  const lanes = Number(stepK);
  if (accumulation.kind === 'fused' && accumulation.terms.kind === 'groups' && format.kind === 'block') {
    return groupSource(format, lanes, accumulation.terms.size, accumulation.zeroTerms);
  }
  if (format.kind === 'float') return productSource(format, lanes, semantic);
  throw new ConfigurationError(`no fused unit for ${format.name} under "${semantic.name}"`);
}

// ---- products of bare elements ------------------------------------------------------------------------------------

/** One lane: significands multiplied, exponent codes added. */
const productLane = memoizedModule((format: FloatFormat) =>
  defineModule({
    name: `${format.name.replaceAll('-', '_')}_product_lane`,
    summary: `product of two ${format.name} elements: sign, significand product, sum of the exponent codes`,
    inputs: { a: widthOf(format), w: widthOf(format) },
    body: (_, { a, w }) => {
      const [left, right] = [decodeFloat(format, a), decodeFloat(format, w)];
      const zero = left.isZero.or(right.isZero);
      const infinite = left.isInfinity.or(right.isInfinity);
      return {
        sign: left.sign.xor(right.sign),
        magnitude: left.significand.times(right.significand),
        exponent: sumAt(format.exponentBits + 1, left.exponent, right.exponent),
        zero_a: left.isZero,
        zero_w: right.isZero,
        infinite: infinite.and(zero.not()),
        nan: left.isNaN.or(right.isNaN).or(infinite.and(zero)),
      };
    },
  }),
);

function productSource(format: FloatFormat, lanes: number, semantic: DotSemantic): TermSource {
  const least = 2 * (1 - format.bias);
  const largest = 2 * (2 ** format.exponentBits - 1 - format.bias);
  const width = widthOf(format);
  const zeroTerms = semantic.accumulation.kind === 'fused' ? semantic.accumulation.zeroTerms : 'ignored';
  return {
    inputs: { a_in: lanes * width, w_in: lanes * width },
    exponents: [least, largest],
    terms: (m, ports, s1, s2, shape) => {
      const codesW = split(ports.w_in!, width);
      const lane = productLane(format);
      const made = split(ports.a_in!, width).map((a, i) =>
        m.instance(`lane${i}`, lane, { a, w: codesW[i]! }),
      );
      const terms = made.map((p, i) => {
        const exponent = inDomain(p.exponent, shape, -2 * format.bias);
        const zero = p.zero_a.or(p.zero_w);
        const counts = zeroTerms === 'operand-floor' ? m.constant(1, 1) : zero.not();
        const own =
          zeroTerms === 'operand-floor'
            ? zero.choose(zeroExponent(m, format, p, ports, i, shape), exponent)
            : exponent;
        return s1.words(`t${i}_`, { sign: p.sign, magnitude: p.magnitude, exponent: own, counts });
      });
      const unit = -2 * format.fractionBits;
      return {
        early: terms,
        late: terms.map((term, i) => ({ ...s2.words(`t${i}_`, term), unit })),
        specials: productSpecials(s1, made),
      };
    },
  };
}

/** Exponent of a zero product under `operand-floor`: each zero operand counts −126. */
function zeroExponent(
  m: ModuleBuilder,
  format: FloatFormat,
  p: Readonly<Record<'zero_a' | 'zero_w', Word>>,
  ports: Readonly<Record<string, Word>>,
  lane: number,
  shape: FusedShape,
): Word {
  const width = widthOf(format);
  const side = (codes: Word, zero: Word) => {
    const { exponent } = decodeFloat(format, codes.slice(lane * width, width));
    const own = exponent.zeroExtend(shape.exponentWidth).plus(shape.offset / 2 - format.bias);
    return zero.choose(m.constant(shape.exponentWidth, ZERO_OPERAND_EXPONENT + shape.offset / 2), own);
  };
  return side(ports.a_in!, p.zero_a).plus(side(ports.w_in!, p.zero_w));
}

function productSpecials(
  s1: Stage,
  products: readonly Readonly<Record<'nan' | 'infinite' | 'sign', Word>>[],
): SpecialWords {
  const any = (words: readonly Word[]) => concat(...words).anyOne();
  return s1.words('', {
    nan: any(products.map(({ nan }) => nan)),
    positive: any(products.map(({ infinite, sign }) => infinite.and(sign.not()))),
    negative: any(products.map(({ infinite, sign }) => infinite.and(sign))),
  });
}

// ---- exact group sums under block scales --------------------------------------------------------------------------

function groupSource(format: BlockFormat, lanes: number, size: number, zeroTerms: ZeroTermRule): TermSource {
  const shape = sideShape({ ...format, selector: 'none', choices: [format.choices[0]] }, 'left-out');
  const { scale } = format;
  const blocks = lanes / format.blockSize;
  const exponentOf = (code: number) => code - scale.bias;
  return {
    inputs: {
      a_in: lanes * shape.codeWidth,
      a_sf: blocks * shape.scaleWidth,
      w_in: lanes * shape.codeWidth,
      w_sf: blocks * shape.scaleWidth,
    },
    exponents: [2 * exponentOf(shape.leastShift), 2 * exponentOf(2 ** scale.exponentBits - 1)],
    terms: (m, ports, s1, s2, fused) => {
      const groups = Array.from({ length: lanes / size }, (_, g) =>
        oneGroup(m, shape, ports, { s1, s2 }, fused, { g, size, zeroTerms }),
      );
      const none = m.constant(1, 0);
      const nan = s1.word('nan', concat(...groups.map((group) => group.nan)).anyOne());
      return {
        early: groups.map(({ early }) => early),
        late: groups.map(({ late }) => late),
        specials: { nan, positive: none, negative: none },
      };
    },
  };
}

interface GroupPlace {
  readonly g: number;
  readonly size: number;
  readonly zeroTerms: ZeroTermRule;
}

/** One group: block sum and scale product in s1, their product in s2. */
function oneGroup(
  m: ModuleBuilder,
  shape: SideShape,
  ports: Readonly<Record<string, Word>>,
  { s1, s2 }: { readonly s1: Stage; readonly s2: Stage },
  fused: FusedShape,
  { g, size, zeroTerms }: GroupPlace,
) {
  const block = Math.floor((g * size) / shape.format.blockSize);
  const decoder = sideDecoder(shape, size);
  const [a, w] = (['a', 'w'] as const).map((side) =>
    m.instance(`g${g}_decode_${side}`, decoder, {
      codes: split(ports[`${side}_in`]!, size * shape.codeWidth)[g]!,
      scale: split(ports[`${side}_sf`]!, shape.scaleWidth)[block]!,
    }),
  );
  const sum = blockSum(m, `g${g}_`, { a: shape, w: shape }, { a: a!, w: w! }, { a: undefined, w: undefined });
  const [zeroA, zeroW] = [a!.significand.isZero(), w!.significand.isZero()];
  const side = (shift: Word, zero: Word) => {
    const own = shift.zeroExtend(fused.exponentWidth);
    if (zeroTerms !== 'operand-floor') return own;
    const { bias } = shape.format.scale;
    return zero.choose(m.constant(fused.exponentWidth, ZERO_OPERAND_EXPONENT + bias), own);
  };
  const codes = side(a!.shift, zeroA).plus(side(w!.shift, zeroW));
  const exponent = inDomain(codes, fused, -2 * shape.format.scale.bias);
  const rules: Record<ZeroTermRule, () => Word> = {
    ignored: () => sum.anyOne().and(zeroA.or(zeroW).not()),
    'scale-exponents': () => zeroA.or(zeroW).not(),
    'operand-floor': () => m.constant(1, 1),
  };
  const early = s1.words(`g${g}_`, { exponent, counts: rules[zeroTerms]() });
  const registered = s1.word(`g${g}_sum`, sum);
  const { sign, magnitude } = toSignMagnitude(registered);
  const own = magnitude.truncate(magnitude.width - 1);
  const product = shape.powerOfTwo
    ? own
    : own.times(s1.word(`g${g}_significand`, a!.significand.times(w!.significand)));
  const unit = 2 * (shape.elementUnit - shape.format.scale.fractionBits);
  return {
    early,
    late: { ...s2.words(`g${g}_`, { sign, magnitude: product, ...early }), unit },
    nan: a!.nan.or(w!.nan),
  };
}

/** A sum of exponent codes brought to the offset domain; `bias` is what has to be added for the true exponent. */
export function inDomain(codes: Word, { offset, exponentWidth }: FusedShape, bias: number): Word {
  const wide = codes.width > exponentWidth ? codes.truncate(exponentWidth) : codes.zeroExtend(exponentWidth);
  return wide.plus(BigInt.asUintN(exponentWidth, BigInt(offset + bias)));
}
