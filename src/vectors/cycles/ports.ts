/** Between columns of vectors and the words of a simulation: each field is the port or register of its name. */
import type { Design } from '../../../rtl-model/designs/index.js';
import type { WordSimulation } from '../../../rtl-model/simulation/index.js';
import { type Columns, type Layout, type PlacedField, valueAt, withRole } from '../layout.js';

/** 32 bits of a field and of a net. */
export interface PortLimb {
  readonly column: number;
  /** Index in the words of the simulation. */
  readonly at: number;
}

/** @param name the net of the field, if it has another name */
export function limbsOf(
  simulation: WordSimulation,
  { column, columns, name }: PlacedField,
  net = name,
): PortLimb[] {
  const { at } = simulation.placeOf(net);
  return Array.from({ length: columns }, (_, limb) => ({ column: column + limb, at: at + limb }));
}

/** Puts a line on input ports. */
export function drive(
  { words }: WordSimulation,
  limbs: readonly PortLimb[],
  columns: Columns,
  line: number,
): void {
  for (const { column, at } of limbs) words[at] = columns[column]![line]!;
}

/** Takes what the nets show into a line. */
export function record(
  { words }: WordSimulation,
  limbs: readonly PortLimb[],
  columns: Columns,
  line: number,
): void {
  for (const { column, at } of limbs) columns[column]![line] = words[at]!;
}

/** Stands for a line whose results are zero. */
export const ZERO_RESULT = -1;

/** Compares the results that a simulation shows with those of vectors, in their order. */
export class ResultCheck {
  readonly #simulation: WordSimulation;
  readonly #design: Design;
  readonly #results: readonly PlacedField[];
  readonly #nan: string | undefined;
  #columns: Columns = [];
  /** Lines that have results, and the next of them. */
  #lines: readonly number[] = [];
  #next = 0;

  constructor(simulation: WordSimulation, layout: Layout, design: Design) {
    this.#simulation = simulation;
    this.#design = design;
    this.#results = withRole(layout, 'result');
    this.#nan = design.kind === 'mac' ? design.protocol.nan : undefined;
  }

  /** @param lines the lines whose results will show, in order; `ZERO_RESULT` for a flush */
  begin(columns: Columns, lines: readonly number[]): void {
    this.#columns = columns;
    this.#lines = lines;
    this.#next = 0;
  }

  /**
   * Looks at the settled outputs: a bit a result field, the first one lowest, 1 where it shows a result now. One that
   * is NaN shows by its flag alone. Throws if the result is not the next one.
   */
  look(): number {
    if (this.#simulation.get(this.#design.protocol.done) === 0n) return 0;
    const isNan = this.#nan !== undefined && this.#simulation.get(this.#nan) === 1n;
    const line = this.#lines[this.#next++];
    let shown = 0;
    this.#results.forEach((field, i) => {
      if (isNan && field.name !== this.#nan) return;
      shown |= 1 << i;
      const expected = line === ZERO_RESULT ? 0n : valueAt(this.#columns, field, line ?? 0);
      if (line !== undefined && this.#simulation.get(field.name) === expected) return;
      throw new Error(`${this.#design.name}: the words engine differs in ${field.name} of vector ${line}`);
    });
    return shown;
  }

  /** Throws if a result is missing. */
  end(): void {
    if (this.#next !== this.#lines.length)
      throw new Error(`${this.#design.name}: ${this.#next} of ${this.#lines.length} results have shown`);
  }
}
