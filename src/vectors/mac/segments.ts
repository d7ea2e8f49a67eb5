/** Between columns and the segments that designs, oracles and coverage speak of. */
import type { OperandSlice, Segment, Slice } from '../../../rtl-model/designs/index.js';
import { type Columns, codesAt, setCodes, setValue } from '../layout.js';
import type { DotFields, MacVectors, SegmentLines, SideFields } from './layout.js';

function sliceOf(side: SideFields, lanes: number, columns: Columns, line: number): OperandSlice {
  const { ports, codes, scales, micro } = side;
  return {
    // TF32 codes have 19 bits.
    codes: codesAt(columns, codes, line, ports.codeWidth, new Uint32Array(lanes)),
    scales:
      scales === undefined
        ? []
        : codesAt(columns, scales, line, ports.scaleWidth, new Uint16Array(ports.blocks)),
    micro: micro === undefined ? [] : codesAt(columns, micro, line, 1, new Uint16Array(ports.microWidth)),
  };
}

/** The dot product in these lines. */
export function segmentAt(vectors: DotFields, columns: Columns, { from, to }: SegmentLines): Segment {
  const { design, sides, addend } = vectors;
  const slices = Array.from({ length: to - from }, (_, i): Slice => {
    const [a, w] = sides.map((side) => sliceOf(side, design.lanes, columns, from + i));
    return { a: a!, w: w! };
  });
  return addend === undefined ? { slices } : { slices, addend: columns[addend.column]![from]! };
}

/** Writes one slice. */
export function putSlice(vectors: MacVectors, columns: Columns, line: number, { a, w }: Slice): void {
  vectors.sides.forEach((side, i) => {
    const slice = i === 0 ? a : w;
    const { ports, codes, scales, micro } = side;
    setCodes(columns, codes, line, ports.codeWidth, slice.codes);
    if (scales !== undefined) setCodes(columns, scales, line, ports.scaleWidth, slice.scales);
    if (micro !== undefined) setCodes(columns, micro, line, 1, slice.micro ?? []);
  });
}

/** Writes the marks of a dot product: first, last, addend, check. */
export function markSegment(
  vectors: MacVectors,
  columns: Columns,
  { from, to }: SegmentLines,
  addend: number,
): void {
  for (let line = from; line < to; line++) {
    if (vectors.first !== undefined) columns[vectors.first.column]![line] = Number(line === from);
    if (vectors.last !== undefined) columns[vectors.last.column]![line] = Number(line === to - 1);
    if (vectors.addend !== undefined) columns[vectors.addend.column]![line] = addend;
    columns[vectors.check.column]![line] = Number(line === to - 1);
  }
}

/** Writes the results of a dot product into its last line; null is NaN. */
export function putResults(
  { results, nan }: MacVectors,
  columns: Columns,
  line: number,
  values: readonly (bigint | null)[],
): void {
  results.forEach((field, i) => {
    setValue(columns, field, line, values[i] ?? 0n);
  });
  if (nan !== undefined) columns[nan.column]![line] = Number(values.includes(null));
}
