/** Operands as the WebAssembly kernels read them, and the bounds that choose a tier. */
import { type DotSemantic, hasBlockScales } from '../dot/index.js';
import { exponentOf } from '../numerics/index.js';
import type { TileOperand } from './kernels.js';
import { GROUP, groupReading, type ScaleView } from './native-tables.js';
import { PANEL } from './wasm-fused.js';
import { TILE } from './wasm-integer.js';

/** Of a row, or of a panel (its worst column); see `Bounds` in native/src/groups.rs. Logarithms are rounded upward. */
export interface Bounds {
  largest: number;
  smallest: number;
  logNorm: number;
  logStep: number;
  finite: boolean;
}

const NOTHING = 20_000;
/** Room for the rounding of norms and logarithms. */
const MARGIN = 1e-6;

function noBounds(): Bounds {
  return {
    largest: -NOTHING,
    smallest: NOTHING,
    logNorm: Number.NEGATIVE_INFINITY,
    logStep: Number.NEGATIVE_INFINITY,
    finite: true,
  };
}

export function worst(x: Bounds, y: Bounds): Bounds {
  return {
    largest: Math.max(x.largest, y.largest),
    smallest: Math.min(x.smallest, y.smallest),
    logNorm: Math.max(x.logNorm, y.logNorm),
    logStep: Math.max(x.logStep, y.logStep),
    finite: x.finite && y.finite,
  };
}

/** Elements with their scales multiplied in (`wasm-integer.ts`), `width` rows side by side. */
export interface ScaledElements {
  readonly tiles: number;
  readonly elements: Int16Array;
  /** 2^u of every row. */
  readonly units: Float32Array;
  /** log2 of the largest norm of a step among `width` rows, in their units; infinite if an element does not fit 16 bits. */
  readonly logSteps: Float64Array;
  /** Of `width` rows together. */
  readonly bounds: Bounds[];
}

/** One side. A line is a row (side a) or a panel of columns (side b). */
export interface WasmSide {
  readonly rows: number;
  readonly lines: number;
  readonly groups: number;
  readonly elements: Int16Array;
  readonly scales: Float32Array;
  readonly exponents: Int32Array;
  readonly bounds: Bounds[];
  readonly scaled: ScaledElements;
}

/** What both kinds of sides are read with. */
export interface SideReading {
  readonly operand: TileOperand;
  readonly semantic: DotSemantic;
  readonly groupsPerStep: number;
  readonly view: ScaleView;
}

/** Rows, an even number, with zeros for one that is missing; scales are multiplied by 2^`unit`. */
export function rowSide(reading: SideReading, unit: number): WasmSide {
  const { rows, depth } = reading.operand;
  const lines = Math.ceil(rows / TILE.rows) * TILE.rows;
  const side = emptySide(reading, lines, 1, TILE.rows);
  decodeRows(reading, (row, decoded) => {
    side.elements.set(decoded.elements, row * depth);
    side.scales.set(
      decoded.scales.map((scale) => scale * 2 ** unit),
      row * side.groups,
    );
    side.exponents.set(decoded.exponents, row * side.groups);
    side.bounds[row] = decoded.bounds;
    putScaled(side.scaled, TILE.rows, row, reading, decoded, unit);
  });
  return side;
}

/** Panels of eight columns. */
export function panelSide(reading: SideReading): WasmSide {
  const lines = Math.ceil(reading.operand.rows / PANEL);
  const side = emptySide(reading, lines, PANEL, TILE.columns);
  decodeRows(reading, (row, decoded) => {
    const [panel, column] = [Math.floor(row / PANEL), row % PANEL];
    putPairs(side.elements, PANEL, row, decoded.elements);
    for (let group = 0; group < side.groups; group++) {
      const at = (panel * side.groups + group) * PANEL + column;
      [side.scales[at], side.exponents[at]] = [decoded.scales[group]!, decoded.exponents[group]!];
    }
    side.bounds[panel] = worst(side.bounds[panel]!, decoded.bounds);
    putScaled(side.scaled, TILE.columns, row, reading, decoded, 0);
  });
  return side;
}

/** A side of zeros: lines of `width` rows; scaled elements of `tile` rows side by side. */
function emptySide(
  { operand: { rows, depth }, view }: SideReading,
  lines: number,
  width: number,
  tile: number,
) {
  const groups = depth / GROUP;
  const entries = lines * width * groups;
  const tiles = Math.ceil(rows / tile);
  return {
    rows,
    lines,
    groups,
    elements: new Int16Array(entries * GROUP),
    scales: new Float32Array(entries),
    exponents: new Int32Array(entries).fill(Math.min(view.zeroExponent, -NOTHING)),
    bounds: Array.from({ length: lines }, noBounds),
    scaled: {
      tiles,
      elements: new Int16Array(tiles * tile * depth),
      units: new Float32Array(tiles * tile).fill(1),
      logSteps: new Float64Array(tiles).fill(Number.NEGATIVE_INFINITY),
      bounds: Array.from({ length: tiles }, noBounds),
    },
  };
}

/** Writes a row's elements as pairs of k, `width` rows side by side. */
function putPairs(out: Int16Array, width: number, row: number, elements: Int16Array): void {
  const member = row % width;
  const line = (row - member) * elements.length + 2 * member;
  for (let k = 0; k < elements.length; k++) out[line + (k >> 1) * 2 * width + (k & 1)] = elements[k]!;
}

/** A row's elements and scales by group. */
interface DecodedRow {
  readonly elements: Int16Array;
  readonly scales: Float32Array;
  readonly exponents: Int32Array;
  readonly bounds: Bounds;
}

/** Calls `take` with every row in turn; the row's arrays are used again for the next. */
function decodeRows(
  { operand, semantic, groupsPerStep, view }: SideReading,
  take: (row: number, decoded: DecodedRow) => void,
): void {
  const { rows, depth, codes, scales } = operand;
  const reading = groupReading(operand, semantic, groupsPerStep, view);
  const decoded = {
    elements: new Int16Array(depth),
    scales: new Float32Array(depth / GROUP),
    exponents: new Int32Array(depth / GROUP),
  };
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < depth / GROUP; group++) {
      const { block } = reading;
      const byte = block === 0 ? 0 : scales[Math.floor((row * depth + group * GROUP) / block)]!;
      const table = (byte & reading.selector) === 0 ? 0 : 256;
      for (let k = group * GROUP; k < (group + 1) * GROUP; k++) {
        decoded.elements[k] = reading.elements[table + codes[row * depth + k]!]!;
      }
      decoded.scales[group] = reading.values[byte]!;
      decoded.exponents[group] = reading.exponents[byte]!;
    }
    take(row, { ...decoded, bounds: boundsOf(decoded, groupsPerStep) });
  }
}

function boundsOf(
  { elements, scales, exponents }: Omit<DecodedRow, 'bounds'>,
  groupsPerStep: number,
): Bounds {
  const bounds = noBounds();
  let [norm, stepNorm, stepSmallest] = [0, 0, NOTHING];
  for (let group = 0; group < scales.length; group++) {
    const [scale, exponent] = [scales[group]!, exponents[group]!];
    bounds.largest = Math.max(bounds.largest, exponent);
    if (scale !== 0) stepSmallest = Math.min(stepSmallest, exponent);
    bounds.finite &&= Number.isFinite(scale);
    stepNorm += squares(elements, group * GROUP, GROUP) * scale * scale;
    if ((group + 1) % groupsPerStep !== 0) continue;
    bounds.smallest = Math.min(bounds.smallest, stepSmallest);
    bounds.logStep = Math.max(bounds.logStep, logAbove(stepNorm) - stepSmallest);
    norm += stepNorm;
    [stepNorm, stepSmallest] = [0, NOTHING];
  }
  bounds.logNorm = logAbove(norm);
  return bounds;
}

function squares(elements: Int16Array, from: number, count: number): number {
  let sum = 0;
  for (let k = from; k < from + count; k++) sum += elements[k]! * elements[k]!;
  return sum;
}

const LARGEST_I16 = 32_767;
/** Units beyond this are refused: products of two, and sums divided by them, stay normal numbers. */
const LARGEST_UNIT_EXPONENT = 60;

/** Multiplies the scales into a row's elements, in units of the last place of its smallest scale. */
function putScaled(
  to: ScaledElements,
  width: number,
  row: number,
  { operand: { format }, groupsPerStep }: SideReading,
  { elements, scales, bounds }: DecodedRow,
  unitExponent: number,
): void {
  const line = Math.floor(row / width);
  const places = hasBlockScales(format) ? format.scale.fractionBits : 0;
  const exponent = bounds.smallest === NOTHING ? 0 : bounds.smallest - places;
  const scaled = new Int16Array(elements.length);
  let fits = bounds.finite && Math.abs(exponent) <= LARGEST_UNIT_EXPONENT;
  for (let k = 0; fits && k < scaled.length; k++) {
    const value = elements[k]! * (scales[Math.floor(k / GROUP)]! / 2 ** exponent);
    fits = Math.abs(value) <= LARGEST_I16;
    scaled[k] = value;
  }
  const step = groupsPerStep * GROUP;
  let largest = 0;
  for (let from = 0; from < scaled.length; from += step) {
    largest = Math.max(largest, squares(scaled, from, step));
  }
  to.logSteps[line] = fits ? Math.max(to.logSteps[line]!, logAbove(largest)) : Number.POSITIVE_INFINITY;
  to.bounds[line] = worst(to.bounds[line]!, bounds);
  to.units[row] = 2 ** (exponent + unitExponent);
  putPairs(to.elements, width, row, scaled);
}

/** log2 √x, not less. */
function logAbove(x: number): number {
  return x > 0 && Number.isFinite(x)
    ? 0.5 * Math.log2(x) + MARGIN
    : x > 0
      ? exponentOf(x)
      : Number.NEGATIVE_INFINITY;
}
