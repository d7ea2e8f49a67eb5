/**
 * Stage-stamped vectors: the vectors of a design, each with what every pipeline register holds of it, and at which
 * edges. Line n belongs to line n of the design's own vectors.
 *
 *   first last a_in … │ care │ s1_sum s1_shift …  s2_term …  s3_acc …
 *   └ what is driven ┘          └ edge 1 ────────┘ └ edge 2 ┘ └ edge 3
 *
 * Edge 1 is the one that takes the vector: with the vector taken at edge n of a run, a field of edge e is what its
 * register holds after edge n + e − 1. A register that takes several parts of one vector in turn (the reduction of the
 * lane designs, the element by element stages of the quantise units) has a field an edge: `s3_value0_edge4`. An
 * accumulator shows with every slice its sum so far.
 *
 * A register that does not load with this vector at its edge, because it has an enable, has 0 in its bit of `care`, and
 * 0 for its value. The other values are the same whatever bubbles stand between the vectors: they are computed with one
 * vector in the pipeline at a time.
 *
 * Not modelled: what registers without enable hold in bubbles.
 */
import type { Design } from '../../../rtl-model/designs/index.js';
import type { WordSimulation } from '../../../rtl-model/simulation/index.js';
import {
  type Columns,
  createColumns,
  type Field,
  isDriven,
  type Layout,
  layoutOf,
  type PlacedField,
  withRole,
} from '../layout.js';
import { BLOCK_VECTORS, unitStem, type VectorClass, type VectorUnit } from '../unit.js';
import { drive, limbsOf, type PortLimb, ResultCheck, record } from './ports.js';
import { flushes, intervalOf } from './schedule.js';
import { enablePlace, type Stamp, stampsOf, watchedSimulation } from './stamps.js';

/** The stage-stamped vectors of a unit that is a design. */
export function stagesUnit(base: VectorUnit, design: Design): VectorUnit {
  let made: StagePlayer | undefined;
  const player = () => {
    made ??= new StagePlayer(base.layout, design);
    return made;
  };
  let vectors: Columns | undefined;
  return {
    ...base,
    unit: 'stages',
    view: 'stages',
    drawnAs: unitStem(base),
    summary: `every pipeline register of ${design.name} by vector`,
    // To know the registers' edges takes a simulation: asked for only when it is needed.
    get layout() {
      return player().layout;
    },
    dots: undefined,
    coverage: undefined,
    policies: () => [],
    classes: base.classes.map((set): VectorClass => {
      const { name, summary, level, adjustable, exhaustive, granule } = set;
      return {
        name,
        summary,
        level,
        adjustable,
        ...(exhaustive === undefined ? {} : { exhaustive }),
        ...(granule === undefined ? {} : { granule }),
        // Asked for only when it is needed: some classes have to be made to be counted.
        get vectors() {
          return set.vectors;
        },
        fill: (columns, range, random) => {
          vectors ??= createColumns(base.layout, BLOCK_VECTORS);
          set.fill(vectors, range, random);
          player().fill(vectors, columns, range.count);
        },
      };
    }),
  };
}

function stagesLayout(base: Layout, stamps: readonly Stamp[]): Layout {
  return layoutOf([
    ...base.fields.filter(isDriven),
    {
      name: 'care',
      width: stamps.length,
      role: 'care',
      meaning: 'a bit a register in their order, the first one lowest; 0: it does not load with this vector',
    },
    ...stamps.map(
      ({ name, register, width, stage, edge }): Field => ({
        name,
        width,
        role: 'result',
        meaning: `register ${register}, after edge ${edge}`,
        stage: { name: stage, edge, register },
      }),
    ),
  ]);
}

/** A register's field: where it is in the simulation, and its bit of `care`. */
interface PlacedStamp {
  readonly edge: number;
  readonly limbs: readonly PortLimb[];
  /** Place of the enable in the words of the simulation. */
  readonly enableAt: number | undefined;
  readonly careColumn: number;
  readonly careMask: number;
}

class StagePlayer {
  readonly layout: Layout;
  readonly #base: Layout;
  readonly #design: Design;
  /** Field that brings out the result of what came before it. */
  readonly #before: PlacedField | undefined;
  readonly #simulation: WordSimulation;
  readonly #enableAt: number;
  readonly #inputs: readonly PortLimb[];
  /** By edge, from 1. */
  readonly #stamps: readonly (readonly PlacedStamp[])[];
  readonly #results: ResultCheck;
  /** Edges until nothing of a vector is left that shows in a register or result. */
  readonly #edges: number;

  constructor(base: Layout, design: Design) {
    const { latencyCycles, protocol } = design;
    const simulation = watchedSimulation(design);
    const stamps = stampsOf(design, simulation);
    const layout = stagesLayout(base, stamps);
    const [care] = withRole(layout, 'care');
    const placed = withRole(layout, 'result').map((field, i): PlacedStamp => {
      const { register, enable, edge } = stamps[i]!;
      return {
        edge,
        limbs: limbsOf(simulation, field, register),
        enableAt: enablePlace(simulation, enable),
        careColumn: care!.column + (i >>> 5),
        careMask: 1 << (i & 31),
      };
    });
    this.layout = layout;
    this.#design = design;
    this.#simulation = simulation;
    this.#enableAt = simulation.placeOf(protocol.enable).at;
    this.#inputs = layout.fields.filter(isDriven).flatMap((field) => limbsOf(simulation, field));
    this.#edges = Math.max(latencyCycles + 1, intervalOf(design), ...stamps.map(({ edge }) => edge));
    this.#stamps = Array.from({ length: this.#edges + 1 }, (_, edge) =>
      placed.filter((stamp) => stamp.edge === edge),
    );
    this.#results = new ResultCheck(simulation, base, design);
    this.#base = base;
    const first = 'first' in protocol ? protocol.first : undefined;
    this.#before = flushes(design) ? base.fields.find(({ name }) => name === first) : undefined;
  }

  /** Copies what is driven, and writes the registers and `care`. Throws if the results are not those of the vectors. */
  fill(vectors: Columns, columns: Columns, count: number): void {
    for (const { column } of this.#inputs) columns[column]!.set(vectors[column]!.subarray(0, count));
    const after = this.#lineAfterAnother(columns);
    this.#simulation.reset();
    this.#results.begin(vectors, this.#resultLines(vectors, count));
    for (let line = 0; line < count; line++) this.#play(columns, line, true);
    this.#results.end();
    this.#keepWhatIsEqual(columns, after);
  }

  /** Lines with results: those before a `first` where that brings them out, flushes among them. */
  #resultLines(vectors: Columns, count: number): number[] {
    const lines = Array.from({ length: count }, (_, line) => line);
    if (this.#before !== undefined) {
      const first = vectors[this.#before.column]!;
      return lines.filter((line) => line + 1 < count && first[line + 1] === 1);
    }
    const [check] = withRole(this.#base, 'check');
    return check === undefined ? lines : lines.filter((line) => vectors[check.column]![line] === 1);
  }

  /** The first line once more, not after reset but after another vector. */
  #lineAfterAnother(columns: Columns): Columns {
    this.#simulation.reset();
    this.#play(columns, 0, false);
    this.#play(columns, 0, false);
    return columns.map((column) => column.slice(0, 1));
  }

  /** What the first line shows after reset and after another vector alike; a shard may begin with either. */
  #keepWhatIsEqual(columns: Columns, other: Columns): void {
    for (const { limbs, careColumn, careMask } of this.#stamps.flat()) {
      const mask = columns[careColumn]![0]! & other[careColumn]![0]! & careMask;
      const isEqual = limbs.every(({ column }) => columns[column]![0] === other[column]![0]);
      if (mask !== 0 && isEqual) continue;
      columns[careColumn]![0]! &= ~careMask;
      for (const { column } of limbs) columns[column]![0] = 0;
    }
  }

  /** One vector, alone in the pipeline. */
  #play(columns: Columns, line: number, isChecked: boolean): void {
    const simulation = this.#simulation;
    drive(simulation, this.#inputs, columns, line);
    simulation.words[this.#enableAt] = 1;
    for (let edge = 1; edge <= this.#edges; edge++) {
      simulation.settle();
      if (isChecked && edge === this.#design.latencyCycles + 1) this.#results.look();
      const loading = this.#stamps[edge]!.map((stamp) => this.#writeCare(stamp, columns, line));
      simulation.load();
      this.#stamps[edge]!.forEach(({ limbs }, i) => {
        if (loading[i]) record(simulation, limbs, columns, line);
        else for (const { column } of limbs) columns[column]![line] = 0;
      });
      simulation.words[this.#enableAt] = 0;
    }
  }

  #writeCare({ enableAt, careColumn, careMask }: PlacedStamp, columns: Columns, line: number): boolean {
    const loads = enableAt === undefined || this.#simulation.words[enableAt] !== 0;
    if (loads) columns[careColumn]![line]! |= careMask;
    else columns[careColumn]![line]! &= ~careMask;
    return loads;
  }
}
