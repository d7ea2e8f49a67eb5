/**
 * Telling mutants from the design: the same stimulus into both, 128 streams at once, outputs compared bit-sliced.
 * Mutants are simulated behind switches, some hundred in one compiled netlist.
 */
import { bitBlast, type Netlist } from '../hdl/index.js';
import { CompiledSimulation } from './compile.js';
import { WORDS_PER_VECTOR } from './lanes.js';
import { switchName, withSwitches } from './mutant-switches.js';
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

/** What became of a mutant: the cycle in which an output first differed, or nothing was seen. */
export type MutantVerdict =
  | { readonly status: 'killed'; readonly cycle: number }
  | { readonly status: 'survived' };

/** Mutants in one compiled netlist. */
const AT_ONCE = 256;

/** Runs mutants of one design against its recorded outputs. */
export class MutationRunner {
  readonly #setup: MutationSetup;
  /** Outputs of the design, observation by observation, for each cycle. */
  readonly #golden: (readonly Uint32Array[])[] = [];
  readonly #when: (readonly (Uint32Array | undefined)[])[] = [];

  constructor(setup: MutationSetup) {
    this.#setup = setup;
    const engine = new CompiledSimulation(bitBlast(setup.netlist));
    const copy = (port: string) => engine.output(port).vectors.slice();
    for (let cycle = 0; cycle < setup.cycles; cycle++) {
      setup.drive(engine, cycle);
      engine.clock();
      this.#golden.push(setup.observations.map(({ port }) => copy(port)));
      this.#when.push(setup.observations.map(({ when }) => (when === undefined ? undefined : copy(when))));
    }
  }

  /** The verdict on each mutant: killed in the first cycle in which an observed output differs. */
  judge(mutants: readonly Mutant[]): MutantVerdict[] {
    const verdicts: MutantVerdict[] = [];
    for (let first = 0; first < mutants.length; first += AT_ONCE) {
      verdicts.push(...this.#judgeTogether(mutants.slice(first, first + AT_ONCE)));
    }
    return verdicts;
  }

  #judgeTogether(mutants: readonly Mutant[]): MutantVerdict[] {
    const engine = new CompiledSimulation(bitBlast(withSwitches(this.#setup.netlist, mutants)));
    return mutants.map((_, i): MutantVerdict => {
      const select = engine.input(switchName(i));
      select.fill(1);
      const cycle = this.#firstDifference(engine);
      select.fill(0);
      return cycle < 0 ? { status: 'survived' } : { status: 'killed', cycle };
    });
  }

  /** The first cycle in which an observed output is not the recorded one; −1 if there is none. */
  #firstDifference(engine: CompiledSimulation): number {
    const { cycles, drive, observations } = this.#setup;
    const words = observations.map(({ port }) => engine.output(port).vectors);
    engine.reset();
    for (let cycle = 0; cycle < cycles; cycle++) {
      drive(engine, cycle);
      engine.clock();
      const [golden, when] = [this.#golden[cycle]!, this.#when[cycle]!];
      if (words.some((vectors, i) => differ(vectors, golden[i]!, when[i]))) return cycle;
    }
    return -1;
  }
}

function differ(found: Uint32Array, expected: Uint32Array, when: Uint32Array | undefined): boolean {
  for (let i = 0; i < found.length; i++) {
    const mask = when === undefined ? -1 : when[i % WORDS_PER_VECTOR]!;
    if (((found[i]! ^ expected[i]!) & mask) !== 0) return true;
  }
  return false;
}
