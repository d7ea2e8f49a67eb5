/**
 * A MAC design as a machine model sees it: its lanes, and the registers on the way to its result. The one place where the
 * MMA unit of a model and the netlists of the designs meet.
 */
import { createDesign } from '../../rtl-model/designs/index.js';
import { ConfigurationError } from '../numerics/index.js';
import type { MacFigures, NetlistMac } from './model.js';

const read = new Map<string, MacFigures>();

/** Figures of a MAC, of a design by its netlist, which takes one slice of its lanes every cycle. */
export function macFiguresOf(mac: MacFigures | NetlistMac): MacFigures {
  if (!('from' in mac)) return mac;
  const known = read.get(mac.design);
  if (known !== undefined) return known;
  const figures = readNetlist(mac.design);
  read.set(mac.design, figures);
  return figures;
}

function readNetlist(name: string): MacFigures {
  const design = createDesign(name);
  if (design.kind !== 'mac') {
    throw new ConfigurationError(`${name} is no MAC`, 'name a design of fp4sim designs that multiplies');
  }
  const { lanes, latencyCycles } = design;
  return {
    depth: { value: lanes, source: `netlist of ${name}: lanes of a slice, one slice a cycle` },
    latencyCycles: { value: latencyCycles, source: `netlist of ${name}: register depth to its result` },
  };
}
