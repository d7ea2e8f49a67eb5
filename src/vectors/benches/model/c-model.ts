/**
 * A unit's reference model in plain C, for DPI and for anything that links C: `<id>_slice` takes what the ports take at
 * one enabled edge and gives the result of the dot product so far. Made from the format and semantic records, not from
 * the circuit.
 */
import type { DotUnit, OperandPorts } from '../../../../rtl-model/designs/index.js';
import { type PlacedField, withRole } from '../../layout.js';
import type { BenchPlan } from '../plan.js';
import { FAMILIES } from './families.js';
import { dotRecords } from './records.js';
import { RUNTIME } from './runtime.js';

/** What is modelled: a unit of dot products, or the table of a decoder. */
export type Modelled =
  | { readonly kind: 'dot'; readonly unit: DotUnit; readonly nanScale: 'nan' | 'largest-finite' }
  | { readonly kind: 'table'; readonly values: ArrayLike<number> };

export const modelName = ({ id }: BenchPlan) => `${id}_model`;
const sliceName = ({ id }: BenchPlan) => `${id}_slice`;

/** Results, of all of which the model gives a value. */
const resultsOf = ({ layout }: BenchPlan) => withRole(layout, 'result');

/** The C files of a model; undefined where there is none for the unit. */
export function modelFiles(plan: BenchPlan, modelled: Modelled) {
  const body = modelled.kind === 'table' ? tableBody(plan, modelled.values) : dotBody(plan, modelled);
  if (body === undefined) return undefined;
  const name = modelName(plan);
  return [
    { file: `${name}.h`, text: headerText(plan) },
    {
      file: `${name}.c`,
      text: `/* ${plan.unit.summary}: reference model. See ${name}.h. */\n#include "${name}.h"\n${body}`,
    },
    { file: `${name}_check.c`, text: checkText(plan) },
  ];
}

function prototype(plan: BenchPlan): string {
  const inputs = plan.inputs.map(({ name }) => `const uint32_t* ${name}`);
  const results = resultsOf(plan).map(({ name }) => `uint32_t* ${name}`);
  return `void ${sliceName(plan)}(${[...inputs, ...results].join(', ')})`;
}

function headerText(plan: BenchPlan): string {
  const { inputs, first, unit } = plan;
  const line = ({ name, width, meaning }: PlacedField) =>
    ` *   ${name.padEnd(8)} ${`${width}`.padStart(4)}  ${meaning}`;
  const guard = `${modelName(plan).toUpperCase()}_H`;
  return `/*
 * ${unit.summary}: reference model.
 *
 * One call for each enabled edge. Numbers are words of 32 bits, lowest first, as svBitVecVal has them. Results are those
 * of the dot product up to and with this slice${first === undefined ? '' : `; ${first.name} = 1 begins one`}. There is one state: one device at a time.
 *
 * Takes (name, bits):
${inputs.map(line).join('\n')}
 * Gives:
${resultsOf(plan).map(line).join('\n')}
 */
#ifndef ${guard}
#define ${guard}
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
${prototype(plan)};
#ifdef __cplusplus
}
#endif
#endif
`;
}

function tableBody(plan: BenchPlan, values: ArrayLike<number>): string {
  const [input, output] = [plan.inputs[0]!.name, resultsOf(plan)[0]!.name];
  const rows = Array.from(values, (value) => `  0x${value.toString(16)}u,`);
  return `
static const uint32_t VALUES[] = {
${rows.join('\n')}
};

${prototype(plan)} { ${output}[0] = VALUES[${input}[0] % ${values.length}u]; }
`;
}

function dotBody(plan: BenchPlan, { unit, nanScale }: Modelled & { kind: 'dot' }): string | undefined {
  const records = dotRecords(unit, nanScale);
  if (records === undefined) return undefined;
  return `#include <math.h>
#include <string.h>
${records.sizes}
${RUNTIME}
${records.constants}
${FAMILIES[records.family]}
${sliceText(plan, unit)}`;
}

/** Elements are collected until a step of the semantic is full; a rest is filled up with zeros. */
function sliceText(plan: BenchPlan, { protocol, lanes, a, w }: DotUnit): string {
  const micro = (format: DotUnit['a']) => (format.kind === 'block' ? (format.microGroups ?? []) : []);
  const start = `start(${protocol.addend === undefined ? '0' : `${protocol.addend}[0]`});`;
  const begins =
    protocol.first === undefined ? start : `if (${protocol.first}[0] & 1) { ${start} filled = 0; }`;
  return `
static operand_t left, right;
static int filled;

static void put_zero(operand_t* x) {
  x->code[filled] = 0;
  x->micro[filled] = 0;
  x->scale[filled] = filled > 0 ? x->scale[filled - 1] : 0;
}

${prototype(plan)} {
  int i;
  ${begins}${protocol.first === undefined ? '\n  filled = 0;' : ''}
  for (i = 0; i < ${lanes}; i++) {
${putText('left', protocol.a, lanes, micro(a))}
${putText('right', protocol.w, lanes, micro(w))}
    if (++filled == STEP_K) { step(&left, &right); filled = 0; }
  }
${protocol.last === undefined ? '' : `  if (!(${protocol.last}[0] & 1)) return;\n`}  while (filled != 0) {
    put_zero(&left);
    put_zero(&right);
    if (++filled == STEP_K) { step(&left, &right); filled = 0; }
  }
${resultText(protocol)}
}
`;
}

function putText(side: string, ports: OperandPorts, lanes: number, groups: readonly number[]): string {
  const { codes, codeWidth, scales, scaleWidth, blocks, micro } = ports;
  const scale =
    scales === undefined ? '0' : `bits_at(${scales}, i / ${lanes / blocks} * ${scaleWidth}, ${scaleWidth})`;
  let from = 0;
  const levels = groups.map((size) => {
    const text = `(int)bits_at(${micro}, ${from} + i / ${size}, 1)`;
    from += lanes / size;
    return text;
  });
  return `    ${side}.code[filled] = bits_at(${codes}, i * ${codeWidth}, ${codeWidth});
    ${side}.scale[filled] = ${scale};
    ${side}.micro[filled] = ${levels.length === 0 ? '0' : levels.join(' + ')};`;
}

function resultText({ results: [result], nan }: DotUnit['protocol']): string {
  const { port, width, kind, unitExponent } = result;
  const words = Math.ceil(width / 32);
  const clear =
    nan === undefined
      ? ''
      : `  ${nan}[0] = (uint32_t)specials.nan;\n  if (specials.nan) { memset(${port}, 0, ${4 * words}); return; }\n`;
  if (kind === 'bits') return `${clear}  ${port}[0] = finish();`;
  return `${clear}  (void)finish;
  memset(${port}, 0, ${4 * words});
  for (i = 0; i < ${width}; i++) ${port}[i / 32] |= (uint32_t)wide_bit(&total, ${unitExponent} - PLACE + i) << i % 32;`;
}

/** `<id>_model_check`: the model against the vectors, without a simulator. */
function checkText(plan: BenchPlan): string {
  const { inputs, layout, sets, check, nan, resultAfter, last } = plan;
  const results = resultsOf(plan);
  const words = (width: number) => Math.ceil(width / 32);
  const declare = [...inputs, ...results].map(({ name, width }) => `${name}[${words(width)}]`);
  const parse = inputs.map(
    ({ name, offset, digits, width }) =>
      `      parse(${name}, ${words(width)}, line + ${offset}, ${digits});`,
  );
  const flag = (field: PlacedField | undefined) =>
    field === undefined ? '1' : `line[${field.offset}] == '1'`;
  const wrong = results.map(({ name, offset, digits, width }) => {
    const differs = `differs(${name}, ${words(width)}, line + ${offset}, ${digits})`;
    return nan === undefined || name === nan.name ? differs : `(!(${flag(nan)}) && ${differs})`;
  });
  return `/* Plays the vectors ${plan.unit.stem} into the model. Argument: the folder of the vectors. */
#include <stdio.h>
#include <string.h>
#include "${modelName(plan)}.h"

static unsigned digit(char c) { return (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10); }

static void parse(uint32_t* words, int count, const char* text, int digits) {
  int i;
  memset(words, 0, 4 * count);
  for (i = 0; i < digits; i++) words[(digits - 1 - i) / 8] |= (uint32_t)digit(text[i]) << 4 * ((digits - 1 - i) % 8);
}

static int differs(const uint32_t* words, int count, const char* text, int digits) {
  uint32_t expected[${Math.max(...results.map(({ width }) => words(width)))}];
  parse(expected, count, text, digits);
  return memcmp(words, expected, 4 * count) != 0;
}

int main(int argc, char** argv) {
  static const struct { const char* name; const char* file; long count; } sets[] = {
${sets.map(({ name, file, count }) => `    {"${name}", "${file}", ${count}},`).join('\n')}
  };
  char line[${layout.lineBytes + 2}], path[4096];
  uint32_t ${declare.join(', ')};
  long wrong = 0, results = 0, i;
  size_t s;
  for (s = 0; s < sizeof sets / sizeof sets[0]; s++) {
    FILE* file;
    snprintf(path, sizeof path, "%s/%s", argc > 1 ? argv[1] : ".", sets[s].file);
    if (!(file = fopen(path, "r"))) { perror(path); return 2; }
    for (i = 0; i < sets[s].count; i++) {
      if (!fgets(line, sizeof line, file) || strlen(line) != ${layout.lineBytes}) {
        fprintf(stderr, "%s is cut off at vector %ld\\n", path, i);
        return 2;
      }
${parse.join('\n')}
      ${sliceName(plan)}(${[...inputs, ...results].map(({ name }) => name).join(', ')});
      if (!(${flag(check)})${resultAfter === 'last' ? ` || !(${flag(last)})` : ''}) continue;
      results++;
      if (!(${wrong.join(' || ')})) continue;
      if (wrong++ == 0) printf("first mismatch: class %s, vector %ld: %s", sets[s].name, i, line);
    }
    fclose(file);
  }
  printf("%s ${modelName(plan)}: %ld results, %ld wrong\\n", wrong == 0 ? "PASS" : "FAIL", results, wrong);
  return wrong != 0;
}
`;
}
