/** Vectors of an element or scale format: every code decoded, and FP32 numbers encoded, boundaries first. */
import {
  codecOf,
  type ElementFormat,
  type EncodeOptions,
  FP32,
  hasNan,
  type Overflow,
  widthOf,
} from '../../formats/index.js';
import {
  bitsToFloat32,
  ConfigurationError,
  float32Bits,
  hex,
  type Random,
  ROUNDING_MODES,
  type RoundingMode,
  suggest,
} from '../../numerics/index.js';
import { type Columns, type Layout, layoutOf } from '../layout.js';
import type { Level, VectorClass, VectorUnit } from '../unit.js';
import type { Policy } from '../verify/policy.js';

/** Widest formats of which every code is listed, and every boundary between codes. */
const [LISTED_BITS, BOUNDARY_BITS] = [19, 9];
const RANDOM_VECTORS = 131_072;
const BF16_VALUES = 65536;

export interface CodecOptions {
  readonly rounding?: string;
  readonly overflow?: string;
}

/** The units of a format: `decode` and `encode`. Throws `ConfigurationError` for an unknown option. */
export function codecUnits(format: ElementFormat, options: CodecOptions = {}): VectorUnit[] {
  const units = [encodeUnit(format, encodeOptions(format, options))];
  return widthOf(format) <= LISTED_BITS ? [decodeUnit(format), ...units] : units;
}

/** Rounding and overflow of an encoder as settings name them. Throws `ConfigurationError` for what there is not. */
export function encodeOptions(
  format: ElementFormat,
  options: CodecOptions,
): Required<Omit<EncodeOptions, 'subnormalCarry'>> {
  const { rounding = format.rounding ?? 'nearest-even', overflow = 'saturate' } = options;
  const modes: readonly string[] = ROUNDING_MODES;
  if (!modes.includes(rounding))
    throw new ConfigurationError(`unknown rounding "${rounding}"`, suggest(rounding, modes));
  if (overflow !== 'saturate' && overflow !== 'special')
    throw new ConfigurationError(`unknown overflow "${overflow}"`, 'expected saturate or special');
  return { rounding: rounding as RoundingMode, overflow: overflow satisfies Overflow };
}

/** A class whose vectors are the inputs of a list; results are one number an input. */
function listedClass(
  name: string,
  summary: string,
  level: Level,
  inputs: ArrayLike<number>,
  result: (input: number) => number,
  exhaustive?: string,
): VectorClass {
  return {
    name,
    summary,
    level,
    vectors: inputs.length,
    adjustable: false,
    ...(exhaustive === undefined ? {} : { exhaustive }),
    fill: (columns, { first, count }) => {
      for (let i = 0; i < count; i++) putPair(columns, i, inputs[first + i]!, result);
    },
  };
}

function drawnClass(
  name: string,
  summary: string,
  draw: (random: Random) => number,
  result: (input: number) => number,
): VectorClass {
  return {
    name,
    summary,
    level: 3,
    vectors: RANDOM_VECTORS,
    adjustable: true,
    fill: (columns, { count }, random) => {
      for (let i = 0; i < count; i++) putPair(columns, i, draw(random), result);
    },
  };
}

function putPair(columns: Columns, line: number, input: number, result: (input: number) => number): void {
  columns[0]![line] = input;
  columns[1]![line] = result(input);
}

function rulesOf(format: ElementFormat): Record<string, string> {
  const subnormals = format.kind === 'float' && format.subnormals;
  return {
    format: `${format.name}: ${widthOf(format)} bits; ${format.source}`,
    nan: hasNan(format) ? `NaN codes decode to 0x${hex(DECODED_NAN, 8)}` : 'the format has no NaN',
    negativeZero: 'the code of −0 decodes to 0x80000000, and −0 is encoded as it, where there is one',
    subnormals: subnormals ? 'subnormal codes count' : 'the format has no subnormals',
  };
}

/** A NaN has these bits whatever its code: what sign a host gives it says nothing. */
const DECODED_NAN = 0x7fc00000;

/** The FP32 bits of a decoded code. */
export const valueBits = (value: number) => (Number.isNaN(value) ? DECODED_NAN : float32Bits(value));

function decodeUnit(format: ElementFormat): VectorUnit {
  const width = widthOf(format);
  const codec = codecOf(format);
  const value = (code: number) => valueBits(codec.decode(code));
  const layout = layoutOf([
    { name: 'code', width, role: 'operand', meaning: `${format.name} code` },
    { name: 'value', width: 32, role: 'result', meaning: 'its value as FP32 bits' },
  ]);
  const codes = Uint32Array.from({ length: 2 ** width }, (_, code) => code);
  const levels: readonly Level[] = [0, 1, 2];
  return {
    unit: 'decode',
    format: format.name,
    policy: 'fp32',
    summary: `${format.name} codes to FP32`,
    layout,
    interface: undefined,
    rules: rulesOf(format),
    classes: levels.map((level) =>
      listedClass('codes', 'every code', level, codes, value, `all ${2 ** width} codes`),
    ),
    policies: () => decodePolicies(format),
    explain: (columns, { to }) => ({
      operands: [`code 0x${hex(columns[0]![to - 1]!, 1)} is ${codec.decode(columns[0]![to - 1]!)}`],
      trace: undefined,
    }),
  };
}

function decodePolicies(format: ElementFormat): Policy[] {
  const codec = codecOf(format);
  const subnormal = (code: number) => {
    if (format.kind === 'integer' || !format.subnormals) return false;
    return ((code >>> format.fractionBits) & (2 ** format.exponentBits - 1)) === 0;
  };
  const rows: readonly (readonly [string, string, (code: number) => number])[] = [
    [
      'subnormals-flushed',
      'decodes subnormal codes to zero',
      (code) => (subnormal(code) ? 0 : codec.decode(code)),
    ],
    [
      'subnormals-as-normal',
      'decodes subnormal codes as if the hidden bit were 1',
      (code) =>
        format.kind === 'float' && format.subnormals && subnormal(code)
          ? codecOf({ ...format, subnormals: false }).decode(code)
          : codec.decode(code),
    ],
    [
      'nan-as-number',
      'decodes NaN codes as the number that their bits spell',
      (code) =>
        format.kind === 'float' && Number.isNaN(codec.decode(code))
          ? codecOf({ ...format, specials: 'none' }).decode(code)
          : codec.decode(code),
    ],
    [
      'nan-as-largest',
      'decodes NaN codes as the largest finite value',
      (code) => (Number.isNaN(codec.decode(code)) ? codec.maxValue : codec.decode(code)),
    ],
  ];
  return rows.map(([name, says, decode]) => ({
    name,
    says,
    predictor:
      () =>
      ({ columns, lines }) => [BigInt(valueBits(decode(columns[0]![lines.to - 1]!)))],
  }));
}

function encodeUnit(
  format: ElementFormat,
  options: Required<Omit<EncodeOptions, 'subnormalCarry'>>,
): VectorUnit {
  const width = widthOf(format);
  const encode = encoderOf(format, options);
  const layout: Layout = layoutOf([
    { name: 'x', width: 32, role: 'operand', meaning: 'FP32 bits' },
    { name: 'code', width, role: 'result', meaning: `${format.name} code` },
  ]);
  const bf16 = Uint32Array.from({ length: BF16_VALUES }, (_, code) => code * 65536).filter((bits) =>
    isEncodable(format, bits),
  );
  const boundaries = boundariesOf(format);
  return {
    unit: 'encode',
    format: format.name,
    policy: `${options.rounding}-${options.overflow}`,
    summary: `FP32 to ${format.name}, ${options.rounding}, overflow: ${options.overflow}`,
    layout,
    interface: undefined,
    rules: {
      ...rulesOf(format),
      rounding: options.rounding,
      overflow: options.overflow,
      nanInputs: hasNan(format) ? 'NaN gives the NaN code' : 'left out: the format has no NaN',
    },
    classes: [
      listedClass('values', 'every value, both signs', 0, valuesAsBits(format), encode),
      listedClass(
        'boundaries',
        'every value and midpoint, and the FP32 numbers beside them; the edge of overflow',
        1,
        boundaries,
        encode,
      ),
      listedClass('special', 'zeros, infinities, NaN, the ends of FP32', 1, specialInputs(format), encode),
      listedClass(
        'bf16',
        'every BF16 number',
        2,
        bf16,
        encode,
        `the ${bf16.length} BF16 patterns that can be encoded`,
      ),
      drawnClass('uniform', 'uniform FP32 bits', (random) => drawBits(format, random), encode),
      drawnClass('in-range', 'numbers about the range of the format', (r) => drawInRange(format, r), encode),
    ],
    policies: () => encodePolicies(format, options),
    explain: (columns, { to }) => {
      const x = bitsToFloat32(columns[0]![to - 1]!);
      const code = encode(columns[0]![to - 1]!);
      return {
        operands: [`x = ${x} becomes code 0x${hex(code, 1)} = ${codecOf(format).decode(code)}`],
        trace: undefined,
      };
    },
  };
}

function encoderOf(format: ElementFormat, options: EncodeOptions): (bits: number) => number {
  const codec = codecOf(format);
  return (bits) => codec.encode(bitsToFloat32(bits), options);
}

function isEncodable(format: ElementFormat, bits: number): boolean {
  return hasNan(format) || !Number.isNaN(bitsToFloat32(bits));
}

function finiteValues(format: ElementFormat): number[] {
  const width = Math.min(widthOf(format), LISTED_BITS);
  const { decode } = codecOf(format);
  const codes = Array.from({ length: 2 ** width }, (_, code) => code);
  const values = (widthOf(format) <= LISTED_BITS ? codes : []).map(decode).filter(Number.isFinite);
  return [...new Set(values.map((value) => value + 0))].sort((x, y) => x - y);
}

function valuesAsBits(format: ElementFormat): Uint32Array {
  return Uint32Array.from(finiteValues(format), float32Bits);
}

/** Every value, every midpoint, the FP32 neighbours of both, and what lies beyond the largest value. */
function boundariesOf(format: ElementFormat): Uint32Array {
  const all = finiteValues(format);
  const step = Math.ceil(all.length / 2 ** BOUNDARY_BITS);
  const points = new Set<number>();
  all.forEach((value, i) => {
    if (i % step > 1 && i < all.length - 2) return;
    const next = all[i + 1] ?? 2 * value - (all[i - 1] ?? 0);
    for (const x of [value, (value + next) / 2, next]) for (const bits of neighbours(x)) points.add(bits);
  });
  return Uint32Array.from([...points].filter((bits) => isEncodable(format, bits)).sort((x, y) => x - y));
}

/** The FP32 number nearest to x and those beside it. */
function neighbours(x: number): number[] {
  const bits = float32Bits(x);
  const magnitude = bits & 0x7fffffff;
  const sign = bits & 0x80000000;
  return [magnitude - 1, magnitude, magnitude + 1]
    .filter((m) => m >= 0 && m <= 0x7f800000)
    .map((m) => (m | sign) >>> 0);
}

function specialInputs(format: ElementFormat): Uint32Array {
  const patterns = [
    0, 1, 0x7fffff, 0x800000, 0x3f800000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000, 0x7fffffff,
  ];
  const both = patterns.flatMap((bits) => [bits, (bits | 0x80000000) >>> 0]);
  return Uint32Array.from(both.filter((bits) => isEncodable(format, bits)));
}

function drawBits(format: ElementFormat, random: Random): number {
  for (;;) {
    const bits = random.uint32();
    if (isEncodable(format, bits)) return bits;
  }
}

/** Full significands with exponents from two below the smallest value to two above the largest. */
function drawInRange(format: ElementFormat, random: Random): number {
  const { maxValue } = codecOf(format);
  const highest = Math.min(127, Math.ceil(Math.log2(maxValue)) + 1);
  const smallest = format.kind === 'float' ? 1 - format.bias - format.fractionBits : -format.fractionBits;
  const lowest = Math.max(-126, smallest - 2);
  const exponent = lowest + random.below(highest - lowest + 1) + FP32.bias;
  const bits = random.uint32();
  return (((bits & 0x807fffff) | (exponent << 23)) >>> 0) as number;
}

function encodePolicies(format: ElementFormat, own: EncodeOptions): Policy[] {
  const variants: [string, string, EncodeOptions][] = ROUNDING_MODES.filter(
    (mode) => mode !== own.rounding,
  ).map((rounding) => [`round-${rounding}`, `rounds ${rounding}`, { ...own, rounding }]);
  const overflow = own.overflow === 'special' ? 'saturate' : 'special';
  variants.push(
    [`overflow-${overflow}`, `has overflow rule "${overflow}"`, { ...own, overflow }],
    [
      'subnormal-clamped',
      'does not carry from the subnormals into the exponent',
      { ...own, subnormalCarry: 'clamp' },
    ],
  );
  return variants.map(([name, says, options]) => ({
    name,
    says,
    predictor: () => {
      const encode = encoderOf(format, options);
      return ({ columns, lines }) => [BigInt(encode(columns[0]![lines.to - 1]!))];
    },
  }));
}
