/**
 * What coverage looks at in one block of a quantise unit: every candidate with its scale, its elements before they are
 * rounded to codes, and its error. From the operands alone, by the rule of the unit's policy and the codecs.
 *
 * Each step is one float32 operation: the double nearest to its exact result, rounded once more, is that of two float32
 * (sums, products, quotients). A BF16 number times a float32 has 32 significand bits and a product of two float32 has 48:
 * `exact` is exact.
 */
import {
  type BlockFormat,
  codecOf,
  type ElementFormat,
  type EncodeTable,
  encodeBits,
  encodeTableOf,
  gainFloat32,
  inverseGainFloat32,
  resolvePolicy,
  SELECTOR_BIT,
} from '../../../formats/index.js';
import { bitsToFloat32, float32Bits } from '../../../numerics/index.js';
import type { BlockElements } from './elements.js';

const f = Math.fround;
export const FLOAT_MAX = bitsToFloat32(0x7f7fffff);

/** One way to write a block. */
export interface Candidate {
  /** Begins the names of its bins; empty for the only candidate. */
  readonly label: string;
  readonly element: ElementFormat;
  /** Factor on the mapped scale. */
  readonly stretch: number;
  readonly gain: number;
  readonly inverseGain: number;
  /** Set in the scale byte if it wins. */
  readonly selector: number;
  /** Non-negative values that an encoder produces, rising. */
  readonly values: readonly number[];
  /** float32 bits of the middles between them. */
  readonly boundaries: readonly number[];
}

/** A quantise unit as data. */
export interface QuantizerRule {
  readonly format: BlockFormat;
  readonly candidates: readonly Candidate[];
  /** What the block maximum is mapped to. */
  readonly target: number;
}

/** A candidate on a block. */
export interface Trial {
  readonly candidate: Candidate;
  /** What the scale code is rounded from. */
  readonly wanted: number;
  readonly scaleCode: number;
  /** dec · scale, and what elements are multiplied by. */
  readonly step: number;
  readonly inverse: number;
  /** Elements before the last product is rounded, and after. */
  readonly exact: Float64Array;
  readonly y: Float32Array;
  /** Bits of |y|. */
  readonly bits: Int32Array;
  readonly codes: Uint8Array;
  /** Decoded elements and the sum of their squared errors; zeros where nothing is compared. */
  readonly decoded: Float32Array;
  readonly error: number;
}

export interface QuantizerFacts extends BlockElements {
  readonly enc: number;
  readonly dec: number;
  /** 0 where the unit has no such port. */
  readonly amax: number;
  readonly maximum: number;
  /** maximum / target, and that times `enc`. */
  readonly share: number;
  readonly mapped: number;
  readonly trials: readonly Trial[];
  /** The trial that is the result. */
  readonly chosen: Trial;
}

/** The rule of a unit's policy: the candidates that `mse` compares; the first alone under `static_6`, which compares none. */
export function quantizerRule(format: BlockFormat, policyText: string): QuantizerRule {
  const isAdaptive = resolvePolicy(format, policyText).rule === 'mse';
  const [first] = format.choices;
  const target = codecOf(first.element).maxValue;
  if (!isAdaptive) return { format, target, candidates: [candidateOf(first, '', 1, 0)] };
  const candidates =
    format.choices.length === 1
      ? [1, 1.5].map((stretch) => candidateOf(first, `to ${target / stretch}: `, stretch, 0))
      : format.choices.map((choice, i) =>
          candidateOf(choice, `${choice.element.name}: `, 1, i === 0 ? 0 : SELECTOR_BIT),
        );
  return { format, target, candidates };
}

function candidateOf(
  choice: BlockFormat['choices'][number],
  label: string,
  stretch: number,
  selector: number,
): Candidate {
  const { element } = choice;
  const { decode, maxValue, width } = codecOf(element);
  const values = Array.from({ length: 2 ** (width - 1) }, (_, code) => decode(code)).filter(
    (value) => value <= maxValue,
  );
  const boundaries = values.slice(1).map((value, i) => float32Bits((value + values[i]!) / 2));
  const [gain, inverseGain] = [gainFloat32(choice), inverseGainFloat32(choice)];
  return { label, element, stretch, gain, inverseGain, selector, values, boundaries };
}

/** The float32 operands of a block. */
export interface TensorScales {
  readonly enc: number;
  readonly dec: number;
  readonly amax: number;
}

/** Reads the facts of blocks of a unit. */
export function quantizerFacts(
  rule: QuantizerRule,
): (elements: BlockElements, scales: TensorScales) => QuantizerFacts {
  const { format, candidates, target } = rule;
  const tables = candidates.map(({ element }) => encodeTableOf(element));
  const divisor = tensorDivisor(rule);
  const scaleTable = encodeTableOf(format.scale);
  return ({ elements, x }, { enc, dec, amax }) => {
    const maximum = x.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    const share = f(maximum / target);
    const mapped = f(share * enc);
    const trials = candidates.map((candidate, c): Trial => {
      const wanted = f(mapped * candidate.stretch);
      const scaleCode = encodeBits(scaleTable, float32Bits(wanted));
      const scale = codecOf(format.scale).decode(scaleCode);
      const step = f(dec * scale);
      const inverse = scale === 0 ? 0 : Math.min(f(1 / step), FLOAT_MAX);
      const scaled = scaledElements(x, inverse, candidate, tables[c]!);
      const compared =
        candidates.length === 1
          ? { decoded: new Float32Array(x.length), error: 0 }
          : errorOf(x, scaled.codes, scale, candidate, amax, divisor);
      return { candidate, wanted, scaleCode, step, inverse, ...scaled, ...compared };
    });
    const chosen = trials.reduce((best, trial) => (trial.error < best.error ? trial : best));
    return { elements, x, enc, dec, amax, maximum, share, mapped, trials, chosen };
  };
}

/** enc = this / amax: the largest element times what the largest scale is mapped to, 256 with two scales. */
export function tensorDivisor({ format, candidates, target }: QuantizerRule): number {
  const hasTwoScales = candidates.some(({ stretch }) => stretch !== 1);
  return target * (hasTwoScales ? 256 : codecOf(format.scale).maxValue);
}

function scaledElements(
  x: Float32Array,
  inverse: number,
  { inverseGain }: Candidate,
  table: EncodeTable,
): Pick<Trial, 'exact' | 'y' | 'bits' | 'codes'> {
  const exact = Float64Array.from(x, (value) =>
    // A sum with +0 makes −0 the zero that it counts as; an inverse of 0 makes zeros without a sign.
    inverse === 0 ? 0 : inverseGain === 1 ? (value + 0) * inverse : f((value + 0) * inverse) * inverseGain,
  );
  const y = Float32Array.from(exact);
  const bits = new Int32Array(y.buffer);
  const codes = Uint8Array.from(bits, (word) => encodeBits(table, word));
  return { exact, y, bits: bits.map((word) => word & 0x7fffffff), codes };
}

function errorOf(
  x: Float32Array,
  codes: Uint8Array,
  scale: number,
  { element, gain }: Candidate,
  amax: number,
  divisor: number,
): Pick<Trial, 'decoded' | 'error'> {
  const { decode } = codecOf(element);
  const decoded = Float32Array.from(codes, (code) =>
    f(f(f(f(decode(code) * scale) * amax) * gain) / divisor),
  );
  let error = 0;
  for (let i = 0; i < x.length; i++) {
    const difference = f(decoded[i]! - x[i]!);
    error = f(error + f(difference * difference));
  }
  return { decoded, error };
}
