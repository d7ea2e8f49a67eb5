/**
 * What the quantise unit does to values: stages in, a stage out, through the quantisers of the format catalogue.
 * When it does it, and what it may not do, is elsewhere (`units/quantize-timing.ts`, `quantize-checks.ts`).
 */
import type { QuantizeOperation } from '../../isa/index.js';
import {
  codecOf,
  dequantize,
  type ElementFormat,
  GaloisLfsr,
  hadamard,
  type Matrix,
  multiplyOut,
  type QuantizedMatrix,
  quantize,
  quantizerInput,
  transpose,
} from '../formats/index.js';
import type { Kernels } from '../kernels/index.js';
import { valuesOf } from './datapath.js';
import type { CodedMatrix, GlobalTensor, InputTensor } from './global-memory.js';
import { ditherSeed, type Making, type TileHistory } from './history.js';
import { Accumulator, type BufferStage } from './local-memory.js';
import { isStochastic, planQuantize, type QuantizePlan } from './quantize-policy.js';

type Source = BufferStage | Accumulator;
type BlockPlan = Extract<QuantizePlan, { kind: 'blocks' }>;
type ActionOf<K extends QuantizeOperation['action']['kind']> = Extract<
  QuantizeOperation['action'],
  { kind: K }
>;

/** Candidates of a block that round on their own. */
const CANDIDATES = 2;

export class Conversions {
  /** Largest magnitudes of whole tensors, as a policy sees them, of the tensor or of each row. */
  readonly #maxima = new Map<string, Float32Array>();

  constructor(
    private readonly kernels: Kernels,
    private readonly tensors: readonly GlobalTensor[],
    private readonly seed: number,
  ) {}

  /** Carries out an operation. The stages have been checked. */
  convert(destination: BufferStage, source: Source, action: QuantizeOperation['action']): void {
    const history = this.historyOf(source);
    const { rows, cols } = destination.declaration;
    const made = (making: Making): TileHistory => ({ rows, cols, ...making });
    switch (action.kind) {
      case 'quantize':
        this.#quantize(destination, source, history, action);
        destination.history = made({ kind: 'quantized', source: history, action });
        return;
      case 'dequantize':
        putElements(destination, dequantize(codedOf(source as BufferStage)).data);
        destination.history = made({ kind: 'dequantized', source: history, format: destination.format.name });
        return;
      case 'transform':
        putElements(destination, hadamard(this.realOf(source), action.size, this.seed).data);
        destination.history = made({
          kind: 'transformed',
          source: history,
          size: action.size,
          format: destination.format.name,
        });
        return;
      case 'maximum':
        this.#maximum(destination, source, history, action);
    }
  }

  #quantize(
    destination: BufferStage,
    source: Source,
    history: TileHistory,
    action: ActionOf<'quantize'>,
  ): void {
    const plan = planQuantize(action, this.seed);
    const real = this.realOf(source);
    if (plan.kind === 'elements') {
      putElements(destination, (action.transposed ? transpose(real) : real).data);
      return;
    }
    const { format, policy } = plan;
    const draws = isStochastic(policy) ? this.#draws(history) : undefined;
    const quantized = quantize(format, real, policy, { draws, maxima: this.#secondLevel(plan, history) });
    const { scales, tensorScale, rowScales } = quantized;
    destination.put(multiplyOut(quantized), scales, {
      tensorScale,
      ...(rowScales === undefined ? {} : { rowScales }),
    });
  }

  #maximum(
    destination: BufferStage,
    source: Source,
    history: TileHistory,
    action: ActionOf<'maximum'>,
  ): void {
    const { rows, cols } = destination.declaration;
    const turned = action.transposed ? transpose(this.realOf(source)) : this.realOf(source);
    const input = action.hadamard === 1 ? turned : hadamard(turned, action.hadamard, this.seed);
    const before = action.fresh ? new Float32Array(rows) : elementsOf(destination);
    const found = rows === 1 ? Float32Array.of(largestOf(input.data)) : rowMaxima(input);
    putElements(
      destination,
      found.map((value, i) => Math.max(value, before[i]!)),
    );
    const earlier = destination.history;
    const sources = action.fresh || earlier?.kind !== 'maximum' ? [] : earlier.sources;
    destination.history = { rows, cols, kind: 'maximum', sources: [...sources, { source: history, action }] };
  }

  /** The values of a source of an element format, or of an accumulator. */
  realOf(source: Source): Matrix {
    const { rows, cols } = source.declaration;
    if (!(source instanceof Accumulator)) return { rows, cols, data: elementsOf(source) };
    const bits = valuesOf(this.kernels, source);
    return { rows, cols, data: new Float32Array(bits.buffer, bits.byteOffset, bits.length) };
  }

  /** How the contents of a stage came about. */
  historyOf(source: Source): TileHistory {
    const { rows, cols } = source.declaration;
    if (source instanceof Accumulator) return { rows, cols, kind: 'accumulated', steps: source.history };
    return source.history!;
  }

  /** Random bits for every element of a tile, row by row of what is quantised, as fractions of 256. */
  #draws(history: TileHistory): Float32Array[] {
    return Array.from({ length: CANDIDATES }, (_, candidate) => {
      const lfsr = new GaloisLfsr(ditherSeed(this.seed, history, candidate));
      return Float32Array.from({ length: history.rows * history.cols }, () => lfsr.bits8() / 256);
    });
  }

  /** Maxima of the tensor that the source was loaded from; undefined where the tile stands for itself. */
  #secondLevel({ format, policy }: BlockPlan, source: TileHistory): Float32Array | undefined {
    if (source.kind !== 'loaded') return undefined;
    const perRow = format.tensorScale === 'fp32-per-row';
    const key = `${source.tensor} ${perRow} ${policy.transpose} ${policy.hadamard} ${format.blockSize}`;
    let maxima = this.#maxima.get(key);
    if (maxima === undefined) {
      const { quantized } = this.tensors[source.tensor] as InputTensor;
      const input = quantizerInput(format, decoded(quantized), policy);
      maxima = perRow ? rowMaxima(input) : Float32Array.of(largestOf(input.data));
      this.#maxima.set(key, maxima);
    }
    if (!perRow) return maxima;
    const [first, count] = policy.transpose === 'yes' ? [source.col, source.cols] : [source.row, source.rows];
    return maxima.subarray(first, first + count);
  }
}

/** Values of a stage of an element format. */
export function elementsOf({ format, codes }: BufferStage): Float32Array {
  const codec = codecOf(format as ElementFormat);
  return Float32Array.from(codes, (code) => codec.decode(code));
}

/** Values into a stage of an element format; what is out of range becomes the largest. */
function putElements(stage: BufferStage, values: Float32Array): void {
  const codec = codecOf(stage.format as ElementFormat);
  const codes = Uint32Array.from(values, (value) => codec.encode(value));
  stage.put(codes, [], { tensorScale: 1 });
}

/** The real values of an operand tensor of an element format. */
function decoded({ format, rows, cols, codes }: CodedMatrix): Matrix {
  const codec = codecOf(format as ElementFormat);
  return { rows, cols, data: Float32Array.from(codes, (code) => codec.decode(code)) };
}

function codedOf({ operand, declaration, codes, scales, factors }: BufferStage): QuantizedMatrix {
  const { rows, cols } = declaration;
  return {
    format: operand as QuantizedMatrix['format'],
    rows,
    cols,
    codes: codes as Uint8Array,
    scales,
    ...factors,
    policy: '',
  };
}

function largestOf(data: Float32Array): number {
  return data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

function rowMaxima({ rows, cols, data }: Matrix): Float32Array {
  return Float32Array.from({ length: rows }, (_, r) => largestOf(data.subarray(r * cols, (r + 1) * cols)));
}
