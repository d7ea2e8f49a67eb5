/** Telling mutants from the design: the same stimulus into both, 128 streams at once, outputs compared bit-sliced. */
import { bitBlast, type GateNetlist, type Netlist } from '../hdl/index.js';
import { CompiledSimulation } from './compile.js';
import { WORDS_PER_VECTOR } from './lanes.js';
import type { Mutant } from './mutants.js';

/** An output that is looked at, in cycles where another one-bit output is 1 (always, if none is named). */
export interface Observation {
  readonly port: string;
  readonly when?: string;
}

export interface MutationSetup {
  readonly netlist: Netlist;
  readonly cycles: number;
  /** Drives all inputs of all lanes for a cycle; the same each time it is called for one. */
  drive(engine: CompiledSimulation, cycle: number): void;
  readonly observations: readonly Observation[];
}

/** What became of a mutant. An `equivalent` one folds to the same gates: it is no mistake. */
export type MutantVerdict =
  | { readonly status: 'killed'; readonly cycle: number }
  | { readonly status: 'equivalent' }
  | { readonly status: 'survived' };

/** Runs mutants of one design against its recorded outputs. */
export class MutationRunner {
  readonly #setup: MutationSetup;
  readonly #gates: GateNetlist;
  /** Outputs of the design, observation by observation, for each cycle. */
  readonly #golden: (readonly Uint32Array[])[] = [];
  readonly #when: (readonly (Uint32Array | undefined)[])[] = [];

  constructor(setup: MutationSetup) {
    this.#setup = setup;
    this.#gates = bitBlast(setup.netlist);
    const engine = new CompiledSimulation(this.#gates);
    const copy = (port: string) => engine.output(port).vectors.slice();
    for (let cycle = 0; cycle < setup.cycles; cycle++) {
      setup.drive(engine, cycle);
      engine.clock();
      this.#golden.push(setup.observations.map(({ port }) => copy(port)));
      this.#when.push(setup.observations.map(({ when }) => (when === undefined ? undefined : copy(when))));
    }
  }

  /** The first cycle in which an observed output differs, if there is one. */
  judge(mutant: Mutant): MutantVerdict {
    const gates = bitBlast(mutant.make());
    if (sameGates(gates, this.#gates)) return { status: 'equivalent' };
    const { cycles, drive, observations } = this.#setup;
    const engine = new CompiledSimulation(gates);
    const words = observations.map(({ port }) => engine.output(port).vectors);
    for (let cycle = 0; cycle < cycles; cycle++) {
      drive(engine, cycle);
      engine.clock();
      const differs = words.some((vectors, i) =>
        differ(vectors, this.#golden[cycle]![i]!, this.#when[cycle]![i]),
      );
      if (differs) return { status: 'killed', cycle };
    }
    return { status: 'survived' };
  }
}

function differ(found: Uint32Array, expected: Uint32Array, when: Uint32Array | undefined): boolean {
  for (let i = 0; i < found.length; i++) {
    const mask = when === undefined ? -1 : when[i % WORDS_PER_VECTOR]!;
    if (((found[i]! ^ expected[i]!) & mask) !== 0) return true;
  }
  return false;
}

/** Whether two netlists are the same gates, register for register and output for output. */
function sameGates(one: GateNetlist, other: GateNetlist): boolean {
  const equal = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
    return true;
  };
  return (
    equal(one.kinds, other.kinds) &&
    equal(one.a, other.a) &&
    equal(one.b, other.b) &&
    equal(one.c, other.c) &&
    one.outputs.every(({ bits }, i) => equal(bits, other.outputs[i]!.bits)) &&
    one.registers.every((register, i) => {
      const same = other.registers[i]!;
      return (
        equal(register.next, same.next) &&
        equal(register.output, same.output) &&
        register.enable === same.enable
      );
    })
  );
}
