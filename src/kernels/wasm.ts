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
import { TILE } from './wasm-integer.js';
import { accumulate, type Rule, type Tier } from './wasm-run.js';
import { panelSide, rowSide, type WasmSide } from './wasm-side.js';

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
      const reading = { operand, semantic: this.semantic, groupsPerStep, view };
      side = this.side === 'a' ? rowSide(reading, unit) : panelSide(reading);
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
    this.stride = Math.ceil(cols / TILE.columns) * TILE.columns;
    this.values = new Float32Array(Math.ceil(rows / TILE.rows) * TILE.rows * this.stride);
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

/** The engine; `fallback` does what it does not cover, and no tier faster than `fastest` is taken. */
export function createWasmKernels(fallback: Kernels = typescriptKernels, fastest?: Tier): Kernels {
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
      accumulate(tile.rule, tile, left.forRule(tile.rule), right.forRule(tile.rule), fastest);
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
