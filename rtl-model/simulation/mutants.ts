/**
 * Small, typical mistakes as data: each row of `MUTATIONS` finds the cells of a netlist where it could have been made,
 * and makes it. A design's vectors have to tell every mutant from the design.
 *
 * Not modelled: mistakes in hierarchy, in clocking, and two mistakes at once.
 */
import type { CellKind, CellParameters, Net, Netlist, ScopedCell } from '../hdl/index.js';

export type MutationClass =
  | 'stuck-at'
  | 'swapped operands'
  | 'off-by-one shift'
  | 'dropped carry'
  | 'wrong rounding'
  | 'missing sticky'
  | 'wrong constant'
  | 'missing enable';

/** A netlist with one mistake in it. */
export interface Mutant {
  readonly class: MutationClass;
  /** What is wrong, and where in the source of the design. */
  readonly description: string;
  readonly mistake: Mistake;
  make(): Netlist;
}

/** A cell that is written wrongly, or a register (by its number) that loads at every edge. */
export type Mistake =
  | { readonly kind: 'cell'; readonly site: Site; readonly replace: (patch: Patch) => void }
  | { readonly kind: 'enable'; readonly register: number };

/** A cell and what may be asked about its surroundings. */
export interface Site {
  readonly netlist: Netlist;
  readonly cell: ScopedCell;
  readonly index: number;
  readonly width: number;
  widthOf(net: number): number;
  driverOf(net: number): ScopedCell | undefined;
  /** Where the cell was written. */
  readonly place: string;
}

type Replacement = readonly [description: string, replace: (patch: Patch) => void];

interface MutationRow {
  readonly class: MutationClass;
  /** Every way to make this mistake at the cell. */
  at(site: Site): readonly Replacement[];
}

/** The cells that take the place of one cell. */
export class Patch {
  readonly nets: Net[] = [];
  readonly cells: ScopedCell[] = [];
  readonly #site: Site;
  readonly #firstNet: number;
  readonly #output: number;

  /** @param firstNet number of the first new net; @param output what the wrong result drives */
  constructor(site: Site, firstNet: number, output: number) {
    this.#site = site;
    this.#firstNet = firstNet;
    this.#output = output;
  }

  /** A new cell; returns its net. */
  cell(kind: CellKind, inputs: readonly number[], width: number, parameters: CellParameters = {}): number {
    const { cell } = this.#site;
    const output = this.#firstNet + this.nets.length;
    this.nets.push({ width, name: undefined, place: cell.place });
    this.cells.push({ kind, inputs, output, parameters, place: cell.place, scope: cell.scope });
    return output;
  }

  constant(width: number, value: bigint): number {
    return this.cell('constant', [], width, { value });
  }

  /** The cell whose output is the wrong result. */
  result(kind: CellKind, inputs: readonly number[], parameters: CellParameters = {}): void {
    this.cells.push({ ...this.#site.cell, output: this.#output, kind, inputs, parameters });
  }
}

/** Where rounding and stickiness are written, in the source or in what is compiled from it. */
const ROUNDING_SOURCE = /library\/(rounding|pack|float)\.[jt]s/;
const STICKY_SOURCE = /library\/(shifters|raw-add)\.[jt]s/;
const WIRING: ReadonlySet<CellKind> = new Set([
  'constant',
  'buffer',
  'concat',
  'slice',
  'zeroExtend',
  'signExtend',
]);

/** Operands at these positions change places. */
function swapped(first: number, second: number) {
  return ({ cell }: Site): Replacement[] => {
    const inputs = [...cell.inputs];
    [inputs[first], inputs[second]] = [inputs[second]!, inputs[first]!];
    if (inputs[first] === inputs[second]) return [];
    return [['operands swapped', (patch) => patch.result(cell.kind, inputs, cell.parameters)]];
  };
}

const SWAPS: Partial<Record<CellKind, (site: Site) => Replacement[]>> = {
  subtract: swapped(0, 1),
  lessThan: swapped(0, 1),
  lessThanSigned: swapped(0, 1),
  mux: swapped(1, 2),
};

/** One operand of a one-bit gate is forgotten. */
function operandDropped({ cell }: Site): Replacement[] {
  return cell.inputs.map((net, i): Replacement => {
    return [`${cell.kind} keeps operand ${i} only`, (patch) => patch.result('buffer', [net])];
  });
}

/** The amount of a shifter is one too large. */
function amountPlusOne({ cell, widthOf }: Site): Replacement[] {
  const [value, amount] = cell.inputs as [number, number];
  const width = widthOf(amount);
  const replace = (patch: Patch) => {
    const more = patch.cell('add', [amount, patch.constant(width, 1n)], width);
    patch.result(cell.kind, [value, more], cell.parameters);
  };
  return [['shifts one place too far', replace]];
}

/** A slice that is one place too high or too low. */
function sliceMoved({ cell, width, widthOf }: Site): Replacement[] {
  const from = widthOf(cell.inputs[0]!);
  const low = cell.parameters.low!;
  const places = [low - 1, low + 1].filter((place) => place >= 0 && place + width <= from);
  return places.map((place): Replacement => {
    return [
      `bits from ${place} instead of ${low}`,
      (patch) => patch.result('slice', cell.inputs, { low: place }),
    ];
  });
}

const SHIFTS: Partial<Record<CellKind, (site: Site) => Replacement[]>> = {
  shiftLeft: amountPlusOne,
  shiftRight: amountPlusOne,
  shiftRightArithmetic: amountPlusOne,
  slice: (site) => (site.width > 1 ? sliceMoved(site) : []),
};

/** The carry from the lower into the upper half of an adder is cut. */
function carryCut({ cell, width }: Site): Replacement[] {
  if (width < 2) return [];
  const [a, b, carry] = cell.inputs as [number, number, number?];
  const half = width >> 1;
  const replace = (patch: Patch) => {
    const part = (net: number, low: number, bits: number) => patch.cell('slice', [net], bits, { low });
    const low = [part(a, 0, half), part(b, 0, half), ...(carry === undefined ? [] : [carry])];
    const high = [part(a, half, width - half), part(b, half, width - half)];
    const parts = [
      patch.cell(cell.kind, high, width - half, cell.parameters),
      patch.cell(cell.kind, low, half, cell.parameters),
    ];
    patch.result('concat', parts);
  };
  return [[`no carry into bit ${half}`, replace]];
}

function carryInDropped({ cell }: Site): Replacement[] {
  if (cell.inputs.length !== 3) return [];
  const operands = cell.inputs.slice(0, 2);
  return [['carry in dropped', (patch) => patch.result('add', operands, cell.parameters)]];
}

/** The majority of three, written as (a & b) | (h & c), loses a term: a carry-save adder drops carries. */
function majorityTermDropped(site: Site): Replacement[] {
  const drivers = site.cell.inputs.map((net) => site.driverOf(net)?.kind);
  return drivers.every((kind) => kind === 'and') && site.width > 1 ? operandDropped(site) : [];
}

const CARRIES: Partial<Record<CellKind, (site: Site) => Replacement[]>> = {
  add: (site) => [...carryInDropped(site), ...carryCut(site)],
  subtract: carryCut,
  or: majorityTermDropped,
};

/** Rows in the order of the report. */
export const MUTATIONS: readonly MutationRow[] = [
  {
    class: 'stuck-at',
    at: ({ cell, width, index }) => {
      if (WIRING.has(cell.kind)) return [];
      const bit = index % width;
      const stuck = (value: 0 | 1): Replacement => [
        `bit ${bit} of ${cell.kind} stuck at ${value}`,
        (patch) => {
          const right = patch.cell(cell.kind, cell.inputs, width, cell.parameters);
          const one = 1n << BigInt(bit);
          const mask = patch.constant(width, value === 1 ? one : BigInt.asUintN(width, ~one));
          patch.result(value === 1 ? 'or' : 'and', [right, mask]);
        },
      ];
      return [stuck(0), stuck(1)];
    },
  },
  { class: 'swapped operands', at: (site) => SWAPS[site.cell.kind]?.(site) ?? [] },
  { class: 'off-by-one shift', at: (site) => SHIFTS[site.cell.kind]?.(site) ?? [] },
  { class: 'dropped carry', at: (site) => CARRIES[site.cell.kind]?.(site) ?? [] },
  {
    class: 'wrong rounding',
    at: (site) => {
      if (!ROUNDING_SOURCE.test(site.place)) return [];
      if (site.cell.kind === 'add') return carryInDropped(site);
      return site.width === 1 && /^(and|or)$/.test(site.cell.kind) ? operandDropped(site) : [];
    },
  },
  {
    class: 'missing sticky',
    at: (site) => {
      const { cell, place, widthOf } = site;
      if (!STICKY_SOURCE.test(place) || site.width !== 1) return [];
      if (cell.kind === 'or') return operandDropped(site);
      const isWide = cell.kind === 'reduceOr' && widthOf(cell.inputs[0]!) > 1;
      const replace = (patch: Patch) => patch.result('constant', [], { value: 0n });
      return isWide ? [['dropped bits are forgotten', replace]] : [];
    },
  },
  {
    class: 'wrong constant',
    at: ({ cell, width }) => {
      if (cell.kind !== 'constant' || width === 1) return [];
      const value = cell.parameters.value! ^ 1n;
      return [
        [`constant ${cell.parameters.value} is ${value}`, (patch) => patch.result('constant', [], { value })],
      ];
    },
  },
];

/** All mutants of a netlist, class by class. They are only made when asked for. */
export function mutantsOf(netlist: Netlist): Mutant[] {
  const drivers = new Map(netlist.cells.map((cell) => [cell.output, cell]));
  const widthOf = (net: number) => netlist.nets[net]!.width;
  const driverOf = (net: number) => drivers.get(net);
  const sites = netlist.cells.map((cell, index): Site => {
    const place = cell.place.toString();
    return { netlist, cell, index, width: widthOf(cell.output), widthOf, driverOf, place };
  });
  const inCells = MUTATIONS.flatMap((row) =>
    sites.flatMap((site) => row.at(site).map((replacement) => cellMutant(row.class, site, replacement))),
  );
  return [...inCells, ...missingEnables(netlist)];
}

function cellMutant(name: MutationClass, site: Site, [description, replace]: Replacement): Mutant {
  const path = site.netlist.hierarchy[site.cell.scope]!.path;
  const where = path === '' ? site.place : `${path}, ${site.place}`;
  const make = () => {
    const { netlist, index, cell } = site;
    const patch = new Patch(site, netlist.nets.length, cell.output);
    replace(patch);
    const cells = netlist.cells.toSpliced(index, 1, ...patch.cells);
    return { ...netlist, nets: [...netlist.nets, ...patch.nets], cells };
  };
  const mistake: Mistake = { kind: 'cell', site, replace };
  return { class: name, description: `${description} (${where})`, mistake, make };
}

function missingEnables(netlist: Netlist): Mutant[] {
  return netlist.registers.flatMap((register, i): Mutant[] => {
    if (register.enable === undefined) return [];
    const always = { ...register, enable: undefined };
    const make = () => ({ ...netlist, registers: netlist.registers.with(i, always) });
    const description = `${register.name} always loads (${register.place})`;
    return [{ class: 'missing enable', description, mistake: { kind: 'enable', register: i }, make }];
  });
}
