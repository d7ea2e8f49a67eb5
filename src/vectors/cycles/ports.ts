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

/** Compares the results that a simulation shows with those of vectors, in their order. */
export class ResultCheck {
  readonly #simulation: WordSimulation;
  readonly #design: Design;
  readonly #layout: Layout;
  readonly #results: readonly PlacedField[];
  readonly #nan: string | undefined;
  #columns: Columns = [];
  /** Lines that have results, and the next of them. */
  #lines: readonly number[] = [];
  #next = 0;

  constructor(simulation: WordSimulation, layout: Layout, design: Design) {
    this.#simulation = simulation;
    this.#design = design;
    this.#layout = layout;
    this.#results = withRole(layout, 'result');
    this.#nan = design.kind === 'mac' ? design.protocol.nan : undefined;
  }

  /** The first `count` vectors are about to be played from reset. */
  begin(columns: Columns, count: number): void {
    const [check] = withRole(this.#layout, 'check');
    const lines = Array.from({ length: count }, (_, line) => line);
    this.#columns = columns;
    this.#lines = check === undefined ? lines : lines.filter((line) => columns[check.column]![line] === 1);
    this.#next = 0;
  }

  /** Looks at the settled outputs. Throws if they show a result that is not the next one. */
  look(): void {
    if (this.#simulation.get(this.#design.protocol.done) === 0n) return;
    const line = this.#lines[this.#next++];
    if (line === undefined || !this.#isShown(line))
      throw new Error(`${this.#design.name}: the words engine differs in the result of vector ${line}`);
  }

  /** A result that is NaN shows by its flag alone. */
  #isShown(line: number): boolean {
    const isNan = this.#nan !== undefined && this.#simulation.get(this.#nan) === 1n;
    return this.#results
      .filter(({ name }) => !isNan || name === this.#nan)
      .every((field) => this.#simulation.get(field.name) === valueAt(this.#columns, field, line));
  }

  /** Throws if a result is missing. */
  end(): void {
    if (this.#next !== this.#lines.length)
      throw new Error(`${this.#design.name}: ${this.#next} of ${this.#lines.length} results have shown`);
  }
}
