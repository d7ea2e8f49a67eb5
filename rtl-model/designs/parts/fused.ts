/**
 * Generator of fused dot-product units: D = C + Σ a·b of one step along K, all terms cut to a common last place, added
 * once, rounded once. What tensor cores do; every figure comes from the record of the dot semantic.
 *
 *   s1_multiply   products (or group sums and scale products), their exponents, not re-normalised
 *   s2_maximum    emax: the largest exponent of all terms, C and the floor; group sum × scale product
 *   s3_align      each term shifted right by emax − its exponent, cut toward zero at 2^(emax − F)
 *   s4_add        exact sum of the terms
 *   s5_round      sign and magnitude, normalised and rounded to the result; NaN and infinities
 *
 * A term that counts for emax sits F bits above the last place, its own fraction bits below: the aligned field is as
 * wide as the widest term moved there. Exponents are held in one unsigned domain, offset so that the least is not
 * negative.
 *
 * Not modelled: more than one pass over a step, C after the last pass, FP16 results, operands with different formats.
 */
import type { DotSemantic, OperandFormat } from '../../../src/dot/index.js';
import { FP32 } from '../../../src/formats/index.js';
import { ConfigurationError } from '../../../src/numerics/index.js';
import {
  CLOCK,
  concat,
  defineModule,
  type Module,
  type ModuleBuilder,
  memoizedModule,
  type Word,
} from '../../hdl/index.js';
import {
  decodeFloat,
  infinityOf,
  maximumOf,
  packFloat,
  saturated,
  sumSignMagnitude,
  toSignMagnitude,
} from '../../library/index.js';
import {
  type FusedShape,
  inDomain,
  type PlacedTerm,
  type SpecialWords,
  type Term,
  type TermSource,
  termSource,
  ZERO_OPERAND_EXPONENT,
} from './fused-terms.js';
import { bitsOf, split } from './operand.js';
import { Stage } from './pipeline.js';

export interface FusedConfiguration {
  readonly moduleName: string;
  readonly summary: string;
  /** Of both operands. */
  readonly format: OperandFormat;
  readonly semantic: DotSemantic;
}

/** The unit: ports en, c_in, operands → d, done. */
export function fusedUnit({ moduleName, summary, format, semantic }: FusedConfiguration): Module {
  const source = termSource(format, semantic);
  const shape = shapeOf(semantic, source);
  return defineModule({
    name: moduleName,
    summary,
    clock: CLOCK,
    inputs: { en: 1, c_in: 32, ...source.inputs },
    body: (m, ports): Record<string, Word> => {
      const names = ['s1_multiply', 's2_maximum', 's3_align', 's4_add', 's5_round'];
      const stages = names.map((name) => new Stage(m, name)) as [Stage, Stage, Stage, Stage, Stage];
      const [s1, s2, s3, s4, s5] = stages;
      const made = source.terms(m, ports as Record<string, Word>, s1, s2, shape);
      const addend = addendTerm(m, ports.c_in, s1, shape);
      const early = [...made.early, addend.term].map((term) => countedExponent(term));
      const floor = m.constant(shape.exponentWidth, shape.rule.exponentFloor + shape.offset);
      const maximum = s2.word('emax', maximumOf([...early, floor]));
      const late: PlacedTerm[] = [
        ...made.late,
        { ...s2.words('c_', { ...addend.term }), unit: -FP32.fractionBits },
      ];
      const aligned = alignTerms(s3, late, maximum, shape);
      const total = s4.word('total', addAligned(m, aligned));
      const specials = carry([s2, s3, s4], merged(made.specials, addend.specials));
      const emax = s4.word('emax', s3.word('emax', maximum));
      const d = s5.word('d', result(m, total, emax, specials, shape), FP32.name);
      return { d, done: stages.reduce((word, stage) => stage.word('valid', word), ports.en) };
    },
  });
}

function shapeOf(semantic: DotSemantic, source: TermSource): FusedShape {
  const { accumulation: rule, result: register, stepK, name } = semantic;
  const simple = rule.kind === 'fused' && rule.passes.length === 1 && rule.addend === 'first-pass';
  if (!simple || register.kind !== 'float' || register.format !== 'fp32' || stepK === 'block') {
    throw new ConfigurationError(
      `no fused unit for the dot semantic "${name}"`,
      'expected one pass, FP32 results',
    );
  }
  const [least, largest] = source.exponents;
  const zeros = rule.zeroTerms === 'operand-floor' ? 2 * ZERO_OPERAND_EXPONENT : 0;
  // Even, so that each operand of a product can take half of it.
  const offset = -2 * Math.floor(Math.min(least, rule.exponentFloor, 1 - FP32.bias, zeros) / 2);
  return {
    rule,
    lanes: stepK,
    pack: { format: FP32, fractionBits: register.fractionBits, rounding: register.rounding },
    nanBits: register.nanBits,
    offset,
    exponentWidth: bitsOf(Math.max(largest, FP32.bias + 1) + offset),
  };
}

/** C as a term, behind s1. A zero C counts only under `operand-floor`, with the exponent of subnormals. */
function addendTerm(
  m: ModuleBuilder,
  c: Word,
  s1: Stage,
  shape: FusedShape,
): { term: Term; specials: SpecialWords } {
  const fields = decodeFloat(FP32, c);
  const counts = shape.rule.zeroTerms === 'operand-floor' ? m.constant(1, 1) : fields.isZero.not();
  const exponent = inDomain(fields.exponent, shape, -FP32.bias);
  const term = s1.words('c_', { sign: fields.sign, magnitude: fields.significand, exponent, counts });
  const specials = s1.words('c_', {
    nan: fields.isNaN,
    positive: fields.isInfinity.and(fields.sign.not()),
    negative: fields.isInfinity.and(fields.sign),
  });
  return { term, specials };
}

function countedExponent({ exponent, counts }: Pick<Term, 'exponent' | 'counts'>): Word {
  return exponent.and(counts.repeat(exponent.width));
}

/** Every term at the last place 2^(emax − F), cut toward zero, at the common width. */
function alignTerms(s3: Stage, terms: readonly PlacedTerm[], maximum: Word, { rule }: FusedShape) {
  const places = terms.map(({ unit, magnitude }) => rule.fractionBits + unit + magnitude.width);
  const width = Math.max(...places);
  return terms.map(({ sign, magnitude, exponent, unit }, i) => {
    const field = moved(magnitude, rule.fractionBits + unit);
    const distance = saturated(maximum.minus(exponent), field.width);
    const cut = field.shiftRight(distance).zeroExtend(width);
    return s3.words(`t${i}_`, { sign, magnitude: cut });
  });
}

/** A magnitude moved left by `places`, or right with the bits below dropped. */
function moved(magnitude: Word, places: number): Word {
  if (places > 0) return concat(magnitude, magnitude.context.constant(places, 0));
  return places === 0 ? magnitude : magnitude.slice(-places, magnitude.width + places);
}

/** Adder tree of all aligned terms. */
const fusedTree = memoizedModule((count: number, width: number, sumWidth: number) =>
  defineModule({
    name: `fused_tree_${count}x${width}`,
    summary: `exact sum of ${count} aligned terms of ${width} bits with signs`,
    inputs: { signs: count, magnitudes: count * width },
    body: (_, { signs, magnitudes }) => {
      const words = split(magnitudes, width);
      const terms = signs.bitList().map((sign, i) => ({ sign, magnitude: words[i]! }));
      return { sum: sumSignMagnitude(terms, sumWidth) };
    },
  }),
);

function addAligned(m: ModuleBuilder, terms: readonly Pick<Term, 'sign' | 'magnitude'>[]): Word {
  const { width } = terms[0]!.magnitude;
  const tree = fusedTree(terms.length, width, width + bitsOf(terms.length) + 1);
  const side = (words: Word[]) => concat(...words.reverse());
  const signs = side(terms.map(({ sign }) => sign));
  return m.instance('tree', tree, { signs, magnitudes: side(terms.map(({ magnitude }) => magnitude)) }).sum;
}

function merged(x: SpecialWords, y: SpecialWords): SpecialWords {
  return { nan: x.nan.or(y.nan), positive: x.positive.or(y.positive), negative: x.negative.or(y.negative) };
}

function carry(stages: readonly Stage[], specials: SpecialWords): SpecialWords {
  let words: Record<keyof SpecialWords, Word> = { ...specials };
  for (const stage of stages) words = stage.words('any_', words);
  return words;
}

/** The sum rounded to the result, unless NaN or an infinity decides it. */
function result(m: ModuleBuilder, total: Word, emax: Word, specials: SpecialWords, shape: FusedShape): Word {
  const { sign, magnitude } = toSignMagnitude(total);
  const own = magnitude.truncate(magnitude.width - 1);
  const top = own.width - 1 - shape.rule.fractionBits - shape.offset + FP32.bias;
  const width = Math.max(shape.exponentWidth, bitsOf(Math.abs(top))) + 2;
  const exponent = emax.zeroExtend(width).plus(top);
  const { code } = packFloat(shape.pack, sign, exponent, own);
  const infinite = specials.positive.or(specials.negative);
  const invalid = specials.nan.or(specials.positive.and(specials.negative));
  return invalid.choose(
    m.constant(32, shape.nanBits),
    infinite.choose(infinityOf(FP32, specials.negative), code),
  );
}
