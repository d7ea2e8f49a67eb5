/**
 * The other model of a unit of dot products: `<id>_native.c` has the same function as `<id>_model.c`, and leaves the
 * arithmetic to the native library, through native/include/fp4sim.h. Written where the library does the semantic.
 */
import type { DotUnit } from '../../../../rtl-model/designs/index.js';
import { stepOf } from '../../../dot/index.js';
import { NATIVE_KINDS, type NativeRecord, type NativeSide, nativeRecord } from '../../../kernels/index.js';
import type { BenchPlan } from '../plan.js';
import { type DotModel, sliceText } from './dot.js';
import { modelName } from './prototype.js';
import { BITS, OPERAND } from './runtime.js';

export const nativeName = ({ id }: BenchPlan) => `${id}_native`;

/** The file; undefined where the library does not do the unit. */
export function nativeFile(plan: BenchPlan, model: DotModel): { file: string; text: string } | undefined {
  const { unit, nanScale } = model;
  const { semantic, a, w, protocol } = unit;
  const [result] = protocol.results;
  // Multiplied-out integers are too large for the library's tables, and its NaN scales are the semantic's.
  if (unit.operandsFor === 'integers' || nanScale !== semantic.operands.nanScale) return undefined;
  const stepK = stepOf(semantic, a, w);
  const record = nativeRecord(semantic, a, w, stepK);
  if (record === undefined || (result.kind !== 'bits' && record.kind !== 'exact')) return undefined;
  return { file: `${nativeName(plan)}.c`, text: sourceText(plan, unit, stepK, record) };
}

function sourceText(plan: BenchPlan, unit: DotUnit, stepK: number, record: NativeRecord): string {
  const { accumulation } = unit.semantic;
  const order =
    accumulation.kind === 'fused' && accumulation.terms.kind === 'products'
      ? accumulation.passes.flat()
      : Array.from({ length: stepK }, (_, k) => k);
  return `/* ${plan.unit.summary}: model by the native library. See ${modelName(plan)}.h. */
#include "${modelName(plan)}.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fp4sim.h"

#define STEP_K ${stepK}
${BITS}
${OPERAND}
${sideText('A', record.a)}${sideText('B', record.b)}${recordText(stepK, record)}
/* Elements of a step in the order in which its passes take them. */
static const int ORDER[STEP_K] = {${order.join(', ')}};
static fp4sim_dot* dot;

static void check(int fine) {
  if (fine) return;
  fprintf(stderr, "${nativeName(plan)}: the library does not follow this record\\n");
  exit(2);
}

static void start(uint32_t c) {
  if (dot == NULL) dot = fp4sim_dot_new(&RECORD);
  check(dot != NULL && fp4sim_dot_start(dot, c) == 0);
}

static void hand_over(const operand_t* x, uint32_t block, uint16_t* codes, uint8_t* scales) {
  uint32_t k;
  for (k = 0; k < STEP_K; k++) codes[k] = (uint16_t)x->code[ORDER[k]];
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

/** A float32 number as C that means the same bits. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NAN';
  if (!Number.isFinite(value)) return value > 0 ? 'INFINITY' : '-INFINITY';
  return Object.is(value, -0) ? '-0.0f' : `${value.toExponential()}f`;
}

/** Tables of a side; names of those that there are follow `sideFields`. */
const sideText = (name: string, { values, exponents, scales, scaleExponents }: NativeSide) =>
  table('float', `${name}_VALUES`, values) +
  table('int16_t', `${name}_EXPONENTS`, exponents) +
  table('float', `${name}_SCALES`, scales) +
  table('int16_t', `${name}_SCALE_EXPONENTS`, scaleExponents);

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
] as const;

function recordText(stepK: number, { kind, nan, options, corrections, a, b }: NativeRecord): string {
  const numbers = OPTIONS.map((name) => Number(options[name] ?? 0));
  const head = [NATIVE_KINDS[kind], stepK, `0x${nan.toString(16)}u`, ...numbers];
  const factors =
    corrections === undefined ? '0, {0, 0, 0}' : `1, {${corrections.map(floatText).join(', ')}}`;
  return `static const fp4sim_record RECORD = {
  ${head.join(', ')}, ${factors},
  {${sideFields('A', a)}},
  {${sideFields('B', b)}},
};
`;
}

/** A rounded result, or the exact sum from the place of the port on. */
function resultText({ protocol: { results, nan } }: DotUnit, { options }: NativeRecord): string {
  const [{ port, width, kind, unitExponent }] = results;
  const words = Math.ceil(width / 32);
  const flag = nan === undefined ? '' : `  ${nan}[0] = (uint32_t)not_a_number;\n`;
  const place = unitExponent - Number(options.lastPlace ?? 0);
  const value =
    kind === 'bits'
      ? `  ${port}[0] = fp4sim_dot_result(dot);`
      : `  for (i = 0; i < ${width}; i++) {
    const int at = ${place} + i;
    ${port}[i / 32] |= (uint32_t)(at < 0 ? 0 : sum >> (at > 63 ? 63 : at) & 1) << i % 32;
  }`;
  if (kind === 'bits' && nan === undefined) return value;
  return `  int64_t sum;
  const int not_a_number = fp4sim_dot_sum(dot, &sum);
${flag}  memset(${port}, 0, ${4 * words});
${nan === undefined ? '' : '  if (not_a_number) return;\n'}${value}`;
}
