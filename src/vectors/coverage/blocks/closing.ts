/** Blocks that close what the other classes of level 1 leave open. */
import type { UnitDesign } from '../../../../rtl-model/designs/index.js';
import { BF16, type BlockFormat, codecOf } from '../../../formats/index.js';
import { bitsToFloat32, float32Bits } from '../../../numerics/index.js';
import {
  type Candidate,
  type QuantizerRule,
  quantizerRule,
  type TensorScales,
  tensorDivisor,
} from './quantizer-facts.js';
import { MATRIX } from './transform-facts.js';

/** Numbers of a block; scales for quantise units. */
export interface ClosingBlock {
  readonly x: readonly number[];
  readonly scales?: TensorScales;
}

const f = Math.fround;
const { encode, decode } = codecOf(BF16);

/** The closing blocks of a unit. */
export function closingBlocks({ kind, format, policy }: UnitDesign): ClosingBlock[] {
  if (kind === 'transform') return matrixRows();
  const rule = quantizerRule(format as BlockFormat, policy);
  return [
    ...rule.candidates.flatMap((candidate) => gridBlocks(rule, candidate)),
    ...rule.candidates.flatMap((candidate) => scaleBoundaryBlocks(rule, candidate)),
    ...(rule.candidates.length > 1 ? errorBlocks(rule) : []),
  ];
}

/** A block whose maximum is mapped to a scale, with the decode scale and the tensor maximum that belongs to it. */
function blockOf(rule: QuantizerRule, x: readonly number[], mapped: number, dec: number): ClosingBlock {
  const maximum = Math.max(...x.map(Math.abs));
  const enc = f(mapped / f((maximum === 0 ? rule.target : maximum) / rule.target));
  return { x, scales: { enc, dec, amax: f(dec * tensorDivisor(rule)) } };
}

/**
 * The values of a candidate, the middles between them, and a number beyond, of both signs; zeros among them. Its scale is
 * 2 and the decode scale one half, so that nothing is scaled.
 */
function gridBlocks(rule: QuantizerRule, { values, boundaries, stretch }: Candidate): ClosingBlock[] {
  const grid = [...values, ...boundaries.map(bitsToFloat32), values.at(-1)! * 2];
  return grid.flatMap((value) =>
    [value, -value].map((first) => {
      const x = Array.from({ length: rule.format.blockSize }, (_, i) => (i % 2 === 0 ? first : -first));
      return blockOf(rule, x, f(2 / stretch), 0.5);
    }),
  );
}

/** Encode scales that put the wanted scale on each boundary between two scale codes, and a last place beside it. */
function scaleBoundaryBlocks(rule: QuantizerRule, { stretch }: Candidate): ClosingBlock[] {
  const { scale } = rule.format;
  const scaleOf = codecOf(scale).decode;
  const last = codecOf(scale).encode(codecOf(scale).maxValue);
  const x = Array.from({ length: rule.format.blockSize }, (_, i) => (i === 0 ? rule.target : i / 4));
  return Array.from({ length: last }, (_, code) => (scaleOf(code) + scaleOf(code + 1)) / 2).flatMap(
    (middle) =>
      [-1, 0, 1].map((places) => {
        const mapped = bitsToFloat32(float32Bits(middle / stretch) + places);
        return blockOf(rule, x, mapped, f(1 / middle));
      }),
  );
}

/** Binades in which a squared error is about the least normal float32, or beyond the largest. */
const SQUARES = [-66, -64, 64, 65, 66] as const;
/** Numbers that one candidate of a unit has at a scale of 1 and the other has not: 4 against 4.5, 36/7 and 6. */
const APART = [4, 4.5, 36 / 7] as const;

function errorBlocks(rule: QuantizerRule): ClosingBlock[] {
  return SQUARES.flatMap((exponent) =>
    APART.map((value, lane) => {
      const x = new Array<number>(rule.format.blockSize).fill(0);
      x[lane] = decode(encode(value * 2 ** exponent));
      return blockOf(rule, x, 1, 2 ** exponent);
    }),
  );
}

/** The rows of the matrix, of both signs: the transform has one output that is not zero. */
function matrixRows(): ClosingBlock[] {
  return MATRIX.flatMap((row, i) => [1, -1].map((sign) => ({ x: row.map((x) => sign * x * 2 ** (i - 8)) })));
}
