/**
 * Operands that tell dot-product semantics apart. On plain Gaussian data at ordinary depths all sums are exact in
 * FP32 and every semantic gives the same bits, so that data proves nothing; each class here aims at one decision:
 * where alignment begins, what truncation drops, what a zero contributes, how C enters, what NaN does.
 */
import { codecOf, type ElementFormat, widthOf } from '../formats/index.js';
import { exponentOf, float32Bits, type Random } from '../numerics/index.js';
import { hasBlockScales } from './operand.js';
import { registerFormat } from './register.js';
import type { DotSemantic, OperandFormat } from './semantic.js';

/** rows × depth codes and rows × (depth / blockSize) scale bytes, row-major. */
export interface AdversarialOperand {
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
  readonly scales: Uint8Array;
}

export interface AdversarialTile {
  readonly a: AdversarialOperand;
  readonly b: AdversarialOperand;
  /** One addend an output, rows × cols; zeros where the semantic takes none. */
  readonly c: Uint32Array;
}

export interface TileShape {
  readonly rows: number;
  readonly cols: number;
  readonly depth: number;
}

/** How a class draws: codes of elements, scale bytes, the addend, and how the two operands hang together. */
interface AdversarialClass {
  readonly aims: string;
  readonly element: (pools: Pools, random: Random) => number;
  readonly scale: (pools: Pools, random: Random) => number;
  readonly addend: (random: Random) => number;
  /**
   * `cancelling`: the second half of K repeats a and negates b, so that sums nearly vanish.
   * `disjoint`: a is zero at even and b at odd positions, so that every product is zero.
   */
  readonly arrangement: 'independent' | 'cancelling' | 'disjoint';
}

/** Codes of a format by what they are. */
interface Pools {
  readonly finite: readonly number[];
  readonly zeros: readonly number[];
  readonly largest: readonly number[];
  readonly smallest: readonly number[];
  /** Nearest to 2^-75, so that products lie about the smallest FP32 number, where alignment has its floor. */
  readonly deep: readonly number[];
  readonly special: readonly number[];
}

/** Every class by name. */
export const ADVERSARIAL_CLASSES = {
  ordinary: define('what a quantiser would produce', { scale: middling, addend: ordinaryAddend }),
  'wide-scales': define('alignment over the whole range of scales and elements', {}),
  cancellation: define('sums that vanish but for a few bits', { arrangement: 'cancelling' }),
  'one-large': define('one large term over many small ones', {
    element: (pools, random) => random.pick(random.below(24) === 0 ? pools.largest : pools.smallest),
    scale: (pools, random) => random.pick(random.below(4) === 0 ? pools.largest : pools.smallest),
    addend: ordinaryAddend,
  }),
  zeros: define('zero products, zero groups and zero scales beside large and tiny terms', {
    element: (pools, random) =>
      random.pick(pick(random, pools.zeros, pools.zeros, pools.finite, pools.smallest)),
    scale: (pools, random) => random.pick(pick(random, pools.zeros, pools.finite, pools.largest)),
  }),
  'zero-products': define('what the operands of zero products contribute', {
    addend: (random) => (random.below(2) === 0 ? tinyAddend(random) : boundaryAddend(random)),
    arrangement: 'disjoint',
  }),
  'extreme-addend': define('addends from the subnormals to infinity', {
    scale: middling,
    addend: anyAddend,
  }),
  'addend-boundary': define('addends at the edge of what alignment keeps', { addend: boundaryAddend }),
  largest: define('sums near the top of the range', {
    element: (pools, random) => random.pick(pools.largest),
    scale: (pools, random) => random.pick(pools.largest),
    addend: anyAddend,
  }),
  floor: define('products about the floor of the common exponent', {
    element: (pools, random) => random.pick(pools.deep),
    scale: (pools, random) => random.pick(pools.deep),
    addend: tinyAddend,
  }),
  smallest: define('sums at the bottom of the range, and subnormals', {
    element: (pools, random) => random.pick(pick(random, pools.smallest, pools.zeros)),
    scale: (pools, random) => random.pick(pools.smallest),
    addend: tinyAddend,
  }),
  specials: define('NaN and infinities among elements and scales', {
    element: (pools, random) => random.pick(random.below(60) === 0 ? pools.special : pools.finite),
    scale: (pools, random) => random.pick(random.below(12) === 0 ? pools.special : pools.finite),
    addend: anyAddend,
  }),
} as const satisfies Record<string, AdversarialClass>;

export type AdversarialClassName = keyof typeof ADVERSARIAL_CLASSES;
export const ADVERSARIAL_CLASS_NAMES = Object.keys(ADVERSARIAL_CLASSES) as readonly AdversarialClassName[];

function define(aims: string, overrides: Partial<AdversarialClass>): AdversarialClass {
  return {
    aims,
    element: (pools, random) => random.pick(pools.finite),
    scale: (pools, random) => random.pick(pools.finite),
    addend: boundaryAddend,
    arrangement: 'independent',
    ...overrides,
  };
}

/** Operands of a class for a semantic and a pair of formats. The same random stream gives the same tile. */
export function adversarialTile(
  name: AdversarialClassName,
  semantic: DotSemantic,
  a: OperandFormat,
  b: OperandFormat,
  { rows, cols, depth }: TileShape,
  random: Random,
): AdversarialTile {
  const kind: AdversarialClass = ADVERSARIAL_CLASSES[name];
  const left = drawOperand(kind, a, rows, depth, random);
  const right = drawOperand(kind, b, cols, depth, random);
  if (kind.arrangement === 'cancelling') {
    mirror(left, a, rows, depth, false, random);
    mirror(right, b, cols, depth, true, random);
  }
  if (kind.arrangement === 'disjoint') {
    clearEverySecond(left, a, 0);
    clearEverySecond(right, b, 1);
  }
  const c = Uint32Array.from({ length: rows * cols }, () => addendBits(kind, semantic, random));
  return { a: left, b: right, c };
}

function drawOperand(
  kind: AdversarialClass,
  format: OperandFormat,
  rows: number,
  depth: number,
  random: Random,
): AdversarialOperand {
  const element = format.kind === 'block' ? format.choices[0].element : format;
  const pools = poolsOf(element);
  const codes = new (codeArray(widthOf(element)))(rows * depth);
  for (let i = 0; i < codes.length; i++) codes[i] = kind.element(pools, random);
  const blocks = hasBlockScales(format) ? depth / format.blockSize : 0;
  const scalePools = hasBlockScales(format) ? poolsOf(format.scale) : pools;
  const signBit = format.kind === 'block' && widthOf(format.scale) < 8 ? 0x80 : 0;
  const scales = Uint8Array.from({ length: rows * blocks }, () => {
    return kind.scale(scalePools, random) | (random.below(2) * signBit);
  });
  return { codes, scales };
}

/** Zeros at every second position, of either sign. Rows are even in length. */
function clearEverySecond({ codes }: AdversarialOperand, format: OperandFormat, first: number): void {
  const { zeros } = poolsOf(format.kind === 'block' ? format.choices[0].element : format);
  for (let i = first; i < codes.length; i += 2) codes[i] = zeros[(i >> 1) % zeros.length]!;
}

/** The array that holds codes of that many bits. */
function codeArray(width: number): Uint8ArrayConstructor | Uint16ArrayConstructor | Uint32ArrayConstructor {
  return width <= 8 ? Uint8Array : width <= 16 ? Uint16Array : Uint32Array;
}

/** Copies the first half of every row to the second, negated if asked, and changes a code in one row of four. */
function mirror(
  { codes, scales }: AdversarialOperand,
  format: OperandFormat,
  rows: number,
  depth: number,
  negated: boolean,
  random: Random,
): void {
  const element = format.kind === 'block' ? format.choices[0].element : format;
  const half = depth / 2;
  const blocks = scales.length / rows;
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < half; k++) {
      const code = codes[row * depth + k]!;
      codes[row * depth + half + k] = negated ? negativeOf(element, code) : code;
    }
    for (let i = 0; i < Math.floor(blocks / 2); i++) {
      scales[row * blocks + Math.floor(blocks / 2) + i] = scales[row * blocks + i]!;
    }
    if (random.below(4) === 0)
      codes[row * depth + random.below(depth)] = codes[row * depth + random.below(depth)]!;
  }
}

function negativeOf(element: ElementFormat, code: number): number {
  const signBit = 2 ** (widthOf(element) - 1);
  if (element.kind === 'float') return element.signed ? code ^ signBit : code;
  return element.representation === 'twos-complement' ? (2 * signBit - code) % (2 * signBit) : code ^ signBit;
}

const poolCache = new WeakMap<ElementFormat, Pools>();

function poolsOf(format: ElementFormat): Pools {
  let pools = poolCache.get(format);
  if (pools === undefined) {
    pools = buildPools(format);
    poolCache.set(format, pools);
  }
  return pools;
}

function buildPools(format: ElementFormat): Pools {
  const { decode } = codecOf(format);
  const codes = Array.from({ length: 2 ** widthOf(format) }, (_, code) => code);
  const finite = codes.filter((code) => Number.isFinite(decode(code)));
  const nonZero = finite.filter((code) => decode(code) !== 0);
  const magnitudes = nonZero.map((code) => Math.abs(decode(code))).sort((x, y) => x - y);
  const near = (limit: number, above: boolean): number[] =>
    nonZero.filter((code) => (above ? Math.abs(decode(code)) >= limit : Math.abs(decode(code)) <= limit));
  const tenth = Math.floor(magnitudes.length / 10);
  const orFinite = (pool: readonly number[]): readonly number[] => (pool.length === 0 ? finite : pool);
  return {
    finite,
    zeros: orFinite(finite.filter((code) => decode(code) === 0)),
    largest: near(magnitudes.at(-1 - tenth)!, true),
    smallest: near(magnitudes[tenth]!, false),
    deep: nearestTo(nonZero, decode, 2 ** -75),
    special: orFinite(codes.filter((code) => !Number.isFinite(decode(code)))),
  };
}

/** The twentieth of the codes (eight at least) whose magnitudes are nearest to a target, by ratio. */
function nearestTo(codes: readonly number[], decode: (code: number) => number, target: number): number[] {
  const distance = (code: number): number => Math.abs(Math.log2(Math.abs(decode(code)) / target));
  const sorted = [...codes].sort((x, y) => distance(x) - distance(y));
  return sorted.slice(0, Math.max(8, Math.floor(codes.length / 20)));
}

function pick<T>(random: Random, ...pools: readonly (readonly T[])[]): readonly T[] {
  return random.pick(pools);
}

/** A scale within a few binades of the middle of its format. */
function middling({ finite }: Pools, random: Random): number {
  const middle = Math.floor(finite.length / 2);
  return finite[middle + random.below(Math.max(1, Math.floor(finite.length / 8)))]!;
}

function ordinaryAddend(random: Random): number {
  return random.below(4) === 0 ? 0 : random.normal() * 100;
}

function anyAddend(random: Random): number {
  const extremes = [
    0,
    -0,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    2 ** 127.999,
    2 ** -149,
  ];
  return random.below(3) === 0 ? random.pick(extremes) : signed(random, 2 ** (random.below(277) - 149));
}

function tinyAddend(random: Random): number {
  return random.below(3) === 0 ? 0 : signed(random, 2 ** (random.below(30) - 149));
}

/** Full significands between 2^-40 and 2^40: their low bits are what alignment drops first. */
function boundaryAddend(random: Random): number {
  return random.below(6) === 0 ? 0 : signed(random, 2 ** (random.below(80) - 40));
}

function signed(random: Random, magnitude: number): number {
  return (1 + random.uniform()) * magnitude * (random.below(2) === 0 ? 1 : -1);
}

function addendBits(kind: AdversarialClass, semantic: DotSemantic, random: Random): number {
  if (semantic.addend === 'refused') return 0;
  if (semantic.result.kind === 'integer') return random.uint32();
  const addend = kind.addend(random);
  if (semantic.result.format === 'fp32') return float32Bits(addend);
  // Into the range of FP16, exponents folded.
  const folded =
    Number.isFinite(addend) && addend !== 0
      ? addend * 2 ** (-exponentOf(addend) + foldedExponent(addend))
      : addend;
  return codecOf(registerFormat(semantic.result)).encode(folded, { overflow: 'special' });
}

/** An exponent between −24 and 15. */
function foldedExponent(x: number): number {
  return ((((exponentOf(x) + 24) % 40) + 40) % 40) - 24;
}
