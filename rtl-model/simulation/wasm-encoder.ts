/**
 * A writer of small WebAssembly modules: one imported memory, functions without results, 128-bit SIMD.
 *
 * Covers the instructions that the gate compiler needs and nothing else: no tables, globals, data, floats.
 * Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 */

const VALUE_I32 = 0x7f;
const VALUE_V128 = 0x7b;
const SIMD = 0xfd;

/** Bytes of the instructions without immediates. */
export const OPCODES = {
  end: [0x0b],
  blockVoid: [0x02, 0x40],
  loopVoid: [0x03, 0x40],
  i32Eqz: [0x45],
  i32Sub: [0x6b],
  not: [SIMD, 77],
  and: [SIMD, 78],
  andNot: [SIMD, 79],
  or: [SIMD, 80],
  xor: [SIMD, 81],
  bitSelect: [SIMD, 82],
  /** Ones in each byte. */
  popcntBytes: [SIMD, 98],
  /** Sums of neighbouring unsigned bytes, and of neighbouring unsigned 16-bit words. */
  addPairsOfBytes: [SIMD, 125],
  addPairsOfShorts: [SIMD, 127],
  addWords: [SIMD, 0xae, 0x01],
} as const satisfies Record<string, readonly number[]>;

export type Opcode = keyof typeof OPCODES;

/** Bytes that a new writer has room for: about those of a function of 300 gates. */
const FIRST_CAPACITY = 4096;

/** Bytes written one after the other. */
class ByteWriter {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #length = 0;

  push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const wider = new Uint8Array(2 * this.#length);
      wider.set(this.#bytes);
      this.#bytes = wider;
    }
    this.#bytes[this.#length++] = byte;
  }

  /** What was written. A view: no writing afterwards. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** The body of one function, written instruction by instruction. */
export class FunctionWriter {
  readonly #bytes = new ByteWriter();
  #v128Locals = 0;
  readonly #parameters: number;

  /** @param parameters number of i32 parameters */
  constructor(parameters = 0) {
    this.#parameters = parameters;
  }

  /** A new v128 local; returns its index. */
  local(): number {
    return this.#parameters + this.#v128Locals++;
  }

  op(opcode: Opcode): void {
    for (const byte of OPCODES[opcode]) this.#bytes.push(byte);
  }

  get(local: number): void {
    this.#withIndex(0x20, local);
  }
  set(local: number): void {
    this.#withIndex(0x21, local);
  }
  tee(local: number): void {
    this.#withIndex(0x22, local);
  }
  call(functionIndex: number): void {
    this.#withIndex(0x10, functionIndex);
  }
  branch(depth: number): void {
    this.#withIndex(0x0c, depth);
  }
  branchIf(depth: number): void {
    this.#withIndex(0x0d, depth);
  }
  i32(value: number): void {
    this.#bytes.push(0x41);
    signedLeb(this.#bytes, value);
  }

  /** Pushes the vector at a fixed byte address, a multiple of 16. */
  load(address: number): void {
    this.i32(0);
    this.#access(0, address);
  }

  /** Stores what `value` pushes at a fixed byte address, a multiple of 16. */
  store(address: number, value: () => void): void {
    this.i32(0);
    value();
    this.#access(11, address);
  }

  /** Pushes a vector of all zeros or all ones. */
  constant(bit: 0 | 1): void {
    this.#bytes.push(SIMD);
    this.#bytes.push(12);
    for (let i = 0; i < 16; i++) this.#bytes.push(bit * 0xff);
  }

  /** The entry of the code section, in pieces. */
  encode(): Piece[] {
    const locals = this.#v128Locals === 0 ? [0] : [1, ...leb(this.#v128Locals), VALUE_V128];
    const { written } = this.#bytes;
    return [leb(locals.length + written.length + OPCODES.end.length), locals, written, OPCODES.end];
  }

  /** A SIMD instruction on aligned memory: its number, the alignment 2^4, the address. */
  #access(instruction: number, address: number): void {
    this.#bytes.push(SIMD);
    this.#bytes.push(instruction);
    this.#bytes.push(4);
    unsignedLeb(this.#bytes, address);
  }

  #withIndex(opcode: number, index: number): void {
    this.#bytes.push(opcode);
    unsignedLeb(this.#bytes, index);
  }
}

/** Bytes to be put one after the other. */
type Piece = ArrayLike<number>;

export interface FunctionEntry {
  readonly writer: FunctionWriter;
  /** Number of i32 parameters: 0 or 1. */
  readonly parameters: 0 | 1;
  /** Name under which the function is exported, if it is. */
  readonly exportName?: string;
}

/** A module that imports memory `env.memory` of at least `pages` pages (64 KiB each) and has these functions. */
export function encodeModule(functions: readonly FunctionEntry[], pages: number): Uint8Array<ArrayBuffer> {
  const types = vector([
    [0x60, 0, 0],
    [0x60, 1, VALUE_I32, 0],
  ]);
  const memory = [...text('env'), ...text('memory'), 0x02, 0x00, ...leb(pages)];
  const exported = functions.flatMap(({ exportName }, index) =>
    exportName === undefined ? [] : [[...text(exportName), 0x00, ...leb(index)]],
  );
  return joined([
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, vector([memory])),
    ...section(3, vector(functions.map(({ parameters }) => [parameters]))),
    ...section(7, vector(exported)),
    ...section(10, [leb(functions.length), ...functions.flatMap(({ writer }) => writer.encode())]),
  ]);
}

function section(id: number, content: readonly Piece[]): Piece[] {
  return [[id], leb(lengthOf(content)), ...content];
}

/** Items of one piece each, with their number. */
function vector(items: readonly Piece[]): Piece[] {
  return [leb(items.length), ...items];
}

function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...leb(bytes.length), ...bytes];
}

function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function joined(pieces: readonly Piece[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthOf(pieces));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  unsignedLeb(bytes, value);
  return bytes;
}

/** Where bytes are appended: an array or a writer. */
interface ByteSink {
  push(byte: number): void;
}

/** Appends an unsigned 32-bit integer in LEB128. */
function unsignedLeb(bytes: ByteSink, value: number): void {
  let rest = value >>> 0;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
}

/** Appends a signed 32-bit integer in LEB128. */
function signedLeb(bytes: ByteSink, value: number): void {
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return;
  }
}
