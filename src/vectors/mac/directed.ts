/**
 * Vectors that are listed, not drawn: every pair of element codes in every lane, every pair of scale codes, and dot
 * products that fill the accumulator. Each function gives slices by number.
 */
import {
  codeSets,
  type DotUnit,
  type OperandPorts,
  type OperandSlice,
  type Segment,
  type Slice,
} from '../../../rtl-model/designs/index.js';
import { hasBlockScales, type OperandFormat } from '../../dot/index.js';
import { codecOf, type ElementFormat, SELECTOR_BIT, widthOf } from '../../formats/index.js';

/** A numbered list of dot products of one block. */
export interface NumberedSlices {
  readonly count: number;
  /** What the list covers whole. */
  readonly domain: string;
  /** The slices of dot product `index`. */
  slices(index: number): Slice[];
}

/** One side of a dot product with a single element that is not zero. */
export interface SideKit {
  readonly choices: readonly ElementFormat[];
  readonly scaleBits: number;
  /** A block (all its slices) with `code` in `lane` of the first slice and these scale bytes. */
  slice(code: number, lane: number, scale: number): OperandSlice;
  /** The scale byte of 1 for a choice. */
  unitScale(choice: number): number;
}

function sideKit(format: OperandFormat, ports: OperandPorts, lanes: number): SideKit {
  const choices = format.kind === 'block' ? format.choices.map(({ element }) => element) : [format];
  const scaled = hasBlockScales(format);
  const selectable = format.kind === 'block' && format.selector !== 'none';
  return {
    choices: selectable ? choices : choices.slice(0, 1),
    scaleBits: scaled ? widthOf(format.scale) + (selectable ? 1 : 0) : 0,
    unitScale: (choice) => (scaled ? codecOf(format.scale).encode(1) | (choice * SELECTOR_BIT) : 0),
    slice: (code, lane, scale) => {
      const codes = new Uint16Array(lanes);
      codes[lane] = code;
      return {
        codes,
        scales: new Uint16Array(ports.blocks).fill(scale),
        micro: new Uint8Array(ports.microWidth),
      };
    },
  };
}

/** Both sides' kits. */
export function kitsOf({ a, w, lanes, protocol }: DotUnit): readonly [SideKit, SideKit] {
  return [sideKit(a, protocol.a, lanes), sideKit(w, protocol.w, lanes)];
}

/** One slice, and slices of zeros under the same scales to the end of the block. */
export function filled(design: DotUnit, slicesOfBlock: number, slice: Slice): Slice[] {
  const zero = new Uint16Array(design.lanes);
  const rest = { a: { ...slice.a, codes: zero }, w: { ...slice.w, codes: zero } };
  return [slice, ...Array.from({ length: slicesOfBlock - 1 }, () => rest)];
}

/** Which pairs of codes a list holds: those of ordinary codes, or those with a code out of the ordinary. */
export type PairKind = 'ordinary' | 'out-of-the-ordinary';

interface CodePair {
  readonly choiceA: number;
  readonly choiceW: number;
  readonly codeA: number;
  readonly codeW: number;
}

function elementPairList([a, w]: readonly [SideKit, SideKit], kind: PairKind): CodePair[] {
  const codes = (kit: SideKit, choice: number) =>
    Array.from({ length: 2 ** widthOf(kit.choices[choice]!) }, (_, code) => code);
  const odd = (kit: SideKit, choice: number, code: number) => {
    const { reserved, special } = codeSets(kit.choices[choice]!);
    return reserved.includes(code) || special.includes(code);
  };
  return a.choices.flatMap((_, choiceA) =>
    w.choices.flatMap((__, choiceW) =>
      codes(a, choiceA).flatMap((codeA) =>
        codes(w, choiceW)
          .filter((codeW) => (odd(a, choiceA, codeA) || odd(w, choiceW, codeW)) === (kind !== 'ordinary'))
          .map((codeW) => ({ choiceA, choiceW, codeA, codeW })),
      ),
    ),
  );
}

/** Every pair of element codes, of every pair of element formats, in every lane; scales are 1. */
export function elementPairs(design: DotUnit, slicesOfBlock: number, kind: PairKind): NumberedSlices {
  const kits = kitsOf(design);
  const [a, w] = kits;
  const pairs = elementPairList(kits, kind);
  const { lanes } = design;
  const which =
    kind === 'ordinary' ? 'without a reserved or special code' : 'with a reserved or special code';
  return {
    count: pairs.length * lanes,
    domain: `the ${pairs.length} pairs of element codes ${which} in each of ${lanes} lanes, other elements 0, scales 1`,
    slices: (index) => {
      const { choiceA, choiceW, codeA, codeW } = pairs[index % pairs.length]!;
      const lane = Math.floor(index / pairs.length);
      return filled(design, slicesOfBlock, {
        a: a.slice(codeA, lane, a.unitScale(choiceA)),
        w: w.slice(codeW, lane, w.unitScale(choiceW)),
      });
    },
  };
}

/** Every pair of scale bytes with one product of 1; undefined without block scales. */
export function scalePairs(
  design: DotUnit,
  slicesOfBlock: number,
  kind: PairKind,
): NumberedSlices | undefined {
  const [a, w] = kitsOf(design);
  if (!hasBlockScales(design.a) || !hasBlockScales(design.w)) return undefined;
  const [specialA, specialW] = [design.a, design.w].map(({ scale }) => {
    const span = 2 ** widthOf(scale);
    const special = new Set(codeSets(scale).special);
    return (byte: number) => special.has(byte % span);
  }) as [(byte: number) => boolean, (byte: number) => boolean];
  const bytes = ({ scaleBits }: SideKit) => Array.from({ length: 2 ** scaleBits }, (_, byte) => byte);
  const pairs = bytes(a).flatMap((byteA) =>
    bytes(w)
      .filter((byteW) => (specialA(byteA) || specialW(byteW)) === (kind !== 'ordinary'))
      .map((byteW) => [byteA, byteW] as const),
  );
  const one = (kit: SideKit, scale: number, lane: number) => {
    const choice = kit.choices.length > 1 && (scale & SELECTOR_BIT) !== 0 ? 1 : 0;
    return kit.slice(codecOf(kit.choices[choice]!).encode(1), lane, scale);
  };
  return {
    count: pairs.length,
    domain: `the ${pairs.length} pairs of scale codes ${kind === 'ordinary' ? 'without' : 'with'} a NaN, one product of 1`,
    slices: (index) => {
      const [byteA, byteW] = pairs[index]!;
      const lane = index % design.lanes;
      return filled(design, slicesOfBlock, { a: one(a, byteA, lane), w: one(w, byteW, lane) });
    },
  };
}

/** Blocks of the long dot products: enough to carry far up the accumulator. */
const LONG_BLOCKS = 64;

/**
 * Long dot products that fill the accumulator: the largest elements of one sign, of the other, and up and down again
 * to zero. For elements without block scales.
 */
export function longSegments(design: DotUnit, slicesOfBlock: number): Segment[] {
  const { a, w, lanes, protocol } = design;
  // Formats with block scales have directed classes of their own.
  if (protocol.segmentEnd === 'each' || (hasBlockScales(a) && hasBlockScales(w))) return [];
  const side = (format: OperandFormat, ports: OperandPorts, negative: boolean): OperandSlice => {
    const element = format.kind === 'block' ? format.choices[0].element : format;
    const { encode, maxValue } = codecOf(element);
    return {
      codes: new Uint16Array(lanes).fill(encode(negative ? -maxValue : maxValue)),
      scales: [],
      micro: new Uint8Array(ports.microWidth),
    };
  };
  const slices = (negative: boolean, blocks: number) =>
    Array.from(
      { length: blocks * slicesOfBlock },
      (): Slice => ({
        a: side(a, protocol.a, false),
        w: side(w, protocol.w, negative),
      }),
    );
  const [up, down] = [slices(false, LONG_BLOCKS), slices(true, LONG_BLOCKS)];
  return [up, down, [...up, ...down], [...down, ...up]].map((list) => ({ slices: list }));
}
