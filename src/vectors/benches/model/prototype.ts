/** What every C model of a unit is called, and the function that it has. */
import { type PlacedField, withRole } from '../../layout.js';
import type { BenchPlan } from '../plan.js';

export const modelName = ({ id }: BenchPlan) => `${id}_model`;
export const sliceName = ({ id }: BenchPlan) => `${id}_slice`;

/** `<id>_slice`, without a semicolon: ports in, results out, as words of 32 bits. */
export function prototype(plan: BenchPlan): string {
  const inputs = plan.inputs.map(({ name }) => `const uint32_t* ${name}`);
  const results = withRole(plan.layout, 'result').map(({ name }) => `uint32_t* ${name}`);
  return `void ${sliceName(plan)}(${[...inputs, ...results].join(', ')})`;
}

/** What the model's header says: how it is called, and what its ports mean. */
export function headerText(plan: BenchPlan): string {
  const { inputs, first, unit, layout } = plan;
  const line = ({ name, width, meaning }: PlacedField) =>
    ` *   ${name.padEnd(8)} ${`${width}`.padStart(4)}  ${meaning}`;
  const guard = `${modelName(plan).toUpperCase()}_H`;
  const state =
    first === undefined
      ? 'Results are those of this call.'
      : `Results are those of the dot product up to and with this slice; ${first.name} = 1 begins
 * one. There is one state: one device at a time.`;
  return `/*
 * ${unit.summary}: reference model.
 *
 * One call for each enabled edge. Numbers are words of 32 bits, lowest first, as svBitVecVal has them. ${state}
 *
 * Takes (name, bits):
${inputs.map(line).join('\n')}
 * Gives:
${withRole(layout, 'result').map(line).join('\n')}
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
