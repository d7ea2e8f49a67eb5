/**
 * From a liberty file to a technology: cells sorted into classes, tables fitted by linear functions.
 *
 * Delays are fitted where logic works: loads of 1 to 16 NAND2 inputs, scaled by drive strength, and input transitions
 * as inverters with a fan-out of 1 to 16 produce them. The fit minimises the relative error.
 */
import { ConfigurationError } from '../../src/numerics/index.js';
import { fitFlipFlops } from './fit-flip-flops.js';
import {
  functionInputs,
  type LibertyArc,
  type LibertyCell,
  type LibertyLibrary,
  type LibertyOutput,
  type LookupTable,
  lookUp,
  MAX_FUNCTION_INPUTS,
  truthTable,
} from './liberty/index.js';
import { isMultiplexer, MUX4 } from './multiplexer.js';
import { canonicalTable, functionName } from './names.js';
import { leastSquares, type Sample } from './regression.js';
import type { CellClass, CellFigures, EdgeTiming, FitError, LinearDelay, Technology } from './technology.js';

/** What a library file does not say about itself. */
export interface TechnologyIdentity {
  readonly name: string;
  readonly title: string;
  /** Project or publication that the library comes from. */
  readonly origin: string;
  readonly licence: string;
}

/** Loads of the fit, in NAND2 inputs. */
const LOADS = [1, 2, 4, 8, 16];
/** Fan-outs of the inverters whose output transitions are the input transitions of the fit. */
const FAN_OUTS = [1, 2, 4, 8, 16];
/** Most drive strengths kept of a function of several inputs, and of inverters and buffers. */
const MAX_DRIVES = 4;
const MAX_BUFFER_DRIVES = 8;

/** Collects the errors of all fits of a library. */
export class ErrorLog {
  #sum = 0;
  #count = 0;
  #worst = 0;

  add(relative: number): void {
    this.#sum += Math.abs(relative);
    this.#count++;
    this.#worst = Math.max(this.#worst, Math.abs(relative));
  }

  summary(): FitError {
    const mean = this.#sum / Math.max(this.#count, 1);
    return { meanAbsolute: round(mean), worst: round(this.#worst) };
  }
}

/** Where a library's tables are read: typical transitions and the unit of load. */
export interface OperatingRegion {
  readonly transitionsPs: readonly number[];
  /** Capacitance of one NAND2 input. */
  readonly unitLoadFf: number;
  readonly delayErrors: ErrorLog;
  readonly transitionErrors: ErrorLog;
}

/**
 * The technology of a library. Throws `ConfigurationError` when the library lacks an inverter or a two-input NAND,
 * without which nothing can be mapped.
 */
export function fitTechnology(library: LibertyLibrary, identity: TechnologyIdentity): Technology {
  const groups = groupByFunction(library);
  const inverter = smallest(groups, '1:', 0x55555555 | 0, library, 'inverter');
  const nand = smallest(groups, '2:', 0x77777777, library, 'two-input NAND');
  const region = operatingRegion(inverter, nand);
  const classes = [...groups.values()].map((group) => fitClass(group, region));
  const flipFlops = fitFlipFlops(library, region);
  return {
    name: identity.name,
    title: identity.title,
    source: `${library.name}, ${identity.origin}`,
    licence: identity.licence,
    date: library.date,
    voltageV: library.voltageV,
    temperatureC: library.temperatureC,
    units: { area: 'µm²', delay: 'ps' },
    fo4Ps: round(fanOutDelay(inverter, 4).delayPs),
    nand2AreaUm2: nand.areaUm2,
    classes: classes.sort(bySize),
    flipFlops,
    fit: { delay: region.delayErrors.summary(), transition: region.transitionErrors.summary() },
  };
}

interface FunctionGroup extends Pick<CellClass, 'inputs' | 'table' | 'high'> {
  readonly cells: LibertyCell[];
}

/** Combinational cells with one output and at most five inputs, and four-way multiplexers, by function. */
function groupByFunction(library: LibertyLibrary): Map<string, FunctionGroup> {
  const groups = new Map<string, FunctionGroup>();
  for (const cell of library.cells) {
    const output = singleOutput(cell);
    if (output?.function === undefined || cell.flipFlop !== undefined || cell.otherState || cell.dontUse)
      continue;
    const names = cell.inputs.map(({ name }) => name);
    const used = functionInputs(output.function);
    const known = used.length === names.length ? knownFunction(output.function, names) : undefined;
    if (known === undefined) continue;
    const key = `${known.inputs}:${known.table}`;
    const group = groups.get(key) ?? { ...known, cells: [] };
    group.cells.push(cell);
    groups.set(key, group);
  }
  for (const { cells } of groups.values()) cells.sort((a, b) => a.areaUm2 - b.areaUm2);
  return groups;
}

/** A function up to the order of its inputs; undefined if it has none or more than a class can have. */
function knownFunction(text: string, names: readonly string[]): Omit<FunctionGroup, 'cells'> | undefined {
  const inputs = names.length;
  if (inputs > 0 && inputs <= MAX_FUNCTION_INPUTS) {
    return { inputs, table: canonicalTable(truthTable(text, names), inputs) };
  }
  return isMultiplexer(text, names) ? { inputs, table: MUX4.table, high: MUX4.high } : undefined;
}

function singleOutput(cell: LibertyCell): LibertyOutput | undefined {
  const [output] = cell.outputs;
  return cell.outputs.length === 1 && !output!.threeState && output!.arcs.length > 0 ? output : undefined;
}

function smallest(
  groups: ReadonlyMap<string, FunctionGroup>,
  prefix: string,
  table: number,
  library: LibertyLibrary,
  what: string,
): LibertyCell {
  const cell = groups.get(`${prefix}${table}`)?.cells[0];
  if (cell !== undefined) return cell;
  throw new ConfigurationError(
    `${library.source}: the library ${library.name} has no ${what} with a delay table`,
    'give a library of standard cells',
  );
}

/** Delay and output transition of an inverter in a long chain where each drives `fanOut` copies of itself. */
function fanOutDelay(inverter: LibertyCell, fanOut: number): { delayPs: number; transitionPs: number } {
  const { arcs } = inverter.outputs[0]!;
  const load = fanOut * inverter.inputs[0]!.capacitanceFf;
  let transitionPs = 1;
  let delayPs = 0;
  for (let stage = 0; stage < 20; stage++) {
    const mean = (pick: (arc: LibertyArc) => (LookupTable | undefined)[]) =>
      average(arcs.flatMap((arc) => pick(arc).flatMap((t) => (t ? [lookUp(t, transitionPs, load)] : []))));
    delayPs = mean((arc) => [arc.riseDelay, arc.fallDelay]);
    transitionPs = mean((arc) => [arc.riseTransition, arc.fallTransition]);
  }
  return { delayPs, transitionPs };
}

function operatingRegion(inverter: LibertyCell, nand: LibertyCell): OperatingRegion {
  return {
    transitionsPs: FAN_OUTS.map((fanOut) => fanOutDelay(inverter, fanOut).transitionPs),
    unitLoadFf: average(nand.inputs.map(({ capacitanceFf }) => capacitanceFf)),
    delayErrors: new ErrorLog(),
    transitionErrors: new ErrorLog(),
  };
}

function fitClass({ cells, ...functionOfGroup }: FunctionGroup, region: OperatingRegion): CellClass {
  const { inputs, table } = functionOfGroup;
  const weakest = driveResistance(cells[0]!, region);
  const drives = cells
    .slice(0, inputs === 1 ? MAX_BUFFER_DRIVES : MAX_DRIVES)
    .map((cell) => fitCell(cell, weakest / driveResistance(cell, region), region));
  const name = functionName(table, inputs) ?? drives[0]!.cell;
  return { name, ...functionOfGroup, drives: drives as [CellFigures, ...CellFigures[]] };
}

/** Slope of delay over load in ps/fF at a middling input transition. */
function driveResistance(cell: LibertyCell, { transitionsPs, unitLoadFf }: OperatingRegion): number {
  const slopes = cell.outputs[0]!.arcs.flatMap(({ riseDelay, fallDelay }) =>
    [riseDelay, fallDelay].flatMap((table) => {
      if (table === undefined) return [];
      const at = (load: number) => lookUp(table, transitionsPs[2]!, load * unitLoadFf);
      return [(at(16) - at(4)) / (12 * unitLoadFf)];
    }),
  );
  return Math.max(average(slopes), 1e-6);
}

function fitCell(cell: LibertyCell, strength: number, region: OperatingRegion): CellFigures {
  const output = cell.outputs[0]!;
  const arcs = output.arcs.filter(({ type }) => type.startsWith('combinational'));
  const loads = LOADS.map((load) => load * strength * region.unitLoadFf);
  return {
    cell: cell.name,
    areaUm2: cell.areaUm2,
    leakageNw: round(cell.leakageNw),
    inputCapacitanceFf: round(average(cell.inputs.map(({ capacitanceFf }) => capacitanceFf))),
    energyFj: round(internalEnergy(output, region)),
    rise: fitEdge(arcs, 'rise', loads, region),
    fall: fitEdge(arcs, 'fall', loads, region),
  };
}

/** Mean internal energy of an output transition at the middle of the region, in fJ. */
export function internalEnergy(
  output: LibertyOutput,
  { transitionsPs, unitLoadFf }: OperatingRegion,
): number {
  return average(output.energy.map(({ table }) => lookUp(table, transitionsPs[2]!, 4 * unitLoadFf)));
}

/** The linear figures of one output edge over the arcs from all inputs. */
export function fitEdge(
  arcs: readonly LibertyArc[],
  edge: 'rise' | 'fall',
  loadsFf: readonly number[],
  region: OperatingRegion,
): EdgeTiming {
  const linear = (pick: (arc: LibertyArc) => LookupTable | undefined, errors: ErrorLog): LinearDelay =>
    fitLinear(samplesOf(arcs, pick, loadsFf, region.transitionsPs), errors);
  return {
    delay: linear((arc) => (edge === 'rise' ? arc.riseDelay : arc.fallDelay), region.delayErrors),
    transition: linear(
      (arc) => (edge === 'rise' ? arc.riseTransition : arc.fallTransition),
      region.transitionErrors,
    ),
  };
}

/** Table values at every point: the worst of a pin's arcs, averaged over the pins. */
function samplesOf(
  arcs: readonly LibertyArc[],
  pick: (arc: LibertyArc) => LookupTable | undefined,
  loadsFf: readonly number[],
  transitionsPs: readonly number[],
): Sample[] {
  const byPin = new Map<string, LookupTable[]>();
  for (const arc of arcs) {
    const table = pick(arc);
    if (table !== undefined) byPin.set(arc.relatedPin, [...(byPin.get(arc.relatedPin) ?? []), table]);
  }
  const pins = [...byPin.values()];
  return loadsFf.flatMap((load) =>
    transitionsPs.map((transition): Sample => {
      const worst = pins.map((tables) => Math.max(...tables.map((table) => lookUp(table, transition, load))));
      return { variables: [1, load, transition], value: average(worst) };
    }),
  );
}

/** Least squares of the relative error; values near zero weigh no more than a twentieth of the largest. */
function fitLinear(samples: readonly Sample[], errors: ErrorLog): LinearDelay {
  const floor = Math.max(...samples.map(({ value }) => Math.abs(value)), 1e-9) / 20;
  const scale = ({ value }: Sample) => Math.max(Math.abs(value), floor);
  const [basePs = 0, perFf = 0, perPs = 0] = leastSquares(samples, (sample) => 1 / scale(sample));
  for (const sample of samples) {
    const [, load, transition] = sample.variables;
    errors.add((basePs + perFf * load! + perPs * transition! - sample.value) / scale(sample));
  }
  return [round(basePs), round(perFf), round(perPs)];
}

/** Simple functions first: by inputs, then by name. */
function bySize(a: CellClass, b: CellClass): number {
  return a.inputs - b.inputs || a.name.localeCompare(b.name);
}

export function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}

/** Four significant digits: more than the fit is worth. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}
