/**
 * The check of a finished run: every stored element is computed again by the exact oracle, from the global tensors
 * and the history of its accumulator, and compared bit for bit. Nothing of the fast path is used.
 *
 * Also the error of the whole computation: the same history in double precision on the values before quantisation.
 */
import { createOracle, type DotOracle, semanticOf } from '../dot/index.js';
import { codecOf, FP32, type Matrix } from '../formats/index.js';
import { bitsToFloat32 } from '../numerics/index.js';
import { FP32_NAN, type PlainAction, plainAction } from './epilogue.js';
import type { GlobalTensor, OutputTensor } from './global-memory.js';
import type { HistoryStep, StoredTile, TileHistory } from './history.js';
import type { SecondLevel } from './operand-matrix.js';
import type { IdealMatrix } from './oracle-arithmetic.js';
import { type Accumulated, type AccumulatorOracle, TileOracle } from './oracle-tiles.js';
import { tensorScale } from './values.js';

/** What the check of one output tensor found. */
export interface Verification {
  /** Elements compared with the oracle. */
  readonly compared: number;
  readonly mismatches: number;
  /** The first few mismatches, as text. */
  readonly firstMismatches: readonly string[];
  /** ‖D − R‖ / ‖R‖ (Frobenius), R = the same computation in double precision on the unquantised inputs. */
  readonly relativeError: number;
}

/** What a run leaves to be checked. */
export interface FinishedStores {
  readonly tensors: readonly GlobalTensor[];
  readonly stores: readonly StoredTile[];
  /** Seed of the run. */
  readonly seed: number;
}

/** Checks an output tensor. `stores` may hold tiles of other tensors; later stores win, as in memory. */
export function verifyOutput(
  index: number,
  { tensors, stores, seed }: FinishedStores,
  onProgress?: (done: number, total: number) => void,
): Verification {
  const output = tensors[index] as OutputTensor;
  const tiles = finalTiles(stores.filter(({ tensor }) => tensor === index));
  const checker = new Checker(tensors, seed);
  const writers = lastWriters(output, tiles);
  const found = { compared: 0, mismatches: 0, firstMismatches: [] as string[] };
  let squaredError = 0;
  let squaredNorm = 0;
  for (const [done, tile] of tiles.entries()) {
    onProgress?.(done, tiles.length);
    const reference = checker.reference(tile.history);
    const element = checker.stored(tile.history);
    for (let i = 0; i < tile.rows; i++) {
      for (let j = 0; j < tile.cols; j++) {
        const at = (tile.row + i) * output.declaration.cols + tile.col + j;
        if (writers !== undefined && writers[at] !== done) continue;
        const code = output.codes[at]!;
        const expected = asStored(output, element(i, j));
        found.compared++;
        if (code !== expected) noteMismatch(found, output, tile.row + i, tile.col + j, code, expected);
        const exact = reference[i * tile.cols + j]!;
        squaredError += (output.codec.decode(code) - exact) ** 2;
        squaredNorm += exact ** 2;
      }
    }
  }
  return { ...found, relativeError: squaredNorm === 0 ? 0 : Math.sqrt(squaredError / squaredNorm) };
}

/** The last store to each place, in the order of the stores. */
function finalTiles(stores: readonly StoredTile[]): StoredTile[] {
  const last = new Map<string, StoredTile>();
  for (const tile of stores) {
    const key = `${tile.row} ${tile.col} ${tile.rows} ${tile.cols}`;
    last.delete(key);
    last.set(key, tile);
  }
  return [...last.values()];
}

/** The number of the tile that wrote each element last; undefined if no two tiles overlap. */
function lastWriters(
  { written, declaration }: OutputTensor,
  tiles: readonly StoredTile[],
): Int32Array | undefined {
  const stored = tiles.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  if (stored === written.reduce((sum, flag) => sum + flag, 0)) return undefined;
  const writers = new Int32Array(written.length);
  for (const [number, { row, col, rows, cols }] of tiles.entries()) {
    for (let i = 0; i < rows; i++) {
      const begin = (row + i) * declaration.cols + col;
      writers.fill(number, begin, begin + cols);
    }
  }
  return writers;
}

/** The code that a store writes for FP32 bits. */
function asStored({ codec }: OutputTensor, bits: number): number {
  return codec.format === FP32 ? bits : codec.encode(bitsToFloat32(bits), { overflow: 'special' });
}

function noteMismatch(
  found: { mismatches: number; firstMismatches: string[] },
  { codec, declaration }: OutputTensor,
  row: number,
  col: number,
  code: number,
  expected: number,
): void {
  found.mismatches++;
  if (found.firstMismatches.length >= 8) return;
  const show = (bits: number): string =>
    `0x${bits.toString(16).padStart(codec.width / 4, '0')} (${codec.decode(bits)})`;
  found.firstMismatches.push(
    `${declaration.name}[${row}, ${col}] is ${show(code)}, the oracle says ${show(expected)}`,
  );
}

type MmaStep = Extract<HistoryStep, { kind: 'mma' }>;
type VectorStep = Extract<HistoryStep, { kind: 'vector' }>;
/** FP32 bits of element (i, j) of a tile. */
type Element = (i: number, j: number) => number;

/** Evaluates histories: one element at a time by the oracle, one tile at a time in double precision. */
class Checker implements AccumulatorOracle {
  readonly #oracles = new Map<string, DotOracle>();
  readonly #tiles: TileOracle;

  constructor(
    private readonly tensors: readonly GlobalTensor[],
    seed: number,
  ) {
    this.#tiles = new TileOracle(tensors, seed, this);
  }

  /** The element function of what a store wrote. */
  stored(tile: TileHistory): Element {
    if (tile.kind === 'accumulated') return this.#element(tile.steps);
    const { cols, data } = this.#tiles.real(tile);
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    return (i, j) => bits[i * cols + j]!;
  }

  /** What a store wrote in double precision on unquantised inputs, row-major. */
  reference(tile: TileHistory): Float64Array {
    return this.#tiles.ideal(tile).data;
  }

  real({ rows, cols, steps }: Accumulated): Matrix {
    const element = this.#element(steps);
    const bits = Uint32Array.from({ length: rows * cols }, (_, i) => element(Math.floor(i / cols), i % cols));
    return { rows, cols, data: new Float32Array(bits.buffer) };
  }

  ideal({ rows, cols, steps }: Accumulated): IdealMatrix {
    let sum = new Float64Array(rows * cols);
    for (const step of steps) {
      if (step.kind === 'mma') {
        if (step.fresh) sum = new Float64Array(rows * cols);
        this.#multiplyIdeal(sum, rows, cols, step);
      } else {
        const other = step.other && this.ideal({ rows, cols, kind: 'accumulated', steps: step.other }).data;
        const apply = idealAction(step.action);
        for (let i = 0; i < sum.length; i++) {
          sum[i] = apply(sum[i]!, other?.[i] ?? 0, Math.floor(i / cols), i % cols);
        }
      }
    }
    return { rows, cols, data: sum };
  }

  /** The element function of an accumulator with this history. */
  #element(history: readonly HistoryStep[]): Element {
    let element: Element = () => 0;
    for (let at = 0; at < history.length; ) {
      const step = history[at]!;
      const before = element;
      if (step.kind === 'mma') {
        const run = this.#chainFrom(history, at);
        element = this.#dots(run, step.fresh ? () => 0 : before);
        at += run.length;
      } else {
        element = this.#vector(step, before, history.slice(0, at));
        at++;
      }
    }
    return element;
  }

  /** The MMAs from `at` on that continue each other in one semantic on the same formats. */
  #chainFrom(history: readonly HistoryStep[], at: number): MmaStep[] {
    const first = history[at] as MmaStep;
    const oracle = this.#oracle(first);
    const run = [first];
    for (const step of history.slice(at + 1)) {
      if (step.kind !== 'mma' || step.fresh || this.#oracle(step) !== oracle) break;
      run.push(step);
    }
    return run;
  }

  /** Chained MMAs of one semantic: its wider state is carried along K and rounded once. */
  #dots(run: readonly MmaStep[], start: Element): Element {
    const operands = run.map(({ a, b, firstRow, depth }) => ({
      a: this.#tiles.rows(a, depth),
      b: this.#tiles.rows(b, depth),
      firstRow,
      depth,
    }));
    const oracle = this.#oracle(run[0]!);
    const accumulator = oracle.accumulator();
    return (i, j) => {
      accumulator.start(start(i, j));
      for (const { a: rowOfA, b: rowOfB, firstRow, depth } of operands) {
        const [left, right] = [rowOfA(firstRow + i), rowOfB(j)];
        for (let k = 0; k < depth; k += oracle.stepK) accumulator.step(left, right, k);
      }
      return accumulator.finish();
    };
  }

  #vector({ action, other }: VectorStep, before: Element, earlier: readonly HistoryStep[]): Element {
    const addend = other === undefined ? () => 0 : this.#element(other);
    const apply = this.#placed(action, earlier);
    return (i, j) => {
      const value = apply(bitsToFloat32(before(i, j)), bitsToFloat32(addend(i, j)), i, j);
      return Number.isNaN(value) ? FP32_NAN : fp32.encode(value, { overflow: 'special' });
    };
  }

  #placed(action: VectorStep['action'], earlier: readonly HistoryStep[]): PlacedAction {
    if (action.kind === 'dequantize') return this.#dequantizer(earlier);
    if (action.kind === 'mask') return causal(action);
    const apply = exactAction(action, (tensor) => tensorScale(this.tensors[tensor]!));
    return (value, other) => apply(value, other);
  }

  /** Multiplies by the second level of the last MMA's operands; all have the same. */
  #dequantizer(earlier: readonly HistoryStep[]): PlacedAction {
    const last = earlier.filter((step) => step.kind === 'mma').at(-1) as MmaStep;
    const [a, b] = [this.#tiles.coded(last.a).level, this.#tiles.coded(last.b).level];
    const factor = ({ tensorScale: whole, rowScales }: SecondLevel, row: number): number =>
      whole * (rowScales?.[row] ?? 1);
    const { numerator, denominator } = semanticOf(last.semantic).resultFactor;
    const own = Number(numerator) / Number(denominator);
    return (value, _, i, j) => {
      const product = factor(a, last.firstRow + i) * factor(b, j) * own;
      return value * fp32.decode(fp32.encode(product, { overflow: 'special' }));
    };
  }

  #multiplyIdeal(sum: Float64Array, rows: number, cols: number, { a, b, firstRow, depth }: MmaStep): void {
    const [left, right] = [this.#tiles.ideal(a), this.#tiles.ideal(b)];
    for (let i = 0; i < rows; i++) {
      const from = (firstRow + i) * left.cols;
      const leftRow = left.data.subarray(from, from + depth);
      for (let j = 0; j < cols; j++) {
        const start = j * right.cols;
        let dot = 0;
        for (let k = 0; k < depth; k++) dot += leftRow[k]! * right.data[start + k]!;
        sum[i * cols + j]! += dot;
      }
    }
  }

  /** One for each semantic and pair of formats. */
  #oracle({ semantic, a, b }: MmaStep): DotOracle {
    const [left, right] = [this.#tiles.coded(a).matrix.format, this.#tiles.coded(b).matrix.format];
    const key = `${semantic} ${left.name} ${right.name}`;
    let oracle = this.#oracles.get(key);
    if (oracle === undefined) {
      oracle = createOracle(semanticOf(semantic), left, right);
      this.#oracles.set(key, oracle);
    }
    return oracle;
  }
}

/** An action that may depend on the element's place. */
type PlacedAction = (value: number, other: number, i: number, j: number) => number;

/** Keeps what stands on or left of the diagonal. */
function causal({ row, col }: { readonly row: number; readonly col: number }): PlacedAction {
  return (value, _, i, j) => (row + i >= col + j ? value : 0);
}

/**
 * An action in double precision. A scale belongs to the quantised representation and a conversion to its error: the
 * real product has neither.
 */
function idealAction(action: VectorStep['action']): PlacedAction {
  if (action.kind === 'mask') return causal(action);
  if (action.kind === 'add') return (value, other) => value + other;
  if (action.kind === 'subtract') return (value, other) => value - other;
  if (action.kind !== 'activate') return (value) => value;
  const activate = plainAction(action, () => 1);
  return (value) => activate(value, 0, 0);
}

const fp32 = codecOf(FP32);

/**
 * The epilogue's arithmetic once more, by another way: exact in double precision, then rounded by the FP32 codec.
 * A product of two float32 is exact in a double; of a sum, double rounding is harmless since 53 ≥ 2·24 + 2.
 */
function exactAction(
  action: PlainAction,
  scaleOf: (tensor: number) => number,
): (value: number, other: number) => number {
  if (action.kind === 'scale') {
    const factor = action.tensors
      .map(scaleOf)
      .reduce((product, s) => fp32.decode(fp32.encode(product * s)), 1);
    return (x) => x * factor;
  }
  if (action.kind === 'add') return (x, other) => x + other;
  if (action.kind === 'subtract') return (x, other) => x - other;
  const activate = plainAction(action, scaleOf);
  return (x) => activate(x, 0, 0);
}
