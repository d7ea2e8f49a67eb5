/** A dot product for a person: its operands as numbers, and the oracle's account of it. */
import { type OperandSlice, traceOf } from '../../../rtl-model/designs/index.js';
import { hasBlockScales, type OperandFormat } from '../../dot/index.js';
import { codecOf, SELECTOR_BIT } from '../../formats/index.js';
import { ConfigurationError, hex } from '../../numerics/index.js';
import type { Columns } from '../layout.js';
import type { Explanation } from '../unit.js';
import type { DotFields, SegmentLines } from './layout.js';
import { segmentAt } from './segments.js';

export function explainDot(vectors: DotFields, columns: Columns, lines: SegmentLines): Explanation {
  const { design } = vectors;
  const segment = segmentAt(vectors, columns, lines);
  const operands = segment.slices.flatMap(({ a, w }, i) => [
    `slice ${i} a: ${sliceText(a, design.a, design.lanes)}`,
    `slice ${i} w: ${sliceText(w, design.w, design.lanes)}`,
  ]);
  if (segment.addend !== undefined) operands.push(`C: 0x${hex(segment.addend, 8)}`);
  return { operands, trace: traced(vectors, segment) };
}

/** Formats that the oracle of the semantic does not take have no account. */
function traced({ design }: DotFields, segment: Parameters<ReturnType<typeof traceOf>>[0]) {
  try {
    return traceOf(design)(segment);
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

/** Element values, and the scales that they stand under. */
export function sliceText(
  { codes, scales, micro }: OperandSlice,
  format: OperandFormat,
  lanes: number,
): string {
  const perScale = Math.max(1, lanes / Math.max(1, scales.length));
  const values = Array.from(codes, (code, i) => {
    const scale = scales[Math.floor(i / perScale)] ?? 0;
    return numberText(codecOf(elementUnder(format, scale)).decode(code));
  });
  const micros =
    micro === undefined || micro.length === 0 ? '' : `, micro-exponents ${Array.from(micro).join('')}`;
  if (!hasBlockScales(format)) return values.join(' ') + micros;
  const scaleCodec = codecOf(format.scale);
  const scaleTexts = Array.from(
    scales,
    (scale) => `${numberText(scaleCodec.decode(scale))} (0x${hex(scale, 2)})`,
  );
  return `${values.join(' ')} × ${scaleTexts.join(', ')}${micros}`;
}

function elementUnder(format: OperandFormat, scale: number) {
  if (format.kind !== 'block') return format;
  const second = format.selector !== 'none' && (scale & SELECTOR_BIT) !== 0;
  return format.choices[second ? 1 : 0]!.element;
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '−0' : String(value);
}
