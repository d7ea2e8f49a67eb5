/**
 * Cycle simulation of a mapped netlist for 32 independent streams at once, counting how often every net toggles.
 *
 * Zero delay: a net toggles at most once a cycle, so glitches are not counted. Registers start at their reset values.
 */
import type { CellClass } from '../technology/index.js';
import { ones } from './bit-count.js';
import { cellTable } from './cells.js';
import { type MappedNetlist, PINS } from './mapped.js';
import { netCount } from './timing.js';

/** Streams simulated side by side: the bits of a number. */
export const STREAMS = 32;

export class MappedSimulation {
  readonly netlist: MappedNetlist;
  /** Value of every net, one stream a bit. */
  readonly values: Int32Array;
  /** Toggles of every net since the start, over all streams. */
  readonly toggles: Float64Array;
  cycles = 0;
  readonly #evaluators: readonly Evaluator[];
  readonly #next: Int32Array;
  /** −1 where flip-flops give the inverse of their value. */
  readonly #inverse: number;

  constructor(netlist: MappedNetlist) {
    this.netlist = netlist;
    this.values = new Int32Array(netCount(netlist));
    this.values[1] = -1;
    this.toggles = new Float64Array(netCount(netlist));
    this.#evaluators = netlist.technology.classes.map(evaluatorOf);
    this.#next = new Int32Array(netlist.flipFlops.length);
    this.#inverse = cellTable(netlist.technology).flipFlop.invertedOutput ? -1 : 0;
    for (const { output, resetsToOne } of netlist.flipFlops) {
      this.values[output] = (resetsToOne ? -1 : 0) ^ this.#inverse;
    }
  }

  /** Applies one number a bit of the input ports, in their order, and settles the logic. */
  settle(inputs: Int32Array): void {
    const { netlist } = this;
    const expected = netlist.sourceCount - 2 - netlist.flipFlops.length;
    if (inputs.length !== expected) throw new RangeError(`${inputs.length} input bits, expected ${expected}`);
    for (let i = 0; i < inputs.length; i++) this.#set(2 + i, inputs[i]!);
    const { classes, pins, sourceCount } = netlist;
    for (let cell = 0; cell < classes.length; cell++) {
      const at = cell * PINS;
      const value = this.#evaluators[classes[cell]!]!(
        this.values[pins[at]!]!,
        this.values[pins[at + 1]!] ?? 0,
        this.values[pins[at + 2]!] ?? 0,
        this.values[pins[at + 3]!] ?? 0,
        this.values[pins[at + 4]!] ?? 0,
        this.values[pins[at + 5]!] ?? 0,
      );
      this.#set(sourceCount + cell, value);
    }
    if (this.cycles === 0) this.toggles.fill(0);
  }

  /** The clock edge: registers load what the settled logic gives them. */
  clock(): void {
    const { flipFlops } = this.netlist;
    for (let i = 0; i < flipFlops.length; i++) this.#next[i] = this.values[flipFlops[i]!.next]!;
    for (let i = 0; i < flipFlops.length; i++)
      this.#set(flipFlops[i]!.output, this.#next[i]! ^ this.#inverse);
    this.cycles++;
  }

  #set(net: number, value: number): void {
    this.toggles[net]! += ones(this.values[net]! ^ value);
    this.values[net] = value;
  }
}

type Evaluator = (a: number, b: number, c: number, d: number, e: number, f: number) => number;

/** The function of a class over numbers. */
function evaluatorOf({ inputs, table, high }: CellClass): Evaluator {
  if (high === undefined) return evaluatorOfTable(table, inputs);
  const [whenZero, whenOne] = [table, high].map((half) => evaluatorOfTable(half, inputs - 1));
  return (a, b, c, d, e, f) => (whenZero!(a, b, c, d, e, f) & ~f) | (whenOne!(a, b, c, d, e, f) & f);
}

/** The ones of a truth table, or its zeros if they are fewer. */
function evaluatorOfTable(table: number, inputs: number): Evaluator {
  const rows = Array.from({ length: 1 << inputs }, (_, row) => row);
  const listedOnes = rows.filter((row) => ((table >>> row) & 1) === 1);
  const inverse = 2 * listedOnes.length > rows.length ? -1 : 0;
  const listed = inverse === 0 ? listedOnes : rows.filter((row) => !listedOnes.includes(row));
  return (a, b, c, d, e) => {
    const operands = [a, b, c, d, e];
    let value = 0;
    for (const row of listed) {
      let term = -1;
      for (let input = 0; input < inputs; input++) term &= operands[input]! ^ (((row >> input) & 1) - 1);
      value |= term;
    }
    return value ^ inverse;
  };
}
