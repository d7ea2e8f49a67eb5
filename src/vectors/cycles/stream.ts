/**
 * Stream vectors: a line a clock cycle, with every input and what every output shows before the edge that ends it.
 *
 *   first last a_in … rst_n en │ care │ done acc nan
 *   └ what is driven ─────────┘          └ outputs ┘
 *
 * `done` matters in every cycle but those of a reset, the results where `done` is 1 (a result that is NaN by its flag
 * alone). Cycles without enable carry noise, or the vector that is being held back; a block of 8192 cycles begins with
 * a reset and ends with an empty pipeline. A reset in the middle of a dot product loses what is in the pipeline: no
 * result of it shows, and the next one is right.
 */
import type { Design } from '../../../rtl-model/designs/index.js';
import { WordSimulation } from '../../../rtl-model/simulation/index.js';
import type { Random } from '../../numerics/index.js';
import {
  type Columns,
  createColumns,
  type Field,
  fieldNamed,
  isDriven,
  type Layout,
  layoutOf,
  type PlacedField,
  withRole,
} from '../layout.js';
import { type SegmentLines, segmentLines } from '../mac/layout.js';
import { BLOCK_VECTORS, type Explanation, type Level, type VectorClass, type VectorUnit } from '../unit.js';
import { drive, limbsOf, type PortLimb, ResultCheck, record, ZERO_RESULT } from './ports.js';
import {
  type Cycle,
  flushes,
  PATTERNS,
  type PatternName,
  patternsFor,
  resultsOf,
  scheduleOf,
} from './schedule.js';

const COUNTS: Readonly<Record<0 | 1 | 3, number>> = { 0: 256, 1: 4096, 3: 131_072 };
const LEVELS = [0, 1, 3] as const satisfies readonly Level[];
const [RESET, CARE] = ['rst_n', 'care'] as const;

/** The stream vectors of a unit that is a design: its random classes with all patterns, and a class a pattern. */
export function streamUnit(base: VectorUnit, design: Design): VectorUnit {
  const layout = streamLayout(base.layout, design);
  let player: StreamPlayer | undefined;
  const make = (name: string, level: 0 | 1 | 3, set: VectorClass, patterns: readonly PatternName[]) => ({
    name,
    summary: `${set.summary}; ${patterns.map((pattern) => PATTERNS[pattern].summary).join(', ')}`,
    level,
    vectors: COUNTS[level],
    adjustable: level === 3,
    fill: (columns: Columns, { count }: { readonly count: number }, random: Random) => {
      player ??= new StreamPlayer(base, layout, design);
      player.fill(columns, count, set, patterns, random);
    },
  });
  const drawn = base.classes.filter(({ level }) => level === 3);
  const patterns = patternsFor(design);
  return {
    ...base,
    unit: 'stream',
    view: 'stream',
    summary: `${design.name} cycle by cycle`,
    layout,
    dots: undefined,
    coverage: undefined,
    policies: () => [],
    classes: LEVELS.flatMap((level) => [
      ...patterns.map((pattern) => make(pattern, level, drawn[0]!, [pattern])),
      ...drawn.map((set) => make(set.name, level, set, patterns)),
    ]),
    explain: (columns, { to }) => explainCycle(base, design, layout, columns, to - 1),
  };
}

function streamLayout(base: Layout, { protocol }: Design): Layout {
  const results = withRole(base, 'result');
  const bit = (name: string, role: Field['role'], meaning: string): Field => ({
    name,
    width: 1,
    role,
    meaning,
  });
  return layoutOf([
    ...base.fields.filter(isDriven),
    bit(RESET, 'control', 'reset, active low'),
    bit(protocol.enable, 'control', '1: the edge that ends this cycle takes a vector'),
    {
      name: CARE,
      width: results.length + 1,
      role: 'care',
      meaning: 'a bit an output in their order, the first one lowest; 0: it may show anything',
    },
    bit(protocol.done, 'result', '1: the results show in this cycle'),
    ...results,
  ]);
}

class StreamPlayer {
  readonly #base: VectorUnit;
  readonly #design: Design;
  readonly #layout: Layout;
  readonly #simulation: WordSimulation;
  readonly #inputs: readonly PortLimb[];
  /** By output. */
  readonly #outputs: readonly (readonly PortLimb[])[];
  readonly #results: ResultCheck;
  readonly #vectors: Columns;

  constructor(base: VectorUnit, layout: Layout, design: Design) {
    const simulation = new WordSimulation(design.netlist);
    this.#base = base;
    this.#design = design;
    this.#layout = layout;
    this.#simulation = simulation;
    const ports = (fields: readonly PlacedField[]) => fields.map((field) => limbsOf(simulation, field));
    this.#inputs = ports(layout.fields.filter((f) => isDriven(f) && f.name !== RESET)).flat();
    this.#outputs = ports(withRole(layout, 'result'));
    this.#results = new ResultCheck(simulation, base.layout, design);
    this.#vectors = createColumns(base.layout, BLOCK_VECTORS);
  }

  /** Draws vectors, says when they are taken, and plays them. Throws if the results are not those of the vectors. */
  fill(
    columns: Columns,
    count: number,
    set: VectorClass,
    patterns: readonly PatternName[],
    random: Random,
  ): void {
    const { granule = 1 } = set;
    const lines = Math.ceil(count / granule) * granule;
    set.fill(this.#vectors, { block: 0, first: 0, count: lines }, random.split('vectors'));
    const schedule = random.split('cycles');
    const segments = segmentsOf(this.#base, this.#vectors, lines);
    const cycles = scheduleOf(this.#design, segments, patterns, count, schedule);
    this.#put(cycles, columns, schedule);
    this.#results.begin(this.#vectors, resultsOf(this.#design, segments, cycles, ZERO_RESULT));
    this.#play(columns, count);
    this.#results.end();
  }

  /** Writes what is driven. */
  #put(cycles: readonly Cycle[], columns: Columns, noise: Random): void {
    const driven = this.#base.layout.fields.filter(isDriven);
    const [reset, enable] = [RESET, this.#design.protocol.enable].map(
      (name) => columns[fieldNamed(this.#layout, name).column]!,
    );
    cycles.forEach((cycle, at) => {
      for (const field of driven) {
        for (let limb = 0; limb < field.columns; limb++)
          columns[field.column + limb]![at] = this.#driven(cycle, field, limb, noise);
      }
      reset![at] = Number(cycle.kind !== 'reset');
      enable![at] = Number(cycle.kind === 'take' || cycle.kind === 'flush');
    });
  }

  /** What 32 bits of a field carry in a cycle. */
  #driven(cycle: Cycle, { name, column, width }: PlacedField, limb: number, noise: Random): number {
    switch (cycle.kind) {
      case 'reset':
        return 0;
      case 'flush':
        return Number(name === this.#base.interface?.first);
      case 'bubble':
        return noise.uint32() >>> (32 - Math.min(32, width - 32 * limb));
      default:
        return this.#vectors[column + limb]![cycle.line]!;
    }
  }

  /** Plays what is driven, and writes the outputs that matter, and `care`. */
  #play(columns: Columns, count: number): void {
    const simulation = this.#simulation;
    const [reset, care] = [RESET, CARE].map((name) => columns[fieldNamed(this.#layout, name).column]!);
    for (let cycle = 0; cycle < count; cycle++) {
      drive(simulation, this.#inputs, columns, cycle);
      const isReset = reset![cycle] === 0;
      if (isReset) simulation.reset();
      simulation.settle();
      care![cycle] = isReset ? 0 : 1 | (this.#results.look() << 1);
      this.#outputs.forEach((limbs, i) => {
        if ((care![cycle]! >>> i) & 1) record(simulation, limbs, columns, cycle);
        else for (const { column } of limbs) columns[column]![cycle] = 0;
      });
      if (!isReset) simulation.load();
    }
  }
}

/** Dot products among the first `count` vectors; a vector is one by itself where nothing says otherwise. */
function segmentsOf({ dots }: VectorUnit, vectors: Columns, count: number): SegmentLines[] {
  if (dots !== undefined) return segmentLines(dots, vectors, count);
  return Array.from({ length: count }, (_, line) => ({ from: line, to: line + 1 }));
}

/** The vectors whose result is due in a cycle, by the unit that the stream is made of. */
function explainCycle(
  base: VectorUnit,
  design: Design,
  layout: Layout,
  columns: Columns,
  cycle: number,
): Explanation {
  const at = (name: string, line: number) => columns[fieldNamed(layout, name).column]![line];
  const { first } = base.interface!;
  const begins = (line: number) => first === undefined || at(first, line) === 1;
  const taken: number[] = [];
  for (let line = 0; line <= cycle; line++) {
    if (at(RESET, line) === 0) taken.length = 0;
    else if (line <= cycle - design.latencyCycles && at(design.protocol.enable, line) === 1) taken.push(line);
  }
  // A `first` brings out what came before it.
  if (flushes(design)) taken.pop();
  const lines = taken.slice(taken.findLastIndex(begins));
  const place = `cycle ${cycle} after the reset that begins its block of ${BLOCK_VECTORS}`;
  if (lines.length === 0) return { operands: [place, 'no result is due'], trace: undefined };
  const compact = columns.map((column) => Uint32Array.from(lines, (line) => column[line]!));
  const { operands, trace } = base.explain(compact, { from: 0, to: lines.length });
  return { operands: [place, `taken in cycles ${lines.join(', ')}`, ...operands], trace };
}
