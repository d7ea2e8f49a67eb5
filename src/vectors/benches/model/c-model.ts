/**
 * A unit's reference model in plain C, for DPI and for anything that links C: `<id>_slice` takes what the ports take at
 * one enabled edge and gives the results, of a MAC those of the dot product so far. Made from the records of formats,
 * semantics and quantisers, not from the circuit.
 */
import type { ManifestUnit } from '../../manifest.js';
import type { BenchPlan } from '../plan.js';
import { checkText } from './check.js';
import { type DecoderModel, decoderBody, type EncoderModel, encoderBody } from './codec.js';
import { type DotModel, dotBody } from './dot.js';
import { headerText, modelName } from './prototype.js';
import { type QuantizerModel, quantizerBody } from './quantizer.js';
import { type TransformModel, transformBody } from './transform.js';

/** What is modelled, by its records. */
export type Modelled = DotModel | DecoderModel | EncoderModel | QuantizerModel | TransformModel;

const BODIES: {
  readonly [Kind in Modelled['kind']]: (plan: BenchPlan, model: Extract<Modelled, { kind: Kind }>) => string;
} = {
  dot: dotBody,
  decoder: decoderBody,
  encoder: encoderBody,
  quantizer: quantizerBody,
  transform: transformBody,
};

/** The C files of a model. */
export function modelFiles(plan: BenchPlan, modelled: Modelled): { file: string; text: string }[] {
  const body = (BODIES[modelled.kind] as (plan: BenchPlan, model: Modelled) => string)(plan, modelled);
  const name = modelName(plan);
  return [{ file: `${name}.c`, text: sourceText(plan.unit, name, body) }, ...modelUses(plan)];
}

/** What is the same for every model of a unit: its header, and the program that plays the vectors into it. */
export const modelUses = (plan: BenchPlan) => [
  { file: `${modelName(plan)}.h`, text: headerText(plan) },
  { file: `${modelName(plan)}_check.c`, text: checkText(plan) },
];

const sourceText = ({ summary }: ManifestUnit, name: string, body: string) =>
  `/* ${summary}: reference model. See ${name}.h. */\n#include "${name}.h"\n${body}`;
