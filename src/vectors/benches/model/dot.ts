/** The body of a model of dot products: the records, the family's accumulator, and the function that takes a slice. */
import type { DotUnit, OperandPorts } from '../../../../rtl-model/designs/index.js';
import type { BenchPlan } from '../plan.js';
import { FAMILIES } from './families/index.js';
import { prototype } from './prototype.js';
import { type DotReading, dotRecords } from './records.js';
import { BITS, RUNTIME } from './runtime.js';

/** A unit of dot products: how its codes are read, and its ports. */
export interface DotModel extends DotReading {
  readonly kind: 'dot';
}

export function dotBody(plan: BenchPlan, model: DotModel): string {
  const records = dotRecords(model);
  return `#include <math.h>
#include <string.h>
${records.sizes}
${BITS}
${RUNTIME}
${records.constants}
${FAMILIES[model.unit.semantic.accumulation.kind]}
${sliceText(plan, model.unit, resultText(model.unit.protocol))}`;
}

/**
 * The function of a model around `start` and `step`: elements are collected until a step of the semantic is full; a rest
 * is filled up with zeros. `result`: the lines that write the results.
 */
export function sliceText(plan: BenchPlan, { protocol, lanes, a, w }: DotUnit, result: string): string {
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
${result}
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
