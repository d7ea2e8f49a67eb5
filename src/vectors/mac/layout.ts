/** The fields of a MAC's vectors, from its protocol: a line is one slice, taken at one enabled edge. */
import type { DotUnit, OperandPorts } from '../../../rtl-model/designs/index.js';
import { type Columns, type Field, fieldNamed, type Layout, layoutOf, type PlacedField } from '../layout.js';

/** Field that says whether a line ends a dot product, and so has a result. */
export const CHECK = 'check';

function operandFields(side: string, ports: OperandPorts, lanes: number): Field[] {
  const { codes, codeWidth, scales, scaleWidth, blocks, micro, microWidth } = ports;
  const role = 'operand';
  const fields: Field[] = [
    {
      name: codes,
      width: lanes * codeWidth,
      role,
      meaning: `${lanes} ${side} elements of ${codeWidth} bits, element 0 lowest`,
    },
  ];
  if (scales !== undefined) {
    const meaning = `scale codes of ${side}, ${blocks} × ${scaleWidth} bits, block 0 lowest`;
    fields.push({ name: scales, width: blocks * scaleWidth, role, meaning });
  }
  if (micro !== undefined) {
    fields.push({ name: micro, width: microWidth, role, meaning: `micro-exponent bits of ${side}` });
  }
  return fields;
}

/** The layout of a MAC's vectors. */
export function macLayout({ protocol, lanes }: DotUnit): Layout {
  const control = (name: string | undefined, meaning: string): Field[] =>
    name === undefined ? [] : [{ name, width: 1, role: 'control', meaning }];
  const addend: Field[] =
    protocol.addend === undefined
      ? []
      : [
          {
            name: protocol.addend,
            width: 32,
            role: 'operand',
            meaning: 'addend C, taken with the first slice',
          },
        ];
  const results = protocol.results.map(
    ({ port, width, kind, unitExponent }): Field => ({
      name: port,
      width,
      role: 'result',
      meaning: kind === 'bits' ? 'result' : `two's complement register, unit 2^${unitExponent}; 0 when NaN`,
    }),
  );
  const nan: Field[] =
    protocol.nan === undefined
      ? []
      : [{ name: protocol.nan, width: 1, role: 'result', meaning: '1: the result is NaN' }];
  return layoutOf([
    ...control(protocol.first, 'first slice of a dot product'),
    ...control(protocol.last, 'last slice of a dot product'),
    ...addend,
    ...operandFields('a', protocol.a, lanes),
    ...operandFields('w', protocol.w, lanes),
    ...results,
    ...nan,
    { name: CHECK, width: 1, role: 'check', meaning: '1: the dot product ends here and has this result' },
  ]);
}

/** The fields of a dot product by what they are. */
export interface DotFields {
  readonly design: DotUnit;
  readonly addend: PlacedField | undefined;
  readonly sides: readonly [SideFields, SideFields];
  readonly results: readonly PlacedField[];
  readonly nan: PlacedField | undefined;
}

/** A MAC's vectors: its layout, and what marks a dot product. */
export interface MacVectors extends DotFields {
  readonly layout: Layout;
  readonly first: PlacedField | undefined;
  readonly last: PlacedField | undefined;
  readonly check: PlacedField;
}

export interface SideFields {
  readonly ports: OperandPorts;
  readonly codes: PlacedField;
  readonly scales: PlacedField | undefined;
  readonly micro: PlacedField | undefined;
}

/** The fields of a unit in a layout. Throws `ConfigurationError` if one is missing. */
export function dotFields(design: DotUnit, layout: Layout): DotFields {
  const { protocol } = design;
  const optional = (name: string | undefined) => optionalField(layout, name);
  const side = (ports: OperandPorts): SideFields => ({
    ports,
    codes: fieldNamed(layout, ports.codes),
    scales: optional(ports.scales),
    micro: optional(ports.micro),
  });
  return {
    design,
    addend: optional(protocol.addend),
    sides: [side(protocol.a), side(protocol.w)],
    results: protocol.results.map(({ port }) => fieldNamed(layout, port)),
    nan: optional(protocol.nan),
  };
}

const optionalField = (layout: Layout, name: string | undefined) =>
  name === undefined ? undefined : fieldNamed(layout, name);

export function macVectors(design: DotUnit): MacVectors {
  const layout = macLayout(design);
  const { protocol } = design;
  return {
    ...dotFields(design, layout),
    layout,
    first: optionalField(layout, protocol.first),
    last: optionalField(layout, protocol.last),
    check: fieldNamed(layout, CHECK),
  };
}

/** Lines of dot products: `from` … `to` − 1. Lines that lead to no result (a flush) are left out. */
export interface SegmentLines {
  readonly from: number;
  readonly to: number;
}

/** The dot products among the first `count` lines. */
export function segmentLines(vectors: MacVectors, columns: Columns, count: number): SegmentLines[] {
  const list = segmentList(vectors, columns, count);
  return Array.from({ length: list.count }, (_, i) => ({ from: list.from[i]!, to: list.to[i]! }));
}

/** The same without an object for each. */
export interface SegmentList {
  readonly count: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

export function segmentList(vectors: MacVectors, columns: Columns, lines: number): SegmentList {
  const check = columns[vectors.check.column]!;
  const first = vectors.first === undefined ? undefined : columns[vectors.first.column]!;
  const [from, to] = [new Int32Array(lines), new Int32Array(lines)];
  let [begin, count] = [0, 0];
  for (let line = 0; line < lines; line++) {
    if (first === undefined || first[line] === 1) begin = line;
    if (check[line] !== 1) continue;
    from[count] = begin;
    to[count++] = line + 1;
  }
  return { count, from, to };
}
