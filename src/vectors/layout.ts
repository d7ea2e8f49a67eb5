/**
 * What one vector is: named fields of fixed width, in the order of the text line, and the columns that hold a batch.
 *
 *   first last c_in a_in a_sf w_in w_sf   acc nan   check
 *   └ control ┘└────── operands ──────┘ └results┘ └flag┘
 *
 * In text every field takes whole hexadecimal digits; the leftmost is the most significant part of the word that
 * `$readmemh` loads. Elements of an operand: element 0 in the lowest bits (rightmost digit).
 */
import { ConfigurationError } from '../numerics/index.js';

/**
 * - `control`: says where a vector stands in its dot product; driven.
 * - `operand`: driven.
 * - `result`: what the device must answer, where `check` is 1 (everywhere, without such a field). Where the flag `nan` is 1
 *   the others are 0 and the device may answer anything in them.
 * - `check`: whether this line has a result.
 * - `care`: a bit a result field, the first field lowest; where it is 0 the device may answer anything.
 */
export type FieldRole = 'control' | 'operand' | 'result' | 'check' | 'care';

export interface Field {
  /** The port that it belongs to. */
  readonly name: string;
  /** In bits. */
  readonly width: number;
  readonly role: FieldRole;
  readonly meaning: string;
  /** Of a pipeline register: its stage, and the edge after which it has the value; 1 takes the vector. */
  readonly stage?: { readonly name: string; readonly edge: number; readonly register: string };
}

/** A field with its place in a line and among the columns. */
export interface PlacedField extends Field {
  /** Hexadecimal digits. */
  readonly digits: number;
  /** First column; limbs of 32 bits, least significant first. */
  readonly column: number;
  readonly columns: number;
  /** Position of its lowest bit in the word of a line. */
  readonly low: number;
  /** Position of its first digit in a line. */
  readonly offset: number;
}

export interface Layout {
  readonly fields: readonly PlacedField[];
  readonly columns: number;
  /** Characters of a line, the line end included. */
  readonly lineBytes: number;
  /** Bits of the word that a line is read as. */
  readonly wordBits: number;
}

/** Places the fields. Throws `RangeError` if two have one name. */
export function layoutOf(fields: readonly Field[]): Layout {
  if (new Set(fields.map(({ name }) => name)).size !== fields.length)
    throw new RangeError('two fields of one name');
  const digits = fields.map(({ width }) => Math.ceil(width / 4));
  const wordBits = 4 * digits.reduce((sum, count) => sum + count, 0);
  let [column, offset, low] = [0, 0, wordBits];
  const placed = fields.map((field, i): PlacedField => {
    low -= 4 * digits[i]!;
    const place = { ...field, digits: digits[i]!, column, columns: Math.ceil(field.width / 32), low, offset };
    column += place.columns;
    offset += digits[i]! + 1;
    return place;
  });
  return { fields: placed, columns: column, lineBytes: offset, wordBits };
}

/** The field called `name`. Throws `ConfigurationError` if there is none. */
export function fieldNamed(layout: Layout, name: string): PlacedField {
  const found = layout.fields.find((field) => field.name === name);
  if (found === undefined) throw new ConfigurationError(`the vectors have no field "${name}"`);
  return found;
}

/** Whether a device takes the field as an input. */
export const isDriven = ({ role }: Field) => role === 'operand' || role === 'control';

/** The fields of a role. */
export function withRole(layout: Layout, role: FieldRole): readonly PlacedField[] {
  return layout.fields.filter((field) => field.role === role);
}

/** The flag of a NaN result, beside which the other results mean nothing; undefined where there is none. */
export function nanFlagOf(layout: Layout): PlacedField | undefined {
  return withRole(layout, 'result').find(({ name, width }) => name === 'nan' && width === 1);
}

/** A batch of vectors, column by column: column c of vector v is `columns[c][v]`. */
export type Columns = readonly Uint32Array[];

export function createColumns(layout: Layout, capacity: number): Columns {
  return Array.from({ length: layout.columns }, () => new Uint32Array(capacity));
}

/** The value of a field of one vector. For looking at single vectors; not for hot loops. */
export function valueAt(columns: Columns, field: PlacedField, line: number): bigint {
  let value = 0n;
  for (let limb = field.columns - 1; limb >= 0; limb--) {
    value = (value << 32n) | BigInt(columns[field.column + limb]![line]!);
  }
  return value;
}

/** Sets a field of one vector to the low bits of a value. */
export function setValue(columns: Columns, field: PlacedField, line: number, value: bigint): void {
  let rest = BigInt.asUintN(field.width, value);
  for (let limb = 0; limb < field.columns; limb++) {
    columns[field.column + limb]![line] = Number(rest & 0xffffffffn);
    rest >>= 32n;
  }
}

/** `count` codes of `width` bits side by side in a field, from one vector. */
export function codesAt<Codes extends Uint16Array | Uint32Array>(
  columns: Columns,
  field: PlacedField,
  line: number,
  width: number,
  into: Codes,
): Codes {
  for (let i = 0, bit = 0; i < into.length; i++, bit += width) {
    const limb = field.column + (bit >>> 5);
    const shift = bit & 31;
    let code = columns[limb]![line]! >>> shift;
    if (shift + width > 32) code |= columns[limb + 1]![line]! << (32 - shift);
    into[i] = code & (2 ** width - 1);
  }
  return into;
}

/** The reverse: packs codes into a field. */
export function setCodes(
  columns: Columns,
  field: PlacedField,
  line: number,
  width: number,
  codes: ArrayLike<number>,
): void {
  let [word, filled, limb] = [0, 0, field.column];
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    word |= code << filled;
    filled += width;
    if (filled < 32) continue;
    columns[limb++]![line] = word;
    filled -= 32;
    word = filled === 0 ? 0 : code >>> (width - filled);
  }
  if (filled > 0) columns[limb]![line] = word;
}
