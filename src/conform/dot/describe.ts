/** A mismatching dot product as text: where it is, its operands decoded, both results. */
import { type DotOracle, type OperandCodes, type OperandFormat, valueOfResult } from '../../dot/index.js';
import { codecOf, type ElementFormat } from '../../formats/index.js';
import { hex } from '../../numerics/index.js';

/** One mismatch on a few lines. Long operands are cut. */
export function describeDot(
  oracle: DotOracle,
  place: string,
  a: OperandCodes,
  b: OperandCodes,
  c: number,
  theirs: number,
  ours: number,
): string {
  const result = (bits: number): string => `0x${hex(bits, 8)} (${valueOfResult(oracle.semantic, bits)})`;
  return [
    `${place}: theirs ${result(theirs)}, ours ${result(ours)}, C ${result(c)}`,
    `  a: ${decoded(oracle.aFormat, a)}`,
    `  b: ${decoded(oracle.bFormat, b)}`,
  ].join('\n');
}

/** Scales and the first elements of an operand, as numbers. */
function decoded(format: OperandFormat, { codes, scales }: OperandCodes): string {
  if (format.kind !== 'block') return values(format, codes);
  const reads = Array.from(scales, (byte) => `0x${hex(byte, 2)} = ${codecOf(format.scale).decode(byte)}`);
  const second = format.choices[1];
  const int = second !== undefined && ((scales[0] ?? 0) & 0x80) !== 0;
  return `scales ${reads.slice(0, 4).join(', ')}; ${values((int ? second : format.choices[0]).element, codes)}`;
}

function values(element: ElementFormat, codes: ArrayLike<number>): string {
  const { decode } = codecOf(element);
  const shown = Array.from({ length: Math.min(codes.length, 16) }, (_, i) => decode(codes[i]!));
  return `${element.name} ${shown.map((x) => (Object.is(x, -0) ? '-0' : x)).join(' ')}${codes.length > 16 ? ' …' : ''}`;
}
