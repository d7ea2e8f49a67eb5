/**
 * The WebAssembly kernel of fused additions in which nothing is rounded: scales are multiplied into the elements
 * beforehand, and a step is integer dot products and nothing else.
 *
 * Elements of a row (or column) are 16-bit multiples of one power of two, its *unit*; sums are multiples of the product
 * of both units, and kept as i32. If after every step of a tile all |sums| ≤ 2^23, and ‖row of a step‖·‖column of a
 * step‖ ≤ 2^23, then by Cauchy-Schwarz every partial sum is at most 2^24: exact in i32, and in the f32 that the
 * semantic rounds to. The kernel looks at the sums and leaves a tile alone in which one is larger.
 *
 * Memory: two rows as [pair of k][2 rows][2] i16, 16 columns as [pair of k][16 columns][2] i16, a unit (f32) a row and column.
 */

import { GROUP } from './native-tables.js';
import {
  add,
  type Code,
  get,
  i32,
  repeat,
  set,
  splatWord,
  store,
  unless,
  v,
  type WasmFunction,
} from './wasm-code.js';
import { advance, type FusedConstants, VECTOR } from './wasm-fused.js';

/** Rows and columns of a tile: eight vectors of sums, as many as leave registers for the operands. */
export const TILE = { rows: 2, columns: 16 } as const;
const VECTORS = TILE.columns / 4;
/** log2 of the largest sum after a step, and of the largest change in a step. */
export const LOG_LARGEST_SUM = 23;

/** `integer(rows, columns, rowUnits, columnUnits, sums, stride, steps)`: 1 if the tile was left alone; stride in bytes. */
export function integerKernel({ groupsPerStep }: FusedConstants): WasmFunction {
  const [rows, columns, rowUnits, columnUnits, sums, stride, steps] = [0, 1, 2, 3, 4, 5, 6] as const;
  const pairs = 7;
  const sumsOfRow = (r: number) => pairs + 1 + r;
  const total = (r: number, c: number) => sumsOfRow(TILE.rows) + r * VECTORS + c;
  const right = (c: number) => total(TILE.rows, c);
  const [left, unit, largest, bad] = [
    right(VECTORS),
    right(VECTORS) + 1,
    right(VECTORS) + 2,
    right(VECTORS) + 3,
  ];
  const each = (body: (r: number, c: number) => Code): Code =>
    range(TILE.rows).flatMap((r) => range(VECTORS).flatMap((c) => [...body(r, c)]));
  const unitOf = (r: number, c: number): Code =>
    set(unit, v.mulF32(v.load32Splat(get(rowUnits), r * 4), v.load(get(columnUnits), c * VECTOR)));
  const look = (r: number, c: number): Code =>
    set(largest, v.maxU32(get(largest), v.absI32(get(total(r, c)))));
  // One pair a turn: a compiler that sees many at once loads everything first, and runs out of registers.
  const pair: Code = [
    ...range(VECTORS).flatMap((c) => [...set(right(c), v.load(get(columns), c * VECTOR))]),
    ...range(TILE.rows).flatMap((r) => [
      ...set(left, v.load32Splat(get(rows), r * 4)),
      ...range(VECTORS).flatMap((c) => [
        ...set(total(r, c), v.addI32(get(total(r, c)), v.dotI16(get(left), get(right(c))))),
      ]),
    ]),
    ...advance(rows, TILE.rows * 4),
    ...advance(columns, TILE.columns * 4),
  ];
  const step: Code = [...set(pairs, i32((groupsPerStep * GROUP) / 2)), ...repeat(pairs, pair), ...each(look)];
  const begin: Code = [
    ...set(sumsOfRow(0), get(sums)),
    ...range(TILE.rows - 1).flatMap((r) => [...set(sumsOfRow(r + 1), add(get(sumsOfRow(r)), get(stride)))]),
    ...each((r, c) => [
      ...unitOf(r, c),
      ...set(left, v.divF32(v.load(get(sumsOfRow(r)), c * VECTOR), get(unit))),
      ...set(total(r, c), v.truncF32(get(left))),
      ...set(bad, v.or(get(bad), v.neF32(v.convertF32(get(total(r, c))), get(left)))),
      ...look(r, c),
    ]),
  ];
  const end = each((r, c) => [
    ...unitOf(r, c),
    ...store(add(get(sumsOfRow(r)), i32(c * VECTOR)), v.mulF32(v.convertF32(get(total(r, c))), get(unit))),
  ]);
  const refused = v.anyTrue(v.or(get(bad), v.gtU32(get(largest), splatWord(2 ** LOG_LARGEST_SUM))));
  const body: Code = [...begin, ...repeat(steps, step), ...unless(refused, end), ...refused];
  return {
    name: 'integer',
    parameters: 7,
    result: true,
    locals: [1 + TILE.rows, bad + 1 - total(0, 0)],
    body,
  };
}

function range(count: number): number[] {
  return [...Array(count).keys()];
}
