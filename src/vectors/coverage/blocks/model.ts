/** The functional coverage model of a quantise unit or a transform. */
import type { UnitDesign } from '../../../../rtl-model/designs/index.js';
import { BF16, type BlockFormat, codecOf, widthOf } from '../../../formats/index.js';
import { bitsToFloat32 } from '../../../numerics/index.js';
import { type Columns, codesAt, fieldNamed, type Layout } from '../../layout.js';
import { type CoverageModel, coverageModel } from '../model.js';
import { choicePoints } from './choice-points.js';
import { codePoints } from './code-points.js';
import { type BlockElements, elementPoints } from './elements.js';
import { quantizerFacts, quantizerRule, type TensorScales } from './quantizer-facts.js';
import { scalePoints } from './scale-points.js';
import { transformFacts } from './transform-facts.js';
import { transformPoints } from './transform-points.js';

/** The model of a unit by the layout of its vectors. */
export function blockCoverage(design: UnitDesign, layout: Layout): CoverageModel {
  const read = elementReader(layout);
  if (design.kind === 'transform') {
    return coverageModel(design.name, 'blocks', transformPoints(), function* (columns, count) {
      for (let line = 0; line < count; line++) yield transformFacts(read(columns, line));
    });
  }
  const rule = quantizerRule(design.format as BlockFormat, design.policy);
  const [ports, scales] = scaleReader(layout);
  const facts = quantizerFacts(rule);
  const points = [
    ...elementPoints(rule.format.blockSize),
    ...codePoints(rule),
    ...scalePoints(rule, ports),
    ...choicePoints(rule),
  ];
  return coverageModel(design.name, 'blocks', points, function* (columns, count) {
    for (let line = 0; line < count; line++) yield facts(read(columns, line), scales(columns, line));
  });
}

type Reader<T> = (columns: Columns, line: number) => T;

function elementReader(layout: Layout): Reader<BlockElements> {
  const field = fieldNamed(layout, 'x');
  const width = widthOf(BF16);
  const { decode } = codecOf(BF16);
  return (columns, line) => {
    const elements = codesAt(columns, field, line, width, new Uint16Array(field.width / width));
    return { elements, x: Float32Array.from(elements, decode) };
  };
}

const SCALES = ['enc', 'dec', 'amax'] as const satisfies readonly (keyof TensorScales)[];

/** The factors that the unit has ports for, and their values; 0 for the others. */
function scaleReader(layout: Layout): readonly [ports: (keyof TensorScales)[], Reader<TensorScales>] {
  const columnOf = (name: string) => layout.fields.find((field) => field.name === name)?.column;
  const ports = SCALES.filter((name) => columnOf(name) !== undefined);
  const [enc, dec, amax] = SCALES.map(columnOf);
  const read = (column: number | undefined, columns: Columns, line: number) =>
    column === undefined ? 0 : bitsToFloat32(columns[column]![line]!);
  return [
    ports,
    (columns, line) => ({
      enc: read(enc, columns, line),
      dec: read(dec, columns, line),
      amax: read(amax, columns, line),
    }),
  ];
}
