/**
 * The other model of a unit: `<id>_native.c` has the same function as `<id>_model.c`, and leaves the arithmetic to the
 * native library, through native/include/fp4sim.h. Written where the library does the unit.
 */
import type { BenchPlan } from '../plan.js';
import type { Modelled } from './c-model.js';
import { nativeDotBody } from './native-dot.js';
import { nativeQuantizerBody } from './native-quantizer.js';
import { modelName } from './prototype.js';

export const nativeName = ({ id }: BenchPlan) => `${id}_native`;

/** The file; undefined where the library does not do the unit. */
export function nativeFile(plan: BenchPlan, modelled: Modelled): { file: string; text: string } | undefined {
  const body = bodyOf(plan, modelled);
  if (body === undefined) return undefined;
  const text = `/* ${plan.unit.summary}: model by the native library. See ${modelName(plan)}.h. */
#include "${modelName(plan)}.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fp4sim.h"

static void check(int fine) {
  if (fine) return;
  fprintf(stderr, "${nativeName(plan)}: the library refuses this record or these operands\\n");
  exit(2);
}

${body}`;
  return { file: `${nativeName(plan)}.c`, text };
}

function bodyOf(plan: BenchPlan, modelled: Modelled): string | undefined {
  if (modelled.kind === 'dot') return nativeDotBody(plan, modelled);
  if (modelled.kind === 'quantizer') return nativeQuantizerBody(plan, modelled);
  return undefined;
}
