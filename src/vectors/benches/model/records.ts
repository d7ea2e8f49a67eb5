/** The records of a dot product as C: the codes of its formats, and what the semantic says, as constants. */
import type { DotUnit } from '../../../../rtl-model/designs/index.js';
import {
  type DotSemantic,
  type FloatResult,
  type FusedAccumulation,
  hasBlockScales,
  type OperandFormat,
  stepOf,
  type TwoStageAccumulation,
  type UnpackedOperand,
  type UnpackedTable,
  unpackOperand,
} from '../../../dot/index.js';
import { type FloatFormat, FP16, FP32 } from '../../../formats/index.js';
import { float32Bits, Rational, type RationalValue } from '../../../numerics/index.js';

/** Widest codes that are listed; wider ones are IEEE-like and unpacked by their fields. */
const LISTED_BITS = 8;

/** What a dot product is read from. */
export interface DotReading {
  readonly unit: DotUnit;
  /** What a NaN scale code means. */
  readonly nanScale: DotSemantic['operands']['nanScale'];
}

export interface DotRecords {
  /** Before the runtime: sizes. */
  readonly sizes: string;
  /** Behind it: tables, sides, the register, constants of the family. */
  readonly constants: string;
}

/** The records of a unit. */
export function dotRecords({ unit, nanScale }: DotReading): DotRecords {
  const { semantic, a, w } = unit;
  const sides = [a, w].map((format) => unpacked(unit, format, nanScale));
  const stepK = stepOf(semantic, a, w);
  const tables = new Tables();
  const texts = sides.map((side, i) => sideText(i === 0 ? 'A' : 'B', side, tables));
  const family = familyConstants(unit, sides as [UnpackedOperand, UnpackedOperand], stepK);
  return {
    sizes: `#define STEP_K ${stepK}\n`,
    constants: [...tables.texts, ...texts, registerText(semantic), family].join('\n'),
  };
}

/** Operands as the design reads them; multiplied-out integers are the elements with their factors. */
function unpacked(
  { semantic, operandsFor }: DotUnit,
  format: OperandFormat,
  nanScale: DotSemantic['operands']['nanScale'],
) {
  const anything = { elements: 'any', scales: 'any', blockSizes: 'any', selector: 'read' } as const;
  const rule = operandsFor === 'integers' ? { ...semantic.operands, ...anything } : semantic.operands;
  return unpackOperand({ ...semantic, operands: { ...rule, nanScale } }, format);
}

/** Tables of codes, each written once. */
class Tables {
  readonly texts: string[] = [];
  readonly #names = new Map<UnpackedTable, string>();

  nameOf(table: UnpackedTable): string {
    const known = this.#names.get(table);
    if (known !== undefined) return known;
    const name = `CODES_${this.#names.size}`;
    this.#names.set(table, name);
    const { significand, exponent, kind, negative } = table;
    const rows = Array.from(
      significand,
      (value, i) => `{${value}, ${exponent[i]}, ${kind[i]}, ${negative[i]}}`,
    );
    const lines = rows.reduce<string[][]>((all, row, i) => {
      if (i % 4 === 0) all.push([]);
      all.at(-1)!.push(row);
      return all;
    }, []);
    this.texts.push(
      `static const code_t ${name}[] = {\n${lines.map((line) => `  ${line.join(', ')},`).join('\n')}\n};`,
    );
    return name;
  }
}

function sideText(name: string, side: UnpackedOperand, tables: Tables): string {
  const denominator = denominatorOf(side);
  const choices = side.choices.map(({ element, gain }) =>
    choiceText(side.format, element, factorOf(gain, denominator), tables),
  );
  const { scale, blockSize, selectorBit, nanScaleCode, format } = side;
  const block = hasBlockScales(format) ? blockSize : 'STEP_K';
  const both = choices.length === 1 ? [...choices, choices[0]!] : choices;
  return `static const side_t ${name} = {
  {${both.join(',\n   ')}},
  ${tables.nameOf(scale)}, ${scale.mask}, ${scale.fractionBits}, ${block}, ${selectorBit}, ${nanScaleCode},
};`;
}

function choiceText(format: OperandFormat, element: UnpackedTable, factor: number, tables: Tables): string {
  const bare = format.kind === 'block' ? format.choices[0].element : format;
  const { fractionBits, minExponent, mask } = element;
  if (mask < 2 ** LISTED_BITS)
    return `{${tables.nameOf(element)}, 0, ${fractionBits}, 0, ${minExponent}, ${mask}u, ${factor}}`;
  if (bare.kind !== 'float' || bare.specials !== 'ieee' || !bare.subnormals)
    throw new RangeError(`${bare.name}: wide codes that are not IEEE-like`);
  return `{0, ${bare.exponentBits}, ${fractionBits}, ${bare.bias}, ${minExponent}, ${mask}u, ${factor}}`;
}

function denominatorOf({ choices }: UnpackedOperand): bigint {
  return choices.reduce((product, { gain }) => {
    const common = Rational.multiply(gain, Rational.rational(product));
    return product * common.denominator;
  }, 1n);
}

/** Gain × denominator, which is whole. */
const factorOf = ({ numerator, denominator }: RationalValue, common: bigint) =>
  Number((numerator * common) / denominator);

const REGISTERS: Record<FloatResult['format'], FloatFormat> = { fp16: FP16, fp32: FP32 };

function registerText({ result }: DotSemantic): string {
  if (result.kind === 'integer') return '';
  const { exponentBits, fractionBits, bias } = REGISTERS[result.format];
  if (result.rounding !== 'nearest-even' && result.rounding !== 'toward-zero')
    throw new RangeError(`registers that round ${result.rounding}`);
  const nearest = result.rounding === 'nearest-even' ? 1 : 0;
  return `static const float_register REGISTER = {${exponentBits}, ${fractionBits}, ${bias}, ${result.fractionBits}, ${nearest}, 0x${result.nanBits.toString(16)}u};`;
}

const define = (name: string, value: string | number) => `#define ${name} ${value}`;

function familyConstants(
  unit: DotUnit,
  sides: readonly [UnpackedOperand, UnpackedOperand],
  stepK: number,
): string {
  const { accumulation: rule } = unit.semantic;
  const isInteger = unit.operandsFor === 'integers';
  const block = Math.min(stepK, ...sides.map(({ blockSize }) => blockSize));
  const common = [define('WITH_FACTORS', isInteger || rule.kind === 'exact' ? 1 : 0), define('BLOCK', block)];
  if (rule.kind === 'fused') return [...common, fusedConstants(rule)].join('\n');
  if (rule.kind === 'two-stage') return twoStageConstants(rule);
  if (rule.kind === 'exact') {
    const divided = rule.result === 'value' && !isInteger;
    const denominator = denominatorOf(sides[0]) * denominatorOf(sides[1]);
    return [...common, define('DENOMINATOR', divided ? `${denominator}u` : '1u')].join('\n');
  }
  if (rule.kind === 'per-choice') return [...common, define('CORRECTIONS', byCount(sides))].join('\n');
  const none = rule.kind === 'per-block' && (rule.correction === 'none' || isInteger);
  const lines = [...common, define('CORRECTIONS', byPair(sides, none))];
  if (rule.kind === 'lanes') {
    lines.push(define('LANES', rule.lanes));
    lines.push(define('FLUSHED', rule.subnormals === 'flushed' ? 1 : 0));
    lines.push(define('ADDED_TO_ZERO', rule.firstProduct === 'added-to-zero' ? 1 : 0));
  }
  return lines.join('\n');
}

function fusedConstants({
  passes,
  addend,
  terms,
  fractionBits,
  exponentFloor,
  zeroTerms,
}: FusedAccumulation): string {
  const rows = passes.map((positions) => `  {${positions.join(', ')}},`);
  return [
    'enum { IGNORED, SCALE_EXPONENTS, OPERAND_FLOOR };',
    define('ZERO_TERMS', zeroTerms.toUpperCase().replaceAll('-', '_')),
    define('FRACTION_BITS', fractionBits),
    define('EXPONENT_FLOOR', `(${exponentFloor})`),
    define('ADDEND_FIRST', addend === 'first-pass' ? 1 : 0),
    define('GROUPED', terms.kind === 'groups' ? 1 : 0),
    define('GROUP', terms.kind === 'groups' ? terms.size : 1),
    define('PASSES', passes.length),
    define('PASS_LENGTH', passes[0]!.length),
    `static const int POSITIONS[PASSES][PASS_LENGTH] = {\n${rows.join('\n')}\n};`,
  ].join('\n');
}

function twoStageConstants(rule: TwoStageAccumulation): string {
  if (rule.alignment !== 'toward-negative' && rule.alignment !== 'toward-zero')
    throw new RangeError(`sums that are cut ${rule.alignment}`);
  return [
    define('GROUP', rule.groupSize),
    define('FRACTION_BITS', rule.fractionBits),
    define('SUM_FRACTION_BITS', rule.sumFractionBits),
    define('ADDEND_FRACTION_BITS', rule.addendFractionBits),
    define('ADDEND_REACH', rule.addendReach),
    define('ROUNDS_DOWN', rule.alignment === 'toward-negative' ? 1 : 0),
  ].join('\n');
}

/** The float32 nearest to a gain, as bits. */
const gainBits = ({ numerator, denominator }: RationalValue) =>
  `0x${float32Bits(Math.fround(Number(numerator) / Number(denominator))).toString(16)}u`;

const gainsOf = ({ choices }: UnpackedOperand) =>
  [choices[0]!.gain, (choices[1] ?? choices[0]!).gain] as const;

/** By the choices of both sides. */
function byPair([a, b]: readonly [UnpackedOperand, UnpackedOperand], none: boolean): string {
  const rows = gainsOf(a).map((left) =>
    gainsOf(b).map((right) => (none ? '0x3f800000u' : gainBits(Rational.multiply(left, right)))),
  );
  return `{${rows.map((row) => `{${row.join(', ')}}`).join(', ')}}`;
}

/** By the number of sides that hold their second choice. */
function byCount([a, b]: readonly [UnpackedOperand, UnpackedOperand]): string {
  const [left, right] = [gainsOf(a)[1], gainsOf(b)[1]];
  const mixed = a.choices.length > 1 ? left : right;
  return `{0x3f800000u, ${gainBits(mixed)}, ${gainBits(Rational.multiply(left, right))}}`;
}
