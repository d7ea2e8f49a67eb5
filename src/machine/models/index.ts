/** The catalogue of machine models. To add one, add a record and a line here. */
import type { MachineModel } from '../model.js';
import { BLACKWELL } from './blackwell.js';
import { FP4CORE } from './fp4core.js';
import { HOPPER } from './hopper.js';

export const DEFAULT_MACHINE = FP4CORE.name;

export const MACHINE_MODELS: ReadonlyMap<string, MachineModel> = new Map(
  [FP4CORE, HOPPER, BLACKWELL].map((model) => [model.name, model]),
);
