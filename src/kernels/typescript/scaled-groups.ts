/**
 * Forms of an operand with block scales, in groups of 16 elements: integer elements, and for every group its scale's
 * value and exponent. Side a is kept row by row, side b four rows at a time (`packed.ts`).
 */
import { hasBlockScales, type OperandRule } from '../../dot/index.js';
import { type CodedTile, elementOf, exponentTable, unitExponentOf, valueTable } from './coded-tile.js';
import { GROUP } from './packed.js';

/** Bit 7 of a scale byte chooses the second element format. */
const SELECTOR_BIT = 0x80;

/** How a semantic reads scale bytes. */
export type ScaleReading = Pick<OperandRule, 'selector' | 'nanScale'>;

function choicesRead({ format }: Pick<CodedTile, 'format'>, { selector }: ScaleReading): number {
  return selector === 'read' && format.kind === 'block' && format.selector !== 'none'
    ? format.choices.length
    : 1;
}

/** Last place common to all element choices that are read. */
export function elementUnit(tile: Pick<CodedTile, 'format'>, reading: ScaleReading): number {
  const units = Array.from({ length: choicesRead(tile, reading) }, (_, choice) =>
    unitExponentOf(elementOf(tile.format, choice)),
  );
  return Math.min(...units);
}

/** Element values as multiples of 2^elementUnit, rows × depth. NaN and infinities stay what they are. */
export function integerElements(tile: CodedTile, reading: ScaleReading): Float64Array {
  return tile.form(`integers ${reading.selector}`, () => {
    const unit = 2 ** elementUnit(tile, reading);
    const choices = choicesRead(tile, reading);
    const tables = Array.from({ length: choices }, (_, choice) =>
      valueTable(elementOf(tile.format, choice)).map((value) => value / unit),
    );
    const selected = choices > 1 ? selectedChoices(tile) : null;
    const blockSize = tile.format.kind === 'block' ? tile.format.blockSize : 1;
    const out = new Float64Array(tile.codes.length);
    for (let i = 0; i < out.length; i++) {
      const table = tables[selected === null ? 0 : selected[Math.floor(i / blockSize)]!]!;
      out[i] = table[tile.codes[i]! & (table.length - 1)]!;
    }
    return out;
  });
}

/** Element choice of every block. */
export function selectedChoices({ scales }: CodedTile): Uint8Array {
  return scales.map((byte) => ((byte & SELECTOR_BIT) === 0 ? 0 : 1));
}

/** Number of groups of 16 in a row; a row that ends within a group has one more. */
export function groupsPerRow({ depth }: CodedTile): number {
  return Math.ceil(depth / GROUP);
}

/** Spreads one entry a block over the groups of 16: rows × groups. Blocks are multiples of 16. */
function perGroup<T extends Float64Array | Int32Array | Uint8Array>(tile: CodedTile, perBlock: T, out: T): T {
  const blockSize = hasBlockScales(tile.format) ? tile.format.blockSize : GROUP;
  const groups = groupsPerRow(tile);
  const blocks = tile.depth / blockSize;
  for (let row = 0; row < tile.rows; row++) {
    for (let group = 0; group < groups; group++) {
      out[row * groups + group] = perBlock[row * blocks + Math.floor((group * GROUP) / blockSize)]!;
    }
  }
  return out;
}

/** Scale values of all groups, rows × groups; 1 for bare elements. */
export function groupScales(tile: CodedTile, { nanScale }: ScaleReading): Float64Array {
  return tile.form(`scales ${nanScale}`, () => {
    const size = tile.rows * groupsPerRow(tile);
    if (!hasBlockScales(tile.format)) return new Float64Array(size).fill(1);
    const table = valueTable(tile.format.scale).slice();
    if (nanScale === 'largest-finite') {
      const largest = table.filter((x) => Number.isFinite(x)).reduce((max, x) => Math.max(max, x), 0);
      table.forEach((value, code) => {
        if (Number.isNaN(value)) table[code] = largest;
      });
    }
    const perBlock = Float64Array.from(tile.scales, (byte) => table[byte & (table.length - 1)]!);
    return perGroup(tile, perBlock, new Float64Array(size));
  });
}

/** Element choices of all groups, rows × groups. */
export function groupChoices(tile: CodedTile, reading: ScaleReading): Uint8Array {
  return tile.form(`choices ${reading.selector}`, () => {
    const out = new Uint8Array(tile.rows * groupsPerRow(tile));
    return choicesRead(tile, reading) === 1 ? out : perGroup(tile, selectedChoices(tile), out);
  });
}

/** Scale exponents of all groups, rows × groups; a zero scale has the exponent `zero`. */
export function groupExponents(tile: CodedTile, zero: number): Int32Array {
  return tile.form(`exponents ${zero}`, () => {
    const out = new Int32Array(tile.rows * groupsPerRow(tile));
    if (!hasBlockScales(tile.format)) return out;
    const table = exponentTable(tile.format.scale, zero);
    return perGroup(
      tile,
      Int32Array.from(tile.scales, (byte) => table[byte & (table.length - 1)]!),
      out,
    );
  });
}

/** rows × width entries regrouped so that four rows lie side by side: [row / 4][entry][row mod 4], padded with `missing`. */
export function inQuads<T extends Float64Array | Int32Array | Uint8Array>(
  rows: number,
  width: number,
  values: T,
  out: T,
  missing: number,
): T {
  out.fill(missing);
  for (let row = 0; row < rows; row++) {
    const to = Math.floor(row / 4) * width * 4 + (row % 4);
    for (let i = 0; i < width; i++) out[to + i * 4] = values[row * width + i]!;
  }
  return out;
}
