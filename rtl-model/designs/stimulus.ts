/**
 * Constrained-random segments for MACs: uniform codes hide wrong accumulators, so each class sets a trap of its own
 * (wide scale ranges, cancellation, zeros under large scales, extremes, reserved codes, subnormal scales, NaN).
 */
import { hasBlockScales, type OperandFormat } from '../../src/dot/index.js';
import { codecOf, type ElementFormat, SELECTOR_BIT } from '../../src/formats/index.js';
import { bitsToFloat32, float32Bits, type Random } from '../../src/numerics/index.js';
import type { DotUnit, MacDesign, OperandPorts } from './design.js';
import type { OperandSlice, Segment, Slice } from './drive.js';

/** Codes of a format by what they are good for. */
export interface CodeSets {
  readonly finite: readonly number[];
  readonly zero: readonly number[];
  /** ± the largest and the smallest non-zero magnitudes. */
  readonly extreme: readonly number[];
  /** Within a factor of about 2^4 of 1. */
  readonly moderate: readonly number[];
  /** The smallest 16 magnitudes: subnormals, zero included. */
  readonly small: readonly number[];
  readonly special: readonly number[];
  /** −0 and codes that no encoder produces. */
  readonly reserved: readonly number[];
  /** Code of the negated value, or the code itself. */
  negated(code: number): number;
}

export type SetName = Exclude<keyof CodeSets, 'negated'>;

/** Where the numbers of one slice come from. */
export interface Recipe {
  readonly element: readonly SetName[];
  readonly scale: readonly SetName[];
}

export interface StimulusClass {
  readonly summary: string;
  /** Recipe of slice `index` of a segment. */
  recipe(random: Random, index: number): Recipe;
  /** Element pairs that cancel: every second w is the negated one before it. */
  readonly cancelling?: boolean;
}

const ANY: Recipe = { element: ['finite'], scale: ['finite'] };
const fixed = (recipe: Recipe) => () => recipe;

export const STIMULUS_CLASSES: Readonly<Record<string, StimulusClass>> = {
  uniform: { summary: 'all finite codes', recipe: fixed(ANY) },
  'narrow-scales': { summary: 'scales near 1', recipe: fixed({ element: ['finite'], scale: ['moderate'] }) },
  'moderate-elements': {
    summary: 'elements near 1',
    recipe: fixed({ element: ['moderate', 'zero'], scale: ['moderate'] }),
  },
  'wide-scales': {
    summary: 'largest and smallest scales',
    recipe: fixed({ element: ['finite'], scale: ['extreme'] }),
  },
  cancelling: { summary: 'products that cancel in pairs', recipe: fixed(ANY), cancelling: true },
  'cancelling-narrow': {
    summary: 'the same with scales near 1',
    recipe: fixed({ element: ['moderate', 'finite'], scale: ['moderate'] }),
    cancelling: true,
  },
  'zero-trap': {
    summary: 'zero elements under the largest scales, beside small numbers; zero scales',
    recipe: (random) =>
      random.pick([
        { element: ['zero'], scale: ['extreme'] },
        { element: ['finite'], scale: ['small', 'zero'] },
        { element: ['zero', 'zero', 'zero', 'finite'], scale: ['finite'] },
      ]),
  },
  extremes: {
    summary: 'largest and smallest elements and scales',
    recipe: fixed({ element: ['extreme'], scale: ['extreme'] }),
  },
  'one-large': {
    summary: 'one large slice, then small ones',
    recipe: (_, index) =>
      index === 0
        ? { element: ['extreme'], scale: ['extreme'] }
        : { element: ['finite', 'small'], scale: ['small'] },
  },
  reserved: {
    summary: '−0 and reserved codes',
    recipe: fixed({ element: ['reserved', 'finite'], scale: ['finite'] }),
  },
  'subnormal-scales': {
    summary: 'subnormal scales and elements',
    recipe: fixed({ element: ['small', 'finite'], scale: ['small'] }),
  },
  special: {
    summary: 'now and then a NaN or an infinity',
    recipe: (random) =>
      random.below(4) === 0
        ? {
            element: ['finite', 'finite', 'finite', 'finite', 'finite', 'finite', 'finite', 'special'],
            scale: ['finite', 'special'],
          }
        : ANY,
  },
};

/** Options of `randomSegments`. */
export interface StimulusOptions {
  /** Slices in all, at least; the last segment may exceed it. */
  readonly slices: number;
  /** Longest segment in blocks (or slices, if a slice holds more). */
  readonly longest?: number;
  /** Names of classes; all by default. */
  readonly classes?: readonly string[];
}

/** Random segments of whole blocks, the class drawn anew for each. Same random stream, same segments. */
export function* randomSegments(
  design: MacDesign,
  random: Random,
  options: StimulusOptions,
): Generator<Segment> {
  const { slices, longest = 8, classes = Object.keys(STIMULUS_CLASSES) } = options;
  const { a, w, lanes, protocol } = design;
  const perBlock = Math.max(1, blockSizeOf(a) / lanes, blockSizeOf(w) / lanes);
  const sides = [sideSource(a, protocol.a, lanes), sideSource(w, protocol.w, lanes)] as const;
  for (let made = 0; made < slices; ) {
    const trap = STIMULUS_CLASSES[random.pick(classes)]!;
    const blocks = protocol.segmentEnd === 'each' ? 1 : 1 + random.below(longest);
    const made_: Slice[] = [];
    for (let block = 0; block < blocks; block++) {
      const recipe = trap.recipe(random, block);
      const next = sides.map((side) => side(random, recipe));
      for (let part = 0; part < perBlock; part++) made_.push(slicePair(random, next, trap));
    }
    made += made_.length;
    yield protocol.addend === undefined
      ? { slices: made_ }
      : { slices: made_, addend: addendFor(random, design) };
  }
}

type SliceSource = () => OperandSlice & { readonly codes: Uint16Array };

function slicePair(
  random: Random,
  sources: readonly { draw: SliceSource; sets: CodeSets }[],
  trap: StimulusClass,
): Slice {
  const [left, right] = sources as [
    { draw: SliceSource; sets: CodeSets },
    { draw: SliceSource; sets: CodeSets },
  ];
  const [a, w] = [left.draw(), right.draw()];
  if (trap.cancelling === true) {
    for (let i = 0; i + 1 < a.codes.length; i += 2) {
      if (random.below(16) === 0) continue; // leave something over
      a.codes[i + 1] = a.codes[i]!;
      w.codes[i + 1] = right.sets.negated(w.codes[i]!);
    }
  }
  return { a, w };
}

/** A source of one operand: per block, scales are drawn once and shared by its slices. */
function sideSource(format: OperandFormat, ports: OperandPorts, lanes: number) {
  const scaled = hasBlockScales(format);
  const scaleSets = scaled ? codeSets(format.scale) : undefined;
  const choices =
    format.kind === 'block' ? format.choices.map(({ element }) => codeSets(element)) : [codeSets(format)];
  const selectors = format.kind === 'block' && format.selector !== 'none';
  return (random: Random, recipe: Recipe) => {
    const scales =
      scaleSets === undefined
        ? new Uint8Array(0)
        : Uint8Array.from({ length: ports.blocks }, () => {
            const selector = selectors && random.below(2) === 1 ? SELECTOR_BIT : 0;
            return pick(random, scaleSets, recipe.scale) | selector;
          });
    const sets = choices[selectors && (scales[0]! & SELECTOR_BIT) !== 0 ? 1 : 0]!;
    const draw: SliceSource = () => ({
      codes: Uint16Array.from({ length: lanes }, () => pick(random, sets, recipe.element)),
      scales,
      micro: Uint8Array.from({ length: ports.microWidth }, () => random.below(2)),
    });
    return { draw, sets };
  };
}

function pick(random: Random, sets: CodeSets, names: readonly SetName[]): number {
  const set = sets[names.length === 1 ? names[0]! : random.pick(names)];
  return random.pick(set.length === 0 ? sets.finite : set);
}

const cache = new WeakMap<ElementFormat, CodeSets>();

/** The sets of a format; built once per record. */
export function codeSets(format: ElementFormat): CodeSets {
  let sets = cache.get(format);
  if (sets === undefined) {
    sets = makeCodeSets(format);
    cache.set(format, sets);
  }
  return sets;
}

function makeCodeSets(format: ElementFormat): CodeSets {
  const { decode, width } = codecOf(format);
  const codes = Array.from({ length: 2 ** width }, (_, code) => code);
  const values = codes.map(decode);
  const finite = codes.filter((code) => Number.isFinite(values[code]!));
  const bySize = finite
    .filter((code) => values[code] !== 0)
    .sort((x, y) => Math.abs(values[x]!) - Math.abs(values[y]!));
  const byValue = new Map(finite.map((code) => [values[code]!, code]));
  const minusZero = codes.filter((code) => Object.is(values[code], -0));
  const beyond =
    format.kind === 'integer' ? finite.filter((c) => Math.abs(values[c]!) > codecOf(format).maxValue) : [];
  const zero = finite.filter((code) => values[code] === 0);
  return {
    finite,
    zero,
    extreme: [...bySize.slice(0, 4), ...bySize.slice(-4)],
    moderate: bySize.filter((code) => Math.abs(Math.log2(Math.abs(values[code]!))) <= 4),
    small: [...zero, ...bySize.slice(0, 16)],
    special: codes.filter((code) => !Number.isFinite(values[code]!)),
    reserved: [...minusZero, ...beyond],
    negated: (code) => byValue.get(-values[code]! + 0) ?? code,
  };
}

/** Addends: zero, near the products, anywhere, and now and then special. */
export function addendFor(random: Random, { semantic, protocol }: DotUnit): number {
  if (protocol.results[0].kind !== 'bits' || semantic.result.kind === 'integer') return random.uint32();
  const kind = random.below(8);
  if (kind === 0) return 0;
  if (kind <= 4) return float32Bits((random.uniform() - 0.5) * 2 ** (random.below(60) - 30));
  if (kind === 5 && random.below(8) !== 0)
    return float32Bits(Math.fround(bitsToFloat32(random.uint32() & 0x807fffff)));
  return random.uint32();
}

function blockSizeOf(format: OperandFormat): number {
  return hasBlockScales(format) ? format.blockSize : 1;
}
