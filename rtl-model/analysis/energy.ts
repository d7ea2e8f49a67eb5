/**
 * Energy of a mapped netlist from toggle counts: internal energy of the cells, charging of the nets, the clock pins of
 * the flip-flops. Glitches, wires and the clock tree are not modelled.
 */
import { cellTable, DRIVES } from './cells.js';
import { type MappedSimulation, STREAMS } from './mapped-simulation.js';
import { netLoads } from './timing.js';

export interface EnergyFigures {
  /** Mean over all simulated cycles, in fJ a clock cycle. */
  readonly totalFj: number;
  /** Internal energy of the combinational cells. */
  readonly cellsFj: number;
  /** Charging nets: ½ C V² a toggle. */
  readonly netsFj: number;
  /** Flip-flops: the clock in every cycle, and their outputs. */
  readonly flipFlopsFj: number;
}

/** Energy of an average cycle of a simulation that has run at least two cycles. */
export function energyPerCycle({ netlist, toggles, cycles }: MappedSimulation): EnergyFigures {
  if (cycles < 2) throw new RangeError(`energy needs at least 2 simulated cycles, not ${cycles}`);
  const cells = cellTable(netlist.technology);
  const { classes, drives, sourceCount, flipFlops, technology } = netlist;
  // The first cycle only sets the starting point.
  const rate = 1 / (STREAMS * (cycles - 1));
  let cellsFj = 0;
  for (let cell = 0; cell < classes.length; cell++) {
    cellsFj += rate * toggles[sourceCount + cell]! * cells.energyFj[classes[cell]! * DRIVES + drives[cell]!]!;
  }
  const half = technology.voltageV ** 2 / 2;
  const netsFj = netLoads(netlist).reduce((sum, load, net) => sum + rate * toggles[net]! * load * half, 0);
  const { clockEnergyFj, energyFj } = cells.flipFlop;
  const flipFlopsFj = flipFlops.reduce(
    (sum, { output }) => sum + clockEnergyFj + rate * toggles[output]! * energyFj,
    0,
  );
  return { totalFj: cellsFj + netsFj + flipFlopsFj, cellsFj, netsFj, flipFlopsFj };
}
