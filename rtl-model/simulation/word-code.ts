/**
 * JavaScript text of every kind of cell on 32-bit words: what the word simulator runs. Written from what the kinds
 * mean, like `evaluate` of the cell table, and not from their gates.
 *
 * A net of w bits takes ⌈w / 32⌉ elements of one `Int32Array` V, least significant first; bits above w are 0.
 */
import type { CellKind, CellShape } from '../hdl/index.js';

/** A net: in V, or for one word possibly in a variable of the function that computes and reads it. */
export interface PlacedNet {
  /** Index of its lowest word in V. */
  readonly at: number;
  /** In bits. */
  readonly width: number;
  /** The variable or the constant that stands for its only word. */
  readonly local?: string;
}

/** Products of up to 53 bits are exact in a double. */
const DOUBLE_BITS = 53;

/** Words that a net takes. */
export const wordsFor = (width: number): number => Math.ceil(width / 32);

type CodeWriter = (output: PlacedNet, inputs: readonly PlacedNet[], shape: CellShape) => string;

/** Word `j` of a net. */
const v = ({ at, local }: PlacedNet, j = 0) => local ?? `V[${at + j}]`;
const maskOf = (bits: number) => (bits >= 32 ? -1 : 2 ** bits - 1);
/** Bits of word `j` of a net. */
const bitsIn = ({ width }: PlacedNet, j: number) => Math.min(32, width - 32 * j);
const masked = (text: string, bits: number) => (bits >= 32 ? `(${text})` : `((${text}) & ${maskOf(bits)})`);

/** One assignment a word of the output. */
function eachWord(output: PlacedNet, text: (j: number) => string): string {
  return Array.from({ length: wordsFor(output.width) }, (_, j) => `${v(output, j)} = ${text(j)};`).join(' ');
}

/** Whether a cell hands places in V to a function, so that its operands must stand there. */
export function readsPlaces(kind: CellKind, { width, inputWidths: [a = 0, b = 0] }: CellShape): boolean {
  if (kind !== 'multiply') return false;
  return width > 32 && (width > DOUBLE_BITS || a > 32 || b > 32);
}

/** Up to 32 bits of a net from position `low`, as an expression; zeros beyond its width. */
function field(net: PlacedNet, low: number, bits: number): string {
  const { width } = net;
  const here = Math.min(bits, width - low);
  if (here <= 0) return '0';
  const [word, shift] = [low >> 5, low & 31];
  const first = shift === 0 ? v(net, word) : `(${v(net, word)} >>> ${shift})`;
  const crosses = shift + here > 32;
  const text = crosses ? `${first} | (${v(net, word + 1)} << ${32 - shift})` : first;
  const above =
    Math.min(32, width - 32 * (crosses ? word + 1 : word)) > (crosses ? shift + here - 32 : shift + here);
  return above ? masked(text, here) : `(${text})`;
}

const bitwise =
  (operator: string): CodeWriter =>
  (output, [a, b]) =>
    eachWord(output, (j) => `${v(a!, j)} ${operator} ${v(b!, j)}`);

/** Sum (or difference, with `-`) word by word; the carry is a number 0 or 1. */
function addition(output: PlacedNet, a: PlacedNet, b: PlacedNet, carry: string, minus: boolean): string {
  const sign = minus ? '-' : '+';
  if (output.width < 32) {
    return `${v(output)} = ${masked(`${v(a)} ${sign} ${v(b)} ${sign} ${carry}`, output.width)};`;
  }
  const steps = Array.from({ length: wordsFor(output.width) }, (_, j) => {
    const sum = `s = (${v(a, j)} >>> 0) ${sign} (${v(b, j)} >>> 0) ${sign} c;`;
    const next = minus ? 'c = s < 0 ? 1 : 0;' : 'c = s > 4294967295 ? 1 : 0;';
    return `${sum} ${v(output, j)} = ${masked('s', bitsIn(output, j))}${bitsIn(output, j) >= 32 ? ' | 0' : ''}; ${next}`;
  });
  return `{ let s = 0, c = ${carry}; ${steps.join(' ')} }`;
}

/** How one word is shifted by `n` < 32 places. `x` is the word, `x` with copies of its sign above for `signed`. */
const WORD_SHIFTS = { shiftLeft: 'x << n', shiftRight: 'x >>> n', shiftRightArithmetic: 'x >> n' } as const;

function shift(kind: keyof typeof WORD_SHIFTS): CodeWriter {
  return (output, [a, amount]) => {
    const { at, width } = output;
    if (width > 32) return `${kind}(${at}, ${a!.at}, ${width}, ${v(amount!)});`;
    const signed = kind === 'shiftRightArithmetic';
    const word = signed ? `(${v(a!)} << ${32 - width}) >> ${32 - width}` : v(a!);
    const beyond = signed ? 'x >> 31' : '0';
    const text = `n > 31 ? ${beyond} : ${WORD_SHIFTS[kind]}`;
    return `{ const n = ${v(amount!)}, x = ${word}; ${v(output)} = ${masked(text, width)}; }`;
  };
}

/** Whether a < b, from the top word down. */
function less(a: PlacedNet, b: PlacedNet): string {
  let text = '0';
  for (let j = 0; j < wordsFor(a.width); j++) {
    const [x, y] = [v(a, j), v(b, j)];
    text =
      j === 0
        ? `((${x} >>> 0) < (${y} >>> 0) ? 1 : 0)`
        : `(${x} === ${y} ? ${text} : (${x} >>> 0) < (${y} >>> 0) ? 1 : 0)`;
  }
  return text;
}

function lessSigned(a: PlacedNet, b: PlacedNet): string {
  const sign = (net: PlacedNet) => field(net, net.width - 1, 1);
  return `(${sign(a)} === ${sign(b)} ? ${less(a, b)} : ${sign(a)})`;
}

const multiply: CodeWriter = (output, [a, b], shape) => {
  if (output.width <= 32) return `${v(output)} = Math.imul(${v(a!)}, ${v(b!)});`;
  if (readsPlaces('multiply', shape)) {
    const sizes = [a!, b!].map(({ at, width }) => `${at}, ${wordsFor(width)}`);
    return `multiply(${output.at}, ${wordsFor(output.width)}, ${sizes.join(', ')});`;
  }
  const product = `(${v(a!)} >>> 0) * (${v(b!)} >>> 0)`;
  return `{ const p = ${product}; ${v(output)} = p | 0; ${v(output, 1)} = (p / 4294967296) | 0; }`;
};

function concat(output: PlacedNet, inputs: readonly PlacedNet[]): string {
  let low = 0;
  const parts = [...inputs].reverse().map((net) => {
    const part = { net, low };
    low += net.width;
    return part;
  });
  return eachWord(output, (j) => {
    const pieces = parts.flatMap((part) => {
      const from = Math.max(32 * j, part.low);
      const to = Math.min(32 * j + 32, part.low + part.net.width);
      if (from >= to) return [];
      const text = field(part.net, from - part.low, to - from);
      return [from === 32 * j ? text : `(${text} << ${from - 32 * j})`];
    });
    return pieces.join(' | ');
  });
}

function signExtend(output: PlacedNet, a: PlacedNet): string {
  const fill = `-${field(a, a.width - 1, 1)}`;
  return eachWord(output, (j) => {
    const bits = bitsIn(output, j);
    const known = Math.min(32, a.width - 32 * j);
    if (known <= 0) return masked(fill, bits);
    if (known >= bits) return field(a, 32 * j, bits);
    return masked(`${v(a, j)} | (${fill} << ${known})`, bits);
  });
}

/** Every kind of cell; constants are written once, at the start. */
export const WORD_CODE: Readonly<Record<CellKind, CodeWriter>> = {
  constant: (output, _, { parameters: { value = 0n } }) =>
    eachWord(output, (j) => `${BigInt.asIntN(32, value >> BigInt(32 * j))}`),
  buffer: (output, [a]) => eachWord(output, (j) => v(a!, j)),
  not: (output, [a]) => eachWord(output, (j) => masked(`~${v(a!, j)}`, bitsIn(output, j))),
  and: bitwise('&'),
  or: bitwise('|'),
  xor: bitwise('^'),
  mux: (output, [select, one, zero]) =>
    `{ const m = -${v(select!)}; ${eachWord(output, (j) => `(${v(one!, j)} & m) | (${v(zero!, j)} & ~m)`)} }`,
  add: (output, [a, b, carry]) => addition(output, a!, b!, carry === undefined ? '0' : v(carry), false),
  subtract: (output, [a, b]) => addition(output, a!, b!, '0', true),
  multiply,
  shiftLeft: shift('shiftLeft'),
  shiftRight: shift('shiftRight'),
  shiftRightArithmetic: shift('shiftRightArithmetic'),
  equal: (output, [a, b]) => {
    const words = Array.from({ length: wordsFor(a!.width) }, (_, j) => `${v(a!, j)} === ${v(b!, j)}`);
    return `${v(output)} = ${words.join(' && ')} ? 1 : 0;`;
  },
  lessThan: (output, [a, b]) => `${v(output)} = ${less(a!, b!)};`,
  lessThanSigned: (output, [a, b]) => `${v(output)} = ${lessSigned(a!, b!)};`,
  reduceAnd: (output, [a]) => {
    const words = Array.from(
      { length: wordsFor(a!.width) },
      (_, j) => `${v(a!, j)} === ${maskOf(bitsIn(a!, j))}`,
    );
    return `${v(output)} = ${words.join(' && ')} ? 1 : 0;`;
  },
  reduceOr: (output, [a]) => {
    const words = Array.from({ length: wordsFor(a!.width) }, (_, j) => v(a!, j));
    return `${v(output)} = (${words.join(' | ')}) === 0 ? 0 : 1;`;
  },
  reduceXor: (output, [a]) => {
    const words = Array.from({ length: wordsFor(a!.width) }, (_, j) => v(a!, j));
    return `${v(output)} = parity(${words.join(' ^ ')});`;
  },
  concat,
  slice: (output, [a], { parameters: { low = 0 } }) =>
    eachWord(output, (j) => field(a!, low + 32 * j, bitsIn(output, j))),
  zeroExtend: (output, [a]) => eachWord(output, (j) => (32 * j < a!.width ? v(a!, j) : '0')),
  signExtend: (output, [a]) => signExtend(output, a!),
};

/** Text of the functions that the code above calls. */
export const WORD_HELPERS = `
const keep = (o, width) => { if (width & 31) V[o + (width >> 5)] &= (1 << (width & 31)) - 1; };
const parity = (x) => { x ^= x >>> 16; x ^= x >>> 8; x ^= x >>> 4; x ^= x >>> 2; return (x ^ (x >>> 1)) & 1; };
const shiftLeft = (o, a, width, amount) => {
  const words = (width + 31) >> 5, jump = amount >>> 5, bits = amount & 31;
  for (let j = words - 1; j >= 0; j--) {
    const from = j - jump;
    const high = from >= 0 ? V[a + from] << bits : 0;
    const low = bits > 0 && from >= 1 ? V[a + from - 1] >>> (32 - bits) : 0;
    V[o + j] = high | low;
  }
  keep(o, width);
};
const shiftRightFilled = (o, a, width, amount, fill) => {
  const words = (width + 31) >> 5, jump = amount >>> 5, bits = amount & 31, top = width & 31;
  const word = (i) => i >= words ? fill : i === words - 1 && top > 0 ? V[a + i] | (fill << top) : V[a + i];
  for (let j = 0; j < words; j++) {
    const low = word(j + jump) >>> bits;
    V[o + j] = bits > 0 ? low | (word(j + jump + 1) << (32 - bits)) : low;
  }
  keep(o, width);
};
const shiftRight = (o, a, width, amount) => shiftRightFilled(o, a, width, amount, 0);
const shiftRightArithmetic = (o, a, width, amount) =>
  shiftRightFilled(o, a, width, amount, -((V[a + ((width - 1) >> 5)] >>> ((width - 1) & 31)) & 1));
const multiply = (o, ow, a, aw, b, bw) => {
  const digit = (at, i) => (V[at + (i >> 1)] >>> (16 * (i & 1))) & 65535;
  const sums = new Float64Array(2 * ow + 1);
  for (let i = 0; i < 2 * aw; i++) {
    for (let j = 0; j < 2 * bw && i + j < 2 * ow; j++) sums[i + j] += digit(a, i) * digit(b, j);
  }
  for (let i = 0; i < 2 * ow; i++) {
    const carry = Math.floor(sums[i] / 65536);
    sums[i] -= carry * 65536;
    sums[i + 1] += carry;
  }
  for (let j = 0; j < ow; j++) V[o + j] = sums[2 * j] | (sums[2 * j + 1] << 16);
};`;
