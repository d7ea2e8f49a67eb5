/**
 * The part of a build that cleans up the logic of the largest designs, which takes seconds and is the same every time:
 * estimates of them find it in `dist/kept`. What an earlier build left there stays if it is still right.
 */
import { bringLogic, estimatedGates } from '../dist/rtl-model/analysis/index.js';
import { createDesign, DESIGNS } from '../dist/rtl-model/designs/index.js';

/** Gates from which on a clean-up takes a quarter of a second or more. */
const LARGE = 10_000;

const netlists = [...DESIGNS.keys()].map((name) => createDesign(name).netlist);
bringLogic(netlists.filter((netlist) => estimatedGates(netlist).kinds.length >= LARGE));
