/**
 * Parts of two-level quantisers, one module each, every step one FP32 operation rounded to nearest even in the order of
 * the quantiser (`src/formats/quantize/two-level.ts`): block maximum, scale code, inverse scale, element codes.
 *
 * Inputs are BF16 (the upper half of FP32). Not modelled: NaN and infinities in the input, policies other than those
 * that the designs name.
 */
import {
  BF16,
  type BlockFormat,
  codecOf,
  type ElementFormat,
  FP32,
  UE4M3,
  widthOf,
} from '../../../src/formats/index.js';
import { float32Bits } from '../../../src/numerics/index.js';
import { concat, defineModule, type ModuleBuilder, memoizedModule, type Word } from '../../hdl/index.js';
import {
  decodeFloat,
  exactToFloatAt,
  floatDivider,
  floatMultiplier,
  maximumOf,
  negateIf,
  packFloat,
} from '../../library/index.js';
import { bitsOf } from './operand.js';

/** Width of an input element. */
export const INPUT_WIDTH = widthOf(BF16);
const FLOAT_WIDTH = widthOf(FP32);
const LARGEST_FLOAT = float32Bits(3.4028234663852886e38);

/** A BF16 code as FP32. */
export function fromInput(x: Word): Word {
  return concat(x, x.context.constant(FLOAT_WIDTH - INPUT_WIDTH, 0));
}

/** FP32 product; subnormals are kept. */
export function times(m: ModuleBuilder, name: string, a: Word, b: Word): Word {
  return m.instance(name, floatMultiplier(FP32, { subnormals: 'keep' }), { a, b }).product;
}

/** FP32 quotient. */
export function divide(m: ModuleBuilder, name: string, a: Word, b: Word): Word {
  return m.instance(name, floatDivider(FP32), { a, b }).quotient;
}

/** A float32 constant. */
export function float32(m: ModuleBuilder, value: number): Word {
  return m.constant(FLOAT_WIDTH, float32Bits(value));
}

/** Largest magnitude of BF16 words, as FP32: magnitudes are ordered like their codes. */
export function blockMaximum(words: readonly Word[]): Word {
  const magnitudes = words.map((word) => word.truncate(INPUT_WIDTH - 1));
  const largest = maximumOf(magnitudes);
  return fromInput(concat(largest.context.constant(1, 0), largest));
}

/** h = (maximum / target) · enc · stretch, each step rounded: what the scale code is rounded from. */
export function mappedScale(m: ModuleBuilder, maximum: Word, enc: Word, target: number): Word {
  return times(m, 'map', divide(m, 'per_target', maximum, float32(m, target)), enc);
}

/** The scale code nearest to a non-negative FP32 number: ties to even, saturating, subnormals kept. */
export const scaleEncoder = memoizedModule(() =>
  defineModule({
    name: 'ue4m3_encode',
    summary: 'UE4M3 code of a non-negative FP32 number, nearest even, saturating at 448',
    inputs: { x: FLOAT_WIDTH },
    body: (m, { x }) => {
      const fields = decodeFloat(FP32, x);
      // Packed with one exponent bit more than the format has, then cut off at its largest finite code.
      const { fractionBits, exponentBits, bias } = UE4M3;
      const wide = { ...FP32, name: 'ue4m3-wide', exponentBits: exponentBits + 1, fractionBits, bias };
      const exponent = fields.exponent.zeroExtend(FP32.exponentBits + 2).minus(FP32.bias - bias);
      const rule = { format: wide, fractionBits, rounding: 'nearest-even' as const };
      const { code } = packFloat(rule, m.constant(1, 0), exponent, fields.significand);
      const largest = codecOf(UE4M3).encode(Number.POSITIVE_INFINITY);
      const body = code.truncate(code.width - 1);
      return {
        code: body
          .lessThan(largest + 1)
          .choose(body, largest)
          .truncate(widthOf(UE4M3)),
      };
    },
  }),
);

/** The value of a scale code as FP32, exact. */
export function scaleValue(m: ModuleBuilder, code: Word): Word {
  const { exponent, significand } = decodeFloat(UE4M3, code);
  const top = exponent.zeroExtend(FP32.exponentBits).plus(FP32.bias - UE4M3.bias);
  return exactToFloatAt(FP32, m.constant(1, 0), significand, top);
}

/** min(1 / (dec · scale), largest float), 0 for a zero scale: what elements are multiplied by. */
export const inverseScale = memoizedModule(() =>
  defineModule({
    name: 'inverse_scale',
    summary: 'min(1 / (dec * scale), largest float32), 0 for scale 0; scale is a UE4M3 code',
    inputs: { scale: widthOf(UE4M3), dec: FLOAT_WIDTH },
    body: (m, { scale, dec }) => {
      const step = times(m, 'step', dec, scaleValue(m, scale));
      const inverse = divide(m, 'reciprocal', float32(m, 1), step);
      const limited = inverse.lessThan(LARGEST_FLOAT).choose(inverse, LARGEST_FLOAT);
      return { inverse: scale.anyOne().choose(limited, 0) };
    },
  }),
);

/**
 * The element code of an FP32 number: nearest, ties to the even code, saturating. A negative number that rounds to zero
 * becomes −0 where the format has one, but an input of −0 (`negative` 0) becomes 0.
 */
export const elementEncoder = memoizedModule((format: ElementFormat) =>
  defineModule({
    name: `${format.name.replaceAll('-', '_')}_encode`,
    summary: `${format.name} code of an FP32 number, nearest even, saturating`,
    inputs: { y: FLOAT_WIDTH, negative: 1 },
    body: (m, { y, negative }) => {
      const magnitude = y.truncate(FLOAT_WIDTH - 1);
      const values = positiveValues(format);
      const bits = widthOf(format) - 1;
      let index = m.constant(bits, 0);
      for (let i = 0; i + 1 < values.length; i++) {
        // Between code i and i + 1: the midpoint itself goes to the even one.
        const midpoint = float32Bits((values[i]! + values[i + 1]!) / 2);
        const above = magnitude.lessThan(midpoint + (i % 2 === 0 ? 1 : 0)).not();
        index = above.choose(i + 1, index);
      }
      if (format.kind === 'float') return { code: concat(negative, index) };
      return { code: negateIf(negative, index.zeroExtend(bits + 1)) };
    },
  }),
);

/** Values of the non-negative codes that an encoder produces, rising; they are the codes 0, 1, 2, …. */
function positiveValues(format: ElementFormat): number[] {
  const { decode, maxValue } = codecOf(format);
  const values: number[] = [];
  for (let code = 0; decode(code) <= maxValue && values.length < 2 ** (widthOf(format) - 1); code++)
    values.push(decode(code));
  return values;
}

/** Whether an input counts as negative: its sign, but not that of −0. A zero scale (inverse 0) makes plain zeros. */
export function countsAsNegative(x: Word, inverse: Word): Word {
  return x
    .bit(-1)
    .and(x.truncate(x.width - 1).anyOne())
    .and(inverse.anyOne());
}

/** The magnitude of an element code as FP32 times a scale, exact; the sign of the code. */
export function scaledElement(m: ModuleBuilder, format: ElementFormat, code: Word, scale: Word): Word {
  const { exponent, significand } = decodeFloat(UE4M3, scale);
  const sign = code.bit(-1);
  const magnitudes = Array.from(
    { length: 2 ** code.width },
    (_, c) => Math.abs(codecOf(format).decode(c)) * 2,
  );
  const width = bitsOf(Math.max(...magnitudes));
  const magnitude = magnitudes.reduce(
    (word, value, c) => code.equals(c).choose(value, word),
    m.constant(width, 0),
  );
  const product = magnitude.times(significand);
  // Elements count half units; the scale's significand counts 2^−fractionBits.
  const top = product.width - 1 - 1 - UE4M3.fractionBits + FP32.bias - UE4M3.bias;
  return exactToFloatAt(FP32, sign, product, exponent.zeroExtend(FP32.exponentBits).plus(top));
}

/** Largest element of the first choice: what the block maximum is mapped to. */
export function targetOf(format: BlockFormat): number {
  return codecOf(format.choices[0].element).maxValue;
}
