/** The whole verdict on mutants: first the design's own vectors, then a proof for those that they do not notice. */
import { type Mutant, MutationRunner, type MutationSetup } from '../simulation/index.js';
import { MutantProver, type ProverOptions } from './mutant-proof.js';

/**
 * - `killed`: the vectors tell it from the design;
 * - `same gates`: it folds to the design's own gates;
 * - `equivalent`: proved to behave as the design does;
 * - `survived`: neither noticed nor proved.
 */
export type MutantStatus = 'killed' | 'same gates' | 'equivalent' | 'survived';

/** Cheap attempts first: a mutant that one of them proves is not tried again. */
const ATTEMPTS: readonly ProverOptions[] = [
  { depth: 0, conflicts: [100, 2000] },
  { depth: 1, conflicts: [200, 5000] },
];

export class MutantTrial {
  readonly #setup: MutationSetup;
  readonly #runner: MutationRunner;
  readonly #provers = new Map<ProverOptions, MutantProver>();

  constructor(setup: MutationSetup) {
    this.#setup = setup;
    this.#runner = new MutationRunner(setup);
  }

  judge(mutants: readonly Mutant[]): MutantStatus[] {
    const verdicts = this.#runner.judge(mutants);
    return mutants.map((mutant, i) => (verdicts[i]!.status === 'killed' ? 'killed' : this.#prove(mutant)));
  }

  #prove(mutant: Mutant): MutantStatus {
    for (const options of ATTEMPTS) {
      let prover = this.#provers.get(options);
      if (prover === undefined) {
        prover = new MutantProver(this.#setup, options);
        this.#provers.set(options, prover);
      }
      const verdict = prover.judge(mutant);
      if (verdict !== 'not proved') return verdict;
    }
    return 'survived';
  }
}
