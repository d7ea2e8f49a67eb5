/**
 * What the families with block scales share: operands as packed integers in groups of 16, and the walk over all
 * outputs, four columns at a time.
 */
import type { OperandFormat } from '../../dot/index.js';
import { Rational } from '../../numerics/index.js';
import { type CodedTile, elementOf, unitExponentOf, valueTable } from './coded-tile.js';
import type { FamilySetup } from './family.js';
import { packable, packQuads } from './packed.js';
import {
  elementUnit,
  groupChoices,
  groupScales,
  groupsPerRow,
  inQuads,
  integerElements,
  type ScaleReading,
} from './scaled-groups.js';

/** A row-wise operand a: elements rows × depth, the rest rows × groups. */
export interface GroupedRows {
  readonly elements: Float64Array;
  readonly scales: Float64Array;
  readonly choices: Uint8Array;
}

/** Operand b in quads: elements quads × depth packed, the rest quads × groups × 4. */
export type GroupedQuads = GroupedRows;

export function groupedRows(tile: CodedTile, reading: ScaleReading): GroupedRows {
  return tile.form(`grouped a ${reading.selector} ${reading.nanScale}`, () => ({
    elements: integerElements(tile, reading),
    scales: groupScales(tile, reading),
    choices: groupChoices(tile, reading),
  }));
}

export function groupedQuads(tile: CodedTile, reading: ScaleReading): GroupedQuads {
  return tile.form(`grouped b ${reading.selector} ${reading.nanScale}`, () => {
    const groups = groupsPerRow(tile);
    const size = Math.ceil(tile.rows / 4) * 4 * groups;
    return {
      elements: packQuads(tile, integerElements(tile, reading)),
      scales: inQuads(tile.rows, groups, groupScales(tile, reading), new Float64Array(size), 0),
      choices: inQuads(tile.rows, groups, groupChoices(tile, reading), new Uint8Array(size), 0),
    };
  });
}

/** Choices that a semantic reads of a format. */
export function readChoices(format: OperandFormat, { selector }: ScaleReading): readonly number[] {
  const all = format.kind === 'block' ? format.choices.map((_, i) => i) : [0];
  return selector === 'read' && format.kind === 'block' && format.selector !== 'none' ? all : [0];
}

/** Last place of a product of elements of the two formats, on their common grids. */
export function productUnit(a: OperandFormat, b: OperandFormat, reading: ScaleReading): number {
  return elementUnit({ format: a }, reading) + elementUnit({ format: b }, reading);
}

/** Whether all elements of a format, as integers of the common last place, can be packed. */
export function packsWell(format: OperandFormat, reading: ScaleReading): boolean {
  const unit = elementUnit({ format }, reading);
  return readChoices(format, reading).every((choice) => {
    const element = elementOf(format, choice);
    return unitExponentOf(element) >= unit && packable(valueTable(element).map((x) => x / 2 ** unit));
  });
}

/** Calls `visit` for every row and quad of columns, in an order in which eight quads of b stay in the cache. */
export function forEachQuad(rows: number, cols: number, visit: (row: number, quad: number) => void): void {
  const quads = Math.ceil(cols / 4);
  for (let first = 0; first < quads; first += 8) {
    const last = Math.min(first + 8, quads);
    for (let row = 0; row < rows; row++) for (let quad = first; quad < last; quad++) visit(row, quad);
  }
}

/**
 * FP32 factors of the scale product by the number of sides that hold their second choice; null if the gains of the
 * two formats do not follow that scheme (first choices with gain 1, equal gains of the second).
 */
export function gainCorrections({ a, b, semantic }: FamilySetup): Float64Array | null {
  const one = Rational.rational(1n);
  const [first, second] = [0, 1].map((choice) =>
    [a, b].flatMap((format) => {
      const read = readChoices(format, semantic.operands).includes(choice);
      return !read ? [] : [format.kind === 'block' ? format.choices[choice]!.gain : one];
    }),
  );
  const gain = second![0] ?? one;
  const schematic =
    first!.every((g) => Rational.equals(g, one)) && second!.every((g) => Rational.equals(g, gain));
  const squared = Rational.multiply(gain, gain);
  return schematic
    ? Float64Array.of(1, Math.fround(Rational.toNumber(gain)), Math.fround(Rational.toNumber(squared)))
    : null;
}
