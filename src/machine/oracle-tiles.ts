/**
 * The contents of buffers by their histories, for the check of a run: what the quantise unit should have made of the
 * global tensors. Whole tensors are transformed and quantised here where the unit saw them tile by tile, the transform
 * is the sum of its definition, and the random bits come from the shift register bit by bit.
 *
 * Beside it the same tiles in double precision without any rounding, as the yardstick of the error.
 */
import type { Quantization } from '../../isa/index.js';
import type { OperandCodes, OperandFormat } from '../dot/index.js';
import { hasBlockScales } from '../dot/index.js';
import {
  codecOf,
  ELEMENT_FORMATS,
  type ElementFormat,
  FP32,
  gainFloat32,
  type Matrix,
  multipliedOut,
  type Policy,
  type QuantizedMatrix,
  quantize,
  SELECTOR_BIT,
} from '../formats/index.js';
import type { CodedMatrix, GlobalTensor, InputTensor } from './global-memory.js';
import { ditherSeed, type Making, type TileHistory } from './history.js';
import type { SecondLevel } from './operand-matrix.js';
import {
  type IdealMatrix,
  idealTransform,
  largest,
  partOf,
  type Reals,
  randomFractions,
  rounded,
  rowMaxima,
  toMatrix,
  transformed,
  transposed,
} from './oracle-arithmetic.js';
import { hadamardOf, isStochastic, planQuantize, type QuantizePlan } from './quantize-policy.js';

/** A tile of a matrix of codes, from its element (row, col) on. */
export interface CodedView {
  readonly matrix: Pick<CodedMatrix, 'format' | 'cols' | 'codes' | 'scales'>;
  readonly row: number;
  readonly col: number;
  /** Second level of the tile; rows count from its own first one. */
  readonly level: SecondLevel;
}

/** What accumulators hold: the other half of the check, which needs tiles in turn. */
export interface AccumulatorOracle {
  /** FP32 values of a tile, row-major. */
  real(tile: Accumulated): Matrix;
  ideal(tile: Accumulated): IdealMatrix;
}

type Tile<K extends Making['kind']> = TileHistory & { readonly kind: K };
export type Accumulated = Tile<'accumulated'>;
type BlockPlan = Extract<QuantizePlan, { kind: 'blocks' }>;

const fp32 = codecOf(FP32);
const round32 = (x: number): number => fp32.decode(fp32.encode(x, { overflow: 'special' }));

export class TileOracle {
  readonly #coded = new WeakMap<TileHistory, CodedView>();
  readonly #real = new WeakMap<TileHistory, Matrix>();
  readonly #ideal = new WeakMap<TileHistory, IdealMatrix>();
  /** Whole tensors as the unit's input, and quantised. */
  readonly #inputs = new Map<string, Matrix>();
  readonly #quantized = new Map<string, QuantizedMatrix>();
  readonly #plain = new WeakMap<object, CodedView['matrix']>();

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
      const matrix = this.#withoutMicroExponents(quantized);
      return { matrix, row: tile.row, col: tile.col, level: levelOf(quantized, tile.row, tile.rows) };
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
      return this.#whole(quantize(format, this.#turned(this.real(source), action), bare, options));
    }
    const [row, col] = action.transposed ? [source.col, source.row] : [source.row, source.col];
    if (isStochastic(policy)) {
      const input = this.#input(source.tensor, action);
      const part = partOf(input, row, col, tile.rows, tile.cols);
      const perRow = format.tensorScale === 'fp32-per-row';
      const maxima = perRow
        ? rowMaxima(input).subarray(row, row + tile.rows)
        : Float32Array.of(largest(input));
      return this.#whole(quantize(format, part, bare, { maxima, draws: this.#draws(policy, source) }));
    }
    const matrix = this.#quantizedTensor(source.tensor, action, format, bare);
    const level = levelOf(matrix, row, tile.rows);
    return { matrix: this.#withoutMicroExponents(matrix), row, col, level };
  }

  #quantizedTensor(
    tensor: number,
    action: Quantization,
    format: BlockPlan['format'],
    bare: Policy,
  ): QuantizedMatrix {
    const key = `${tensor} ${JSON.stringify({ ...action, kind: 'quantize' })}`;
    const matrix = this.#quantized.get(key) ?? quantize(format, this.#input(tensor, action), bare);
    this.#quantized.set(key, matrix);
    return matrix;
  }

  /** The part of a tensor's residual that lies in a tile. */
  #cutOff({ source, action, rows, cols }: Tile<'cut'>): Float64Array {
    const { format, policy } = planQuantize(action, this.seed) as BlockPlan;
    const bare: Policy = { ...policy, transpose: 'no', hadamard: 'none' };
    const loaded = source.kind === 'loaded';
    const matrix = loaded
      ? this.#quantizedTensor(source.tensor, action, format, bare)
      : quantize(format, this.#turned(this.real(source), action), bare);
    const place = loaded ? source : { row: 0, col: 0 };
    const [row, col] = action.transposed ? [place.col, place.row] : [place.row, place.col];
    const data = new Float64Array(rows * cols);
    matrix.residual?.positions.forEach((position, at) => {
      const [i, j] = [Math.floor(position / matrix.cols) - row, (position % matrix.cols) - col];
      if (i >= 0 && i < rows && j >= 0 && j < cols) data[i * cols + j] = matrix.residual!.values[at]!;
    });
    return data;
  }

  #whole(matrix: QuantizedMatrix): CodedView {
    const level = levelOf(matrix, 0, matrix.rows);
    return { matrix: this.#withoutMicroExponents(matrix), row: 0, col: 0, level };
  }

  /** The same values as integers, one by one. */
  #withoutMicroExponents(matrix: CodedMatrix | QuantizedMatrix): CodedView['matrix'] {
    const { format, microExponents } = matrix;
    if (microExponents === undefined) return matrix;
    const known = this.#plain.get(matrix);
    if (known !== undefined) return known;
    const block = format as QuantizedMatrix['format'];
    const target = multipliedOut(block);
    const [source, integers] = [codecOf(block.choices[0].element), codecOf(target.choices[0].element)];
    const group = matrix.codes.length / microExponents.length;
    const codes = Uint8Array.from(matrix.codes, (code, i) =>
      integers.encode(source.decode(code) * 2 ** microExponents[Math.floor(i / group)]!),
    );
    const plain = { format: target, cols: matrix.cols, codes, scales: matrix.scales };
    this.#plain.set(matrix, plain);
    return plain;
  }

  /** A whole tensor, transposed and transformed. */
  #input(tensor: number, action: Quantization): Matrix {
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
  #turned(matrix: Matrix, action: Quantization): Matrix {
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
      case 'cut':
        return rounded({ rows, cols, data: this.#cutOff(tile) }, tile.format);
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
      case 'larger':
        return toMatrix(largerOf(tile.tiles.map((each) => this.real(each))));
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
      case 'cut':
        // It belongs to the representation: the ideal of the codes beside it is the whole.
        return { rows, cols, data: new Float64Array(rows * cols) };
      case 'transformed':
        return idealTransform(this.ideal(tile.source), tile.size, this.seed);
      case 'maximum':
        return joinedMaximum(
          tile,
          (source) => this.ideal(source),
          (matrix, size) => idealTransform(matrix, size, this.seed),
        );
      case 'larger':
        return largerOf(tile.tiles.map((each) => this.ideal(each)));
    }
  }
}

/** The larger of each element; NaN where one is. */
function largerOf(tiles: readonly (Matrix | IdealMatrix)[]): IdealMatrix {
  const { rows, cols } = tiles[0]!;
  const data = Float64Array.from({ length: rows * cols }, (_, i) =>
    Math.max(...tiles.map((tile) => tile.data[i]!)),
  );
  return { rows, cols, data };
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

function levelOf(
  { tensorScale, rowScales }: Pick<CodedMatrix, 'tensorScale' | 'rowScales'>,
  row: number,
  rows: number,
): SecondLevel {
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
