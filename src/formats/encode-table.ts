/**
 * A fast encoder derived from a codec: float32 bits → code by one table look-up and one comparison.
 *
 * Codes are a step function of the float32 bit pattern, monotone for each sign. The bit patterns are cut into
 * buckets by their upper bits (sign, exponent, some of the fraction), so finely that no bucket holds more than one
 * step; for each bucket the table keeps where the step is and the codes on its two sides.
 *
 * Not modelled: encoders that need random bits, or a stickiness beyond the float32 they are given.
 */
import { bitsToFloat32 } from '../numerics/index.js';
import { codecOf, type EncodeOptions } from './codec.js';
import { type ElementFormat, hasNan } from './element.js';

export interface EncodeTable {
  /** bucket = float32 bits >>> shift */
  readonly shift: number;
  /** First bit pattern (as a signed 32-bit integer) of the bucket that gives the upper code. */
  readonly step: Int32Array;
  /** The code below and from the step on, two entries a bucket. */
  readonly codes: Uint8Array;
}

const FIRST_NAN = 0x7f800001;
const caches = new WeakMap<ElementFormat, Map<string, EncodeTable>>();

/**
 * The table of a format of at most 8 bits; built once for each format, rounding and overflow rule. NaN inputs give
 * the format's NaN, or code 0 where there is none.
 */
export function encodeTableOf(format: ElementFormat, options: EncodeOptions = {}): EncodeTable {
  const key = [options.rounding, options.overflow, options.subnormalCarry].join();
  let tables = caches.get(format);
  if (tables === undefined) {
    tables = new Map();
    caches.set(format, tables);
  }
  let table = tables.get(key);
  if (table === undefined) {
    table = buildTable(format, options);
    tables.set(key, table);
  }
  return table;
}

/** The code of one float32 given by its bits. */
export function encodeBits(table: EncodeTable, bits: number): number {
  const bucket = bits >>> table.shift;
  return table.codes[2 * bucket + ((bits | 0) >= table.step[bucket]! ? 1 : 0)]!;
}

function buildTable(format: ElementFormat, options: EncodeOptions): EncodeTable {
  const codec = codecOf(format);
  if (codec.width > 8) throw new RangeError(`${format.name} is too wide for an encode table`);
  const nanCode = hasNan(format) ? codec.encode(Number.NaN, options) : 0;
  const encode = (bits: number): number => {
    const isNan = (bits & 0x7fffffff) >= FIRST_NAN;
    return isNan ? nanCode : codec.encode(bitsToFloat32(bits), options);
  };
  for (let shift = 20; shift >= 8; shift -= 2) {
    const table = fillTable(shift, encode);
    if (table !== undefined) return table;
  }
  throw new RangeError(`${format.name} has steps too close for an encode table`);
}

/** The table with buckets of 2^shift bit patterns, or undefined if some bucket holds two steps. */
function fillTable(shift: number, encode: (bits: number) => number): EncodeTable | undefined {
  const buckets = 2 ** (32 - shift);
  const step = new Int32Array(buckets);
  const codes = new Uint8Array(2 * buckets);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const first = bucket * 2 ** shift;
    const last = first + 2 ** shift - 1;
    const [low, high] = [encode(first), encode(last)];
    let [below, at] = [first, last]; // encode(below) is low, encode(at) is not, unless both ends agree
    while (low !== high && at - below > 1) {
      const middle = below + Math.floor((at - below) / 2);
      if (encode(middle) === low) below = middle;
      else at = middle;
    }
    if (encode(at) !== high) return undefined;
    step[bucket] = low === high ? first : at;
    codes[2 * bucket] = low;
    codes[2 * bucket + 1] = high;
  }
  return { shift, step, codes };
}
