/**
 * What the quantise unit does to values: stages in, a stage out, through the quantisers of the format catalogue.
 * When it does it, and what it may not do, is elsewhere (`units/quantize-timing.ts`, `quantize-checks.ts`).
 */
import type { QuantizeOperation } from '../../isa/index.js';
import { hasBlockScales } from '../dot/index.js';
import {
  codecOf,
  dequantize,
  type ElementFormat,
  GaloisLfsr,
  hadamard,
  type Matrix,
  multiplyOut,
  type OutlierLimits,
  outlierLimits,
  type Policy,
  parsePolicy,
  policyText,
  type QuantizedMatrix,
  quantize,
  quantizerInput,
  transpose,
  withoutOutliers,
} from '../formats/index.js';
import type { Datapath } from './datapath.js';
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
  readonly #known = new Map<string, WholeTensor>();

  constructor(
    private readonly datapath: Datapath,
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
      case 'outliers':
        putElements(destination, this.#outliers(this.realOf(source), history, action));
        destination.history = made({
          kind: 'cut',
          source: history,
          action,
          format: destination.format.name,
        });
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
    const { maxima, limits } = this.#wholeTensor(plan, history);
    const quantized =
      limits === undefined
        ? quantize(format, real, policy, { draws, maxima })
        : quantize(format, this.#kept(real, plan, history, limits), plainPolicy(policy), { maxima });
    const { scales, tensorScale, rowScales } = quantized;
    destination.put(multiplyOut(quantized), scales, {
      tensorScale,
      ...(rowScales === undefined ? {} : { rowScales }),
    });
  }

  /** The input of a quantiser without what lies beyond the limits of its tensor. */
  #kept(real: Matrix, { format, policy }: BlockPlan, source: TileHistory, limits: OutlierLimits): Matrix {
    const first = source.kind !== 'loaded' ? 0 : policy.transpose === 'yes' ? source.row : source.col;
    return withoutOutliers(quantizerInput(format, real, policy), limits, first);
  }

  #outliers(real: Matrix, history: TileHistory, action: ActionOf<'outliers'>): Float32Array {
    const plan = planQuantize(action, this.seed) as BlockPlan;
    const whole = quantizerInput(plan.format, real, plan.policy).data;
    const { limits } = this.#wholeTensor(plan, history);
    if (limits === undefined) return new Float32Array(whole.length);
    const kept = this.#kept(real, plan, history, limits).data;
    return whole.map((value, i) => value - kept[i]!);
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
    const bits = this.datapath.bitsOf(source);
    return { rows, cols, data: new Float32Array(bits.buffer, bits.byteOffset, bits.length) };
  }

  /** How the contents of a stage came about. */
  historyOf(source: Source): TileHistory {
    const { rows, cols } = source.declaration;
    if (source instanceof Accumulator) return { rows, cols, kind: 'accumulated', steps: source.history() };
    return source.history!;
  }

  /** Random bits for every element of a tile, row by row of what is quantised, as fractions of 256. */
  #draws(history: TileHistory): Float32Array[] {
    return Array.from({ length: CANDIDATES }, (_, candidate) => {
      const lfsr = new GaloisLfsr(ditherSeed(this.seed, history, candidate));
      return Float32Array.from({ length: history.rows * history.cols }, () => lfsr.bits8() / 256);
    });
  }

  /** What a policy needs to know of the tensor that a source was loaded from; of other sources, of the tile itself. */
  #wholeTensor(plan: BlockPlan, source: TileHistory): WholeTensor {
    if (source.kind !== 'loaded') return {};
    const { format, policy } = plan;
    const perRow = format.tensorScale === 'fp32-per-row';
    const key = `${source.tensor} ${perRow} ${format.blockSize} ${policyText(policy)}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      const { quantized } = this.tensors[source.tensor] as InputTensor;
      const input = quantizerInput(format, decoded(quantized), policy);
      const limits = outlierLimits(input, policy);
      const kept = limits === undefined ? input : withoutOutliers(input, limits);
      known = { maxima: perRow ? rowMaxima(kept) : Float32Array.of(largestOf(kept.data)), limits };
      this.#known.set(key, known);
    }
    if (!perRow) return known;
    const [first, count] = policy.transpose === 'yes' ? [source.col, source.cols] : [source.row, source.rows];
    return { ...known, maxima: known.maxima!.subarray(first, first + count) };
  }
}

/** What comes with a tensor for its quantisation. */
interface WholeTensor {
  /** Largest magnitudes as a policy sees them, of the tensor or of each row. */
  readonly maxima?: Float32Array;
  readonly limits?: OutlierLimits | undefined;
}

/** The policy for an input that has been turned, transformed and cut already. */
function plainPolicy(policy: Policy): Policy {
  const done = 'transpose=no,hadamard=none,outlier-quantile=1,outlier-columns=0';
  return parsePolicy(done, policy);
}

/** Values of a stage of an element format. */
export function elementsOf(stage: BufferStage): Float32Array {
  const codec = codecOf(stage.format as ElementFormat);
  return Float32Array.from(stage.read().codes, (code) => codec.decode(code));
}

/** Values into a stage of an element format; what is out of range becomes the largest. */
function putElements(stage: BufferStage, values: Float32Array): void {
  const codec = codecOf(stage.format as ElementFormat);
  const Codes = codec.width > 16 ? Uint32Array : codec.width > 8 ? Uint16Array : Uint8Array;
  const codes = new Codes(values.length);
  for (let i = 0; i < values.length; i++) codes[i] = codec.encode(values[i]!);
  stage.put(codes, new Uint8Array(0), { tensorScale: 1 });
}

/** The real values of an operand tensor of an element format. */
function decoded({ format, rows, cols, codes }: CodedMatrix): Matrix {
  const codec = codecOf(format as ElementFormat);
  return { rows, cols, data: Float32Array.from(codes, (code) => codec.decode(code)) };
}

function codedOf(stage: BufferStage): QuantizedMatrix {
  const { format, rows, cols, codes, scales, level } = stage.read();
  return {
    format: format as QuantizedMatrix['format'],
    rows,
    cols,
    codes: codes as Uint8Array,
    // Formats without block scales have a code of no bits for each element.
    scales: hasBlockScales(format) ? scales : new Uint8Array(codes.length),
    ...level,
    policy: '',
  };
}

function largestOf(data: Float32Array): number {
  return data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

function rowMaxima({ rows, cols, data }: Matrix): Float32Array {
  return Float32Array.from({ length: rows }, (_, r) => largestOf(data.subarray(r * cols, (r + 1) * cols)));
}
