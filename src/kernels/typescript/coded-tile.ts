/**
 * An operand's codes, and the decoded forms that the families derive from them (kept, so that an operand is decoded
 * once). Decoding goes through the formats' codecs; nothing is shared with the oracle's tables.
 */
import { hasBlockScales, type OperandFormat } from '../../dot/index.js';
import { codecOf, type ElementFormat, minExponent, widthOf } from '../../formats/index.js';
import { exponentOf } from '../../numerics/index.js';
import type { PreparedTile, TileOperand } from '../kernels.js';
import { RowTile } from '../oracle-kernels.js';

export class CodedTile implements PreparedTile {
  readonly format: OperandFormat;
  readonly rows: number;
  readonly depth: number;
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
  readonly scales: Uint8Array;
  readonly #forms = new Map<string, unknown>();
  #released = false;

  constructor(operand: TileOperand) {
    ({ format: this.format, rows: this.rows, depth: this.depth } = operand);
    this.codes = operand.codes.slice();
    this.scales = operand.scales.slice();
  }

  /** The derived form called `key`, built on first use. */
  form<T>(key: string, build: (tile: CodedTile) => T): T {
    if (this.#released) throw new RangeError('a released tile was used');
    let form = this.#forms.get(key) as T | undefined;
    if (form === undefined) {
      form = build(this);
      this.#forms.set(key, form);
    }
    return form;
  }

  /** The same operand for the oracle. */
  rowTile(): RowTile {
    return this.form('rows', (tile) => new RowTile(tile));
  }

  release(): void {
    this.#released = true;
    this.#forms.clear();
  }
}

/** Element format of a choice; bare elements have one. */
export function elementOf(format: OperandFormat, choice: number): ElementFormat {
  return format.kind === 'block' ? format.choices[choice]!.element : format;
}

/** Elements that share a scale: a whole row for bare elements. */
export function blockSizeOf(format: OperandFormat, depth: number): number {
  return hasBlockScales(format) ? format.blockSize : depth;
}

/** Last place of a format's subnormals (or of the integer): every value is a multiple of 2^this. */
export function unitExponentOf(format: ElementFormat): number {
  return (format.kind === 'float' ? minExponent(format) : 0) - format.fractionBits;
}

const valueTables = new WeakMap<ElementFormat, Float64Array>();

/** Values of all codes, in the order of the codes; one table a format, not to be changed. */
export function valueTable(format: ElementFormat): Float64Array {
  let table = valueTables.get(format);
  if (table === undefined) {
    const { decode } = codecOf(format);
    table = Float64Array.from({ length: 2 ** widthOf(format) }, (_, code) => decode(code));
    valueTables.set(format, table);
  }
  return table;
}

const exponentTables = new WeakMap<ElementFormat, Map<number, Int32Array>>();

/**
 * Exponents of all codes: that of the value's leading bit, but not below the format's lowest; `zero` for zeros. One
 * table a format and `zero`, not to be changed.
 */
export function exponentTable(format: ElementFormat, zero: number): Int32Array {
  const ofFormat = exponentTables.get(format) ?? new Map<number, Int32Array>();
  exponentTables.set(format, ofFormat);
  let table = ofFormat.get(zero);
  if (table === undefined) {
    table = buildExponents(format, zero);
    ofFormat.set(zero, table);
  }
  return table;
}

function buildExponents(format: ElementFormat, zero: number): Int32Array {
  const lowest = format.kind === 'float' ? minExponent(format) : 0;
  return Int32Array.from(valueTable(format), (value) => {
    if (value === 0) return zero;
    return Number.isFinite(value) ? Math.max(exponentOf(value), lowest) : 0;
  });
}
