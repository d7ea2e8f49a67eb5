/**
 * The technology-free unit: areas in NAND2 equivalents, delays in FO4, by the method of logical effort.
 *
 * One transistor is a quarter of a NAND2 equivalent; the delay of a cell is (parasitic delay + load) / 5 FO4 with the
 * load in inverter inputs, all cells driving like an inverter. Cells of two stages are composed of their parts.
 * Not modelled: transitions, drive strengths, leakage. Energy counts switched inverter inputs at 1 fF and 1 V.
 * Source: I. Sutherland, B. Sproull, D. Harris, "Logical Effort", 1999, tables 4.1 and 4.2 (efforts, parasitics).
 */
import { truthTable } from './liberty/index.js';
import { canonicalTable } from './names.js';
import type { CellClass, CellFigures, EdgeTiming, FlipFlopFigures, Technology } from './technology.js';

interface UnitCell {
  readonly function: string;
  readonly transistors: number;
  /** Input capacitance in inverter inputs: the logical effort. */
  readonly effort: number;
  /** Delay without load, in units of a fifth of an FO4. */
  readonly parasitic: number;
}

const CELLS: Readonly<Record<string, UnitCell>> = {
  inv: { function: '!A', transistors: 2, effort: 1, parasitic: 1 },
  buf: { function: 'A', transistors: 4, effort: 1, parasitic: 3 },
  nand2: { function: '!(A B)', transistors: 4, effort: 4 / 3, parasitic: 2 },
  nand3: { function: '!(A B C)', transistors: 6, effort: 5 / 3, parasitic: 3 },
  nor2: { function: '!(A+B)', transistors: 4, effort: 5 / 3, parasitic: 2 },
  nor3: { function: '!(A+B+C)', transistors: 6, effort: 7 / 3, parasitic: 3 },
  and2: { function: 'A B', transistors: 6, effort: 4 / 3, parasitic: 4 },
  or2: { function: 'A+B', transistors: 6, effort: 5 / 3, parasitic: 4 },
  aoi21: { function: '!(A B+C)', transistors: 6, effort: 17 / 9, parasitic: 7 / 3 },
  oai21: { function: '!((A+B) C)', transistors: 6, effort: 17 / 9, parasitic: 7 / 3 },
  aoi22: { function: '!(A B+C D)', transistors: 8, effort: 2, parasitic: 4 },
  oai22: { function: '!((A+B) (C+D))', transistors: 8, effort: 2, parasitic: 4 },
  mux2: { function: 'A B + !A C', transistors: 10, effort: 2, parasitic: 5 },
  xor2: { function: 'A^B', transistors: 10, effort: 4, parasitic: 4 },
  xnor2: { function: '!(A^B)', transistors: 10, effort: 4, parasitic: 4 },
};

/** τ = FO4 / 5: an inverter with parasitic delay 1 driving four of itself. */
const TAU = 1 / 5;
const TRANSISTORS_PER_NAND2 = 4;

function figures(name: string, { transistors, effort, parasitic }: UnitCell): CellFigures {
  const edge: EdgeTiming = { delay: [TAU * parasitic, TAU, 0], transition: [0, 0, 0] };
  return {
    cell: name,
    areaUm2: transistors / TRANSISTORS_PER_NAND2,
    leakageNw: 0,
    inputCapacitanceFf: effort,
    energyFj: parasitic / 2,
    rise: edge,
    fall: edge,
  };
}

function cellClass([name, cell]: [string, UnitCell]): CellClass {
  const names = ['A', 'B', 'C', 'D'].filter((input) => cell.function.includes(input));
  const table = canonicalTable(truthTable(cell.function, names), names.length);
  return { name, inputs: names.length, table, drives: [figures(name, cell)] };
}

/** A master-slave flip-flop of transmission gates: 24 transistors with reset, three inverting stages to the output. */
const FLIP_FLOP: FlipFlopFigures = {
  ...figures('dff', { function: '', transistors: 24, effort: 1, parasitic: 8 }),
  setupPs: 1,
  clockCapacitanceFf: 2,
  clockEnergyFj: 4,
  invertedOutput: false,
};

export const UNIT: Technology = {
  name: 'unit',
  title: 'Technology-free: NAND2 equivalents and FO4',
  source: 'Sutherland, Sproull, Harris, "Logical Effort", 1999; transistor counts of static CMOS',
  licence: 'none needed',
  date: '1999',
  voltageV: 1,
  temperatureC: 25,
  units: { area: 'NAND2e', delay: 'FO4' },
  fo4Ps: 1,
  nand2AreaUm2: 1,
  classes: Object.entries(CELLS).map(cellClass),
  flipFlops: { reset0: FLIP_FLOP, reset1: FLIP_FLOP, plain: FLIP_FLOP },
  fit: { delay: { meanAbsolute: 0, worst: 0 }, transition: { meanAbsolute: 0, worst: 0 } },
};
