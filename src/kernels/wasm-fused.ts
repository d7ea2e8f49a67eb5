/**
 * WebAssembly kernels of the fused addition of group sums, 128 bits at a time. The tiers and the guards under which they
 * are exact are those of native/src/fused.rs: `float` adds a step's terms in f32 and rounds once, `cutting` truncates every
 * term in f64 and takes any operand.
 *
 * Memory of an operand: a group of a row is 16 i16; a group of a panel is [8 pairs][8 columns][2] i16, and 8 scales
 * (f32) and 8 exponents (i32).
 */
import { GROUP } from './native-tables.js';
import {
  add,
  type Code,
  get,
  i32,
  repeat,
  set,
  shuffleWords,
  splatWord,
  store,
  v,
  type WasmFunction,
  words,
} from './wasm-code.js';

/** Columns of a panel: two vectors. */
export const PANEL = 8;
/** Rows that `float` takes at once. */
export const ROWS = 2;
const PAIRS = GROUP / 2;
/** Bytes of one group. */
export const ROW_GROUP_BYTES = GROUP * 2;
export const PANEL_GROUP_BYTES = PANEL * GROUP * 2;
export const PANEL_SCALE_BYTES = PANEL * 4;
export const VECTOR = 16;

/** What a rule puts into the code as constants. */
export interface FusedConstants {
  readonly groupsPerStep: number;
  readonly fractionBits: number;
  readonly floor: number;
  /** Exponent that a zero C counts with. */
  readonly zeroAddend: number;
}

/** Integer group sums of `rows` × `columns` vectors into locals; `address` of a row and of the panel's bytes. */
function groupSums(
  rows: readonly number[],
  panel: number,
  firstColumn: number,
  columns: number,
  sum: (r: number, c: number) => number,
  [left, right]: readonly [(r: number) => number, number],
): Code {
  const code: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    for (const [r, row] of rows.entries()) code.push(...set(left(r), v.load32Splat(get(row), pair * 4)));
    for (let c = 0; c < columns; c++) {
      const offset = pair * PANEL * 4 + (firstColumn + c) * VECTOR;
      code.push(...set(right, v.load(get(panel), offset)));
      for (const r of rows.keys()) {
        const products = v.dotI16(get(left(r)), get(right));
        code.push(...set(sum(r, c), pair === 0 ? products : v.addI32(get(sum(r, c)), products)));
      }
    }
  }
  return code;
}

/** x + y toward zero: the sum's rounding error (Knuth's two-sum) tells whether it went outward. */
function addTowardZero(x: number, y: number, sum: number, part: number): Code {
  const error = v.addF32(v.subF32(get(x), v.subF32(get(sum), get(part))), v.subF32(get(y), get(part)));
  return [
    ...set(sum, v.addF32(get(x), get(y))),
    ...set(part, v.subF32(get(sum), get(x))),
    ...set(y, error),
    ...set(part, v.and(v.shrS(v.xor(get(y), get(sum)), i32(31)), v.neF32(get(y), splatWord(0)))),
    ...set(x, v.addI32(get(sum), get(part))),
  ];
}

/** `float(row0, row1, scales0, scales1, panel, panelScales, sums0, sums1, steps)`: two rows × eight columns. */
export function floatKernel({ groupsPerStep }: FusedConstants): WasmFunction {
  const [row, scale, panel, panelScales, sums, steps] = [[0, 1], [2, 3], 4, 5, [6, 7], 8] as const;
  const groups = 9;
  let next = 10;
  const grid = () => {
    const first = next;
    next += ROWS * 2;
    return (r: number, c: number) => first + r * 2 + c;
  };
  const [running, terms, dots] = [grid(), grid(), grid()];
  const [left, right, x, y] = [next, next + 2, next + 3, next + 4];
  const each = (body: (r: number, c: number) => Code): Code =>
    [0, 1].flatMap((r) => [0, 1].flatMap((c) => [...body(r, c)]));
  const group: Code = [
    ...groupSums(row, panel, 0, 2, dots, [(r) => left + r, right]),
    ...[0, 1].flatMap((r) => [...set(left + r, v.load32Splat(get(scale[r]!), 0))]),
    ...each((r, c) => {
      const factor = v.mulF32(get(left + r), v.load(get(panelScales), c * VECTOR));
      return set(terms(r, c), v.addF32(get(terms(r, c)), v.mulF32(v.convertF32(get(dots(r, c))), factor)));
    }),
    ...[...row].flatMap((r) => [...advance(r, ROW_GROUP_BYTES)]),
    ...[...scale].flatMap((s) => [...advance(s, 4)]),
    ...advance(panel, PANEL_GROUP_BYTES),
    ...advance(panelScales, PANEL_SCALE_BYTES),
  ];
  const step: Code = [
    ...each((r, c) => set(terms(r, c), splatWord(0))),
    ...set(groups, i32(groupsPerStep)),
    ...repeat(groups, group),
    ...each((r, c) => addTowardZero(running(r, c), terms(r, c), x, y)),
  ];
  const body: Code = [
    ...each((r, c) => set(running(r, c), v.load(get(sums[r]!), c * VECTOR))),
    ...repeat(steps, step),
    ...each((r, c) => store(add(get(sums[r]!), i32(c * VECTOR)), get(running(r, c)))),
  ];
  return { name: 'float', parameters: 9, result: false, locals: [1, y + 1 - 10], body };
}

export function advance(pointer: number, bytes: number): Code {
  return set(pointer, add(get(pointer), i32(bytes)));
}

/** 2^x of two i32 lanes, as f64x2. */
function power(x: Code, half: 'low' | 'high'): Code {
  const biased = v.addI32(x, splatWord(1023));
  return v.shlI64(half === 'low' ? v.extendLow(biased) : v.extendHigh(biased), i32(52));
}

const SIGN_FREE = 0x7fffffff;
const TWO_TO_128 = words(0, 0x47f00000, 0, 0x47f00000);

/** Four doubles in two locals toward zero, as f32x4 with +0 for −0. `near` and `back` are scratch. */
function demoteTowardZero(low: number, high: number, near: number, back: number): Code {
  const outward = (half: number): Code => {
    const magnitude = v.absF64(get(half));
    const grown = v.gtF64(v.absF64(v.promoteLow(v.demote(get(half)))), magnitude);
    return v.andNot(grown, v.geF64(magnitude, TWO_TO_128)); // beyond the range, infinity stays
  };
  return [
    ...set(near, shuffleWords(v.demote(get(low)), v.demote(get(high)), [0, 1, 4, 5])),
    ...set(back, shuffleWords(outward(low), outward(high), [0, 2, 4, 6])),
    ...set(near, v.addF32(v.addI32(get(near), get(back)), splatWord(0))),
  ];
}

/** `cutting(row, scales, exponents, panel, panelScales, panelExponents, sums, steps)`: one row × four columns. */
export function cuttingKernel({
  groupsPerStep,
  fractionBits,
  floor,
  zeroAddend,
}: FusedConstants): WasmFunction {
  const [row, scale, exponent, panel, panelScales, panelExponents, sums, steps] = [
    0, 1, 2, 3, 4, 5, 6, 7,
  ] as const;
  const groups = 8;
  const [running, largest, dots, left, right] = [9, 10, 11, 12, 13] as const;
  const [unitLow, unitHigh, totalLow, totalHigh, x, y] = [14, 15, 16, 17, 18, 19] as const;
  const exponents: Code = [
    ...set(
      largest,
      v.maxI32(get(largest), v.addI32(v.load32Splat(get(exponent), 0), v.load(get(panelExponents), 0))),
    ),
    ...advance(exponent, 4),
    ...advance(panelExponents, PANEL_SCALE_BYTES),
  ];
  const halves = [
    ['low', unitLow, totalLow],
    ['high', unitHigh, totalHigh],
  ] as const;
  const upper = (value: Code): Code => shuffleWords(value, value, [2, 3, 2, 3]);
  const part = (value: Code, half: 'low' | 'high'): Code => (half === 'low' ? value : upper(value));
  const group: Code = [
    ...groupSums([row], panel, 0, 1, () => dots, [() => left, right]),
    ...set(left, v.load32Splat(get(scale), 0)),
    ...set(right, v.load(get(panelScales), 0)),
    ...halves.flatMap(([half, unit, total]) => {
      const scales = v.mulF64(v.promoteLow(get(left)), v.promoteLow(part(get(right), half)));
      const term = v.mulF64(v.convertLowF64(part(get(dots), half)), v.mulF64(scales, get(unit)));
      return [...set(total, v.addF64(get(total), v.truncF64(term)))];
    }),
    ...advance(row, ROW_GROUP_BYTES),
    ...advance(scale, 4),
    ...advance(panel, PANEL_GROUP_BYTES),
    ...advance(panelScales, PANEL_SCALE_BYTES),
  ];
  const step: Code = [
    ...addendExponent(running, largest, x, floor, zeroAddend),
    ...set(groups, i32(groupsPerStep)),
    ...repeat(groups, exponents),
    ...halves.flatMap(([half, unit, total]) => [
      ...set(unit, power(v.subI32(splatWord(fractionBits), get(largest)), half)),
      ...set(total, v.truncF64(v.mulF64(v.promoteLow(part(get(running), half)), get(unit)))),
    ]),
    ...set(groups, i32(groupsPerStep)),
    ...repeat(groups, group),
    ...halves.flatMap(([half, , total]) => [
      ...set(total, v.mulF64(get(total), power(v.subI32(get(largest), splatWord(fractionBits)), half))),
    ]),
    ...demoteTowardZero(totalLow, totalHigh, x, y),
    ...set(running, get(x)),
  ];
  const body: Code = [
    ...set(running, v.load(get(sums), 0)),
    ...repeat(steps, step),
    ...store(get(sums), get(running)),
  ];
  return { name: 'cutting', parameters: 8, result: false, locals: [1, 11], body };
}

/** largest ← the greater of the floor and C's exponent; `zeroAddend` for zeros, the floor for NaN and infinities. */
function addendExponent(c: number, largest: number, field: number, floor: number, zeroAddend: number): Code {
  const magnitude = v.and(get(c), splatWord(SIGN_FREE));
  const plain = v.subI32(v.maxI32(get(field), splatWord(1)), splatWord(127));
  return [
    ...set(field, v.shrU(magnitude, i32(23))),
    ...set(largest, v.select(splatWord(floor), plain, v.eqI32(get(field), splatWord(255)))),
    ...set(largest, v.select(splatWord(zeroAddend), get(largest), v.eqI32(magnitude, splatWord(0)))),
    ...set(largest, v.maxI32(get(largest), splatWord(floor))),
  ];
}
