/** What estimates are compared with synthesis on: the circuits of the calibration, and every design. */
import { createDesign, DESIGNS } from '../../rtl-model/designs/index.js';
import { bitBlast, flatten, type GateNetlist, type Module } from '../../rtl-model/hdl/index.js';
import { CIRCUIT_MODULES } from './circuits.js';

export interface Subject {
  readonly name: string;
  readonly kind: 'circuit' | 'design';
  module(): Module;
  gates(): GateNetlist;
}

/** Adders that do not ask for an architecture: what synthesis makes of a plain `+`. */
const PLAIN_ADDER = 'brent-kung';

const circuits = Object.entries(CIRCUIT_MODULES).map(
  ([name, module]): Subject => ({
    name,
    kind: 'circuit',
    module,
    gates: () => bitBlast(flatten(module()), { adder: PLAIN_ADDER }),
  }),
);

const designs = [...DESIGNS.keys()].map(
  (name): Subject => ({
    name,
    kind: 'design',
    module: () => createDesign(name).module,
    gates: () => bitBlast(createDesign(name).netlist, { adder: PLAIN_ADDER }),
  }),
);

export const SUBJECTS: readonly Subject[] = [...circuits, ...designs];
