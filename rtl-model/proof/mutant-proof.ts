/**
 * Mutants that behave as the design does: proved, one edge of the clock at a time.
 *
 * Claim: from every state that satisfies the assumptions, under every input, one edge of the mutant shows the same
 * observed outputs and loads the same values as one edge of the design. Both start from the same reset, so by
 * induction they never differ. Assumptions have to hold in every reachable state of the design, which is proved too
 * (`invariants.ts`).
 *
 * The proof walks forward from the mistake: a bit behind it that no recorded pattern tells from the design's is proved
 * equal and merged, so most differences end a few gates behind the mistake.
 */
import type { Mutant, MutationSetup } from '../simulation/index.js';
import { type Assumption, CircuitSolver } from './circuit-solver.js';
import { MutantMiter } from './mutant-miter.js';
import { Patterns, recordedPatterns } from './patterns.js';

export type EquivalenceVerdict = 'same gates' | 'equivalent' | 'not proved';

export interface ProverOptions {
  /** Edges of the design before the one in question; more of them exclude states that never occur. */
  readonly depth: number;
  /** Conflicts of the solver before it gives up on a bit inside, and on a sink. */
  readonly conflicts: readonly [inside: number, sink: number];
  /** What is known of the states before the first edge. */
  readonly assumptions?: (miter: MutantMiter) => readonly Assumption[];
}

/** Stretches of cycles recorded for patterns, 128 patterns each. */
const WINDOWS = 12;
/** Nodes of old mutants are dropped when the builder has grown by this factor. */
const GROWTH = 3;

export class MutantProver {
  readonly #setup: MutationSetup;
  readonly #options: ProverOptions;
  #miter!: MutantMiter;
  #patterns!: Patterns;
  #assumptions: readonly Assumption[] = [];
  #limit = 0;
  readonly #fromReset: MutantMiter[];

  constructor(setup: MutationSetup, options: ProverOptions) {
    this.#setup = setup;
    this.#options = options;
    this.#fromReset = Array.from(
      { length: options.depth },
      (_, depth) => new MutantMiter(setup.netlist, setup.observations, depth, 'reset'),
    );
    this.#renew();
  }

  #renew(): void {
    const { netlist, observations } = this.#setup;
    this.#miter = new MutantMiter(netlist, observations, this.#options.depth, 'free');
    this.#assumptions = this.#options.assumptions?.(this.#miter) ?? [];
    this.#limit = GROWTH * this.#miter.gates.count;
    this.#patterns = new Patterns(this.#miter.gates, recordedPatterns(this.#miter, this.#setup, WINDOWS));
  }

  judge(mutant: Mutant): EquivalenceVerdict {
    if (this.#miter.gates.count > this.#limit) this.#renew();
    if (this.#miter.differences(mutant).length === 0) return 'same gates';
    const [inside, sink] = this.#options.conflicts;
    const solver = new CircuitSolver(this.#miter.gates, this.#assumptions);
    const merge = (right: number, wrong: number) => {
      if (this.#patterns.differ(right, wrong)) return wrong;
      return solver.canDiffer(right, wrong, inside) === 'unsatisfiable' ? right : wrong;
    };
    const left = this.#miter.differences(mutant, merge);
    if (left.some(({ right, wrong }) => this.#patterns.differ(right, wrong))) return 'not proved';
    if (left.some(({ right, wrong }) => solver.canDiffer(right, wrong, sink) !== 'unsatisfiable'))
      return 'not proved';
    return this.#holdsAfterReset(mutant, sink) ? 'equivalent' : 'not proved';
  }

  /** The first edges after reset, whose state does not follow from an earlier one. */
  #holdsAfterReset(mutant: Mutant, conflicts: number): boolean {
    return this.#fromReset.every((miter) => {
      const solver = new CircuitSolver(miter.gates);
      return miter
        .differences(mutant)
        .every(({ right, wrong }) => solver.canDiffer(right, wrong, conflicts) === 'unsatisfiable');
    });
  }
}
