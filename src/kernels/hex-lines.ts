/**
 * Columns of 32-bit numbers to lines of hexadecimal digits: records of fixed width, fields joined by `_`, LF at the end.
 *
 * The engine is WebAssembly with SIMD, sixteen digits at a time; tables in plain TypeScript do the same where there is
 * none, and are what it is tested against.
 */
import { ConfigurationError } from '../numerics/index.js';
import { TypeScriptHexLines } from './typescript/hex-lines.js';
import {
  add,
  type Code,
  get,
  i32,
  load32,
  moduleBytes,
  multiply,
  repeat,
  set,
  shuffleBytes,
  splatWord,
  store8,
  storeAt,
  v,
  type WasmFunction,
  words,
} from './wasm-code.js';
import { type WasmMemory, WebAssembly } from './wasm-interface.js';

/** A field of a line. */
export interface HexField {
  /** In bits; what is above it is zero in the columns. */
  readonly width: number;
  readonly digits: number;
  /** Character of its first digit in the line. */
  readonly offset: number;
  /** First column; limbs of 32 bits, least significant first. */
  readonly column: number;
  readonly columns: number;
}

/** What a line looks like; between two fields is one character. */
export interface HexLineShape {
  readonly fields: readonly HexField[];
  readonly columns: number;
  /** Characters, the line end included. */
  readonly lineBytes: number;
}

export interface HexLines {
  /** The lines of the first `count` numbers of each column. Valid until the next call. */
  lines(columns: readonly Uint32Array[], count: number): Uint8Array;
}

/** The fastest engine for lines of a shape. @param capacity most lines of a call */
export function createHexLines(shape: HexLineShape, capacity: number): HexLines {
  return WebAssembly === undefined
    ? new TypeScriptHexLines(shape, capacity)
    : new WasmHexLines(shape, capacity);
}

/** Bytes of a vector, and digits that are made at a time. */
const VECTOR = 16;
const PAGE_BYTES = 65536;
const [UNDERSCORE, LINE_FEED, ZERO] = [0x5f, 0x0a, 0x30];
/** `0` … `f`. */
const DIGITS = [0x33323130, 0x37363534, 0x62613938, 0x66656463] as const;

/**
 * Memory: the columns, one after the other; room for what is written before the first line; the lines.
 *
 * Every store writes 16 digits that end where its field ends, over whatever is left of it. Lines are therefore made
 * from the last to the first, and fields from right to left, each with the character behind it.
 */
export class WasmHexLines implements HexLines {
  readonly #shape: HexLineShape;
  readonly #capacity: number;
  readonly #memory: WasmMemory;
  readonly #columns: readonly Uint32Array[];
  readonly #first: number;
  readonly #run: (lines: number) => void;

  constructor(shape: HexLineShape, capacity: number) {
    const { columns, lineBytes, fields } = shape;
    if (fields.length === 0) throw new RangeError('lines without fields');
    const columnBytes = 4 * capacity;
    const first = Math.ceil((columns * columnBytes) / VECTOR) * VECTOR + VECTOR;
    const pages = Math.ceil((first + capacity * lineBytes) / PAGE_BYTES);
    this.#shape = shape;
    this.#capacity = capacity;
    this.#first = first;
    this.#memory = new WebAssembly.Memory({ initial: pages });
    this.#columns = Array.from(
      { length: columns },
      (_, c) => new Uint32Array(this.#memory.buffer, c * columnBytes, capacity),
    );
    const binary = moduleBytes([lineKernel(shape, columnBytes, first)], pages);
    const imports = { env: { memory: this.#memory } };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), imports);
    this.#run = exports.lines as (lines: number) => void;
  }

  lines(columns: readonly Uint32Array[], count: number): Uint8Array {
    if (count > this.#capacity)
      throw new ConfigurationError(`${count} lines, but there is room for ${this.#capacity}`);
    this.#columns.forEach((column, c) => {
      column.set(columns[c]!.subarray(0, count));
    });
    if (count > 0) this.#run(count);
    return new Uint8Array(this.#memory.buffer, this.#first, count * this.#shape.lineBytes);
  }
}

/** Locals of the kernel. */
const [COUNT, NUMBER, LINE, BYTES] = [0, 1, 2, 3] as const;

/** `lines(count)`, for count > 0. */
function lineKernel({ fields, lineBytes }: HexLineShape, columnBytes: number, first: number): WasmFunction {
  const parts = [...fields].reverse().flatMap((field, i) => {
    const end = first + field.offset + field.digits;
    const behind = store8(get(LINE), i32(i === 0 ? LINE_FEED : UNDERSCORE), end);
    return [...fieldCode(field, columnBytes, end), ...behind];
  });
  const index = add(get(COUNT), i32(-1));
  const body = repeat(COUNT, [
    ...set(NUMBER, multiply(index, i32(4))),
    ...set(LINE, multiply(index, i32(lineBytes))),
    ...parts,
  ]);
  return { name: 'lines', parameters: 1, result: false, locals: [2, 1], body };
}

/** The digits of a field that ends before the character `end`. */
function fieldCode({ width, column, columns }: HexField, columnBytes: number, end: number): Code {
  const limb = (i: number) => (column + i) * columnBytes;
  if (width === 1) return store8(get(LINE), add(load32(get(NUMBER), limb(0)), i32(ZERO)), end - 1);
  const number = (i: number) => (i < columns ? v.load32Splat(get(NUMBER), limb(i)) : splatWord(0));
  const pairs = Array.from({ length: Math.ceil(columns / 2) }, (_, pair) => [
    // Every byte twice, the most significant first.
    ...set(BYTES, shuffleBytes(number(2 * pair), number(2 * pair + 1), BYTES_TWICE)),
    ...storeAt(get(LINE), digitsOf(get(BYTES)), end - VECTOR * (pair + 1)),
  ]);
  return pairs.flat();
}

const BYTES_TWICE = [19, 19, 18, 18, 17, 17, 16, 16, 3, 3, 2, 2, 1, 1, 0, 0] as const;

/**
 * Digits of bytes that stand there twice. As words of 16 bits, 257·B shifted by 4 has the high half of B in the low
 * half of its low byte; its high byte is taken as it was, with the low half of B in its low half.
 */
function digitsOf(bytes: Code): Code {
  const halves = v.select(v.shrU16(bytes, i32(4)), bytes, splatWord(0x00ff00ff));
  return v.swizzle(words(...DIGITS), v.and(halves, splatWord(0x0f0f0f0f)));
}
