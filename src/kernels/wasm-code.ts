/** WebAssembly modules written from expressions: the few instructions that the kernels need, and the file's sections. */

/** Instructions in their binary form. */
export type Code = readonly number[];

/** Value types. */
export const I32 = 0x7f;
export const V128 = 0x7b;

/** An unsigned integer in LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? low : low + 128);
  } while (rest > 0);
  return bytes;
}

/** A signed 32-bit integer in LEB128. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const add = (x: Code, y: Code): Code => [...x, ...y, 0x6a];
export const multiply = (x: Code, y: Code): Code => [...x, ...y, 0x6c];

/** An i32 from memory, and its lowest byte into it. */
export const load32 = (address: Code, offset: number): Code => [...address, 0x28, 2, ...unsigned(offset)];
export const store8 = (address: Code, value: Code, offset: number): Code => [
  ...address,
  ...value,
  0x3a,
  0,
  ...unsigned(offset),
];

/** A vector instruction without immediates on its operands. */
function vector(opcode: number): (...operands: Code[]) => Code {
  return (...operands) => [...operands.flat(), 0xfd, ...unsigned(opcode)];
}

function memory(opcode: number, alignment: number) {
  return (address: Code, offset: number): Code => [
    ...address,
    0xfd,
    ...unsigned(opcode),
    alignment,
    ...unsigned(offset),
  ];
}

/** Vector instructions by their names in the specification. */
export const v = {
  load: memory(0x00, 4),
  load32Splat: memory(0x09, 2),
  swizzle: vector(0x0e),
  i32x4Splat: vector(0x11),
  eqI32: vector(0x37),
  gtU32: vector(0x3c),
  neF32: vector(0x42),
  gtF64: vector(0x4a),
  geF64: vector(0x4c),
  and: vector(0x4e),
  andNot: vector(0x4f),
  or: vector(0x50),
  xor: vector(0x51),
  select: vector(0x52),
  anyTrue: vector(0x53),
  demote: vector(0x5e),
  promoteLow: vector(0x5f),
  truncF64: vector(0x7a),
  absI32: vector(0xa0),
  shrU16: vector(0x8d),
  shrS: vector(0xac),
  shrU: vector(0xad),
  addI32: vector(0xae),
  subI32: vector(0xb1),
  maxI32: vector(0xb8),
  maxU32: vector(0xb9),
  dotI16: vector(0xba),
  extendLow: vector(0xc7),
  extendHigh: vector(0xc8),
  shlI64: vector(0xcb),
  addF32: vector(0xe4),
  subF32: vector(0xe5),
  mulF32: vector(0xe6),
  divF32: vector(0xe7),
  absF64: vector(0xec),
  addF64: vector(0xf0),
  mulF64: vector(0xf2),
  truncF32: vector(0xf8),
  convertF32: vector(0xfa),
  convertLowF64: vector(0xfe),
} as const;

export const store = (address: Code, value: Code): Code => [...address, ...value, 0xfd, 0x0b, 4, 0];

/** Stores a vector at any address. */
export const storeAt = (address: Code, value: Code, offset: number): Code => [
  ...address,
  ...value,
  0xfd,
  0x0b,
  0,
  ...unsigned(offset),
];

/** A constant of four 32-bit words. */
export function words(...values: readonly [number, number, number, number]): Code {
  return [0xfd, 0x0c, ...new Uint8Array(Uint32Array.from(values).buffer)];
}

export const splatWord = (word: number): Code => words(word, word, word, word);

/** 32-bit lanes chosen from eight: 0 to 3 of x, 4 to 7 of y. */
export function shuffleWords(x: Code, y: Code, lanes: readonly [number, number, number, number]): Code {
  return shuffleBytes(
    x,
    y,
    lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
  );
}

/** 16 bytes chosen from 32: 0 to 15 of x, 16 to 31 of y. */
export function shuffleBytes(x: Code, y: Code, bytes: readonly number[]): Code {
  return [...x, ...y, 0xfd, 0x0d, ...bytes];
}

/** Repeats `body` until the counter, decremented after each turn, is zero; it begins above zero. */
export function repeat(counter: number, body: Code): Code {
  const next = set(counter, add(get(counter), i32(-1)));
  return [0x03, 0x40, ...body, ...next, ...get(counter), 0x0d, 0x00, 0x0b];
}

/** Runs `body` if the i32 `condition` is zero. */
export const unless = (condition: Code, body: Code): Code => [...condition, 0x45, 0x04, 0x40, ...body, 0x0b];

export interface WasmFunction {
  readonly name: string;
  /** Number of i32 parameters. */
  readonly parameters: number;
  /** Whether the body leaves an i32. */
  readonly result: boolean;
  /** Number of i32 and of v128 locals; they are numbered after the parameters, in this order. */
  readonly locals: readonly [number, number];
  readonly body: Code;
}

/** A module of functions over an imported memory `env.memory`. */
export function moduleBytes(functions: readonly WasmFunction[], pages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, result }) => [
    0x60,
    ...list(Array(parameters).fill([I32])),
    ...list(result ? [[I32]] : []),
  ]);
  const memoryImport = [...name('env'), ...name('memory'), 0x02, 0x00, ...unsigned(pages)];
  const exports = functions.map((f, i) => [...name(f.name), 0x00, ...unsigned(i)]);
  const codes = functions.map(({ locals: [integers, vectors], body }) => {
    const code = [2, ...unsigned(integers), I32, ...unsigned(vectors), V128, ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list([memoryImport])),
    ...section(3, list(functions.map((_, i) => unsigned(i)))),
    ...section(7, list(exports)),
    ...section(10, list(codes)),
  ]);
}

function list(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return list([...new TextEncoder().encode(text)].map((byte) => [byte]));
}
