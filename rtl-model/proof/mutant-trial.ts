/** The whole verdict on mutants: first the design's own vectors, then a proof for those that they do not notice. */
import type { Design } from '../designs/index.js';
import { bitBlast, gateCount } from '../hdl/index.js';
import { type Mutant, MutationRunner, type MutationSetup } from '../simulation/index.js';
import { firstTold } from './alike.js';
import { alikeSetsOf, invariantsOf } from './design-invariants.js';
import { mutationSetup } from './design-mutation.js';
import { isEqualByEnumeration } from './enumeration.js';
import { firstUnproved } from './invariants.js';
import { MutantMiter } from './mutant-miter.js';
import { MutantProver, type ProverOptions } from './mutant-proof.js';

/**
 * - `killed`: the vectors tell it from the design;
 * - `same gates`: it folds to the design's own gates;
 * - `equivalent`: proved to behave as the design does;
 * - `survived`: neither noticed nor proved.
 */
export type MutantStatus = 'killed' | 'same gates' | 'equivalent' | 'survived';

type Attempt = Omit<ProverOptions, 'invariants' | 'alike'>;

/** Cheap attempts first: a mutant that one of them proves is not tried again. */
const ATTEMPTS: readonly Attempt[] = [
  { depth: 0, conflicts: [50, 1000] },
  { depth: 1, conflicts: [50, 1000] },
  { depth: 0, conflicts: [200, 3000], cases: true },
  { depth: 0, conflicts: [200, 3000], trials: true },
  { depth: 0, conflicts: [2000, 20_000] },
];

/** The last ones look back to the inputs that a state comes from. */
const deepAttempts = (latencyCycles: number): Attempt[] => [
  { depth: latencyCycles, conflicts: [200, 20_000] },
  { depth: latencyCycles, conflicts: [5000, 100_000] },
];

/** They take minutes a mutant where there are more gates than this on the way. */
const DEEP_GATES = 200_000;

/** Conflicts of the solver before an invariant counts as not proved. */
const INVARIANT_CONFLICTS = 100_000;

export class MutantTrial {
  readonly #setup: MutationSetup;
  readonly #runner: MutationRunner;
  readonly #known: Required<Pick<ProverOptions, 'invariants' | 'alike'>>;
  readonly #attempts: readonly Attempt[];
  readonly #provers: MutantProver[] = [];

  /**
   * @param slices how much of level 1, all of it by default
   *
   * Throws `RangeError` when an invariant of the design cannot be proved, or that nothing tells alike values apart.
   */
  constructor(design: Design, slices?: number) {
    const { netlist, latencyCycles } = design;
    const invariants = invariantsOf(design);
    const unproved = firstUnproved(netlist, invariants, INVARIANT_CONFLICTS);
    if (unproved !== undefined) throw new RangeError(`${netlist.name}: not proved: ${unproved.name}`);
    this.#setup = mutationSetup(design, slices);
    const alike = alikeSetsOf(design);
    const told = firstTold(netlist, this.#setup.observations, invariants, alike, INVARIANT_CONFLICTS);
    if (told !== undefined) throw new RangeError(`${netlist.name}: alike values differ in ${told}`);
    this.#known = { invariants, alike };
    const isSmall = latencyCycles * gateCount(bitBlast(netlist)) < DEEP_GATES;
    this.#attempts = isSmall ? [...ATTEMPTS, ...deepAttempts(latencyCycles)] : ATTEMPTS;
    this.#runner = new MutationRunner(this.#setup);
  }

  judge(mutants: readonly Mutant[]): MutantStatus[] {
    const verdicts = this.#runner.judge(mutants);
    return mutants.map((mutant, i) => (verdicts[i]!.status === 'killed' ? 'killed' : this.#prove(mutant)));
  }

  #prove(mutant: Mutant): MutantStatus {
    for (const [i, attempt] of this.#attempts.entries()) {
      this.#provers[i] ??= new MutantProver(this.#setup, { ...attempt, ...this.#known });
      const verdict = this.#provers[i].judge(mutant);
      if (verdict !== 'not proved') return verdict;
    }
    const { netlist, observations } = this.#setup;
    const miter = new MutantMiter(netlist, observations, 0, 'free');
    return isEqualByEnumeration(miter, mutant, this.#known) ? 'equivalent' : 'survived';
  }
}
