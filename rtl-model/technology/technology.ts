/**
 * A technology: what the cells of a library cost, as a small table of figures per cell class.
 *
 * Modelled: area, leakage, input capacitance, internal energy, and delay and transition time as linear functions of
 * load and input transition, for rising and falling outputs; several drive strengths a class; flip-flops with
 * set-up time and clock-to-output delay.
 * Not modelled: single input pins (figures are means over a cell's inputs; the delay takes the worst of a pin's
 * conditional arcs), cells with several outputs, wires, hold times, corners other than the one the library is for.
 */

/** basePs + perFf × load [fF] + perPs × input transition [ps], in ps. */
export type LinearDelay = readonly [basePs: number, perFf: number, perPs: number];

/** An output edge: delay from the input's 50 % to the output's 50 %, and the output's transition time. */
export interface EdgeTiming {
  readonly delay: LinearDelay;
  readonly transition: LinearDelay;
}

/** What every cell has, whatever it computes. */
export interface CellFigures {
  /** Name of the cell in its library. */
  readonly cell: string;
  readonly areaUm2: number;
  readonly leakageNw: number;
  /** Mean over the data inputs. */
  readonly inputCapacitanceFf: number;
  /** Internal energy of one output transition in fJ, without charging the load. */
  readonly energyFj: number;
  readonly rise: EdgeTiming;
  readonly fall: EdgeTiming;
}

/** Cells of one function. */
export interface CellClass {
  /** `nand2`, `aoi21`, …; the library's name of the cell where the function has no common one. */
  readonly name: string;
  /** Number of inputs: 1 to 5, or 6 of a four-way multiplexer. */
  readonly inputs: number;
  /** Truth table: bit i is the output when input k is bit k of i; the 32 bits repeat for fewer inputs. */
  readonly table: number;
  /** The rows of six inputs in which the last one is 1; `table` has the others. */
  readonly high?: number | undefined;
  /** Drive strengths, by ascending area; the first is what mapping uses. */
  readonly drives: readonly [CellFigures, ...CellFigures[]];
}

/** A D flip-flop on the rising edge. Its `rise` and `fall` are from clock to output. */
export interface FlipFlopFigures extends CellFigures {
  readonly setupPs: number;
  readonly clockCapacitanceFf: number;
  /** Energy of one clock cycle in which nothing else moves, in fJ. */
  readonly clockEnergyFj: number;
  /** The only output is the inverse of what was loaded. */
  readonly invertedOutput: boolean;
}

/** How well the linear figures reproduce the library's tables: relative errors of delay at the fitted points. */
export interface FitError {
  readonly meanAbsolute: number;
  readonly worst: number;
}

export interface Technology {
  /** Short name for command lines: `asap7`. */
  readonly name: string;
  readonly title: string;
  /** Where the figures come from: library name and project. */
  readonly source: string;
  readonly licence: string;
  /** Date that the library gives for itself. */
  readonly date: string;
  readonly voltageV: number;
  readonly temperatureC: number;
  /** What an area and a delay are counted in: µm² and ps, or NAND2 equivalents and FO4. */
  readonly units: { readonly area: string; readonly delay: string };
  /** Delay of an inverter that drives four of itself. */
  readonly fo4Ps: number;
  /** Area of the smallest two-input NAND: one NAND2 equivalent. */
  readonly nand2AreaUm2: number;
  readonly classes: readonly CellClass[];
  readonly flipFlops: {
    /** Asynchronous reset to 0 or to 1; undefined if the library has none. */
    readonly reset0: FlipFlopFigures | undefined;
    readonly reset1: FlipFlopFigures | undefined;
    readonly plain: FlipFlopFigures | undefined;
  };
  readonly fit: { readonly delay: FitError; readonly transition: FitError };
}

/** The value of a linear delay. */
export function evaluateDelay(
  [basePs, perFf, perPs]: LinearDelay,
  loadFf: number,
  inputTransitionPs: number,
): number {
  return basePs + perFf * loadFf + perPs * inputTransitionPs;
}
