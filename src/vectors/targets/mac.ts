/** Vectors of a whole MAC: dot products over K, a line a slice. */
import {
  type DotUnit,
  LEVEL_ONE_CLASSES,
  type LevelOneSegment,
  levelOneSegments,
  type MacDesign,
  type Segment,
  STIMULUS_CLASSES,
} from '../../../rtl-model/designs/index.js';
import { hasBlockScales, type OperandFormat } from '../../dot/index.js';
import { closingSegments } from '../coverage/dots/closing.js';
import { dotCoverage } from '../coverage/dots/model.js';
import type { Columns } from '../layout.js';
import { elementPairs, longSegments, type NumberedSlices, scalePairs } from '../mac/directed.js';
import { ClassDrawer, putFlush, slicesOfBlock } from '../mac/draw.js';
import { createMacEngine, type MacEngine, type MacEngineName, OracleEngine } from '../mac/engine.js';
import { explainDot } from '../mac/explain.js';
import { type MacVectors, macVectors, segmentList } from '../mac/layout.js';
import { dotPolicies, withoutReserved } from '../mac/policies.js';
import { markSegment, putSlice } from '../mac/segments.js';
import { BLOCK_VECTORS, type Level, type UnitInterface, type VectorClass, type VectorUnit } from '../unit.js';

/** Vectors of a random class at each level; by default at level 3, where the user may ask for any number. */
const SMOKE_VECTORS = 64;
const CORNER_VECTORS = 3072;
const RANDOM_VECTORS = 131_072;
/** Longest dot products in blocks. */
const LONGEST = 8;
/** Dot products of a block that the oracle computes again. */
const CHECKED_PER_BLOCK = 2;

export interface MacOptions {
  readonly engine: MacEngineName;
}

export function macUnit(design: MacDesign, { engine }: MacOptions): VectorUnit {
  const vectors = macVectors(design);
  const compute = checkedEngine(design, vectors, engine);
  return {
    unit: 'mac',
    format: formatText(design),
    policy: policyText(design),
    summary: design.summary,
    layout: vectors.layout,
    interface: interfaceOf(design),
    rules: dotRules(design),
    classes: [...macClasses(vectors, compute), ...directedClasses(design, vectors, compute)],
    leftOutWith: LEFT_OUT_WITH,
    policies: () => dotPolicies(vectors),
    dots: vectors,
    coverage: () => dotCoverage(vectors),
    explain: (columns, lines) => explainDot(vectors, columns, lines),
  };
}

/** The engine asked for, checked with the oracle on the first dot products of every block. */
function checkedEngine(design: MacDesign, vectors: MacVectors, name: MacEngineName): () => MacEngine {
  let made: MacEngine | undefined;
  return () => {
    if (made !== undefined) return made;
    const engine = createMacEngine(design, vectors, name);
    const oracle = new OracleEngine(vectors);
    made =
      name === 'oracle' ? engine : { compute: (c, n) => computeAndCheck(vectors, [engine, oracle], c, n) };
    return made;
  };
}

function computeAndCheck(
  vectors: MacVectors,
  [engine, oracle]: readonly [MacEngine, MacEngine],
  columns: Columns,
  count: number,
): void {
  engine.compute(columns, count);
  const segments = segmentList(vectors, columns, count);
  const last = segments.count < CHECKED_PER_BLOCK ? count : segments.to[CHECKED_PER_BLOCK - 1]!;
  const copy = columns.map((column) => column.slice(0, last));
  oracle.compute(copy, last);
  const differs = copy.some((column, c) => column.some((value, line) => value !== columns[c]![line]));
  if (differs) throw new Error(`${vectors.design.name}: the design and the oracle differ`);
}

/** The classes of a unit that works by dot products. */
export function macClasses(vectors: MacVectors, engine: () => MacEngine): VectorClass[] {
  return [
    ...randomClasses(vectors, engine),
    ...listedClasses(vectors, engine),
    ...closingClasses(vectors, engine),
  ];
}

/** Classes beside `reserved` and `special` that hold such codes. */
export const LEFT_OUT_WITH = {
  'reserved-element-pairs': ['reserved', 'special'],
  'special-coverage': ['reserved', 'special'],
  'special-scale-pairs': ['special'],
  'one-special': ['special'],
  'special-addends': ['special'],
} as const;

/** What coverage asks for beyond the random classes. */
function closingClasses(vectors: MacVectors, engine: () => MacEngine): VectorClass[] {
  const { ordinary, special } = closingSegments(vectors.design, slicesOfBlock(vectors.design));
  const make = (name: string, summary: string, list: readonly Segment[]) =>
    list.length === 0 ? [] : [segmentClass(vectors, engine, name, summary, () => list)];
  return [
    ...make(
      'coverage',
      'what coverage asks for beyond the others: kinds of codes in pairs, bits of the sum',
      ordinary,
    ),
    ...make('special-coverage', 'the same with a NaN, an infinity or a reserved code', special),
  ];
}

function randomClasses(vectors: MacVectors, engine: () => MacEngine): VectorClass[] {
  const granule = slicesOfBlock(vectors.design);
  const make = (name: string, level: 0 | 1 | 3, count: number): VectorClass => {
    let drawer: ClassDrawer | undefined;
    return {
      name,
      summary: STIMULUS_CLASSES[name]!.summary,
      level,
      vectors: count,
      adjustable: level === 3,
      granule,
      fill: (columns, range, random) => {
        drawer ??= new ClassDrawer(vectors, name);
        drawer.fill(columns, range.count, random, LONGEST);
        engine().compute(columns, range.count);
      },
    };
  };
  const names = Object.keys(STIMULUS_CLASSES);
  return [
    ...names.map((name) => make(name, 0, SMOKE_VECTORS)),
    ...names.map((name) => make(name, 1, CORNER_VECTORS)),
    ...names.map((name) => make(name, 3, RANDOM_VECTORS)),
  ];
}

/** Widest codes of which level 1, and level 2, lists every pair. */
const [PAIRED_BITS_LEVEL_1, PAIRED_BITS_LEVEL_2] = [4, 8];

function listedClasses(vectors: MacVectors, engine: () => MacEngine): VectorClass[] {
  const { design } = vectors;
  const block = slicesOfBlock(design);
  const width = Math.max(design.protocol.a.codeWidth, design.protocol.w.codeWidth);
  const classes: VectorClass[] = [];
  const add = (name: string, summary: string, level: Level, list: NumberedSlices | undefined) => {
    if (list !== undefined && list.count > 0)
      classes.push(numberedClass(vectors, engine, name, summary, level, list));
  };
  if (width <= PAIRED_BITS_LEVEL_2) {
    const level = width <= PAIRED_BITS_LEVEL_1 ? 1 : 2;
    const odd = elementPairs(design, block, 'out-of-the-ordinary');
    add(
      'element-pairs',
      'pairs of element codes in every lane',
      level,
      elementPairs(design, block, 'ordinary'),
    );
    add('reserved-element-pairs', 'pairs with a reserved or special element code', level, odd);
  }
  add('scale-pairs', 'pairs of scale codes', 2, scalePairs(design, block, 'ordinary'));
  const nan = scalePairs(design, block, 'out-of-the-ordinary');
  add('special-scale-pairs', 'pairs with a NaN scale code', 2, nan);
  const long = longSegments(design, block);
  if (long.length > 0) {
    classes.push(
      segmentClass(vectors, engine, 'long', 'long dot products that fill the accumulator', () => long),
    );
  }
  return classes;
}

/** Dot products of one block by number, a block of vectors closed by a flush where results need one. */
function numberedClass(
  vectors: MacVectors,
  engine: () => MacEngine,
  name: string,
  summary: string,
  level: Level,
  list: NumberedSlices,
): VectorClass {
  const perItem = slicesOfBlock(vectors.design);
  const flush = vectors.design.protocol.segmentEnd === 'next-first' ? 1 : 0;
  const perBlock = Math.floor((BLOCK_VECTORS - flush) / perItem);
  const used = perBlock * perItem + flush;
  if (used !== BLOCK_VECTORS)
    throw new RangeError(`${perItem} slices a block do not fill a block of vectors`);
  const blocks = Math.ceil(list.count / perBlock);
  return {
    name,
    summary,
    level,
    vectors: list.count * perItem + blocks * flush,
    adjustable: false,
    exhaustive: list.domain,
    fill: (columns, { block, count }) => {
      const items = (count - flush) / perItem;
      for (let item = 0; item < items; item++) {
        const lines = { from: item * perItem, to: (item + 1) * perItem };
        list.slices(block * perBlock + item).forEach((slice, i) => {
          putSlice(vectors, columns, lines.from + i, slice);
        });
        markSegment(vectors, columns, lines, 0);
      }
      if (flush === 1) putFlush(vectors, columns, count - 1);
      engine().compute(columns, count);
    },
  };
}

const SPECIAL_ADDENDS = 'special-addends';
const FP32_EXPONENT = 0x7f800000;

/**
 * The directed classes of the designs' own level 1, without reserved codes. Addends that are infinite or NaN have a class
 * of their own, so that they can be left out.
 */
function directedClasses(design: MacDesign, vectors: MacVectors, engine: () => MacEngine): VectorClass[] {
  const ofFloats = design.semantic.result.kind === 'float';
  const isSpecial = ({ class: name, addend = 0 }: LevelOneSegment) =>
    ofFloats && !(name in LEFT_OUT_WITH) && (addend & FP32_EXPONENT) === FP32_EXPONENT;
  let made: readonly LevelOneSegment[] | undefined;
  const segmentsOf = (name: string) => {
    made ??= [...levelOneSegments(design)].filter((segment) => !(segment.class in STIMULUS_CLASSES));
    return made
      .filter((segment) => (isSpecial(segment) ? SPECIAL_ADDENDS : segment.class) === name)
      .map((segment) => withoutReserved(design, segment));
  };
  const names: (readonly [string, string])[] = [
    ...[...LEVEL_ONE_CLASSES].filter(([name]) => !(name in STIMULUS_CLASSES)),
    [SPECIAL_ADDENDS, 'dot products of the directed classes with an addend that is infinite or NaN'],
  ];
  return names.map(([name, summary]) => segmentClass(vectors, engine, name, summary, () => segmentsOf(name)));
}

/**
 * A list of dot products of any length up to a block of vectors, made when it is first asked for. A block that has no
 * room for the next one is filled up with flushes.
 */
function segmentClass(
  vectors: MacVectors,
  engine: () => MacEngine,
  name: string,
  summary: string,
  segmentsOf: () => readonly Segment[],
): VectorClass {
  const flush = vectors.design.protocol.segmentEnd === 'next-first' ? 1 : 0;
  let made: Segment[][] | undefined;
  const blocks = () => {
    made ??= packed(segmentsOf(), BLOCK_VECTORS - flush);
    return made;
  };
  const linesOf = (list: readonly Segment[]) => list.reduce((sum, { slices }) => sum + slices.length, 0);
  return {
    name,
    summary,
    level: 1,
    get vectors() {
      const lines = Math.max(0, blocks().length - 1) * BLOCK_VECTORS + linesOf(blocks().at(-1)!);
      return lines === 0 ? 0 : lines + flush;
    },
    adjustable: false,
    fill: (columns, { block, count }) => {
      let from = 0;
      for (const { slices, addend = 0 } of blocks()[block]!) {
        slices.forEach((slice, i) => {
          putSlice(vectors, columns, from + i, slice);
        });
        markSegment(vectors, columns, { from, to: from + slices.length }, addend);
        from += slices.length;
      }
      for (; from < count; from++) putFlush(vectors, columns, from);
      engine().compute(columns, count);
    },
  };
}

/** The list cut into parts of at most `capacity` slices. */
function packed(segments: readonly Segment[], capacity: number): Segment[][] {
  const parts: Segment[][] = [[]];
  let room = capacity;
  for (const segment of segments) {
    const { length } = segment.slices;
    if (length > capacity) throw new RangeError(`a dot product of ${length} slices is too long`);
    if (length > room) {
      parts.push([]);
      room = capacity;
    }
    parts.at(-1)!.push(segment);
    room -= length;
  }
  return parts;
}

function interfaceOf({ module, protocol, latencyCycles }: MacDesign): UnitInterface {
  return {
    module: module.name,
    clock: 'clk',
    reset: 'rst_n',
    enable: protocol.enable,
    first: protocol.first,
    last: protocol.last,
    done: protocol.done,
    resultAfter: protocol.segmentEnd,
    latencyCycles,
    initiationIntervalCycles: protocol.segmentInterval,
  };
}

const nameOf = ({ a, w }: MacDesign) => (a.name === w.name ? a.name : `${a.name}-${w.name}`);

function formatText(design: MacDesign): string {
  return nameOf(design);
}

/** The design without its format, and the options that are not the default: `exact`, `exact-fp32`. */
function policyText({ module, a }: MacDesign): string {
  const parts = module.name.split('_').filter((part) => part !== a.name);
  return parts.join('-');
}

/** What a dot product does with NaN, −0, subnormals and selectors, as sentences. */
export function dotRules({ a, w, semantic, resultFactor }: DotUnit): Record<string, string> {
  const rules: Record<string, string> = {
    semantic: `${semantic.name}: ${semantic.summary}`,
    nanScale:
      semantic.operands.nanScale === 'nan'
        ? 'a NaN scale code makes the result NaN'
        : 'a NaN scale code is read as the largest finite scale',
    negativeZero:
      'a −0 element is zero; reserved codes appear only in classes that --without reserved leaves out',
    subnormals: subnormalRule(semantic.accumulation),
    selector:
      semantic.operands.selector === 'read'
        ? 'bit 7 of a scale byte chooses the element format, where the block format has two'
        : 'bit 7 of a scale byte is not looked at',
    resultFactor: `dot product = result × ${resultFactor.numerator}/${resultFactor.denominator}`,
    a: describe(a),
    w: describe(w),
  };
  if (semantic.result.kind === 'float') rules.resultNan = `0x${semantic.result.nanBits.toString(16)}`;
  return rules;
}

function subnormalRule(accumulation: MacDesign['semantic']['accumulation']): string {
  const flushed = accumulation.kind === 'lanes' && accumulation.subnormals === 'flushed';
  return flushed
    ? 'subnormal elements and scales count; subnormal FP32 results of lanes and adders become zero'
    : 'subnormal elements, scales and results count';
}

function describe(format: OperandFormat): string {
  return hasBlockScales(format) ? `${format.name}, blocks of ${format.blockSize}` : format.name;
}
