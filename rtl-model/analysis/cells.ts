/** A technology's cell figures in flat arrays, for loops over netlists. */
import {
  type CellClass,
  type CellFigures,
  type EdgeTiming,
  type FlipFlopFigures,
  type Technology,
  VARIABLES,
} from '../technology/index.js';
import { PINS } from './mapped.js';

/** Numbers stored a cell in `timing`: delay then transition, rise then fall, three coefficients each. */
export const TIMING_FIGURES = 12;
/** Drives stored a class: kind = class × DRIVES + drive. */
export const DRIVES = 8;

/** How an output edge follows an input edge. */
export const SENSE = { positive: 1, negative: 2, both: 3 } as const;

export interface CellTable {
  readonly technology: Technology;
  /** Coefficients by kind, `TIMING_FIGURES` each. */
  readonly timing: Float64Array;
  readonly inputCapacitanceFf: Float64Array;
  readonly areaUm2: Float64Array;
  readonly leakageNw: Float64Array;
  readonly energyFj: Float64Array;
  /** Drives that a class has. */
  readonly driveCounts: Uint8Array;
  readonly inputCounts: Uint8Array;
  /** Bits of `SENSE` for each input of a class, `PINS` a class. */
  readonly senses: Uint8Array;
  /** The class of buffers, or −1. */
  readonly buffer: number;
  /** Coefficients of the flip-flop, clock to output. */
  readonly flipFlopTiming: Float64Array;
  readonly flipFlop: FlipFlopFigures;
}

const tables = new WeakMap<Technology, CellTable>();

/** The flat table of a technology; made once. */
export function cellTable(technology: Technology): CellTable {
  let table = tables.get(technology);
  if (table === undefined) {
    table = makeCellTable(technology);
    tables.set(technology, table);
  }
  return table;
}

function makeCellTable(technology: Technology): CellTable {
  const { classes } = technology;
  const kinds = classes.length * DRIVES;
  const timing = new Float64Array(kinds * TIMING_FIGURES);
  const column = (pick: (figures: CellFigures) => number) =>
    Float64Array.from({ length: kinds }, (_, kind) => {
      const figures = classes[Math.floor(kind / DRIVES)]!.drives[kind % DRIVES];
      return figures === undefined ? 0 : pick(figures);
    });
  classes.forEach(({ drives }, index) => {
    drives.slice(0, DRIVES).forEach((figures, drive) => {
      timing.set(coefficients(figures), (index * DRIVES + drive) * TIMING_FIGURES);
    });
  });
  const flipFlop = flipFlopOf(technology);
  return {
    technology,
    timing,
    inputCapacitanceFf: column((figures) => figures.inputCapacitanceFf),
    areaUm2: column((figures) => figures.areaUm2),
    leakageNw: column((figures) => figures.leakageNw),
    energyFj: column((figures) => figures.energyFj),
    driveCounts: Uint8Array.from(classes, ({ drives }) => Math.min(DRIVES, drives.length)),
    inputCounts: Uint8Array.from(classes, ({ inputs }) => inputs),
    senses: Uint8Array.from(classes.flatMap(sensesOf)),
    buffer: classes.findIndex(({ inputs, table }) => inputs === 1 && (table & 3) === 2),
    flipFlopTiming: Float64Array.from(coefficients(flipFlop)),
    flipFlop,
  };
}

/** The flip-flop that registers are built from: with reset to 0, or whatever the library has. */
export function flipFlopOf({ flipFlops, name }: Technology): FlipFlopFigures {
  const found = flipFlops.reset0 ?? flipFlops.reset1 ?? flipFlops.plain;
  if (found === undefined) throw new RangeError(`the technology ${name} has no flip-flop`);
  return found;
}

function coefficients({ rise, fall }: { rise: EdgeTiming; fall: EdgeTiming }): number[] {
  return [...rise.delay, ...rise.transition, ...fall.delay, ...fall.transition];
}

/** Whether the function can rise, fall or do both when an input rises. */
function sensesOf({ table, high = table, inputs }: CellClass): number[] {
  return Array.from({ length: PINS }, (_, input) => {
    if (input >= inputs) return 0;
    const ones = VARIABLES[input];
    if (ones === undefined) return senseOf(high, table, -1);
    const shift = 1 << input;
    return [table, high].reduce(
      (sense, half) => sense | senseOf((half & ones) >>> shift, half & ~ones, ~ones),
      0,
    );
  });
}

/** What the rows of a mask say, given the values when the input is 1 and when it is 0. */
function senseOf(whenOne: number, whenZero: number, rows: number): number {
  const rises = (whenOne & ~whenZero & rows) !== 0;
  const falls = (~whenOne & whenZero & rows) !== 0;
  return (rises ? SENSE.positive : 0) | (falls ? SENSE.negative : 0);
}
