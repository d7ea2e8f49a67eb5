/**
 * The part of a build that cleans up the logic of the designs, which takes seconds and is the same every time: estimates
 * find it in `dist/kept`. What an earlier build left there stays if it is still right.
 */
import { bringLogic } from '../dist/rtl-model/analysis/index.js';
import { createDesign, DESIGNS } from '../dist/rtl-model/designs/index.js';

bringLogic([...DESIGNS.keys()].map((name) => createDesign(name).netlist));
