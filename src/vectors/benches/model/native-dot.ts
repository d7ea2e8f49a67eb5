/** A unit of dot products by the native library: its record, and the function that hands steps over. */
import { type DotUnit, integerTable, recodingOf } from '../../../../rtl-model/designs/index.js';
import { type DotSemantic, type OperandFormat, stepOf } from '../../../dot/index.js';
import { type BlockFormat, SELECTOR_BIT } from '../../../formats/index.js';
import { NATIVE_KINDS, type NativeRecord, type NativeSide, nativeRecord } from '../../../kernels/index.js';
import type { BenchPlan } from '../plan.js';
import { type DotModel, sliceText } from './dot.js';
import { floatText } from './float-text.js';
import { BITS, OPERAND } from './runtime.js';

/** What stands behind the headers; undefined where the library does not do the unit. */
export function nativeDotBody(plan: BenchPlan, model: DotModel): string | undefined {
  const { unit } = model;
  const stepK = stepOf(unit.semantic, unit.a, unit.w);
  const record = recordOf(model, stepK);
  return record !== undefined && gives(record, unit) ? bodyText(plan, unit, stepK, record) : undefined;
}

/** Whether the library has what the ports want: rounded results, exact sums, whether they are NaN. */
function gives({ kind }: NativeRecord, { protocol: { results, nan } }: DotUnit): boolean {
  const isRounded = results[0].kind === 'bits';
  if (isRounded && nan === undefined) return kind !== 'register';
  return kind === 'exact' || (kind === 'register' && !isRounded);
}

/** The record of a unit, as it reads NaN scales and multiplied-out integers. */
function recordOf({ unit, nanScale }: DotModel, stepK: number): NativeRecord | undefined {
  const { semantic, a, w, operandsFor, lanes } = unit;
  const integers = (format: OperandFormat) =>
    operandsFor === 'integers' && format.kind === 'block' ? recodingOf(format, lanes).format : format;
  const record = nativeRecord(semantic, integers(a), integers(w), stepK);
  if (record === undefined) return undefined;
  const side = (read: NativeSide, format: OperandFormat) => {
    const whole = integers(format) === format ? read : multipliedOut(read, format as BlockFormat);
    return nanScale === 'largest-finite' ? withFiniteScales(whole) : whole;
  };
  return { ...record, a: side(record.a, a), b: side(record.b, w) };
}

/** Integers by the codes of the format itself, whose micro-exponents are bits above an element's. */
function multipliedOut(side: NativeSide, format: BlockFormat): NativeSide {
  const { values } = integerTable(format);
  const levels = [...Array(microLevels(format)).keys()];
  const selector = values.length > 1 ? SELECTOR_BIT : 0;
  const all = values.flatMap((row) => levels.flatMap((level) => Array.from(row, (x) => x * 2 ** level)));
  return { ...side, values: all, selector };
}

/** What the micro-exponents of an element can add up to, and 0, made up to a power of two: 1 for formats without. */
const microLevels = ({ microGroups = [] }: BlockFormat) => 2 ** Math.ceil(Math.log2(microGroups.length + 1));

/** NaN scales read as the largest number. */
function withFiniteScales(side: NativeSide): NativeSide {
  const { scales, scaleExponents } = side;
  if (scales === undefined) return side;
  const largest = scales.reduce((best, value, byte) => (value > scales[best]! ? byte : best), 0);
  const read = (table: readonly number[]) =>
    table.map((value, byte) => (Number.isNaN(scales[byte]) ? table[largest]! : value));
  const exponents = scaleExponents && { scaleExponents: read(scaleExponents) };
  return { ...side, scales: read(scales), ...exponents };
}

/** Elements of a step in the order in which the library takes them. */
function orderOf({ accumulation }: DotSemantic, stepK: number): number[] {
  const inOrder = Array.from({ length: stepK }, (_, k) => k);
  if (accumulation.kind === 'fused' && accumulation.terms.kind === 'products')
    return accumulation.passes.flat();
  if (accumulation.kind !== 'two-stage') return inOrder;
  const half = (k: number) => 2 * Math.floor(k / accumulation.groupSize) + (k % 2);
  return inOrder.sort((k, l) => half(k) - half(l) || k - l);
}

function bodyText(plan: BenchPlan, unit: DotUnit, stepK: number, record: NativeRecord): string {
  const { codeWidth } = unit.protocol.a;
  return `#define STEP_K ${stepK}
${BITS}
${OPERAND}
${recordText(stepK, record)}
/* Elements of a step in the order in which the library takes them. */
static const int ORDER[STEP_K] = {${orderOf(unit.semantic, stepK).join(', ')}};
static fp4sim_dot* dot;

static void start(uint32_t c) {
  if (dot == NULL) dot = fp4sim_dot_new(&RECORD);
  check(dot != NULL && fp4sim_dot_start(dot, c) == 0);
}

static void hand_over(const operand_t* x, uint32_t block, uint16_t* codes, uint8_t* scales) {
  uint32_t k;
  for (k = 0; k < STEP_K; k++) codes[k] = (uint16_t)(x->code[ORDER[k]] | (uint32_t)x->micro[ORDER[k]] << ${codeWidth});
  if (block != 0) for (k = 0; k < STEP_K; k += block) scales[k / block] = (uint8_t)x->scale[k];
}

static void step(const operand_t* a, const operand_t* b) {
  uint16_t a_codes[STEP_K], b_codes[STEP_K];
  uint8_t a_scales[STEP_K] = {0}, b_scales[STEP_K] = {0};
  hand_over(a, RECORD.a.block, a_codes, a_scales);
  hand_over(b, RECORD.b.block, b_codes, b_scales);
  check(fp4sim_dot_step(dot, a_codes, a_scales, b_codes, b_scales) == 0);
}
${sliceText(plan, unit, resultText(unit, record))}`;
}

function table<T extends number>(type: string, name: string, values: readonly T[] | undefined): string {
  if (values === undefined) return '';
  const text = type === 'float' ? floatText : String;
  return `static const ${type} ${name}[] = {${values.map(text).join(', ')}};\n`;
}

/** Tables of a side; names of those that there are follow `sideFields`. */
const sideText = (name: string, { values, exponents, scales, scaleExponents }: NativeSide) =>
  table('float', `${name}_VALUES`, values) +
  table('int16_t', `${name}_EXPONENTS`, exponents) +
  table('float', `${name}_SCALES`, scales) +
  table('int16_t', `${name}_SCALE_EXPONENTS`, scaleExponents);

/** Tables of both sides: of the same format they are the same. */
function sidesText({ a, b }: NativeRecord): { tables: string; fields: string } {
  const [left, right] = [sideText('A', a), sideText('A', b)];
  const isSame = left === right;
  return {
    tables: isSame ? left : `${left}${sideText('B', b)}`,
    fields: `  {${sideFields('A', a)}},\n  {${sideFields(isSame ? 'A' : 'B', b)}},`,
  };
}

function sideFields(name: string, side: NativeSide): string {
  const { values, exponents, block, selector, scales, scaleExponents } = side;
  const pointer = (of: readonly number[] | undefined, table: string) =>
    of === undefined ? 'NULL' : `${name}_${table}`;
  return [
    selector === 0 ? values.length : values.length / 2,
    pointer(values, 'VALUES'),
    pointer(exponents, 'EXPONENTS'),
    block,
    selector,
    pointer(scales, 'SCALES'),
    pointer(scaleExponents, 'SCALE_EXPONENTS'),
  ].join(', ');
}

/** Options of a record in the order of the header. */
const OPTIONS = [
  'unit',
  'lastPlace',
  'flush',
  'denominator',
  'fractionBits',
  'floor',
  'zeroAddend',
  'below',
  'resultBits',
  'half',
  'passes',
  'addendLast',
  'loaded',
  'wide',
  'group',
  'sumBits',
  'addendBits',
  'addendReach',
] as const;

function recordText(stepK: number, record: NativeRecord): string {
  const { kind, nan, options, corrections } = record;
  const { tables, fields } = sidesText(record);
  const numbers = OPTIONS.map((name) => Number(options[name] ?? 0));
  const head = [NATIVE_KINDS[kind], stepK, `0x${nan.toString(16)}u`, ...numbers];
  const factors =
    corrections === undefined ? '0, {0, 0, 0}' : `1, {${corrections.map(floatText).join(', ')}}`;
  return `${tables}static const fp4sim_record RECORD = {
  ${head.join(', ')}, ${factors},
${fields}
};
`;
}

/** A rounded result, or the exact sum from the place of the port on. */
function resultText({ protocol: { results, nan } }: DotUnit, { options }: NativeRecord): string {
  const [{ port, width, kind, unitExponent }] = results;
  const place = unitExponent - Number(options.lastPlace ?? 0);
  if (kind === 'bits' && nan === undefined) return `  ${port}[0] = fp4sim_dot_result(dot);`;
  const flag = nan === undefined ? '' : `${nan}[0] = (uint32_t)`;
  const sum = (words: number) => `  uint32_t sum[${words}];\n  ${flag}fp4sim_dot_sum(dot, sum, ${words});\n`;
  if (kind === 'bits') return `${sum(1)}  ${port}[0] = ${nan}[0] ? 0 : fp4sim_dot_result(dot);`;
  return `${sum(Math.ceil((place + width) / 32))}  memset(${port}, 0, ${4 * Math.ceil(width / 32)});
  for (i = 0; i < ${width}; i++)
    ${port}[i / 32] |= (sum[(${place} + i) / 32] >> (${place} + i) % 32 & 1) << i % 32;`;
}
