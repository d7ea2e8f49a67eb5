/**
 * Micro-exponents multiplied out: a format whose groups double their elements, as plain integers under the same block
 * scale. It is what a multiplier sees behind its decoder; in memory the elements stay narrow.
 */
import { type BlockFormat, plainChoice } from './block.js';
import { codecOf, valuesOf } from './codec.js';
import { type ElementFormat, type IntegerFormat, minExponent, widthOf } from './element.js';
import type { QuantizedMatrix } from './matrix.js';

const formats = new WeakMap<BlockFormat, BlockFormat>();

/** The format that holds the same values without micro-exponents: itself if it has none. */
export function multipliedOut(format: BlockFormat): BlockFormat {
  if (format.microGroups === undefined) return format;
  let plain = formats.get(format);
  if (plain === undefined) {
    const { microGroups, ...rest } = format;
    const element = integersOf(format.choices[0].element, microGroups.length);
    plain = { ...rest, name: `${format.name}-integers`, choices: [plainChoice(element)] };
    formats.set(format, plain);
  }
  return plain;
}

/** Multiples of the element's finest step, up to its largest value doubled `doublings` times. */
function integersOf(element: ElementFormat, doublings: number): IntegerFormat {
  const largest = codecOf(element).maxValue;
  const lowest = element.kind === 'float' ? minExponent(element) : 0;
  const fractionBits = element.fractionBits - lowest;
  const bits = Math.ceil(Math.log2(largest * 2 ** (fractionBits + doublings) + 1)) + 1;
  return {
    kind: 'integer',
    name: `${element.name}-doubled`,
    bits,
    representation: 'sign-magnitude',
    fractionBits,
    maxMagnitude: 2 ** (bits - 1) - 1,
    source: element.source,
  };
}

/** The codes of a matrix in its format multiplied out. */
export function multiplyOut({ format, codes, microExponents }: QuantizedMatrix): Uint8Array {
  if (microExponents === undefined) return codes;
  const element = multipliedOut(format).choices[0].element;
  const values = valuesOf(format.choices[0].element);
  const sign = 2 ** (widthOf(element) - 1);
  const group = codes.length / microExponents.length;
  return codes.map((code, i) => {
    const steps = values[code]! * 2 ** (element.fractionBits + microExponents[Math.floor(i / group)]!);
    return steps < 0 ? sign - steps : steps;
  });
}
