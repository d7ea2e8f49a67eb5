/**
 * Dot products that close what random vectors leave open: one code of every kind on one side with one of every kind on
 * the other, and sums that lead with every bit of the accumulator.
 */
import {
  codeSets,
  type DotUnit,
  type OperandSlice,
  type Segment,
  type Slice,
} from '../../../../rtl-model/designs/index.js';
import { hasBlockScales, type OperandFormat } from '../../../dot/index.js';
import { codecOf, type ElementFormat, SELECTOR_BIT, widthOf } from '../../../formats/index.js';
import { filled, kitsOf, type SideKit } from '../../mac/directed.js';
import { COVERED_SLICES } from './model.js';
import { kindOfCode } from './operand-points.js';
import { smallSums } from './small-sums.js';

export interface ClosingSegments {
  readonly ordinary: readonly Segment[];
  /** With a NaN, an infinity or a reserved code. */
  readonly special: readonly Segment[];
}

/** The closing dot products of a unit; `slicesOfBlock` slices share their scales. */
export function closingSegments(unit: DotUnit, slicesOfBlock: number): ClosingSegments {
  const pairs = [...scaleKindPairs(unit, slicesOfBlock), ...elementKindPairs(unit, slicesOfBlock)];
  const all = [...pairs, ...addendKinds(unit, slicesOfBlock), ...reservedTops(unit)];
  const ordinary = all.filter(({ special }) => !special).map(({ segment }) => segment);
  return {
    ordinary: [...ordinary, ...widthLadder(unit, slicesOfBlock)],
    special: all.filter(({ special }) => special).map(({ segment }) => segment),
  };
}

interface ClosingPair {
  readonly segment: Segment;
  readonly special: boolean;
}

const isSpecial = (kind: string) => kind === 'nan' || kind === 'infinity';

/** One code of each kind, the first of its kind and the last. */
function representatives(format: ElementFormat): { readonly kind: string; readonly code: number }[] {
  const byKind = new Map<string, number[]>();
  for (let code = 0; code < 2 ** widthOf(format); code++) {
    const kind = kindOfCode(format, code);
    byKind.set(kind, [...(byKind.get(kind)?.slice(0, 1) ?? []), code]);
  }
  return [...byKind].flatMap(([kind, codes]) =>
    (kind === 'zero' ? codes.slice(0, 1) : codes).map((code) => ({ kind, code })),
  );
}

function scaleKindPairs(unit: DotUnit, slicesOfBlock: number): ClosingPair[] {
  const { a, w, lanes } = unit;
  if (!hasBlockScales(a) || !hasBlockScales(w)) return [];
  const kits = kitsOf(unit);
  const bytes = (format: typeof a, kit: SideKit) =>
    representatives(format.scale).flatMap(({ kind, code }) =>
      kit.choices.map((_, choice) => ({ kind, choice, byte: code | (choice * SELECTOR_BIT) })),
    );
  const one = (kit: SideKit, choice: number, lane: number, byte: number) =>
    kit.slice(codecOf(kit.choices[choice]!).encode(1), lane, byte);
  return bytes(a, kits[0]).flatMap((x, i) =>
    bytes(w, kits[1]).map((y, j) => {
      const lane = (i + j) % lanes;
      const slice = { a: one(kits[0], x.choice, lane, x.byte), w: one(kits[1], y.choice, lane, y.byte) };
      return {
        segment: { slices: filled(unit, slicesOfBlock, slice) },
        special: isSpecial(x.kind) || isSpecial(y.kind),
      };
    }),
  );
}

/** For elements too wide to be paired code by code. */
function elementKindPairs(unit: DotUnit, slicesOfBlock: number): ClosingPair[] {
  const [a, w] = kitsOf(unit);
  return a.choices.flatMap((formatA, choiceA) =>
    w.choices.flatMap((formatW, choiceW) =>
      representatives(formatA).flatMap((x, i) =>
        representatives(formatW).map((y, j) => {
          const lane = (i + j) % unit.lanes;
          const slice = {
            a: a.slice(x.code, lane, a.unitScale(choiceA)),
            w: w.slice(y.code, lane, w.unitScale(choiceW)),
          };
          return {
            segment: { slices: filled(unit, slicesOfBlock, slice) },
            special: isSpecial(x.kind) || isSpecial(y.kind),
          };
        }),
      ),
    ),
  );
}

/** The largest sum of all, where a reserved code (−128 in INT8) is larger than any other. */
function reservedTops(unit: DotUnit): ClosingPair[] {
  if (unit.protocol.segmentEnd === 'each' || hasBlockScales(unit.a) || hasBlockScales(unit.w)) return [];
  const [a, w] = kitsOf(unit).map(({ choices: [format] }) => {
    const { decode, maxValue } = codecOf(format!);
    return codeSets(format!).reserved.find((code) => Math.abs(decode(code)) > maxValue);
  });
  if (a === undefined || w === undefined) return [];
  const side = (code: number): OperandSlice => ({
    codes: new Uint16Array(unit.lanes).fill(code),
    scales: [],
  });
  const slices = Array.from({ length: COVERED_SLICES }, (): Slice => ({ a: side(a), w: side(w) }));
  return [{ segment: { slices }, special: true }];
}

/** FP32 patterns of every kind, of either sign. */
const ADDENDS = [0, 1, 0x007fffff, 0x00800000, 0x3f800000, 0x7f7fffff] as const;
const SPECIAL_ADDENDS = [0x7f800000, 0x7fc00000] as const;

function addendKinds(unit: DotUnit, slicesOfBlock: number): ClosingPair[] {
  if (unit.protocol.addend === undefined || unit.semantic.result.kind !== 'float') return [];
  const slices = filled(unit, slicesOfBlock, largestSlice(unit, 1));
  const both = (bits: number) => [bits, (bits | 0x80000000) >>> 0];
  const make = (list: readonly number[], special: boolean) =>
    list.flatMap(both).map((addend) => ({ segment: { slices, addend }, special }));
  return [...make(ADDENDS, false), ...make(SPECIAL_ADDENDS, true)];
}

/** Widest codes that are gone through one by one; of wider ones, every so many. */
const LADDER_BITS = 8;

/**
 * Sums that lead with every bit: those below the smallest product, the smallest and the largest product under each scale (or, without scales, the
 * product of each element with itself and its neighbour), then the largest products in 1, 2, 4 … lanes and slices,
 * and a largest and a smallest slice after each other.
 */
function widthLadder(unit: DotUnit, slicesOfBlock: number): Segment[] {
  const single = (slice: Slice): Segment => ({ slices: filled(unit, slicesOfBlock, slice) });
  const rungs = hasBlockScales(unit.a) && hasBlockScales(unit.w) ? scaleRungs(unit) : elementRungs(unit);
  const lanes = powersOfTwo(unit.lanes).map((count) => single(largestSlice(unit, count)));
  if (unit.protocol.segmentEnd === 'each') return [...rungs.map(single), ...lanes];
  const tops = LENGTHS.map((length) => ({
    slices: Array.from({ length: length * slicesOfBlock }, () => largestSlice(unit, unit.lanes)),
  }));
  const [small, large] = [rungs[0]!, largestSlice(unit, unit.lanes)].map((slice) =>
    filled(unit, slicesOfBlock, slice),
  );
  const apart = [{ slices: [...small!, ...large!] }, { slices: [...large!, ...small!] }];
  const below = smallSums(unit).map((slices) => ({
    slices: slices.flatMap((slice) => filled(unit, slicesOfBlock, slice)),
  }));
  return [...below, ...rungs.map(single), ...lanes, ...tops, ...apart];
}

function scaleRungs(unit: DotUnit): Slice[] {
  const { a, w, lanes } = unit;
  if (!hasBlockScales(a) || !hasBlockScales(w)) return [];
  const [left, right] = kitsOf(unit);
  const [ends, otherEnds] = [extremeCodes(left), extremeCodes(right)];
  const steps = 2 ** Math.max(widthOf(a.scale), widthOf(w.scale));
  const first = codecOf(a.scale).decode(0) === 0 ? 1 : 0;
  return Array.from({ length: steps - first }, (_, i) => first + i).flatMap((code) =>
    [0, 1].flatMap((which) =>
      [0, 1].map((further): Slice => {
        const [x, y] = [ends[which]!, otherEnds[which]!];
        const lane = code % lanes;
        return {
          a: left.slice(x.code, lane, finiteCode(a.scale, code) | (x.choice * SELECTOR_BIT)),
          w: right.slice(y.code, lane, finiteCode(w.scale, code + further) | (y.choice * SELECTOR_BIT)),
        };
      }),
    ),
  );
}

function elementRungs(unit: DotUnit): Slice[] {
  const [a, w] = kitsOf(unit);
  const [x, y] = [a.choices[0]!, w.choices[0]!];
  const step = 2 ** Math.max(0, widthOf(x) - LADDER_BITS);
  const codes = Array.from({ length: 2 ** widthOf(x) / step }, (_, i) => i * step);
  const positive = codes.filter((code) => codecOf(x).decode(code) > 0);
  return positive.flatMap((code, i) =>
    [code, code + step].map(
      (other): Slice => ({
        a: a.slice(finiteCode(x, code), i % unit.lanes, a.unitScale(0)),
        w: w.slice(finiteCode(y, other), i % unit.lanes, w.unitScale(0)),
      }),
    ),
  );
}

const powersOfTwo = (limit: number) =>
  Array.from({ length: Math.floor(Math.log2(limit)) + 1 }, (_, i) => 2 ** i);

/** Slices of the largest sums: powers of two up to what coverage counts on. */
const LENGTHS = powersOfTwo(COVERED_SLICES);

/** The smallest and the largest element of a side, gains multiplied in. */
function extremeCodes({ choices }: SideKit): readonly { readonly code: number; readonly choice: number }[] {
  const all = choices.flatMap((format, choice) => {
    const { decode } = codecOf(format);
    return Array.from({ length: 2 ** widthOf(format) }, (_, code) => ({ code, choice, size: decode(code) }));
  });
  const positive = all
    .filter(({ size }) => size > 0 && Number.isFinite(size))
    .sort((x, y) => x.size - y.size);
  return [positive[0]!, positive.at(-1)!];
}

function finiteCode(format: ElementFormat, code: number): number {
  const { decode, encode, maxValue } = codecOf(format);
  const low = Math.min(code, 2 ** widthOf(format) - 1);
  return Number.isFinite(decode(low)) ? low : encode(maxValue);
}

/** The largest products in the first lanes. */
function largestSlice(unit: DotUnit, lanes: number): Slice {
  const [left, right] = kitsOf(unit);
  const side = (format: OperandFormat, kit: SideKit, blocks: number, microWidth: number): OperandSlice => {
    const { code, choice } = extremeCodes(kit)[1]!;
    const scale = hasBlockScales(format) ? codecOf(format.scale).encode(codecOf(format.scale).maxValue) : 0;
    return {
      codes: new Uint16Array(unit.lanes).fill(code, 0, lanes),
      scales: new Uint16Array(blocks).fill(scale | (choice * SELECTOR_BIT)),
      micro: new Uint8Array(microWidth).fill(1),
    };
  };
  const { a, w } = unit.protocol;
  return {
    a: side(unit.a, left, a.blocks, a.microWidth),
    w: side(unit.w, right, w.blocks, w.microWidth),
  };
}
