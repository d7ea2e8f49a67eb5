/** The invariants of each family of designs, as data. */
import { BF16, type FloatFormat, FP32, IF4, widthOf } from '../../src/formats/index.js';
import { float32Bits, Rational } from '../../src/numerics/index.js';
import type { Design, MacDesign, UnitDesign } from '../designs/index.js';
import type { AlikeSet } from './alike-sets.js';
import { designGoals } from './design-goals.js';
import {
  alignedBits,
  atLeastWhile,
  atMostOne,
  atMostUnless,
  type FloatRange,
  finite,
  floatRange,
  type Invariant,
  multipleOf,
  noNegativeZero,
  oneOf,
  type RawRange,
  rawRange,
  withinAbove,
  wordRange,
  zeroBelow,
  zeroUnless,
} from './invariants.js';
import { quantizerAlike, quantizerInvariants } from './quantizer-invariants.js';

/**
 * Products of a lane are ±0 or lie between the smallest and the largest, with a margin. Those of one element format are
 * multiples of 2^−20 (quarter units under the smallest scales); those that are multiplied by 6/7 use all 24 bits.
 */
const EXACT_PRODUCT: FloatRange = { least: 107, largest: 150, grid: 130 };
const CORRECTED_PRODUCT: FloatRange = { least: 106, largest: 152, grid: 106 };

/**
 * Sums of multiples of the products' last place are such multiples; a sum 2^26 times the largest product does not grow,
 * as adding one more is rounded away.
 */
function sumsOf({ largest, grid }: FloatRange): FloatRange {
  return { least: grid - FP32.fractionBits, largest: largest + 26, grid };
}

/** What is known of the states of a design; empty for those whose states are all needed. */
export function invariantsOf(design: Design): readonly Invariant[] {
  if (design.kind !== 'mac')
    return design.kind === 'transform' ? transformInvariants(design) : quantizerInvariants(design);
  const { kind } = design.semantic.accumulation;
  if (kind === 'fused') return fusedInvariants(design);
  if (kind === 'lanes') return laneInvariants(design);
  return [...floatInvariants(design), ...choiceInvariants(design)];
}

/** Values of registers of a design that nothing tells apart. */
export function alikeSetsOf(design: Design): readonly AlikeSet[] {
  return design.kind === 'quantizer' ? quantizerAlike(design) : [];
}

/**
 * The largest exponent is never 0, but after reset; only products that count for it are not 0. Products of wider formats
 * reach the least exponent there is, and groups count by their scales.
 */
function fusedInvariants(design: MacDesign): Invariant[] {
  const { netlist, a } = design;
  const names = netlist.registers.map(({ name }) => name);
  const beside = (stage: string) => names.filter((name) => new RegExp(`^${stage}_(?!valid|emax)`).test(name));
  const isNarrow = a.kind === 'float' && widthOf(a) <= 8;
  const least = isNarrow ? 1 - FP32.bias + exponentOffset(design) : 1;
  return [
    ...['s2', 's3', 's4'].map((stage) => zeroBelow(`${stage}_emax`, 1, beside(stage))),
    ...(isNarrow ? narrowInvariants(design, a, least) : []),
  ];
}

/** Exponents are held from an even number below the floor. */
function exponentOffset({ semantic: { accumulation: rule } }: MacDesign): number {
  const floor = rule.kind === 'fused' ? rule.exponentFloor : 0;
  return -2 * Math.floor(Math.min(floor, 1 - FP32.bias) / 2);
}

/**
 * Products of a narrow format lie within a small part of the exponents, C anywhere: where the largest exponent is that of
 * a C far above, nothing else is left, and no sum reaches beyond C.
 */
function narrowInvariants(design: MacDesign, format: FloatFormat, least: number): Invariant[] {
  const { netlist, semantic } = design;
  const { accumulation: rule } = semantic;
  if (rule.kind !== 'fused') return [];
  const widthOfRegister = new Map(
    netlist.registers.map(({ name, output }) => [name, netlist.nets[output]!.width]),
  );
  const names = [...widthOfRegister.keys()];
  const counts = names.filter((name) => /^s[12]_(t\d+|c)_counts$/.test(name));
  const terms = counts.map((name) => name.slice(0, -'counts'.length));
  const offset = exponentOffset(design);
  const largestProduct = 2 * (2 ** format.exponentBits - 1 - format.bias) + offset;
  const largestAddend = FP32.bias + offset;
  const alone = largestProduct + rule.fractionBits + 3;
  const magnitudes = names.filter((name) => /^s3_t\d+_magnitude$/.test(name));
  const addend = magnitudes.at(-1)!;
  const addendBits = rule.fractionBits + 1;
  const specials = (prefix: string) => ['nan', 'positive', 'negative'].map((kind) => `${prefix}${kind}`);
  return [
    zeroBelow(
      's2_emax',
      least,
      names.filter((name) => /^s2_(t\d+|c)_magnitude$/.test(name)),
    ),
    zeroBelow('s3_emax', least, magnitudes),
    ...terms.flatMap((term) => [
      zeroUnless(`${term}magnitude`, `${term}counts`),
      zeroBelow(`${term}exponent`, least, [`${term}magnitude`]),
    ]),
    ...terms
      .filter((term) => !term.endsWith('_c_'))
      .map((term) => wordRange(`${term}exponent`, 0, largestProduct, `${term}magnitude`)),
    atMostUnless('s1_c_exponent', largestAddend, specials('s1_c_')),
    ...['s2', 's3', 's4'].map((stage) =>
      atMostUnless(`${stage}_emax`, largestAddend, specials(`${stage}_any_`)),
    ),
    ...magnitudes.filter((name) => name !== addend).map((name) => wordRange('s3_emax', 0, alone - 1, name)),
    wordRange(addend, 0, 2 ** addendBits - 1, addend),
    ...totalInvariants(design, {
      count: magnitudes.length,
      bits: widthOfRegister.get(addend)!,
      addendBits,
      alone,
      least,
    }),
  ];
}

interface TotalBounds {
  /** Terms, and bits of each. */
  readonly count: number;
  readonly bits: number;
  /** Bits of the addend, which is alone where the largest exponent is at least `alone`. */
  readonly addendBits: number;
  readonly alone: number;
  /** Least exponent of a term that is not zero. */
  readonly least: number;
}

/** What follows for the sum, as the tree is a sum. */
function totalInvariants(
  design: MacDesign,
  { count, bits, addendBits, alone, least }: TotalBounds,
): Invariant[] {
  const because = designGoals(design).find(({ name }) => name.startsWith('tree '))!;
  const widest = Math.ceil(Math.log2(count * (2 ** bits - 1) + 1));
  return [
    zeroBelow('s4_emax', least, ['s4_total']),
    withinAbove('s4_total', widest, 's4_emax', 0),
    withinAbove('s4_total', addendBits, 's4_emax', alone),
  ].map((invariant) => ({ ...invariant, because }));
}

const ELEMENTS = { exponentBits: BF16.exponentBits, width: widthOf(BF16) };

/** Bits kept below the largest element are only used when exponents are that far above the least one. */
function transformInvariants({ netlist }: UnitDesign): Invariant[] {
  const words = netlist.registers.map(({ name }) => name).filter((name) => /^s[12]_(x|sum)\d+$/.test(name));
  return [
    finite('x', ELEMENTS.exponentBits, ELEMENTS.width, { given: true }),
    ...words.map((name) => alignedBits(name, `${name.slice(0, 2)}_exponent`, 24)),
  ];
}

/** Integers count two steps of the floats beside them, by one more place of shift: terms of their blocks are even. */
function choiceInvariants({ netlist }: MacDesign): Invariant[] {
  const names = new Set(netlist.registers.map(({ name }) => name));
  if (!names.has('s3_acc_int')) return [];
  return [
    atLeastWhile('s1_shift', 3, ['s1_a_int']),
    atLeastWhile('s1_shift', 3, ['s1_w_int']),
    atLeastWhile('s1_shift', 4, ['s1_a_int', 's1_w_int']),
    multipleOf('s2_term', 1, ['s2_class1']),
    multipleOf('s2_term', 2, ['s2_class2']),
    ...['s3_acc_mixed', 's4_1_magnitude'].map((name) => multipleOf(name, 1)),
    ...['s3_acc_int', 's4_2_magnitude'].map((name) => multipleOf(name, 2)),
  ];
}

interface FloatMac {
  /** What a block adds. */
  readonly block: RawRange;
  /** Largest sum of the two scale exponents; the least is 2. */
  readonly largestShift: number;
  /** Range of the scale product after its correction, where that is rounded. */
  readonly scale?: RawRange;
}

/** MACs with one FP32 accumulator: blocks are multiples of 2^−20, or 24 bits of a number of at least that size. */
const FLOAT_MACS: Readonly<Record<string, FloatMac>> = {
  'nvfp4-fp32': { block: { least: 107, largest: 155, unit: 107 }, largestShift: 30 },
  'if4-fp32-49': { block: { least: 107, largest: 163, unit: 107 }, largestShift: 32 },
  'if4-fp32-correct': {
    block: { least: 105, largest: 158, unit: 82 },
    largestShift: 32,
    scale: { least: 107, largest: 147, unit: 84 },
  },
};

/** Bubbles carry zeros, so that the accumulator of a bubble keeps what it has; nothing overflows. */
function floatInvariants({ name, netlist }: MacDesign): Invariant[] {
  const mac = FLOAT_MACS[name];
  if (mac === undefined) return [];
  const { block, largestShift, scale } = mac;
  const last = scale === undefined ? 2 : 3;
  const acc = netlist.registers.find((register) => register.name.endsWith('_acc'))!.name;
  return [
    wordRange('s1_shift', 2, largestShift, 's1_significand'),
    zeroUnless('s1_significand', 's1_valid'),
    ...Array.from({ length: last }, (_, i) => `s${i + 1}`).flatMap((stage) =>
      ['first', 'nan'].map((flag) => zeroUnless(`${stage}_${flag}`, `${stage}_valid`)),
    ),
    ...(scale === undefined
      ? []
      : [rawRange('s2_scale_', scale), zeroUnless('s2_scale_significand', 's2_valid'), ...correctedScales()]),
    zeroUnless(`s${last}_block_significand`, `s${last}_valid`),
    rawRange(`s${last}_block_`, block),
    floatRange(acc, sumsOf({ ...block, grid: block.unit + FP32.fractionBits })),
    noNegativeZero(acc),
  ];
}

/** What products of two E4M3 significands, and their FP32 products with the gains of IF4, can be. */
function correctedScales(): Invariant[] {
  const significands = Array.from({ length: 15 }, (_, i) => i + 1);
  const products = new Set(significands.flatMap((a) => significands.map((w) => a * w)));
  const gain = Rational.toNumber(IF4.choices[1]!.gain);
  const gains = [1, gain, gain * gain].map(Math.fround);
  const corrected = [...products].flatMap((product) =>
    gains.map((factor) => (float32Bits(Math.fround(product * factor)) & 0x7fffff) | 0x800000),
  );
  return [oneOf('s1_significand', products), oneOf('s2_scale_significand', new Set(corrected))];
}

function laneInvariants({ lanes, a }: MacDesign): Invariant[] {
  const isExact = a.kind === 'block' && a.choices.length === 1;
  const product = isExact ? EXACT_PRODUCT : CORRECTED_PRODUCT;
  const sum = sumsOf(product);
  const each = (make: (lane: number) => Invariant) => Array.from({ length: lanes }, (_, lane) => make(lane));
  const levels = Math.log2(lanes);
  const tokens = Array.from({ length: levels }, (_, k) => `s3_step${k + 1}`);
  const raised = (by: number) => ({ ...sum, largest: sum.largest + by });
  return [
    atMostOne(tokens),
    ...each((lane) => floatRange(`s1_product${lane}`, product)),
    ...each((lane) => floatRange(`s2_acc${lane}`, sum)),
    ...each((lane) => floatRange(`s2_snapshot${lane}`, sum)),
    ...each((lane) => floatRange(`s3_value${lane}`, raised(levels))),
    // Each step of the reduction may add a bit.
    ...tokens.flatMap((token, k) =>
      each((lane) =>
        floatRange(`s3_value${lane}`, raised(k), {
          registers: [token],
          node: (_, state) => state(token)[0]!,
        }),
      ),
    ),
  ];
}
