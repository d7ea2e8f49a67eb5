/**
 * The contents of buffers by their histories, for the check of a run: what the quantise unit should have made of the
 * global tensors. Whole tensors are transformed and quantised here where the unit saw them tile by tile, the transform
 * is the sum of its definition, and the random bits come from the shift register bit by bit.
 *
 * Beside it the same tiles in double precision without any rounding, as the yardstick of the error.
 */
import type { QuantizeAction } from '../../isa/index.js';
import type { OperandCodes, OperandFormat } from '../dot/index.js';
import { hasBlockScales } from '../dot/index.js';
import {
  codecOf,
  ELEMENT_FORMATS,
  type ElementFormat,
  FP32,
  gainFloat32,
  hadamardSigns,
  type Matrix,
  type Policy,
  type QuantizedMatrix,
  quantize,
  SELECTOR_BIT,
  toBf16,
} from '../formats/index.js';
import type { CodedMatrix, GlobalTensor, InputTensor } from './global-memory.js';
import { ditherSeed, type Making, type TileHistory } from './history.js';
import type { SecondLevel } from './local-memory.js';
import { hadamardOf, isStochastic, planQuantize, type QuantizePlan } from './quantize-policy.js';

/** A tile of a matrix of codes, from its element (row, col) on. */
export interface CodedView {
  readonly matrix: Pick<CodedMatrix, 'format' | 'cols' | 'codes' | 'scales'>;
  readonly row: number;
  readonly col: number;
  /** Second level of the tile; rows count from its own first one. */
  readonly level: SecondLevel;
}

/** Real numbers before any rounding. */
export interface IdealMatrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** What accumulators hold: the other half of the check, which needs tiles in turn. */
export interface AccumulatorOracle {
  /** FP32 values of a tile, row-major. */
  real(tile: Accumulated): Matrix;
  ideal(tile: Accumulated): IdealMatrix;
}

type Tile<K extends Making['kind']> = TileHistory & { readonly kind: K };
export type Accumulated = Tile<'accumulated'>;
type Quantize = Extract<QuantizeAction, { kind: 'quantize' }>;
type BlockPlan = Extract<QuantizePlan, { kind: 'blocks' }>;
type Reals = { readonly rows: number; readonly cols: number; readonly data: Float32Array | Float64Array };

const fp32 = codecOf(FP32);
const round32 = (x: number): number => fp32.decode(fp32.encode(x, { overflow: 'special' }));

export class TileOracle {
  readonly #coded = new WeakMap<TileHistory, CodedView>();
  readonly #real = new WeakMap<TileHistory, Matrix>();
  readonly #ideal = new WeakMap<TileHistory, IdealMatrix>();
  /** Whole tensors as the unit's input, and quantised. */
  readonly #inputs = new Map<string, Matrix>();
  readonly #quantized = new Map<string, QuantizedMatrix>();

  constructor(
    private readonly tensors: readonly GlobalTensor[],
    private readonly seed: number,
    private readonly accumulators: AccumulatorOracle,
  ) {}

  /** Codes and scales of a tile. */
  coded(tile: TileHistory): CodedView {
    return cached(this.#coded, tile, () => this.#makeCoded(tile));
  }

  /** Codes and scales of row i of a tile, `depth` elements. */
  rows(tile: TileHistory, depth: number): (i: number) => OperandCodes {
    const { matrix, row, col } = this.coded(tile);
    const { format, cols, codes, scales } = matrix;
    const blockSize = blockSizeOf(format);
    const blocks = cols / blockSize;
    return (i) => ({
      codes: codes.subarray((row + i) * cols + col, (row + i) * cols + col + depth),
      // Empty, as it should be, for elements without scales.
      scales: scales.subarray(
        (row + i) * blocks + col / blockSize,
        (row + i) * blocks + (col + depth) / blockSize,
      ),
    });
  }

  /** Values of a tile of an element format, as the machine holds them. */
  real(tile: TileHistory): Matrix {
    return cached(this.#real, tile, () => this.#makeReal(tile));
  }

  /** The tile without any rounding or quantisation. */
  ideal(tile: TileHistory): IdealMatrix {
    return cached(this.#ideal, tile, () => this.#makeIdeal(tile));
  }

  #makeCoded(tile: TileHistory): CodedView {
    if (tile.kind === 'loaded') {
      const { quantized } = this.tensors[tile.tensor] as InputTensor;
      const { tensorScale } = quantized;
      return { matrix: quantized, row: tile.row, col: tile.col, level: { tensorScale } };
    }
    if (tile.kind !== 'quantized') return this.#elements(tile, elementFormatOf(tile));
    const plan = planQuantize(tile.action, this.seed);
    return plan.kind === 'elements' ? this.#elements(tile, plan.format) : this.#blocks(tile, plan);
  }

  /** A tile of an element format: its values once more as codes. */
  #elements(tile: TileHistory, format: ElementFormat): CodedView {
    const { cols, data } = this.real(tile);
    const codec = codecOf(format);
    // Operands of a dot product have at most 16 bits here; wider buffers are read as values only.
    const codes = Uint16Array.from(data, (value) => codec.encode(value));
    const matrix = { format, cols, codes, scales: new Uint8Array(0) };
    return { matrix, row: 0, col: 0, level: { tensorScale: 1 } };
  }

  /** Of a tensor's tile, that part of the whole tensor quantised, unless each tile has random bits of its own. */
  #blocks(tile: Tile<'quantized'>, { format, policy }: BlockPlan): CodedView {
    const { source, action } = tile;
    const bare: Policy = { ...policy, transpose: 'no', hadamard: 'none' };
    if (source.kind !== 'loaded') {
      const options = { draws: this.#draws(policy, source) };
      return whole(quantize(format, this.#turned(this.real(source), action), bare, options));
    }
    const input = this.#input(source.tensor, action);
    const [row, col] = action.transposed ? [source.col, source.row] : [source.row, source.col];
    if (isStochastic(policy)) {
      const part = partOf(input, row, col, tile.rows, tile.cols);
      const perRow = format.tensorScale === 'fp32-per-row';
      const maxima = perRow
        ? rowMaxima(input).subarray(row, row + tile.rows)
        : Float32Array.of(largest(input));
      return whole(quantize(format, part, bare, { maxima, draws: this.#draws(policy, source) }));
    }
    const key = `${source.tensor} ${JSON.stringify(action)}`;
    const matrix = this.#quantized.get(key) ?? quantize(format, input, bare);
    this.#quantized.set(key, matrix);
    return { matrix, row, col, level: levelOf(matrix, row, tile.rows) };
  }

  /** A whole tensor, transposed and transformed. */
  #input(tensor: number, action: Quantize): Matrix {
    const key = `${tensor} ${action.transposed} ${hadamardOf(planQuantize(action, this.seed))}`;
    let input = this.#inputs.get(key);
    if (input === undefined) {
      const { quantized } = this.tensors[tensor] as InputTensor;
      input = this.#turned(valuesOfElements(quantized), action);
      this.#inputs.set(key, input);
    }
    return input;
  }

  /** Transposed and transformed as an action says. */
  #turned(matrix: Matrix, action: Quantize): Matrix {
    const size = hadamardOf(planQuantize(action, this.seed));
    const turned = action.transposed ? transposed(matrix) : matrix;
    return size === 1 ? toMatrix(turned) : transformed(turned, size, this.seed);
  }

  #draws(policy: Policy, source: TileHistory): Float32Array[] | undefined {
    if (!isStochastic(policy)) return undefined;
    const count = source.rows * source.cols;
    return [0, 1].map((candidate) => randomFractions(ditherSeed(this.seed, source, candidate), count));
  }

  #makeReal(tile: TileHistory): Matrix {
    const { rows, cols } = tile;
    switch (tile.kind) {
      case 'accumulated':
        return this.accumulators.real(tile);
      case 'loaded': {
        const { quantized } = this.tensors[tile.tensor] as InputTensor;
        return partOf(valuesOfElements(quantized), tile.row, tile.col, rows, cols);
      }
      case 'quantized': {
        const source = this.real(tile.source);
        return rounded(tile.action.transposed ? transposed(source) : source, tile.action.format);
      }
      case 'dequantized':
        return rounded({ rows, cols, data: decodedValues(this.coded(tile.source), rows, cols) }, tile.format);
      case 'transformed':
        return rounded(transformed(this.real(tile.source), tile.size, this.seed), tile.format);
      case 'maximum':
        return toMatrix(
          joinedMaximum(
            tile,
            (source) => this.real(source),
            (matrix, size) => transformed(matrix, size, this.seed),
          ),
        );
    }
  }

  #makeIdeal(tile: TileHistory): IdealMatrix {
    const { rows, cols } = tile;
    switch (tile.kind) {
      case 'accumulated':
        return this.accumulators.ideal(tile);
      case 'loaded': {
        const { real } = this.tensors[tile.tensor] as InputTensor;
        return { rows, cols, data: Float64Array.from(partOf(real, tile.row, tile.col, rows, cols).data) };
      }
      case 'quantized': {
        const source = this.ideal(tile.source);
        const size = hadamardOf(planQuantize(tile.action, this.seed));
        return idealTransform(tile.action.transposed ? transposed(source) : source, size, this.seed);
      }
      case 'dequantized':
        return this.ideal(tile.source);
      case 'transformed':
        return idealTransform(this.ideal(tile.source), tile.size, this.seed);
      case 'maximum':
        return joinedMaximum(
          tile,
          (source) => this.ideal(source),
          (matrix, size) => idealTransform(matrix, size, this.seed),
        );
    }
  }
}

function cached<T extends object>(cache: WeakMap<TileHistory, T>, tile: TileHistory, make: () => T): T {
  let value = cache.get(tile);
  if (value === undefined) {
    value = make();
    cache.set(tile, value);
  }
  return value;
}

function elementFormatOf(tile: TileHistory): ElementFormat {
  return 'format' in tile ? (ELEMENT_FORMATS.get(tile.format) ?? FP32) : FP32;
}

function blockSizeOf(format: OperandFormat): number {
  return hasBlockScales(format) ? format.blockSize : 1;
}

function whole(matrix: QuantizedMatrix): CodedView {
  return { matrix, row: 0, col: 0, level: levelOf(matrix, 0, matrix.rows) };
}

function levelOf({ tensorScale, rowScales }: QuantizedMatrix, row: number, rows: number): SecondLevel {
  return rowScales === undefined
    ? { tensorScale }
    : { tensorScale, rowScales: rowScales.subarray(row, row + rows) };
}

function valuesOfElements({ format, rows, cols, codes }: CodedMatrix): Matrix {
  const codec = codecOf(format as ElementFormat);
  return { rows, cols, data: Float32Array.from(codes, (code) => codec.decode(code)) };
}

/** element × gain × block scale × tensor scale × row scale, each product rounded to FP32. */
function decodedValues({ matrix, row, col, level }: CodedView, rows: number, cols: number): Float64Array {
  const format = matrix.format as QuantizedMatrix['format'];
  const values = new Float64Array(rows * cols);
  const blocks = matrix.cols / format.blockSize;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const [r, c] = [row + i, col + j];
      const byte = matrix.scales[r * blocks + Math.floor(c / format.blockSize)]!;
      const second = format.selector !== 'none' && (byte & SELECTOR_BIT) !== 0;
      const choice = format.choices[second ? 1 : 0]!;
      const scale = codecOf(format.scale).decode(format.selector === 'none' ? byte : byte & ~SELECTOR_BIT);
      const element = codecOf(choice.element).decode(matrix.codes[r * matrix.cols + c]!);
      const factors = [gainFloat32(choice), scale, level.tensorScale, level.rowScales?.[i] ?? 1];
      values[i * cols + j] = factors.reduce((product, factor) => round32(product * factor), element);
    }
  }
  return values;
}

function toMatrix({ rows, cols, data }: Reals): Matrix {
  return { rows, cols, data: Float32Array.from(data) };
}

function rounded({ rows, cols, data }: Reals, formatName: string): Matrix {
  const codec = codecOf(ELEMENT_FORMATS.get(formatName)!);
  return { rows, cols, data: Float32Array.from(data, (value) => codec.decode(codec.encode(value))) };
}

function partOf(
  { cols: stride, data }: Matrix,
  row: number,
  col: number,
  rows: number,
  cols: number,
): Matrix {
  const from = (i: number): number => (row + Math.floor(i / cols)) * stride + col + (i % cols);
  return { rows, cols, data: Float32Array.from({ length: rows * cols }, (_, i) => data[from(i)]!) };
}

function transposed({ rows, cols, data }: Reals): IdealMatrix {
  const at = (i: number): number => data[(i % rows) * cols + Math.floor(i / rows)]!;
  return { rows: cols, cols: rows, data: Float64Array.from({ length: data.length }, (_, i) => at(i)) };
}

/** Σi x[i]·s[i]·(−1)^(bits that i and j share) / √size for every group of a row, in double precision. */
function idealTransform({ rows, cols, data }: Reals, size: number, seed: number): IdealMatrix {
  if (size === 1) return { rows, cols, data: Float64Array.from(data) };
  const signs = hadamardSigns(size, seed);
  const out = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += size) {
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += parity(i & j) * signs[i]! * data[start + i]!;
      out[start + j] = sum / Math.sqrt(size);
    }
  }
  return { rows, cols, data: out };
}

/** 1 for an even number of set bits, −1 for an odd one. */
function parity(bits: number): number {
  let sign = 1;
  for (let rest = bits; rest > 0; rest >>= 1) if ((rest & 1) === 1) sign = -sign;
  return sign;
}

/** The transform as hardware rounds it: size 16 takes and gives bf16, others float32. */
function transformed(matrix: Reals, size: number, seed: number): Matrix {
  const round = size === 16 ? toBf16 : Math.fround;
  const { rows, cols, data } = idealTransform({ ...matrix, data: matrix.data.map(round) }, size, seed);
  return { rows, cols, data: Float32Array.from(data, round) };
}

function joinedMaximum(
  { rows, cols, sources }: Tile<'maximum'>,
  valuesOf: (tile: TileHistory) => Reals,
  transform: (matrix: Reals, size: number) => Reals,
): IdealMatrix {
  const data = new Float64Array(rows);
  for (const { source, action } of sources) {
    const values = valuesOf(source);
    const turned = action.transposed ? transposed(values) : values;
    const input = action.hadamard === 1 ? turned : transform(turned, action.hadamard);
    input.data.forEach((value, i) => {
      const row = rows === 1 ? 0 : Math.floor(i / input.cols);
      data[row] = Math.max(data[row]!, Math.abs(value));
    });
  }
  return { rows, cols, data };
}

function largest({ data }: Matrix): number {
  return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function rowMaxima({ rows, cols, data }: Matrix): Float32Array {
  const found = new Float32Array(rows);
  data.forEach((value, i) => {
    const row = Math.floor(i / cols);
    found[row] = Math.max(found[row]!, Math.abs(value));
  });
  return found;
}

/**
 * `count` bytes / 256 of the shift register with polynomial x^32 + x^22 + x^2 + x + 1 in Galois form: one step moves
 * every bit down a place and adds the lowest one to the places that the polynomial names. First bit out lowest.
 */
function randomFractions(seed: number, count: number): Float32Array {
  let bits = Array.from({ length: 32 }, (_, i) => ((seed || 1) >>> i) & 1);
  return Float32Array.from({ length: count }, () => {
    let byte = 0;
    for (let i = 0; i < 8; i++) {
      const out = bits[0]!;
      byte += out * 2 ** i;
      bits = [...bits.slice(1), 0];
      for (const place of [31, 21, 1, 0]) bits[place] = bits[place]! ^ out;
    }
    return byte / 256;
  });
}
