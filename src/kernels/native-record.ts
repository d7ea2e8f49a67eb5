/**
 * What the native library is told of a dot product, as a record for programs that call it from C
 * (native/include/fp4sim.h): caught from the families on its way to the library.
 */
import { type DotSemantic, hasBlockScales, type OperandFormat } from '../dot/index.js';
import { widthOf } from '../formats/index.js';
import type { TileOperand } from './kernels.js';
import { nativeFamily } from './native-families.js';
import type { NativeLibrary, NativeOperand, NativeSums } from './native-library.js';
import { choicesOf, GROUP } from './native-tables.js';
import { elementOf } from './typescript/coded-tile.js';

/** Kinds by their numbers in the header. */
export const NATIVE_KINDS = {
  fused: 1,
  'per-block': 2,
  exact: 3,
  'per-choice': 4,
  products: 5,
  lanes: 6,
  integers: 7,
} as const;

/** `fp4sim_side`: tables of numbers, absent where the kind has none. */
export interface NativeSide {
  /** Of every code, and again for the second choice where there is a selector. */
  readonly values: readonly number[];
  readonly exponents?: readonly number[];
  /** 0 without scales. */
  readonly block: number;
  readonly selector: number;
  readonly scales?: readonly number[];
  readonly scaleExponents?: readonly number[];
}

/** `fp4sim_record`; options that are absent are 0. */
export interface NativeRecord {
  readonly kind: keyof typeof NATIVE_KINDS;
  readonly nan: number;
  readonly options: Readonly<Record<string, number | boolean | undefined>>;
  /** By the number of second choices. */
  readonly corrections?: readonly number[];
  readonly a: NativeSide;
  readonly b: NativeSide;
}

const SCALE_BYTES = 256;
const SELECTOR = 0x80;

/** The record of a semantic on two formats; undefined where the library reads operands in a way that C does not offer. */
export function nativeRecord(
  semantic: DotSemantic,
  a: OperandFormat,
  b: OperandFormat,
  stepK: number,
): NativeRecord | undefined {
  const family = nativeFamily(semantic);
  const sides = ([['a', a] as const, ['b', b] as const] as const).map(([side, format]) => {
    const { library, caught } = catcher();
    const operand = everyCode(format, semantic, stepK);
    family.prepare(library, operand, side, semantic);
    return caught.side?.(operand);
  });
  const { library, caught } = catcher();
  if (sides.includes(undefined)) return undefined;
  family.sums(library, { semantic, a, b, rows: 1, cols: 1, stepK });
  return caught.sums === undefined ? undefined : { ...caught.sums, a: sides[0]!, b: sides[1]! };
}

/** One row in which every scale byte has a run of all codes. */
function everyCode(format: OperandFormat, semantic: DotSemantic, stepK: number): TileOperand {
  const codes = 2 ** Math.max(...choicesOf(format, semantic.operands).map(widthOf));
  const block = hasBlockScales(format) ? format.blockSize : 0;
  const run = Math.max(codes, block);
  const depth = block === 0 ? Math.max(run, stepK) : run * SCALE_BYTES;
  return {
    format,
    rows: 1,
    depth,
    codes: Uint32Array.from({ length: depth }, (_, k) => k % codes),
    scales: Uint8Array.from({ length: block === 0 ? 0 : depth / block }, (_, i) => (i * block) / run),
  };
}

/** What a family hands over: how a side's operand is read, and what its sums are. */
interface Caught {
  side?: (operand: TileOperand) => NativeSide;
  sums?: Omit<NativeRecord, 'a' | 'b'>;
}

/** A library that keeps what it is told, of the operands that C offers, and computes nothing. */
function catcher(): { library: NativeLibrary; caught: Caught } {
  const caught: Caught = {};
  const operand = (side: Caught['side']): NativeOperand => {
    if (side !== undefined) caught.side = side;
    return { release: () => undefined };
  };
  const sums = (
    kind: NativeRecord['kind'],
    nan: number,
    options: NativeRecord['options'] = {},
    corrections?: Float32Array,
  ) => {
    caught.sums = { kind, nan, options, ...(corrections && { corrections: [...corrections] }) };
    return {} as NativeSums;
  };
  const library = {
    NativeOperand: {
      groups: (_side, _codes, _scales, _rows, _depth, reading) =>
        operand(({ format }) => {
          const codes = 2 ** widthOf(elementOf(format, 0));
          const choices = reading.selector === 0 ? [0] : [0, SCALE_BYTES];
          const scales = { scales: [...reading.values], scaleExponents: [...reading.exponents] };
          return {
            values: choices.flatMap((from) => [...reading.elements.subarray(from, from + codes)]),
            block: reading.block,
            selector: reading.selector,
            ...(reading.block === 0 ? {} : scales),
          };
        }),
      floats: (_panels, _codes, _rows, _depth, { values, exponents }) =>
        operand(() => ({ values: [...values], exponents: [...exponents], block: 0, selector: 0 })),
      lanes: (elements, scales, choices, _rows, depth) =>
        operand(({ format }) => {
          const codes = 2 ** widthOf(elementOf(format, 0));
          const run = depth / SCALE_BYTES;
          const selector = choices.includes(1) ? SELECTOR : 0;
          const bytes = selector === 0 ? [0] : [0, selector];
          return {
            values: bytes.flatMap((byte) => [...elements.subarray(byte * run, byte * run + codes)]),
            block: hasBlockScales(format) ? format.blockSize : 0,
            selector,
            scales: Array.from({ length: SCALE_BYTES }, (_, byte) => scales[(byte * run) / GROUP]!),
          };
        }),
      integers: (_panels, elements) =>
        operand(({ format }) => ({
          values: [...elements.subarray(0, 2 ** widthOf(elementOf(format, 0)))],
          block: 0,
          selector: 0,
        })),
      // Their tables would be of every pair of code and scale byte, or of 65,536 codes.
      parts: () => operand(undefined),
      blocks: () => operand(undefined),
    },
    NativeSums: {
      fused: (options, _rows, _cols, nan) => sums('fused', nan, { ...options }),
      perBlock: (unit, _rows, _cols, nan, _engine, corrections) =>
        sums('per-block', nan, { unit }, corrections),
      perChoice: (unit, lastPlace, corrections, _rows, _cols, nan) =>
        sums('per-choice', nan, { unit, lastPlace }, corrections),
      exact: (options, _rows, _cols, nan) => sums('exact', nan, { ...options }),
      products: (options, _rows, _cols, nan) => sums('products', nan, { ...options }),
      lanes: (loaded, corrections, _rows, _cols, nan) => sums('lanes', nan, { loaded }, corrections),
      integers: () => sums('integers', 0),
      twoStage: () => ({}) as NativeSums,
    },
  } as Pick<NativeLibrary, 'NativeOperand' | 'NativeSums'> as NativeLibrary;
  return { library, caught };
}
