/** Lines of hexadecimal digits in plain TypeScript: four digits at a time from a table of all 65,536. */
import type { HexField, HexLineShape, HexLines } from '../hex-lines.js';

/** Four ASCII digits of each 16-bit number, first digit in the lowest byte. */
const DIGITS = Uint32Array.from({ length: 65536 }, (_, value) => {
  const text = value.toString(16).padStart(4, '0');
  return [...text].reduce((word, digit, i) => word | (digit.charCodeAt(0) << (8 * i)), 0);
});

const UNDERSCORE = 0x5f;
const LINE_FEED = 0x0a;

export class TypeScriptHexLines implements HexLines {
  readonly #shape: HexLineShape;
  readonly #bytes: Buffer;
  readonly #view: DataView;

  /** @param capacity most lines of a call */
  constructor(shape: HexLineShape, capacity: number) {
    this.#shape = shape;
    const { lineBytes, fields } = shape;
    this.#bytes = Buffer.alloc(capacity * lineBytes, UNDERSCORE);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    for (let line = 1; line <= capacity; line++) this.#bytes[line * lineBytes - 1] = LINE_FEED;
    if (fields.length === 0) throw new RangeError('lines without fields');
  }

  lines(columns: readonly Uint32Array[], count: number): Uint8Array {
    for (const field of this.#shape.fields) {
      for (let limb = 0; limb < field.columns; limb++) {
        const digits = Math.min(8, field.digits - 8 * limb);
        this.#column(columns[field.column + limb]!, count, endOf(field) - 8 * limb - digits, digits);
      }
    }
    return this.#bytes.subarray(0, count * this.#shape.lineBytes);
  }

  /** `digits` (1 to 8) hexadecimal digits of every number, from character `offset` of its line. */
  #column(values: Uint32Array, count: number, offset: number, digits: number): void {
    const stride = this.#shape.lineBytes;
    const view = this.#view;
    let at = offset;
    if (digits === 8) {
      for (let line = 0; line < count; line++, at += stride) {
        const value = values[line]!;
        view.setUint32(at, DIGITS[value >>> 16]!, true);
        view.setUint32(at + 4, DIGITS[value & 0xffff]!, true);
      }
      return;
    }
    if (digits > 4) this.#digits(values, 16, count, offset, digits - 4);
    this.#digits(values, 0, count, offset + Math.max(0, digits - 4), Math.min(digits, 4));
  }

  /** `rest` (1 to 4) digits of every number shifted right. */
  #digits(values: Uint32Array, shift: number, count: number, offset: number, rest: number): void {
    const stride = this.#shape.lineBytes;
    const view = this.#view;
    const bytes = this.#bytes;
    let at = offset;
    for (let line = 0; line < count; line++, at += stride) {
      const text = DIGITS[(values[line]! >>> shift) & 0xffff]!;
      if (rest === 4) view.setUint32(at, text, true);
      else if (rest === 1) bytes[at] = text >>> 24;
      else if (rest === 2) view.setUint16(at, text >>> 16, true);
      else {
        bytes[at] = text >>> 8;
        view.setUint16(at + 1, text >>> 16, true);
      }
    }
  }
}

function endOf({ offset, digits }: HexField): number {
  return offset + digits;
}
