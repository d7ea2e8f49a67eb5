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

/** The body of one function, written instruction by instruction. */
export class FunctionWriter {
  readonly bytes: number[] = [];
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
    this.bytes.push(...OPCODES[opcode]);
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
    this.bytes.push(0x41);
    signedLeb(this.bytes, value);
  }

  /** Pushes the vector at a fixed byte address, a multiple of 16. */
  load(address: number): void {
    this.i32(0);
    this.bytes.push(SIMD, 0, 4);
    unsignedLeb(this.bytes, address);
  }

  /** Stores what `value` pushes at a fixed byte address, a multiple of 16. */
  store(address: number, value: () => void): void {
    this.i32(0);
    value();
    this.bytes.push(SIMD, 11, 4);
    unsignedLeb(this.bytes, address);
  }

  /** Pushes a vector of all zeros or all ones. */
  constant(bit: 0 | 1): void {
    this.bytes.push(SIMD, 12, ...new Array<number>(16).fill(bit * 0xff));
  }

  /** The entry of the code section. */
  encode(): number[] {
    const body: number[] = [];
    unsignedLeb(body, this.#v128Locals === 0 ? 0 : 1);
    if (this.#v128Locals > 0) {
      unsignedLeb(body, this.#v128Locals);
      body.push(VALUE_V128);
    }
    const sized: number[] = [];
    unsignedLeb(sized, body.length + this.bytes.length + 1);
    return sized.concat(body, this.bytes, OPCODES.end);
  }

  #withIndex(opcode: number, index: number): void {
    this.bytes.push(opcode);
    unsignedLeb(this.bytes, index);
  }
}

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
  const sections = [
    section(1, types),
    section(2, vector([memory])),
    section(3, vector(functions.map(({ parameters }) => [parameters]))),
    section(7, vector(exported)),
    section(10, vector(functions.map(({ writer }) => writer.encode()))),
  ];
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  return joined([header, ...sections]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb(content.length)].concat(content);
}

function vector(items: readonly (readonly number[])[]): number[] {
  return leb(items.length).concat(...items);
}

function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...leb(bytes.length), ...bytes];
}

function joined(parts: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function leb(value: number): number[] {
  const bytes: number[] = [];
  unsignedLeb(bytes, value);
  return bytes;
}

/** Appends an unsigned 32-bit integer in LEB128. */
function unsignedLeb(bytes: number[], value: number): void {
  let rest = value >>> 0;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
}

/** Appends a signed 32-bit integer in LEB128. */
function signedLeb(bytes: number[], value: number): void {
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return;
  }
}
