/**
 * What is known of the states of quantise units: numbers are finite where inputs are, one element at a time walks
 * through the element stages, and what is between blocks is 0. And which numbers nothing tells apart.
 */
import {
  BF16,
  type BlockFormat,
  codecOf,
  type ElementFormat,
  FP32,
  inverseGainFloat32,
  UE4M3,
  widthOf,
} from '../../src/formats/index.js';
import { bitsToFloat32 } from '../../src/numerics/index.js';
import type { UnitDesign } from '../designs/index.js';
import type { Netlist } from '../hdl/index.js';
import { atOrAbove, below, within } from './alike.js';
import type { AlikeSet } from './alike-sets.js';
import {
  atLeast,
  atMostOne,
  atMostUnlessInfinite,
  finite,
  floatRange,
  type Invariant,
  isNumber,
  multipleOf,
  zeroUnless,
  zeroWhile,
} from './invariants.js';

const ELEMENTS = { exponentBits: BF16.exponentBits, width: widthOf(BF16) };
const NUMBERS = { exponentBits: FP32.exponentBits, width: widthOf(FP32) };

/** Inputs are finite, scales not negative; so is what is carried along, and the inverse scale is limited. */
export function quantizerInvariants(design: UnitDesign): Invariant[] {
  const { netlist, protocol } = design;
  const ports = protocol.inputs.map(({ port }) =>
    port === 'x'
      ? finite(port, ELEMENTS.exponentBits, ELEMENTS.width, { given: true })
      : finite(port, NUMBERS.exponentBits, NUMBERS.width, { given: true, positive: true }),
  );
  const registers = netlist.registers.flatMap(({ name, output }): Invariant[] => {
    const { exponentBits, width } = netlist.nets[output]!.width === 256 ? ELEMENTS : NUMBERS;
    if (/^s\d+_x$/.test(name)) return [finite(name, exponentBits, width)];
    if (/_(enc|dec|amax|maximum|inverse\d?)$/.test(name))
      return [finite(name, NUMBERS.exponentBits, NUMBERS.width, { positive: true })];
    return [];
  });
  return [...ports, ...registers, ...elementInvariants(design)];
}

/**
 * Units that take an element at a time. A token walks through the registers of one bit before the element stages, and
 * has left them when the next block comes.
 */
function elementInvariants({ netlist, protocol }: UnitDesign): Invariant[] {
  const names = netlist.registers.map(({ name }) => name);
  const walk = names.filter((name) => /^(s\d+_valid|e0_token\d+)$/.test(name));
  if (walk.length >= protocol.interval) return [];
  const matching = (pattern: RegExp) => names.filter((name) => pattern.test(name));
  const isZeroBetween = (name: string) => zeroUnless(name, name.replace(/_(x|value|first)/, '_valid'));
  return [
    { ...zeroWhile(protocol.enable, walk), given: true },
    atMostOne(walk),
    ...matching(/^e\d+_x\d?$/).flatMap((name) => [
      finite(name, NUMBERS.exponentBits, NUMBERS.width),
      multipleOf(name, NUMBERS.width - ELEMENTS.width),
    ]),
    ...matching(/^e\d+_(x|value|first)\d?$/).map(isZeroBetween),
    ...matching(/^e3_value\d$/).flatMap((name) => [floatRange(name, SCALED), multipleOf(name, SCALED_ZEROS)]),
    ...matching(/^e[4-7]_value\d$/).map((name) => isNumber(name)),
    ...matching(/^e6_value\d$/).map((name) => atMostUnlessInfinite(name, LARGEST_DECODED)),
    ...matching(/^(e8_value|e9_error)\d$/).map((name) => isNumber(name, { positive: true })),
  ];
}

/** Elements times scales: multiples of 2^−10 up to 448 · 7, of at most 8 bits. */
const SCALED = {
  least: FP32.bias - 10,
  largest: FP32.bias + 11,
  grid: FP32.bias - 10 + FP32.fractionBits,
};
const SCALED_ZEROS = FP32.fractionBits + 1 - 8;

/** The result of dividing by the tensor's divisor, as long as it is finite, is below 2^118. */
const LARGEST_DECODED = FP32.bias + 117;

/**
 * Scales too small for the least scale code; elements of one code; and decoded numbers so small that what they change of
 * a difference has the square 0: beside an input below 2^−77 they leave a difference below 2^−75, and beside a larger
 * one, of 8 bits, they are rounded off. The second candidate, which has to be better than the first, is not where its
 * error is infinite or NaN, nor does it matter by how much a difference has an infinite square.
 */
export function quantizerAlike({ netlist, format }: UnitDesign): AlikeSet[] {
  const rows: readonly (readonly [RegExp, (name: string) => AlikeSet])[] = [
    [/^s2_mapped$/, (name) => below(name, LEAST_SCALE - 2)],
    [/^e[456]_value\d$/, (name) => below(name, -104)],
    [/^e6_value0$/, noElement],
    [/^e7_value\d$/, (name) => below(name, -75)],
    [/^e7_value0$/, (name) => atOrAbove(name, 65, { numbers: true })],
    [/^e7_value1$/, (name) => atOrAbove(name, 65)],
    [/^(e[68]_value1|e9_error1)$/, (name) => atOrAbove(name, FP32.bias + 1)],
  ];
  const fixed = netlist.registers.flatMap(({ name }) =>
    rows.flatMap(([pattern, make]) => (pattern.test(name) ? [make(name)] : [])),
  );
  return format?.kind === 'block' ? [...fixed, ...elementSets(netlist, format)] : fixed;
}

/**
 * Decoded numbers that are infinite, or large and have too many places to be those of an element: the difference is at
 * least a last place of theirs, whose square is infinite.
 */
function noElement(register: string): AlikeSet {
  const { contains } = atOrAbove(register, 90, { numbers: true });
  return {
    register,
    representative: INFINITY,
    contains: (gates, bits) => {
      const low = bits.slice(0, NUMBERS.width - ELEMENTS.width).reduce((a, b) => gates.or(a, b));
      const isInfinite = atLeast(gates, bits.slice(0, -1), INFINITY);
      return gates.and(contains(gates, bits), gates.or(low, isInfinite));
    },
  };
}

/** Numbers before the element encoder of a candidate, and before its gain: one set for each code that comes of them. */
function elementSets({ registers }: Netlist, { choices }: BlockFormat): AlikeSet[] {
  return registers.flatMap(({ name }) => {
    const [, stage, candidate] = /^e([12])_value(\d)$/.exec(name) ?? [];
    if (candidate === undefined) return [];
    const choice = choices[Math.min(Number(candidate), choices.length - 1)]!;
    const gain = stage === '1' ? inverseGainFloat32(choice) : 1;
    const starts = codeStarts(choice.element, gain);
    return starts.map((start, code) => within(name, start, starts[code + 1] ?? 2 ** (widthOf(FP32) - 1)));
  });
}

/** For each code of a non-negative number, the least FP32 code that becomes it when multiplied by a float32 gain. */
function codeStarts(element: ElementFormat, gain: number): number[] {
  const { encode } = codecOf(element);
  const codeOf = (bits: number) => encode(Math.fround(bitsToFloat32(bits) * gain));
  const starts = [0];
  for (let code = 1; code <= codeOf(INFINITY); code++) {
    let [low, high] = [starts[code - 1]!, INFINITY];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (codeOf(middle) < code) low = middle;
      else high = middle;
    }
    starts.push(high);
  }
  return starts;
}

/** Code of an infinite FP32 number. */
const INFINITY = 0x7f800000;

/** Exponent of the least scale. */
const LEAST_SCALE = 1 - UE4M3.bias - UE4M3.fractionBits;
