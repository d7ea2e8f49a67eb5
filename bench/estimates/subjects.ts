/** What estimates are compared with synthesis on: the circuits of the calibration, and every design. */
import { estimatedGates } from '../../rtl-model/analysis/index.js';
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { flatten, type GateNetlist, type Module } from '../../rtl-model/hdl/index.js';
import { CIRCUIT_MODULES } from './circuits.js';

export interface Subject {
  readonly name: string;
  readonly kind: 'circuit' | 'design';
  module(): Module;
  gates(): GateNetlist;
}

const circuits = Object.entries(CIRCUIT_MODULES).map(
  ([name, module]): Subject => ({
    name,
    kind: 'circuit',
    module,
    gates: () => estimatedGates(flatten(module())),
  }),
);

const designs = [...DESIGNS.keys()].map(
  (name): Subject => ({
    name,
    kind: 'design',
    module: () => createDesign(name).module,
    gates: () => estimatedGates(createDesign(name).netlist),
  }),
);

export const SUBJECTS: readonly Subject[] = [...circuits, ...designs];
