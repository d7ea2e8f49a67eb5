/** Delays of single cells and registers, as a timing analysis found them: what pipelining moves around. */
import { cellTable } from './cells.js';
import type { Timing } from './timing.js';

/** Delay of each cell on its own latest edge, 0 for flip-flops. */
export function cellDelays({ netlist, arrivalsPs, causes }: Timing): Float64Array {
  const delays = new Float64Array(netlist.classes.length + netlist.flipFlops.length);
  for (let cell = 0; cell < netlist.classes.length; cell++) {
    for (const falling of [0, 1]) {
      const edge = 2 * (netlist.sourceCount + cell) + falling;
      const cause = causes[edge]!;
      if (cause >= 0) delays[cell] = Math.max(delays[cell]!, arrivalsPs[edge]! - arrivalsPs[cause]!);
    }
  }
  return delays;
}

/** Set-up and clock-to-output of a register that drives four NAND2 inputs. */
export function registerOverhead({ netlist }: Timing): number {
  const cells = cellTable(netlist.technology);
  const nand =
    netlist.technology.classes.find(({ name }) => name === 'nand2')?.drives[0].inputCapacitanceFf ?? 0;
  const [rise, riseSlope, , , , , fall, fallSlope] = cells.flipFlopTiming;
  const output = Math.max(rise! + riseSlope! * 4 * nand, fall! + fallSlope! * 4 * nand);
  return cells.flipFlop.setupPs + output;
}
