/**
 * The WebAssembly SIMD engine: machine code at near native speed where there is no native library. It computes fused
 * additions of group sums (Blackwell mxf4nvf4); other semantics go to another engine.
 */
import {
  type DotSemantic,
  type FusedAccumulation,
  hasBlockScales,
  type OperandFormat,
  stepOf,
} from '../dot/index.js';
import { ConfigurationError } from '../numerics/index.js';
import { checkOperandArrays } from './buffers.js';
import {
  type AccumulatorTile,
  checkAddends,
  checkOperand,
  checkShapes,
  type Kernels,
  type PreparedTile,
  type TileOperand,
} from './kernels.js';
import { elementUnit, GROUP, isGrouped, OPERAND_FLOOR, UNCOUNTED } from './native-tables.js';
import { own } from './oracle-kernels.js';
import { typescriptKernels } from './typescript/index.js';
import { moduleBytes } from './wasm-code.js';
import {
  cuttingKernel,
  type FusedConstants,
  floatKernel,
  PANEL,
  PANEL_GROUP_BYTES,
  PANEL_SCALE_BYTES,
  ROW_GROUP_BYTES,
} from './wasm-fused.js';
import { type WasmMemory, WebAssembly } from './wasm-interface.js';
import { type Bounds, panelSide, rowSide, type WasmSide, worst } from './wasm-side.js';

/** What a fused semantic means to the kernels. */
interface Rule extends FusedConstants {
  /** Exponent of a product's last place; the factor that side a's scales take in. */
  readonly unit: number;
  /** Fraction bits of a term below the exponent of its scales. */
  readonly below: number;
  readonly nanBits: number;
}

/** The record of a semantic that the kernels cover for one side's format; null for others. */
function covered(semantic: DotSemantic, format: OperandFormat): FusedAccumulation | null {
  const { accumulation, result } = semantic;
  if (accumulation.kind !== 'fused' || accumulation.terms.kind !== 'groups') return null;
  const inOrder = accumulation.passes.length === 1 && accumulation.passes[0]!.every((k, i) => k === i);
  const register = result.kind === 'float' && result.format === 'fp32' && result.fractionBits === 23;
  const rounds = register && result.rounding === 'toward-zero';
  const fits = accumulation.terms.size === GROUP && accumulation.fractionBits <= 38;
  if (!inOrder || !rounds || !fits || accumulation.addend !== 'first-pass') return null;
  return accumulation.zeroTerms !== 'ignored' && isGrouped(format, semantic) ? accumulation : null;
}

function ruleOf(semantic: DotSemantic, a: OperandFormat, b: OperandFormat): Rule | null {
  const accumulation = covered(semantic, a);
  const { result } = semantic;
  if (accumulation === null || covered(semantic, b) === null || result.kind !== 'float') return null;
  const unit = elementUnit(a, semantic.operands) + elementUnit(b, semantic.operands);
  const scaleBits = [a, b].reduce((sum, f) => sum + (hasBlockScales(f) ? f.scale.fractionBits : 0), 0);
  return {
    groupsPerStep: stepOf(semantic, a, b) / GROUP,
    fractionBits: accumulation.fractionBits,
    floor: accumulation.exponentFloor,
    zeroAddend: accumulation.zeroTerms === 'operand-floor' ? OPERAND_FLOOR : UNCOUNTED,
    unit,
    below: scaleBits - unit,
    nanBits: result.nanBits,
  };
}

class WasmTile implements PreparedTile {
  readonly rows: number;
  readonly depth: number;
  #sides = new Map<string, WasmSide>();
  #operand: TileOperand | null;
  #other: PreparedTile | null = null;

  constructor(
    operand: TileOperand,
    readonly side: 'a' | 'b',
    readonly semantic: DotSemantic,
  ) {
    [this.rows, this.depth] = [operand.rows, operand.depth];
    this.#operand = { ...operand, codes: operand.codes.slice(), scales: operand.scales.slice() };
  }

  get format(): OperandFormat {
    return this.#held().format;
  }

  /** The operand for the kernels of a rule; side a takes in the unit of the products. */
  forRule({
    unit,
    groupsPerStep,
    zeroAddend,
  }: Pick<Rule, 'unit' | 'groupsPerStep' | 'zeroAddend'>): WasmSide {
    const operand = this.#held();
    const key = this.side === 'a' ? `${unit}` : '';
    let side = this.#sides.get(key);
    if (side === undefined) {
      const view = { zeroExponent: zeroAddend, factors: [1, 1] };
      side =
        this.side === 'a'
          ? rowSide(operand, this.semantic, groupsPerStep, view, 2 ** unit)
          : panelSide(operand, this.semantic, groupsPerStep, view);
      this.#sides.set(key, side);
    }
    return side;
  }

  other(engine: Kernels): PreparedTile {
    this.#other ??= engine.prepare(this.#held(), this.side, this.semantic);
    return this.#other;
  }

  release(): void {
    this.#other?.release();
    this.#other = this.#operand = null;
    this.#sides.clear();
  }

  #held(): TileOperand {
    if (this.#operand === null) throw new RangeError(`operand ${this.side} has been released`);
    return this.#operand;
  }
}

class WasmAccumulator implements AccumulatorTile {
  readonly values: Float32Array;
  readonly bits: Uint32Array;
  readonly stride: number;
  /** Addends were loaded and nothing has been added yet: they are given back as they came. */
  loaded = false;

  constructor(
    readonly rows: number,
    readonly cols: number,
    readonly stepK: number,
    readonly rule: Rule,
  ) {
    this.stride = Math.ceil(cols / PANEL) * PANEL;
    this.values = new Float32Array((rows + (rows % 2)) * this.stride);
    this.bits = new Uint32Array(this.values.buffer);
  }
}

/** Sums that the other engine keeps. */
class OtherAccumulator implements AccumulatorTile {
  constructor(
    readonly rows: number,
    readonly cols: number,
    readonly tile: AccumulatorTile,
  ) {}
}

interface Compiled {
  readonly memory: WasmMemory;
  readonly float: (...pointers: number[]) => void;
  readonly cutting: (...pointers: number[]) => void;
}

const compiled = new Map<string, Compiled>();
const PAGE = 65_536;

/** The kernels for a rule's constants; compiled once. */
function compile(rule: Rule): Compiled {
  const { groupsPerStep, fractionBits, floor, zeroAddend } = rule;
  const key = `${groupsPerStep} ${fractionBits} ${floor} ${zeroAddend}`;
  let found = compiled.get(key);
  if (found === undefined) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const module = new WebAssembly.Module(moduleBytes([floatKernel(rule), cuttingKernel(rule)], 1));
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    found = {
      memory,
      float: exports.float as Compiled['float'],
      cutting: exports.cutting as Compiled['cutting'],
    };
    compiled.set(key, found);
  }
  return found;
}

/** Where the operands of one call lie in the kernels' memory. */
interface Places {
  readonly rows: number;
  readonly rowScales: number;
  readonly rowExponents: number;
  readonly panel: number;
  readonly panelScales: number;
  readonly panelExponents: number;
  readonly sums: number;
}

/** Rows of side a that lie in memory at once. */
const BAND = 64;

function placesOf(groups: number, memory: WasmMemory): Places {
  let end = 0;
  const take = (bytes: number) => {
    const start = end;
    end += Math.ceil(bytes / 16) * 16;
    return start;
  };
  const places = {
    rows: take(BAND * groups * ROW_GROUP_BYTES),
    rowScales: take(BAND * groups * 4),
    rowExponents: take(BAND * groups * 4),
    panel: take(groups * PANEL_GROUP_BYTES),
    panelScales: take(groups * PANEL_SCALE_BYTES),
    panelExponents: take(groups * PANEL_SCALE_BYTES),
    sums: take(BAND * PANEL * 4),
  };
  const missing = Math.ceil(end / PAGE) - memory.buffer.byteLength / PAGE;
  if (missing > 0) memory.grow(missing);
  return places;
}

function accumulate(acc: WasmAccumulator, a: WasmSide, b: WasmSide): void {
  const kernels = compile(acc.rule);
  const places = placesOf(a.groups, kernels.memory);
  const { buffer } = kernels.memory;
  const sums = new Float32Array(buffer, places.sums, BAND * PANEL);
  for (let first = 0; first < a.lines; first += BAND) {
    const count = Math.min(BAND, a.lines - first);
    copyLines(buffer, a, first, count, [places.rows, places.rowScales, places.rowExponents]);
    for (let panel = 0; panel < b.lines; panel++) {
      copyLines(buffer, b, panel, 1, [places.panel, places.panelScales, places.panelExponents]);
      for (let r = 0; r < count; r++) {
        const at = (first + r) * acc.stride + panel * PANEL;
        sums.set(acc.values.subarray(at, at + PANEL), r * PANEL);
      }
      for (let r = 0; r < count; r += 2)
        rowPair(kernels, acc.rule, places, a, first, r, b.bounds[panel]!, sums);
      for (let r = 0; r < count; r++) {
        const at = (first + r) * acc.stride + panel * PANEL;
        acc.values.set(sums.subarray(r * PANEL, (r + 1) * PANEL), at);
      }
    }
  }
}

/** Copies whole lines of a side into the kernels' memory. */
function copyLines(
  buffer: ArrayBuffer,
  { elements, scales, exponents, lines }: WasmSide,
  first: number,
  count: number,
  [elementsAt, scalesAt, exponentsAt]: readonly [number, number, number],
): void {
  const part = <T extends Int16Array | Float32Array | Int32Array>(all: T): T => {
    const width = all.length / lines;
    return all.subarray(first * width, (first + count) * width) as T;
  };
  new Int16Array(buffer, elementsAt).set(part(elements));
  new Float32Array(buffer, scalesAt).set(part(scales));
  new Int32Array(buffer, exponentsAt).set(part(exponents));
}

/** Two rows against a panel, in the fastest tier whose guard holds. */
function rowPair(
  { float, cutting }: Compiled,
  rule: Rule,
  places: Places,
  { bounds, groups }: WasmSide,
  first: number,
  r: number,
  panelBounds: Bounds,
  sums: Float32Array,
): void {
  const steps = groups / rule.groupsPerStep;
  const row = (i: number) => places.rows + (r + i) * groups * ROW_GROUP_BYTES;
  const entry = (base: number, i: number) => base + (r + i) * groups * 4;
  const sum = (i: number) => places.sums + (r + i) * PANEL * 4;
  const pair = worst(bounds[first + r]!, bounds[first + r + 1]!);
  if (cutsNothing(rule, pair, panelBounds, sums, r)) {
    const scales = [entry(places.rowScales, 0), entry(places.rowScales, 1)];
    float(row(0), row(1), scales[0]!, scales[1]!, places.panel, places.panelScales, sum(0), sum(1), steps);
    return;
  }
  for (let i = 0; i < 2; i++) {
    const [scales, exponents] = [entry(places.rowScales, i), entry(places.rowExponents, i)];
    for (let half = 0; half < 32; half += 16) {
      const [panel, panelScales] = [places.panel + half, places.panelScales + half];
      cutting(
        row(i),
        scales,
        exponents,
        panel,
        panelScales,
        places.panelExponents + half,
        sum(i) + half,
        steps,
      );
    }
  }
}

/** The guard of native/src/fused.rs. */
function cutsNothing(rule: Rule, a: Bounds, b: Bounds, sums: Float32Array, r: number): boolean {
  const hi = Math.max(a.largest + b.largest, rule.floor);
  const lo = a.smallest + b.smallest;
  const reach = rule.fractionBits - rule.below;
  const inRange = lo >= -100 && hi <= 100 && a.finite && b.finite;
  if (!inRange || hi - lo > reach || !(a.logNorm + b.logNorm + rule.unit < lo + reach)) return false;
  if (a.logStep + b.logStep + rule.unit > 24 - rule.below) return false;
  const [least, limit] = [2 ** (hi - rule.fractionBits + 23), 2 ** Math.min(lo + reach, 127)];
  for (let i = r * PANEL; i < (r + 2) * PANEL; i++) {
    const magnitude = Math.abs(sums[i]!);
    if (magnitude !== 0 && !(magnitude >= least && magnitude < limit)) return false;
  }
  return true;
}

/** The engine; `fallback` does what it does not cover. */
export function createWasmKernels(fallback: Kernels = typescriptKernels): Kernels {
  return {
    name: 'wasm',
    prepare: (operand, side, semantic) => {
      checkOperandArrays(operand, side);
      checkOperand(operand, side);
      return new WasmTile(operand, side, semantic);
    },
    accumulator: (semantic, a, b, rows, cols) => {
      const other = () => new OtherAccumulator(rows, cols, fallback.accumulator(semantic, a, b, rows, cols));
      const rule = ruleOf(semantic, a, b);
      if (rule === null) return other();
      fallback.accumulator(semantic, a, b, 0, 0); // refuses formats that the semantic does not take
      return new WasmAccumulator(rows, cols, rule.groupsPerStep * GROUP, rule);
    },
    accumulate: (acc, a, b, fresh) => {
      const [left, right] = [own(a, WasmTile), own(b, WasmTile)];
      if (acc instanceof OtherAccumulator) {
        fallback.accumulate(acc.tile, left.other(fallback), right.other(fallback), fresh);
        return;
      }
      const tile = own(acc, WasmAccumulator);
      if (left.side !== 'a' || right.side !== 'b')
        throw new ConfigurationError('the operands of a product are swapped');
      checkShapes(tile, left, right, tile.stepK);
      if (fresh) tile.bits.fill(0);
      tile.loaded = false;
      accumulate(tile, left.forRule(tile.rule), right.forRule(tile.rule));
    },
    read: (acc) => {
      if (acc instanceof OtherAccumulator) return fallback.read(acc.tile);
      const { rows, cols, stride, bits, values, rule, loaded } = own(acc, WasmAccumulator);
      const out = new Uint32Array(rows * cols);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < cols; j++) {
          const at = i * stride + j;
          out[i * cols + j] = Number.isNaN(values[at]!) && !loaded ? rule.nanBits : bits[at]!;
        }
      }
      return out;
    },
    load: (acc, bits) => {
      checkAddends(acc, bits);
      if (acc instanceof OtherAccumulator) return fallback.load(acc.tile, bits);
      const tile = own(acc, WasmAccumulator);
      tile.loaded = true;
      for (let i = 0; i < tile.rows; i++) {
        tile.bits.set(bits.subarray(i * tile.cols, (i + 1) * tile.cols), i * tile.stride);
      }
    },
  };
}
