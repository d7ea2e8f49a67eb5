/**
 * Results of a MAC's vectors, by two means that share nothing: the design compiled to WebAssembly, 128 streams at
 * once, and the oracle of its semantic, dot product by dot product. Both write the same bytes.
 */
import { expectationOf, type MacDesign } from '../../../rtl-model/designs/index.js';
import { bitBlast } from '../../../rtl-model/hdl/index.js';
import { CompiledSimulation, LANES, type LaneWord } from '../../../rtl-model/simulation/index.js';
import type { Columns, PlacedField } from '../layout.js';
import { type MacVectors, type SegmentLines, segmentLines } from './layout.js';
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

  constructor(design: MacDesign, vectors: MacVectors) {
    const { layout, first, nan } = vectors;
    this.#design = design;
    this.#vectors = vectors;
    this.#simulation = new CompiledSimulation(bitBlast(design.netlist));
    const simulation = this.#simulation;
    const driven = layout.fields.filter(({ role }) => role === 'operand' || role === 'control');
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
    const segments = segmentLines(this.#vectors, columns, count);
    if (segments.length === 0) return;
    const plan = planOf(this.#design, segments);
    const simulation = this.#simulation;
    simulation.reset();
    const answered = new Int32Array(LANES);
    for (let cycle = 0; cycle < plan.cycles; cycle++) {
      this.#drive(columns, plan.lines.subarray(cycle * LANES, (cycle + 1) * LANES), plan.firsts, cycle);
      simulation.settle();
      this.#collect(columns, plan.ends, answered);
      simulation.clock();
    }
    const missing = plan.ends.findIndex((ends, lane) => ends.length !== answered[lane]);
    if (missing >= 0) throw new Error(`${this.#design.name}: lane ${missing} gave no result`);
    this.#hideNan(columns, segments);
  }

  /** Puts the lines of a cycle on the input ports. */
  #drive(columns: Columns, lines: Int32Array, firsts: Uint8Array, cycle: number): void {
    const values = this.#values;
    for (const { column, word, low, width } of this.#inputs) {
      const source = columns[column]!;
      for (let lane = 0; lane < LANES; lane++) {
        const line = lines[lane]!;
        values[lane] = line < 0 ? 0 : source[line]!;
      }
      word.write(values, low, width);
    }
    for (let lane = 0; lane < LANES; lane++) values[lane] = lines[lane] === BUBBLE ? 0 : 1;
    this.#enable.write(values, 0, 1);
    this.#first?.write(firsts.subarray(cycle * LANES, (cycle + 1) * LANES), 0, 1);
  }

  /** Takes the results that show into the lines that they belong to. */
  #collect(columns: Columns, ends: readonly Int32Array[], answered: Int32Array): void {
    const done = this.#done.vectors;
    if ((done[0]! | done[1]! | done[2]! | done[3]!) === 0) return;
    for (const { column, word, low, width } of this.#outputs) {
      const values = word.read(low, width, this.#values);
      const target = columns[column]!;
      for (let lane = 0; lane < LANES; lane++) {
        if (((done[lane >> 5]! >>> (lane & 31)) & 1) === 0) continue;
        const line = ends[lane]?.[answered[lane]!];
        if (line !== undefined) target[line] = values[lane]!;
      }
    }
    for (let lane = 0; lane < LANES; lane++) answered[lane]! += (done[lane >> 5]! >>> (lane & 31)) & 1;
  }

  /** A register that is NaN reads as zero. */
  #hideNan(columns: Columns, segments: readonly SegmentLines[]): void {
    const { nan, results } = this.#vectors;
    if (nan === undefined) return;
    const flags = columns[nan.column]!;
    for (const { to } of segments) {
      if (flags[to - 1] === 0) continue;
      for (const { column, columns: limbs } of results) {
        for (let limb = 0; limb < limbs; limb++) columns[column + limb]![to - 1] = 0;
      }
    }
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
  readonly ends: readonly Int32Array[];
}

/** Shares the dot products out to the lanes, back to back but for the bubbles that the protocol needs. */
function planOf({ protocol, latencyCycles }: MacDesign, segments: readonly SegmentLines[]): Plan {
  const total = segments.reduce(
    (sum, { from, to }) => sum + Math.max(to - from, protocol.segmentInterval),
    0,
  );
  const share = Math.ceil(total / LANES);
  const lanes: number[][] = [];
  const starts: number[][] = [];
  const ends: number[][] = [];
  let lane: number[] = [];
  const open = () => {
    lane = [];
    lanes.push(lane);
    starts.push([]);
    ends.push([]);
  };
  open();
  for (const { from, to } of segments) {
    if (lane.length >= share && lanes.length < LANES) open();
    starts.at(-1)!.push(lane.length);
    for (let line = from; line < to; line++) lane.push(line);
    for (let gap = to - from; gap < protocol.segmentInterval; gap++) lane.push(BUBBLE);
    ends.at(-1)!.push(to - 1);
  }
  if (protocol.segmentEnd === 'next-first') {
    lanes.forEach((list, i) => {
      starts[i]!.push(list.length);
      list.push(FLUSH);
    });
  }
  const cycles = Math.max(...lanes.map((list) => list.length)) + latencyCycles + 1;
  const lines = new Int32Array(cycles * LANES).fill(BUBBLE);
  const firsts = new Uint8Array(cycles * LANES);
  lanes.forEach((list, i) => {
    for (let cycle = 0; cycle < list.length; cycle++) lines[cycle * LANES + i] = list[cycle]!;
    for (const cycle of starts[i]!) firsts[cycle * LANES + i] = 1;
  });
  return { cycles, lines, firsts, ends: ends.map((list) => Int32Array.from(list)) };
}

function clearResults({ results, nan }: MacVectors, columns: Columns, count: number): void {
  for (const { column, columns: limbs } of nan === undefined ? results : [...results, nan]) {
    for (let limb = 0; limb < limbs; limb++) columns[column + limb]!.fill(0, 0, count);
  }
}
