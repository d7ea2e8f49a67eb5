/**
 * What the native library is told of a dot product, as a record for programs that call it from C
 * (native/include/fp4sim.h): caught from the families on its way to the library.
 */
import { type DotSemantic, exactBound, hasBlockScales, type OperandFormat } from '../dot/index.js';
import { widthOf } from '../formats/index.js';
import type { TileOperand } from './kernels.js';
import { nativeFamily } from './native-families.js';
import type { NativeLibrary, NativeOperand, NativeSums } from './native-library.js';
import { choicesOf, elementUnit, GROUP } from './native-tables.js';

/** Kinds by their numbers in the header. */
export const NATIVE_KINDS = {
  fused: 1,
  'per-block': 2,
  exact: 3,
  'per-choice': 4,
  products: 5,
  lanes: 6,
  integers: 7,
  'two-stage': 8,
  register: 9,
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
  if (codesOf(a, semantic) > MOST_CODES || codesOf(b, semantic) > MOST_CODES) return undefined;
  const family = nativeFamily(semantic);
  const sides = ([['a', a] as const, ['b', b] as const] as const).map(([side, format]) => {
    const every = new EveryCode(format, semantic, stepK);
    const { library, caught } = catcher(every);
    family.prepare(library, every.operand, side, semantic);
    return caught.side;
  });
  const [left, right] = sides;
  if (left === undefined || right === undefined || left.isWide !== right.isWide) return undefined;
  const { library, caught } = catcher(undefined);
  family.sums(library, { semantic, a, b, rows: 1, cols: 1, stepK });
  const sums = caught.sums ?? wideRegister(semantic, a, b);
  if (sums === undefined) return undefined;
  const options = { ...sums.options, wide: left.isWide };
  return { ...sums, options, a: left.side, b: right.side };
}

/** Codes that C hands over are of 16 bits. */
const MOST_CODES = 2 ** 16;

const codesOf = (format: OperandFormat, { operands }: DotSemantic) =>
  2 ** Math.max(...choicesOf(format, operands).map(widthOf));

/** The sums of an exact semantic whose register is wider than the library's. */
function wideRegister(semantic: DotSemantic, a: OperandFormat, b: OperandFormat): Caught['sums'] {
  if (semantic.accumulation.kind !== 'exact') return undefined;
  const unit = elementUnit(a, semantic.operands) + elementUnit(b, semantic.operands);
  return { kind: 'register', nan: 0, options: { unit, lastPlace: exactBound(semantic, a, b).unitExponent } };
}

/** One row that holds every code under every scale byte, each `run` times: whole blocks and whole steps. */
class EveryCode {
  readonly codes: number;
  readonly run: number;
  readonly operand: TileOperand;

  constructor(
    readonly format: OperandFormat,
    semantic: DotSemantic,
    stepK: number,
  ) {
    this.codes = codesOf(format, semantic);
    const [block, bytes] = hasBlockScales(format) ? [format.blockSize, SCALE_BYTES] : [stepK, 1];
    this.run = Math.max(block, stepK);
    const { codes, run } = this;
    const depth = codes * run * bytes;
    this.operand = {
      format,
      rows: 1,
      depth,
      codes: Uint32Array.from({ length: depth }, (_, k) => Math.floor(k / run) % codes),
      scales: Uint8Array.from({ length: bytes === 1 ? 0 : depth / block }, (_, i) =>
        Math.floor((i * block) / (run * codes)),
      ),
    };
  }

  /** Elements of a block; 0 without scales. */
  get block(): number {
    return hasBlockScales(this.format) ? this.format.blockSize : 0;
  }

  /** What a row, of an entry for each `size` elements, has for every code under a scale byte. */
  ofCodes(row: ArrayLike<number>, byte = 0, size = 1): number[] {
    return Array.from({ length: this.codes }, (_, code) => row[this.at(code, byte) / size]!);
  }

  /** The same for every scale byte beside a code; undefined without scales. */
  ofBytes(row: ArrayLike<number>, code: number, size = 1): number[] | undefined {
    if (this.block === 0) return undefined;
    return Array.from({ length: SCALE_BYTES }, (_, byte) => row[this.at(code, byte) / size]!);
  }

  private at(code: number, byte: number): number {
    return (byte * this.codes + code) * this.run;
  }
}

/** What a family hands over: a side's tables, and what its sums are. */
interface Caught {
  /** `isWide`: see the header. */
  side?: { readonly side: NativeSide; readonly isWide: boolean };
  sums?: Omit<NativeRecord, 'a' | 'b'>;
}

/** A library that keeps what it is told, as tables if it is of every code, and computes nothing. */
function catcher(every: EveryCode | undefined): { library: NativeLibrary; caught: Caught } {
  const caught: Caught = {};
  const operand = (tables: (every: EveryCode) => NativeSide, isWide = false): NativeOperand => {
    if (every !== undefined) caught.side = { side: tables(every), isWide };
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
        operand(({ codes, block }) => {
          const choices = reading.selector === 0 ? [0] : [0, SCALE_BYTES];
          const scales = { scales: [...reading.values], scaleExponents: [...reading.exponents] };
          return {
            values: choices.flatMap((from) => [...reading.elements.subarray(from, from + codes)]),
            block,
            selector: reading.selector,
            ...(block === 0 ? {} : scales),
          };
        }),
      floats: (_panels, _codes, _rows, _depth, { values, exponents }) =>
        operand(() => ({ values: [...values], exponents: [...exponents], block: 0, selector: 0 })),
      lanes: (elements, scales, choices) =>
        operand((all) => {
          const selector = choices.includes(1) ? SELECTOR : 0;
          const bytes = selector === 0 ? [0] : [0, selector];
          const values = bytes.flatMap((byte) => all.ofCodes(elements, byte));
          return { values, block: all.block, selector, scales: all.ofBytes(scales, 0, GROUP)! };
        }),
      integers: (_panels, elements) =>
        operand((all) => ({ values: all.ofCodes(elements), block: 0, selector: 0 })),
      parts: (_panels, significands, exponents) =>
        operand((all) => partsSide(all, significands, exponents), true),
      blocks: (_panels, elements, scales, _rows, _depth, block) =>
        operand((all) => blocksSide(all, elements, scales, block), true),
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
      twoStage: (options, _rows, _cols, nan) => sums('two-stage', nan, { ...options }),
    },
  } as Pick<NativeLibrary, 'NativeOperand' | 'NativeSums'> as NativeLibrary;
  return { library, caught };
}

/** Exponents of codes and of scales, apart: those of codes under byte 0, which is a number, and how others differ from it. */
function partsSide(all: EveryCode, significands: Float32Array, exponents: Int16Array): NativeSide {
  const one = all.ofCodes(significands).findIndex((value) => Math.abs(value) === 1);
  const side = { values: all.ofCodes(significands), exponents: all.ofCodes(exponents) };
  const [found, places] = [all.ofBytes(significands, one), all.ofBytes(exponents, one)];
  if (found === undefined || places === undefined) return { ...side, block: 0, selector: 0 };
  const scales = found.map((value) => (Number.isNaN(value) ? value : 1));
  const scaleExponents = places.map((place) => place - places[0]!);
  return { ...side, block: all.block, selector: 0, scales, scaleExponents };
}

/** Whole numbers; a code that is NaN makes the scale of its block NaN. */
function blocksSide(all: EveryCode, elements: Int32Array, scales: Float64Array, block: number): NativeSide {
  const perElement = (byte: number) => all.ofCodes(scales, byte, block);
  const isNaNCode = perElement(0).map(Number.isNaN);
  const values = all.ofCodes(elements).map((value, code) => (isNaNCode[code] ? Number.NaN : value));
  const ofBytes = all.ofBytes(scales, isNaNCode.indexOf(false), block);
  return { values, block, selector: 0, ...(ofBytes && { scales: ofBytes }) };
}
