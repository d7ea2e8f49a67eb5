/**
 * Random slices by the classes of the designs' stimulus, drawn column by column: each code is looked up with 8 or 16
 * random bits in a table of the codes that the class wants.
 *
 * Reserved codes (−0, codes that no encoder produces) are left out of every class but `reserved`.
 */
import {
  addendFor,
  type CodeSets,
  codeSets,
  type DotUnit,
  type Recipe,
  type SetName,
  STIMULUS_CLASSES,
  type StimulusClass,
} from '../../../rtl-model/designs/index.js';
import { hasBlockScales, type OperandFormat } from '../../dot/index.js';
import { type ElementFormat, SELECTOR_BIT, widthOf } from '../../formats/index.js';
import type { Random } from '../../numerics/index.js';
import { type Columns, setCodes } from '../layout.js';
import type { MacVectors, SideFields } from './layout.js';
import { markSegment } from './segments.js';

/** Classes that may use reserved codes, and those that may use NaN and infinities. */
const RESERVED_CLASS = 'reserved';
const SPECIAL_CLASS = 'special';
/** Exponent bits of an FP32 number, and the highest of them. */
const [FP32_EXPONENT, FP32_EXPONENT_TOP] = [0x7f800000, 0x40000000];

/** Codes looked up by random bits. */
interface CodeTable {
  readonly bits: 8 | 16;
  readonly codes: Uint16Array;
  /** For codes of 4 bits: two of them, side by side, by 16 random bits. Made when it is first asked for. */
  pairs?: Uint8Array;
}

/** Tables of a format by the sets that a recipe names. */
class Tables {
  readonly sets: CodeSets;
  readonly #bits: 8 | 16;
  readonly #reserved: boolean;
  readonly #tables = new Map<string, CodeTable>();
  readonly #byList = new WeakMap<readonly SetName[], CodeTable>();
  #lastNames: readonly SetName[] | undefined;
  #lastTable: CodeTable | undefined;

  constructor(format: ElementFormat, reserved: boolean) {
    this.sets = codeSets(format);
    this.#bits = widthOf(format) <= 8 ? 8 : 16;
    this.#reserved = reserved;
  }

  of(names: readonly SetName[]): CodeTable {
    if (names === this.#lastNames) return this.#lastTable!;
    this.#lastNames = names;
    this.#lastTable = this.#byList.get(names) ?? this.#byName(names);
    return this.#lastTable;
  }

  /** Recipes that are made anew for each block have lists of their own: those are told apart by their names. */
  #byName(names: readonly SetName[]): CodeTable {
    const key = names.join();
    const table = this.#tables.get(key) ?? this.#build(names);
    this.#tables.set(key, table);
    this.#byList.set(names, table);
    return table;
  }

  /** Every set gets an equal share, every code of it an equal share of that. */
  #build(names: readonly SetName[]): CodeTable {
    const size = 2 ** this.#bits;
    const lists = names.map((name) => this.#codes(name));
    const codes = Uint16Array.from({ length: size }, (_, i) => {
      const position = (i * lists.length) / size;
      const list = lists[Math.floor(position)]!;
      return list[Math.floor((position % 1) * list.length)]!;
    });
    return { bits: this.#bits, codes };
  }

  #codes(name: SetName): readonly number[] {
    const allowed = (codes: readonly number[]) =>
      this.#reserved ? codes : codes.filter((code) => !this.sets.reserved.includes(code));
    const codes = allowed(this.sets[name]);
    return codes.length > 0 ? codes : allowed(this.sets.finite);
  }
}

/** Random words, drawn many at a time. */
class WordSource {
  readonly #words = new Uint32Array(WORDS_AT_ONCE);
  readonly #random: Random;
  #next = WORDS_AT_ONCE;

  constructor(random: Random) {
    this.#random = random;
  }

  uint32(): number {
    if (this.#next === WORDS_AT_ONCE) {
      this.#random.fill(this.#words);
      this.#next = 0;
    }
    return this.#words[this.#next++]!;
  }
}

const WORDS_AT_ONCE = 4096;

/** Draws `count` codes. */
function drawCodes({ bits, codes }: CodeTable, random: WordSource, count: number, into: Uint16Array): void {
  const mask = codes.length - 1;
  const each = 32 / bits;
  for (let i = 0; i < count; ) {
    let word = random.uint32();
    for (let k = 0; k < each && i < count; k++, i++) {
      into[i] = codes[word & mask]!;
      word >>>= bits;
    }
  }
}

/** Two codes of 4 bits at a time; what looking them up one by one gives. */
function pairsOf(table: CodeTable): Uint8Array {
  const { codes } = table;
  table.pairs ??= Uint8Array.from({ length: 65536 }, (_, r) => codes[r & 255]! | (codes[r >>> 8]! << 4));
  return table.pairs;
}

/** One operand's drawing: tables, and the block's scales until the next. */
class SideDrawer {
  readonly codes: Uint16Array;
  readonly #scales: Uint16Array;
  readonly #micro: Uint16Array;
  readonly #elements: readonly Tables[];
  readonly #scaleTables: Tables | undefined;
  readonly #selects: boolean;
  #choice = 0;

  constructor(
    format: OperandFormat,
    private readonly fields: SideFields,
    private readonly lanes: number,
    reserved: boolean,
  ) {
    this.codes = new Uint16Array(lanes);
    this.#scales = new Uint16Array(fields.ports.blocks);
    this.#micro = new Uint16Array(fields.ports.microWidth);
    const elements = format.kind === 'block' ? format.choices.map(({ element }) => element) : [format];
    this.#elements = elements.map((element) => new Tables(element, reserved));
    this.#scaleTables = hasBlockScales(format) ? new Tables(format.scale, reserved) : undefined;
    this.#selects = format.kind === 'block' && format.selector !== 'none';
  }

  /** The code of the negated value; the code itself where that would be a reserved one, as for zero. */
  negated(code: number): number {
    const { negated, reserved } = this.#elements[this.#choice]!.sets;
    const opposite = negated(code);
    return reserved.includes(opposite) ? code : opposite;
  }

  /** New scales, for the slices of a block. */
  drawScales(random: WordSource, recipe: Recipe): void {
    if (this.#scaleTables === undefined) return;
    drawCodes(this.#scaleTables.of(recipe.scale), random, this.#scales.length, this.#scales);
    if (!this.#selects) return;
    const selectors = random.uint32();
    for (let i = 0; i < this.#scales.length; i++) {
      if ((selectors >>> (i & 31)) & 1) this.#scales[i]! |= SELECTOR_BIT;
    }
    this.#choice = (this.#scales[0]! & SELECTOR_BIT) === 0 ? 0 : 1;
  }

  drawElements(random: WordSource, recipe: Recipe): void {
    drawCodes(this.#elements[this.#choice]!.of(recipe.element), random, this.lanes, this.codes);
    for (let i = 0; i < this.#micro.length; i++) this.#micro[i] = random.uint32() >>> 31;
  }

  /** Whether elements can be drawn straight into the columns. */
  get isDirect(): boolean {
    return this.fields.ports.codeWidth === 4 && this.lanes % 8 === 0 && this.#micro.length === 0;
  }

  /** Draws elements and writes them with the scales: the same as `drawElements` and `put`, in one go. */
  drawInto(columns: Columns, line: number, random: WordSource, recipe: Recipe): void {
    const pairs = pairsOf(this.#elements[this.#choice]!.of(recipe.element));
    const { codes, scales, ports } = this.fields;
    for (let limb = 0; limb < codes.columns; limb++) {
      const low = random.uint32();
      const high = random.uint32();
      columns[codes.column + limb]![line] =
        pairs[low & 0xffff]! |
        (pairs[low >>> 16]! << 8) |
        (pairs[high & 0xffff]! << 16) |
        (pairs[high >>> 16]! << 24);
    }
    if (scales === undefined) return;
    if (this.#scales.length === 1) columns[scales.column]![line] = this.#scales[0]!;
    else setCodes(columns, scales, line, ports.scaleWidth, this.#scales);
  }

  put(columns: Columns, line: number): void {
    const { ports, codes, scales, micro } = this.fields;
    setCodes(columns, codes, line, ports.codeWidth, this.codes);
    if (scales !== undefined) setCodes(columns, scales, line, ports.scaleWidth, this.#scales);
    if (micro !== undefined) setCodes(columns, micro, line, 1, this.#micro);
  }
}

/** Slices that share their block scales: 2 for blocks of 32 on 16 lanes. */
export function slicesOfBlock({ a, w, lanes }: DotUnit): number {
  const size = (format: OperandFormat) => (hasBlockScales(format) ? format.blockSize : 1);
  return Math.max(1, size(a) / lanes, size(w) / lanes);
}

/** Fills lines with random dot products of a class. */
export class ClassDrawer {
  readonly #vectors: MacVectors;
  readonly #class: StimulusClass;
  readonly #sides: readonly [SideDrawer, SideDrawer];
  readonly #perBlock: number;
  readonly #direct: boolean;
  readonly #specialAddends: boolean;

  constructor(vectors: MacVectors, name: string) {
    const { design, sides } = vectors;
    this.#vectors = vectors;
    this.#class = STIMULUS_CLASSES[name]!;
    const reserved = name === RESERVED_CLASS;
    this.#specialAddends = name === SPECIAL_CLASS;
    this.#sides = [
      new SideDrawer(design.a, sides[0], design.lanes, reserved),
      new SideDrawer(design.w, sides[1], design.lanes, reserved),
    ];
    this.#perBlock = slicesOfBlock(design);
    this.#direct = this.#class.cancelling !== true && this.#sides.every(({ isDirect }) => isDirect);
  }

  /**
   * Dot products of 1 to `longest` blocks in lines 0 … count − 1. Where results show at the next `first` only, the
   * last line is a flush.
   */
  fill(columns: Columns, count: number, random: Random, longest: number): void {
    const { segmentEnd } = this.#vectors.design.protocol;
    const lines = segmentEnd === 'next-first' ? count - 1 : count;
    const blocks = lines / this.#perBlock;
    const words = new WordSource(random.split('codes'));
    for (let block = 0; block < blocks; ) {
      const wanted = segmentEnd === 'each' ? 1 : 1 + random.below(longest);
      const here = Math.min(wanted, blocks - block);
      this.#segment(columns, block * this.#perBlock, here, random, words);
      block += here;
    }
    if (segmentEnd === 'next-first' && count > 0) putFlush(this.#vectors, columns, count - 1);
  }

  #segment(columns: Columns, from: number, blocks: number, random: Random, words: WordSource): void {
    const [a, w] = this.#sides;
    let line = from;
    for (let block = 0; block < blocks; block++) {
      const recipe = this.#class.recipe(random, block);
      a.drawScales(words, recipe);
      w.drawScales(words, recipe);
      for (let part = 0; part < this.#perBlock; part++, line++) {
        if (this.#direct) {
          a.drawInto(columns, line, words, recipe);
          w.drawInto(columns, line, words, recipe);
          continue;
        }
        a.drawElements(words, recipe);
        w.drawElements(words, recipe);
        if (this.#class.cancelling === true) this.#cancel(random);
        a.put(columns, line);
        w.put(columns, line);
      }
    }
    markSegment(this.#vectors, columns, { from, to: line }, this.#addend(random));
  }

  /** Every second product undoes the one before it, but for one in sixteen. */
  #cancel(random: Random): void {
    const [a, w] = this.#sides;
    for (let i = 0; i + 1 < a.codes.length; i += 2) {
      if (random.below(16) === 0) continue;
      a.codes[i + 1] = a.codes[i]!;
      w.codes[i + 1] = w.negated(w.codes[i]!);
    }
  }

  #addend(random: Random): number {
    const { design, addend } = this.#vectors;
    if (addend === undefined) return 0;
    const bits = addendFor(random, design);
    const isSpecial = design.semantic.result.kind === 'float' && (bits & FP32_EXPONENT) === FP32_EXPONENT;
    return isSpecial && !this.#specialAddends ? (bits & ~FP32_EXPONENT_TOP) >>> 0 : bits;
  }
}

/** The transaction that brings out the last result: zeros with `first` = 1. */
export function putFlush(vectors: MacVectors, columns: Columns, line: number): void {
  for (const column of columns) column[line] = 0;
  if (vectors.first !== undefined) columns[vectors.first.column]![line] = 1;
}
