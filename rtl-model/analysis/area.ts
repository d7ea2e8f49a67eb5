/** Area and leakage of a mapped netlist, as a whole and by instance. */
import { cellTable, DRIVES } from './cells.js';
import type { MappedNetlist } from './mapped.js';

export interface AreaFigures {
  readonly areaUm2: number;
  readonly leakageNw: number;
  readonly cells: number;
  readonly flipFlops: number;
}

/** One instance of the design: its own cells and registers, and those of everything inside it. */
export interface InstanceArea {
  /** Hierarchical name; empty for the design itself. */
  readonly path: string;
  readonly module: string;
  readonly own: AreaFigures;
  readonly total: AreaFigures;
}

type Sums = { -readonly [K in keyof AreaFigures]: AreaFigures[K] };

/** Area of a netlist, flip-flops included. */
export function totalArea(netlist: MappedNetlist): AreaFigures {
  return areaByInstance(netlist)[0]!.total;
}

/**
 * Area by instance, the design itself first, in the order of the hierarchy. A cell that several instances share counts
 * for the one that its logic was first written in.
 */
export function areaByInstance(netlist: MappedNetlist): InstanceArea[] {
  const { hierarchy } = netlist.gates;
  const own = hierarchy.map(emptySums);
  addCells(netlist, own);
  addFlipFlops(netlist, own);
  const total = own.map((sums) => ({ ...sums }));
  // Enclosing scopes have smaller numbers.
  for (let scope = hierarchy.length - 1; scope > 0; scope--) {
    addTo(total[hierarchy[scope]!.parent]!, total[scope]!);
  }
  return hierarchy.map(({ path, module }, i) => ({ path, module, own: own[i]!, total: total[i]! }));
}

function addCells({ technology, classes, drives, scopes }: MappedNetlist, own: readonly Sums[]): void {
  const cells = cellTable(technology);
  for (let cell = 0; cell < classes.length; cell++) {
    const kind = classes[cell]! * DRIVES + drives[cell]!;
    const sums = own[scopes[cell]!]!;
    sums.areaUm2 += cells.areaUm2[kind]!;
    sums.leakageNw += cells.leakageNw[kind]!;
    sums.cells++;
  }
}

function addFlipFlops({ technology, flipFlops, gates }: MappedNetlist, own: readonly Sums[]): void {
  const { reset0, reset1 } = technology.flipFlops;
  const fallback = cellTable(technology).flipFlop;
  for (const { register, resetsToOne } of flipFlops) {
    const { areaUm2, leakageNw } = (resetsToOne ? reset1 : reset0) ?? fallback;
    const sums = own[gates.registers[register]!.scope]!;
    sums.areaUm2 += areaUm2;
    sums.leakageNw += leakageNw;
    sums.flipFlops++;
  }
}

function addTo(sums: Sums, more: AreaFigures): void {
  sums.areaUm2 += more.areaUm2;
  sums.leakageNw += more.leakageNw;
  sums.cells += more.cells;
  sums.flipFlops += more.flipFlops;
}

function emptySums(): Sums {
  return { areaUm2: 0, leakageNw: 0, cells: 0, flipFlops: 0 };
}
