/** Operands as the WebAssembly kernels read them, and the bounds that choose a tier. */
import type { DotSemantic } from '../dot/index.js';
import { exponentOf } from '../numerics/index.js';
import type { TileOperand } from './kernels.js';
import type { GroupReading } from './native-library.js';
import { GROUP, groupReading, type ScaleView } from './native-tables.js';
import { PANEL, PANEL_GROUP_BYTES, PANEL_SCALE_BYTES, ROW_GROUP_BYTES } from './wasm-fused.js';

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

/** One side. A line is a row (side a) or a panel of columns (side b). */
export interface WasmSide {
  readonly lines: number;
  readonly groups: number;
  readonly elements: Int16Array;
  readonly scales: Float32Array;
  readonly exponents: Int32Array;
  readonly bounds: readonly Bounds[];
}

/** Rows of an even number, padded with zeros; scales are multiplied by `unit`. */
export function rowSide(
  operand: TileOperand,
  semantic: DotSemantic,
  groupsPerStep: number,
  view: ScaleView,
  unit: number,
): WasmSide {
  const { rows, depth } = operand;
  const groups = depth / GROUP;
  const lines = rows + (rows % 2);
  const side = emptySide((lines * groups * ROW_GROUP_BYTES) / 2, lines * groups, view.zeroExponent);
  const reading = groupReading(operand, semantic, groupsPerStep, view);
  const bounds = Array.from({ length: lines }, noBounds);
  for (let row = 0; row < rows; row++) {
    bounds[row] = readRow(operand, reading, row, (group, values, scale, exponent) => {
      const at = row * groups + group;
      side.elements.set(values, at * GROUP);
      [side.scales[at], side.exponents[at]] = [scale * unit, exponent];
    });
  }
  return { lines, groups, ...side, bounds };
}

/** Panels of eight columns. */
export function panelSide(
  operand: TileOperand,
  semantic: DotSemantic,
  groupsPerStep: number,
  view: ScaleView,
): WasmSide {
  const { rows, depth } = operand;
  const groups = depth / GROUP;
  const lines = Math.ceil(rows / PANEL);
  const entries = (lines * groups * PANEL_SCALE_BYTES) / 4;
  const side = emptySide((lines * groups * PANEL_GROUP_BYTES) / 2, entries, view.zeroExponent);
  const reading = groupReading(operand, semantic, groupsPerStep, view);
  const bounds = Array.from({ length: lines }, noBounds);
  for (let row = 0; row < rows; row++) {
    const [panel, column] = [Math.floor(row / PANEL), row % PANEL];
    const found = readRow(operand, reading, row, (group, values, scale, exponent) => {
      const at = panel * groups + group;
      for (let k = 0; k < GROUP; k++) {
        side.elements[at * GROUP * PANEL + ((k >> 1) * PANEL + column) * 2 + (k & 1)] = values[k]!;
      }
      [side.scales[at * PANEL + column], side.exponents[at * PANEL + column]] = [scale, exponent];
    });
    bounds[panel] = worst(bounds[panel]!, found);
  }
  return { lines, groups, ...side, bounds };
}

function emptySide(elements: number, entries: number, zeroExponent: number) {
  return {
    elements: new Int16Array(elements),
    scales: new Float32Array(entries),
    exponents: new Int32Array(entries).fill(Math.min(zeroExponent, -NOTHING)),
  };
}

/** Reads a row's groups in order and returns its bounds. */
function readRow(
  { codes, scales, depth }: TileOperand,
  reading: GroupReading,
  row: number,
  take: (group: number, values: Int16Array, scale: number, exponent: number) => void,
): Bounds {
  const { elements, selector, values, exponents, block, groupsPerStep } = reading;
  const integers = new Int16Array(GROUP);
  const bounds = noBounds();
  let [norm, stepNorm, stepSmallest] = [0, 0, NOTHING];
  for (let group = 0; group < depth / GROUP; group++) {
    const byte = block === 0 ? 0 : scales[Math.floor((row * depth + group * GROUP) / block)]!;
    const table = (byte & selector) === 0 ? 0 : 256;
    let squares = 0;
    for (let k = 0; k < GROUP; k++) {
      const value = elements[table + codes[row * depth + group * GROUP + k]!]!;
      integers[k] = value;
      squares += value * value;
    }
    const [scale, exponent] = [values[byte]!, exponents[byte]!];
    bounds.largest = Math.max(bounds.largest, exponent);
    if (scale !== 0) stepSmallest = Math.min(stepSmallest, exponent);
    bounds.finite &&= Number.isFinite(scale);
    stepNorm += squares * scale * scale;
    take(group, integers, scale, exponent);
    if ((group + 1) % groupsPerStep !== 0) continue;
    bounds.smallest = Math.min(bounds.smallest, stepSmallest);
    bounds.logStep = Math.max(bounds.logStep, logAbove(stepNorm) - stepSmallest);
    norm += stepNorm;
    [stepNorm, stepSmallest] = [0, NOTHING];
  }
  bounds.logNorm = logAbove(norm);
  return bounds;
}

/** log2 √x, not less. */
function logAbove(x: number): number {
  return x > 0 && Number.isFinite(x)
    ? 0.5 * Math.log2(x) + MARGIN
    : x > 0
      ? exponentOf(x)
      : Number.NEGATIVE_INFINITY;
}
