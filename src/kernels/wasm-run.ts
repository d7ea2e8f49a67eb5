/** Runs the WebAssembly kernels over whole operands: what lies in their memory when, and which tier a tile takes. */

import { moduleBytes } from './wasm-code.js';
import type { FusedConstants } from './wasm-fused.js';
import {
  cuttingKernel,
  floatKernel,
  PANEL,
  PANEL_GROUP_BYTES,
  PANEL_SCALE_BYTES,
  ROW_GROUP_BYTES,
  VECTOR,
} from './wasm-fused.js';
import { integerKernel, LOG_LARGEST_SUM, TILE } from './wasm-integer.js';
import { type WasmMemory, WebAssembly } from './wasm-interface.js';
import { type Bounds, type WasmSide, worst } from './wasm-side.js';

/** What a fused semantic means to the kernels. */
export interface Rule extends FusedConstants {
  /** Exponent of a product's last place; the factor that side a's scales take in. */
  readonly unit: number;
  /** Fraction bits of a term below the exponent of its scales. */
  readonly below: number;
  readonly nanBits: number;
}

/** Tiers from the fastest; for benchmarks and tests, a run can leave out the first ones. */
export const TIERS = ['integer', 'float', 'cutting'] as const;
export type Tier = (typeof TIERS)[number];

/** Running sums: rows of `stride` numbers, in whole tiles. */
export interface RunningSums {
  readonly values: Float32Array;
  readonly stride: number;
}

type Kernel = (...pointers: number[]) => number;
type Numbers = Int16Array | Float32Array | Int32Array;

/** A part of the memory for `lines` lines of an array; what it holds already is not copied again. */
class Region {
  #held: Numbers | null = null;
  #batch = 0;

  constructor(
    readonly address: number,
    readonly lines: number,
  ) {}

  /** Address of a line of an array of `count` lines, which is brought into memory with its neighbours. */
  at(memory: ArrayBuffer, array: Numbers, line: number, count: number): number {
    const batch = line - (line % this.lines);
    const width = array.length / count;
    if (this.#held !== array || this.#batch !== batch) {
      const Kind = array.constructor as new (buffer: ArrayBuffer, offset: number) => Numbers;
      new Kind(memory, this.address).set(array.subarray(batch * width, (batch + this.lines) * width));
      [this.#held, this.#batch] = [array, batch];
    }
    return this.address + (line - batch) * width * array.BYTES_PER_ELEMENT;
  }
}

/** Rows of side a that lie in memory at once, at most. */
const BAND = 64;
/** Bytes of an array that lie in memory at once, if that is more than one line. */
const MOST_BYTES = 1 << 22;
const PAGE = 65_536;

/** The kernels of a rule, their memory, and where operands lie in it. */
class Compiled {
  readonly #memory: WasmMemory;
  readonly integer: Kernel;
  readonly float: Kernel;
  readonly cutting: Kernel;
  #regions: Regions | null = null;

  constructor(constants: FusedConstants) {
    this.#memory = new WebAssembly.Memory({ initial: 1 });
    const functions = [integerKernel(constants), floatKernel(constants), cuttingKernel(constants)];
    const module = new WebAssembly.Module(moduleBytes(functions, 1));
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    [this.integer, this.float, this.cutting] = TIERS.map((tier) => exports[tier] as Kernel) as [
      Kernel,
      Kernel,
      Kernel,
    ];
  }

  get memory(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /** Places for operands of this many groups and sums of this stride. */
  regions(groups: number, stride: number): Regions {
    if (this.#regions?.groups !== groups || this.#regions.stride !== stride) {
      this.#regions = new Regions(groups, stride);
      const missing = Math.ceil(this.#regions.end / PAGE) - this.memory.byteLength / PAGE;
      if (missing > 0) this.#memory.grow(missing);
    }
    return this.#regions;
  }
}

/** Places for rows and panels of `groups` groups, and for bands of sums in rows of `stride`. */
class Regions {
  end = 0;
  readonly band: number;
  readonly scaledRows: Region;
  readonly rowUnits: Region;
  readonly rows: Region;
  readonly rowScales: Region;
  readonly rowExponents: Region;
  readonly scaledColumns: Region;
  readonly columnUnits: Region;
  readonly panels: Region;
  readonly panelScales: Region;
  readonly panelExponents: Region;
  readonly sums: number;

  constructor(
    readonly groups: number,
    readonly stride: number,
  ) {
    const rowBytes = Math.max(stride * 4, groups * ROW_GROUP_BYTES);
    const pairs = Math.min(BAND / TILE.rows, Math.max(1, Math.floor(MOST_BYTES / (TILE.rows * rowBytes))));
    const panelBytes = groups * PANEL_GROUP_BYTES;
    const panels = Math.min(stride / PANEL, Math.max(1, Math.floor(MOST_BYTES / panelBytes)));
    const wide = Math.ceil((panels * PANEL) / TILE.columns);
    this.band = pairs * TILE.rows;
    this.scaledRows = this.#take(pairs, TILE.rows * groups * ROW_GROUP_BYTES);
    this.rowUnits = this.#take(pairs, TILE.rows * 4);
    this.rows = this.#take(this.band, groups * ROW_GROUP_BYTES);
    this.rowScales = this.#take(this.band, groups * 4);
    this.rowExponents = this.#take(this.band, groups * 4);
    this.scaledColumns = this.#take(wide, (panelBytes * TILE.columns) / PANEL);
    this.columnUnits = this.#take(wide, TILE.columns * 4);
    this.panels = this.#take(panels, panelBytes);
    this.panelScales = this.#take(panels, groups * PANEL_SCALE_BYTES);
    this.panelExponents = this.#take(panels, groups * PANEL_SCALE_BYTES);
    this.sums = this.#take(this.band, stride * 4).address;
  }

  #take(lines: number, bytes: number): Region {
    const region = new Region(this.end, lines);
    this.end += Math.ceil((lines * bytes) / 16) * 16;
    return region;
  }
}

const compiled = new Map<string, Compiled>();

/** The kernels for a rule's constants; compiled once. */
function compile({ groupsPerStep, fractionBits, floor, zeroAddend }: Rule): Compiled {
  const key = `${groupsPerStep} ${fractionBits} ${floor} ${zeroAddend}`;
  const found = compiled.get(key) ?? new Compiled({ groupsPerStep, fractionBits, floor, zeroAddend });
  compiled.set(key, found);
  return found;
}

/** sums ← sums + a·b, in steps of K. `fastest`: no tier before this is taken. */
export function accumulate(
  rule: Rule,
  sums: RunningSums,
  a: WasmSide,
  b: WasmSide,
  fastest: Tier = 'integer',
): void {
  const run = new Run(rule, sums, a, b, TIERS.indexOf(fastest));
  for (let first = 0; first < a.lines; first += run.regions.band) run.band(first);
}

class Run {
  readonly #kernels: Compiled;
  readonly regions: Regions;
  readonly #steps: number;
  readonly #mayBeExact: boolean;
  /** The band's sums in the kernels' memory. */
  #held = new Float32Array(0);
  #first = 0;

  constructor(
    readonly rule: Rule,
    readonly sums: RunningSums,
    readonly a: WasmSide,
    readonly b: WasmSide,
    readonly firstTier: number,
  ) {
    this.#kernels = compile(rule);
    this.regions = this.#kernels.regions(a.groups, sums.stride);
    this.#mayBeExact = firstTier === 0 && rule.fractionBits > LOG_LARGEST_SUM;
    this.#steps = a.groups / rule.groupsPerStep;
  }

  /** All columns of a band of rows. */
  band(first: number): void {
    const { values, stride } = this.sums;
    const part = values.subarray(first * stride, (first + this.regions.band) * stride);
    this.#first = first;
    this.#held = new Float32Array(this.#kernels.memory, this.regions.sums, part.length);
    this.#held.set(part);
    const end = Math.min(first + this.regions.band, this.a.rows);
    for (let column = 0; column < this.b.scaled.tiles; column++) {
      for (let row = first; row < end; row += TILE.rows) {
        if (this.#integers(row / TILE.rows, column)) continue;
        const panel = (column * TILE.columns) / PANEL;
        for (let i = panel; i < Math.min(panel + TILE.columns / PANEL, this.b.lines); i++) this.#pair(row, i);
      }
    }
    part.set(this.#held);
  }

  /** A tile with integers alone; false if that is not known to be exact. */
  #integers(row: number, column: number): boolean {
    const [a, b] = [this.a.scaled, this.b.scaled];
    const fits = a.logSteps[row]! + b.logSteps[column]! <= LOG_LARGEST_SUM;
    if (!fits || !this.#mayBeExact || !reaches(this.rule, a.bounds[row]!, b.bounds[column]!)) return false;
    const { scaledRows, rowUnits, scaledColumns, columnUnits } = this.regions;
    const { memory } = this.#kernels;
    const refused = this.#kernels.integer(
      scaledRows.at(memory, a.elements, row, a.tiles),
      scaledColumns.at(memory, b.elements, column, b.tiles),
      rowUnits.at(memory, a.units, row, a.tiles),
      columnUnits.at(memory, b.units, column, b.tiles),
      this.#sumsAt(row * TILE.rows, (column * TILE.columns) / PANEL),
      this.sums.stride * 4,
      this.#steps,
    );
    return refused === 0;
  }

  /** Two rows against a panel, in the faster of the tiers that round. */
  #pair(row: number, panel: number): void {
    const { a, b, regions } = this;
    const { memory } = this.#kernels;
    const bounds = worst(a.bounds[row]!, a.bounds[row + 1]!);
    const cuts = !cutsNothing(this.rule, bounds, b.bounds[panel]!, this.#sumsOf(row, panel));
    if (cuts || this.firstTier > 1) {
      for (const r of [row, row + 1]) this.#cutting(r, panel);
      return;
    }
    this.#kernels.float(
      regions.rows.at(memory, a.elements, row, a.lines),
      regions.rows.at(memory, a.elements, row + 1, a.lines),
      regions.rowScales.at(memory, a.scales, row, a.lines),
      regions.rowScales.at(memory, a.scales, row + 1, a.lines),
      regions.panels.at(memory, b.elements, panel, b.lines),
      regions.panelScales.at(memory, b.scales, panel, b.lines),
      this.#sumsAt(row, panel),
      this.#sumsAt(row + 1, panel),
      this.#steps,
    );
  }

  #cutting(row: number, panel: number): void {
    const { a, b, regions } = this;
    const { memory, cutting } = this.#kernels;
    const elements = regions.rows.at(memory, a.elements, row, a.lines);
    const scales = regions.rowScales.at(memory, a.scales, row, a.lines);
    const exponents = regions.rowExponents.at(memory, a.exponents, row, a.lines);
    const right = regions.panels.at(memory, b.elements, panel, b.lines);
    const rightScales = regions.panelScales.at(memory, b.scales, panel, b.lines);
    const rightExponents = regions.panelExponents.at(memory, b.exponents, panel, b.lines);
    const sums = this.#sumsAt(row, panel);
    for (let at = 0; at < PANEL * 4; at += VECTOR) {
      const [x, y, z] = [right + at, rightScales + at, rightExponents + at];
      cutting(elements, scales, exponents, x, y, z, sums + at, this.#steps);
    }
  }

  #sumsAt(row: number, panel: number): number {
    return this.regions.sums + ((row - this.#first) * this.sums.stride + panel * PANEL) * 4;
  }

  /** The sums of two rows and a panel. */
  #sumsOf(row: number, panel: number): Float32Array[] {
    return [row, row + 1].map((r) => {
      const at = (r - this.#first) * this.sums.stride + panel * PANEL;
      return this.#held.subarray(at, at + PANEL);
    });
  }
}

/** Whether the last place of every term lies within F bits of every exponent there is. */
function reaches({ fractionBits, floor, below }: Rule, a: Bounds, b: Bounds): boolean {
  const hi = Math.max(a.largest + b.largest, floor);
  const lo = a.smallest + b.smallest;
  return lo >= -100 && hi <= 100 && a.finite && b.finite && hi - lo <= fractionBits - below;
}

/** The guard of native/src/fused.rs. */
function cutsNothing(rule: Rule, a: Bounds, b: Bounds, sums: readonly Float32Array[]): boolean {
  if (!reaches(rule, a, b)) return false;
  const hi = Math.max(a.largest + b.largest, rule.floor);
  const top = a.smallest + b.smallest + rule.fractionBits - rule.below;
  if (!(a.logNorm + b.logNorm + rule.unit < top)) return false;
  if (a.logStep + b.logStep + rule.unit > 24 - rule.below) return false;
  const [least, limit] = [2 ** (hi - rule.fractionBits + 23), 2 ** Math.min(top, 127)];
  return sums.every((row) =>
    row.every((sum) => sum === 0 || (Math.abs(sum) >= least && Math.abs(sum) < limit)),
  );
}
