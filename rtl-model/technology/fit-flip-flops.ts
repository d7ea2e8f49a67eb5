/**
 * Which flip-flops of a library registers are built from, and their figures.
 *
 * The choice is the one of common synthesis tools: a rising-edge D flip-flop with the fewest pins, then the least
 * area. Cells with scan, enable or synchronous reset are left out, as the next state is then no plain D.
 */

import { average, fitEdge, internalEnergy, type OperatingRegion, round } from './fit.js';
import {
  functionInputs,
  type LibertyCell,
  type LibertyLibrary,
  type LookupTable,
  lookUp,
  truthTable,
} from './liberty/index.js';
import type { FlipFlopFigures, Technology } from './technology.js';

/** What a flip-flop cell can do. */
interface Candidate {
  readonly cell: LibertyCell;
  readonly data: string;
  readonly clock: string;
  readonly invertedOutput: boolean;
  /** Values of the register that its asynchronous controls can force. */
  readonly forces: ReadonlySet<0 | 1>;
}

/** The flip-flops with reset to 0, reset to 1 and without reset. */
export function fitFlipFlops(library: LibertyLibrary, region: OperatingRegion): Technology['flipFlops'] {
  const candidates = library.cells.flatMap((cell) => candidateOf(cell) ?? []).sort(byPinsThenArea);
  const pick = (wanted: (candidate: Candidate) => boolean) => {
    const found = candidates.find(wanted);
    return found === undefined ? undefined : fitFlipFlop(found, region);
  };
  return {
    reset0: pick(({ forces }) => forces.has(0)),
    reset1: pick(({ forces }) => forces.has(1)),
    plain: pick(({ forces }) => forces.size === 0) ?? pick(() => true),
  };
}

function byPinsThenArea(a: Candidate, b: Candidate): number {
  const pins = ({ cell }: Candidate) => cell.inputs.length + cell.outputs.length;
  return pins(a) - pins(b) || a.cell.areaUm2 - b.cell.areaUm2;
}

function candidateOf(cell: LibertyCell): Candidate | undefined {
  const { flipFlop } = cell;
  const output = cell.outputs[0];
  if (flipFlop === undefined || output?.function === undefined || cell.dontUse) return undefined;
  const [data, ...more] = functionInputs(flipFlop.nextState);
  const [clock, ...gates] = functionInputs(flipFlop.clockedOn);
  if (data === undefined || clock === undefined || more.length > 0 || gates.length > 0) return undefined;
  if (isInverse(flipFlop.clockedOn, clock)) return undefined;
  if (![flipFlop.state, flipFlop.inverse].includes(functionInputs(output.function)[0] ?? ''))
    return undefined;
  // The register's value is the state, inverted if the cell stores the inverse of D.
  const storesInverse = isInverse(flipFlop.nextState, data);
  const showsInverse =
    isInverse(output.function, flipFlop.state) || functionInputs(output.function)[0] === flipFlop.inverse;
  const forces = new Set<0 | 1>();
  if (flipFlop.clear !== undefined) forces.add(storesInverse ? 1 : 0);
  if (flipFlop.preset !== undefined) forces.add(storesInverse ? 0 : 1);
  return { cell, data, clock, invertedOutput: storesInverse !== showsInverse, forces };
}

/** Whether a function of one input is its inverse. */
function isInverse(text: string, input: string): boolean {
  const [only] = functionInputs(text);
  return only === input && (truthTable(text, [input]) & 1) === 1;
}

function fitFlipFlop(
  { cell, data, clock, invertedOutput }: Candidate,
  region: OperatingRegion,
): FlipFlopFigures {
  const output = cell.outputs[0]!;
  const pin = (name: string) => cell.inputs.find((input) => input.name === name);
  const arcs = output.arcs.filter(({ type }) => type === 'rising_edge');
  const loads = [1, 2, 4, 8, 16].map((load) => load * region.unitLoadFf);
  const typical = (table: LookupTable) => lookUp(table, region.transitionsPs[1]!, region.transitionsPs[1]!);
  const [dataPin, clockPin] = [pin(data), pin(clock)];
  return {
    cell: cell.name,
    areaUm2: cell.areaUm2,
    leakageNw: round(cell.leakageNw),
    inputCapacitanceFf: round(dataPin?.capacitanceFf ?? 0),
    energyFj: round(internalEnergy(output, region)),
    // The clock is an ideal one: its transition is the sharpest of the region.
    rise: fitEdge(arcs, 'rise', loads, region),
    fall: fitEdge(arcs, 'fall', loads, region),
    setupPs: round(Math.max(0, ...(dataPin?.setup ?? []).map(typical))),
    clockCapacitanceFf: round(clockPin?.capacitanceFf ?? 0),
    clockEnergyFj: round(
      2 * average((clockPin?.energy ?? []).map((table) => lookUp(table, region.transitionsPs[1]!, 0))),
    ),
    invertedOutput,
  };
}
