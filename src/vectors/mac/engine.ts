/**
 * Results of a MAC's vectors, by two means that share nothing: the design compiled to WebAssembly, 128 streams at
 * once, and the oracle of its semantic, dot product by dot product. Both write the same bytes.
 */
import { expectationOf, type MacDesign } from '../../../rtl-model/designs/index.js';
import { bitBlast } from '../../../rtl-model/hdl/index.js';
import { CompiledSimulation, LANES, type LaneWord } from '../../../rtl-model/simulation/index.js';
import { type Columns, isDriven, type PlacedField } from '../layout.js';
import { type MacVectors, type SegmentList, segmentLines, segmentList } from './layout.js';
import { putResults, segmentAt } from './segments.js';

/** Fills in the results of the first `count` lines. */
export interface MacEngine {
  compute(columns: Columns, count: number): void;
}

export type MacEngineName = 'compiled' | 'oracle';

export function createMacEngine(design: MacDesign, vectors: MacVectors, name: MacEngineName): MacEngine {
  return name === 'compiled' ? new CompiledEngine(design, vectors) : new OracleEngine(vectors);
}

export class OracleEngine implements MacEngine {
  readonly #vectors: MacVectors;
  readonly #expected: ReturnType<typeof expectationOf>;

  constructor(vectors: MacVectors) {
    this.#vectors = vectors;
    this.#expected = expectationOf(vectors.design);
  }

  compute(columns: Columns, count: number): void {
    clearResults(this.#vectors, columns, count);
    for (const lines of segmentLines(this.#vectors, columns, count)) {
      const results = this.#expected(segmentAt(this.#vectors, columns, lines));
      putResults(this.#vectors, columns, lines.to - 1, results);
    }
  }
}

const BUBBLE = -1;
const FLUSH = -2;

/** An input column of the vectors and where it goes. */
interface InputColumn {
  readonly column: number;
  readonly word: LaneWord;
  readonly low: number;
  readonly width: number;
}

export class CompiledEngine implements MacEngine {
  readonly #design: MacDesign;
  readonly #vectors: MacVectors;
  readonly #simulation: CompiledSimulation;
  readonly #inputs: readonly InputColumn[];
  readonly #outputs: readonly InputColumn[];
  readonly #enable: LaneWord;
  readonly #first: LaneWord | undefined;
  readonly #done: LaneWord;
  readonly #values = new Uint32Array(LANES);
  readonly #places = new Int32Array(LANES);

  constructor(design: MacDesign, vectors: MacVectors) {
    const { layout, first, nan } = vectors;
    this.#design = design;
    this.#vectors = vectors;
    this.#simulation = new CompiledSimulation(bitBlast(design.netlist));
    const simulation = this.#simulation;
    const driven = layout.fields.filter(isDriven);
    this.#inputs = driven
      .filter((field) => field !== first)
      .flatMap((field) => columnsOf(field, simulation.input(field.name)));
    const results = nan === undefined ? vectors.results : [...vectors.results, nan];
    this.#outputs = results.flatMap((field) => columnsOf(field, simulation.output(field.name)));
    this.#enable = simulation.input(design.protocol.enable);
    this.#first = first === undefined ? undefined : simulation.input(first.name);
    this.#done = simulation.output(design.protocol.done);
  }

  compute(columns: Columns, count: number): void {
    clearResults(this.#vectors, columns, count);
    const segments = segmentList(this.#vectors, columns, count);
    if (segments.count === 0) return;
    const plan = planOf(this.#design, segments);
    const simulation = this.#simulation;
    simulation.reset();
    const next = plan.ends.slice();
    for (let cycle = 0; cycle < plan.cycles; cycle++) {
      this.#drive(columns, plan, cycle * LANES);
      simulation.settle();
      this.#collect(columns, plan, next);
      simulation.clock();
    }
    for (let lane = 0; lane < LANES; lane++) {
      if (next[lane] === plan.ends[lane + 1]) continue;
      throw new Error(`${this.#design.name}: lane ${lane} gave another number of results than expected`);
    }
    this.#hideNan(columns, plan.results);
  }

  /** Puts the lines of a cycle on the input ports; `at` is the place of lane 0 in the plan. */
  #drive(columns: Columns, { lines, firsts }: Plan, at: number): void {
    const values = this.#values;
    for (const { column, word, low, width } of this.#inputs) {
      gather(columns[column]!, lines, at, values);
      word.write(values, low, width);
    }
    for (let lane = 0; lane < LANES; lane++) values[lane] = lines[at + lane] === BUBBLE ? 0 : 1;
    this.#enable.write(values, 0, 1);
    if (this.#first === undefined) return;
    for (let lane = 0; lane < LANES; lane++) values[lane] = firsts[at + lane]!;
    this.#first.write(values, 0, 1);
  }

  /** Takes the results that show into the lines that they belong to. */
  #collect(columns: Columns, { ends, results }: Plan, next: Int32Array): void {
    const done = this.#done.vectors;
    if ((done[0]! | done[1]! | done[2]! | done[3]!) === 0) return;
    const places = this.#places;
    for (let lane = 0; lane < LANES; lane++) {
      const isDone = ((done[lane >> 5]! >>> (lane & 31)) & 1) === 1;
      const isWaited = isDone && next[lane]! < ends[lane + 1]!;
      places[lane] = isWaited ? results[next[lane]!]! : -1;
      if (isWaited) next[lane]!++;
    }
    for (const { column, word, low, width } of this.#outputs) {
      const values = word.read(low, width, this.#values);
      const target = columns[column]!;
      for (let lane = 0; lane < LANES; lane++) {
        if (places[lane]! >= 0) target[places[lane]!] = values[lane]!;
      }
    }
  }

  /** A register that is NaN reads as zero. */
  #hideNan(columns: Columns, lines: Int32Array): void {
    const { nan, results } = this.#vectors;
    if (nan === undefined) return;
    const flags = columns[nan.column]!;
    for (const line of lines) {
      if (flags[line] === 0) continue;
      for (const { column, columns: limbs } of results) {
        for (let limb = 0; limb < limbs; limb++) columns[column + limb]![line] = 0;
      }
    }
  }
}

/** The numbers of a column that the lanes take; 0 for bubbles and flushes. */
function gather(source: Uint32Array, lines: Int32Array, at: number, into: Uint32Array): void {
  for (let lane = 0; lane < LANES; lane++) {
    const line = lines[at + lane]!;
    into[lane] = line < 0 ? 0 : source[line]!;
  }
}

function columnsOf({ column, columns, width }: PlacedField, word: LaneWord): InputColumn[] {
  return Array.from({ length: columns }, (_, limb) => ({
    column: column + limb,
    word,
    low: 32 * limb,
    width: Math.min(32, width - 32 * limb),
  }));
}

/** Which line each lane takes in each cycle, and the lines that its results belong to in order. */
interface Plan {
  readonly cycles: number;
  /** cycles × lanes: a line, a bubble or a flush. */
  readonly lines: Int32Array;
  /** cycles × lanes: whether `first` is 1. */
  readonly firsts: Uint8Array;
  /** Last lines of the dot products of each lane: places ends[lane] … ends[lane + 1] − 1 of `results`. */
  readonly ends: Int32Array;
  readonly results: Int32Array;
}

/** Shares the dot products out to the lanes, back to back but for the bubbles that the protocol needs. */
function planOf({ protocol, latencyCycles }: MacDesign, { from, to, count }: SegmentList): Plan {
  const { segmentInterval, segmentEnd } = protocol;
  const edges = (i: number) => Math.max(to[i]! - from[i]!, segmentInterval);
  let total = 0;
  for (let i = 0; i < count; i++) total += edges(i);
  const share = Math.ceil(total / LANES);
  const ends = new Int32Array(LANES + 1).fill(count);
  const [used, starts] = [new Int32Array(LANES), new Int32Array(count)];
  ends[0] = 0;
  let lane = 0;
  for (let i = 0; i < count; i++) {
    if (used[lane]! >= share && lane + 1 < LANES) ends[++lane] = i;
    starts[i] = used[lane]!;
    used[lane]! += edges(i);
  }
  const flush = segmentEnd === 'next-first' ? 1 : 0;
  const cycles = Math.max(...used) + flush + latencyCycles + 1;
  const lines = new Int32Array(cycles * LANES).fill(BUBBLE);
  const firsts = new Uint8Array(cycles * LANES);
  for (let n = 0; n < LANES; n++) {
    for (let i = ends[n]!; i < ends[n + 1]!; i++) {
      let place = starts[i]! * LANES + n;
      firsts[place] = 1;
      for (let line = from[i]!; line < to[i]!; line++, place += LANES) lines[place] = line;
    }
    if (flush === 0 || ends[n] === ends[n + 1]) continue;
    lines[used[n]! * LANES + n] = FLUSH;
    firsts[used[n]! * LANES + n] = 1;
  }
  const results = new Int32Array(count);
  for (let i = 0; i < count; i++) results[i] = to[i]! - 1;
  return { cycles, lines, firsts, ends, results };
}

function clearResults({ results, nan }: MacVectors, columns: Columns, count: number): void {
  for (const { column, columns: limbs } of nan === undefined ? results : [...results, nan]) {
    for (let limb = 0; limb < limbs; limb++) columns[column + limb]!.fill(0, 0, count);
  }
}
