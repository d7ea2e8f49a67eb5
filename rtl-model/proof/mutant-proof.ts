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
import { alikeAssumptions } from './alike.js';
import { type AlikeSet, type AlikeSets, alikeSetsIn } from './alike-sets.js';
import { type Assumption, CircuitSolver } from './circuit-solver.js';
import { assumptionsOf, type Invariant } from './invariants.js';
import { type Loose, MutantMiter, type SinkPair, type Start } from './mutant-miter.js';
import { Patterns, recordedPatterns } from './patterns.js';
import { areEqualByTrial } from './trial.js';

export type EquivalenceVerdict = 'same gates' | 'equivalent' | 'not proved';

export interface ProverOptions {
  /** Edges of the design before the one in question; more of them exclude states that never occur. */
  readonly depth: number;
  /** Conflicts of the solver before it gives up on a bit inside, and on a sink. */
  readonly conflicts: readonly [inside: number, sink: number];
  /** What is known, and proved, of reachable states. */
  readonly invariants: readonly Invariant[];
  /** What is known, and proved, to be told apart by nothing. */
  readonly alike?: readonly AlikeSet[];
  /** Whether to look at both cases of a selector behind the mistake, and at nothing else. */
  readonly cases?: boolean;
  /** Whether a bit inside that the solver gives up on is decided by trying all values of what it depends on. */
  readonly trials?: boolean;
}

/** What differs when some registers may, and while a node is 1. */
interface Question {
  readonly loose?: Loose | undefined;
  readonly only?: number;
  readonly assumptions?: readonly Assumption[];
}

/** Stretches of cycles recorded for patterns, 128 patterns each. */
const WINDOWS = 12;
/** Nodes of old mutants are dropped when the builder has grown by this factor. */
const GROWTH = 3;
/** How often registers behind loose ones are made loose as well. */
const ROUNDS = 8;
/** How many bits inside the solver may give up on before only sinks are tried. */
const PATIENCE = 10;
/** Selectors behind a mistake that cases are made of: the last ones. */
const SELECTORS = 6;

export class MutantProver {
  readonly #setup: MutationSetup;
  readonly #options: ProverOptions;
  #miter!: MutantMiter;
  #patterns!: Patterns;
  #assumptions: readonly Assumption[] = [];
  #limit = 0;
  readonly #alike: AlikeSets;
  readonly #fromReset: MutantMiter[];

  constructor(setup: MutationSetup, options: ProverOptions) {
    this.#setup = setup;
    this.#options = options;
    this.#fromReset = Array.from(
      { length: options.depth },
      (_, depth) => new MutantMiter(setup.netlist, setup.observations, depth, 'reset'),
    );
    this.#alike = alikeSetsIn(setup.netlist, options.alike ?? []);
    this.#renew();
  }

  #renew(): void {
    const { netlist, observations } = this.#setup;
    this.#miter = new MutantMiter(netlist, observations, this.#options.depth, 'free');
    this.#assumptions = assumptionsOf(this.#options.invariants, this.#miter);
    this.#limit = GROWTH * this.#miter.gates.count;
    this.#patterns = new Patterns(this.#miter.gates, recordedPatterns(this.#miter, this.#setup, WINDOWS));
  }

  judge(mutant: Mutant): EquivalenceVerdict {
    if (this.#miter.gates.count > this.#limit) this.#renew();
    if (this.#miter.differences(mutant).length === 0) return 'same gates';
    if (this.#options.cases === true) return this.#isEqualByCases(mutant) ? 'equivalent' : 'not proved';
    const left = this.#unequal(mutant);
    if (left.size === 0 || this.#isAlike(mutant, left)) return 'equivalent';
    // Whatever differs behind an edge may be harmless: look whether it ever shows.
    for (const sameWhile of this.#reasonsToLoosen(mutant)) {
      let registers: ReadonlySet<number> = new Set([...left].filter((r) => r >= 0));
      for (let round = 0; round < ROUNDS && registers.size > 0; round++) {
        const more = this.#unequal(mutant, { registers, sameWhile });
        if (more.size === 0) return 'equivalent';
        if (more.has(-1) || sameWhile.length > 0) break;
        registers = new Set([...registers, ...more]);
      }
    }
    return 'not proved';
  }

  /** Whether what differs in these registers is always alike. A state alike to one that occurs may have any history. */
  #isAlike(mutant: Mutant, left: ReadonlySet<number>): boolean {
    const { depth, invariants, alike = [] } = this.#options;
    if (depth > 0 || ![...left].every((r) => this.#alike.has(r))) return false;
    const loose = { registers: new Set<number>(), sameWhile: [], alike: this.#alike };
    const assumptions = alikeAssumptions(invariants, alike, this.#miter);
    const { gates, last } = this.#miter;
    const isEqual = (only: number) =>
      this.#unequalFrom('anything', mutant, { loose, assumptions, only }).size === 0;
    // While a number that the mistake reads is in a set, so is what comes of it; while it is not, both are the same.
    const cases = this.#miter.registersBefore(mutant).flatMap((r) => {
      return (this.#alike.get(r) ?? []).map(({ contains }) => contains(gates, last.state[r]!));
    });
    return isEqual(gates.one) || cases.some((node) => [node, gates.not(node)].every(isEqual));
  }

  /**
   * Where a selector behind the mistake takes the result from elsewhere, little is left to compare; where it does not,
   * the mistake may be out of reach (a count of leading zeros that overflow hides). Both cases together are all there is.
   */
  #isEqualByCases(mutant: Mutant): boolean {
    const { gates } = this.#miter;
    const isEqual = (when: number) => this.#unequalFrom('anything', mutant, { only: when }).size === 0;
    const isProved = this.#selectorsBehind(mutant).some((node) => [node, gates.not(node)].every(isEqual));
    return isProved && this.#unequalAfterReset(mutant).size === 0;
  }

  /** Nodes that the design's selectors are driven by where the mistake reaches them, the last first. */
  #selectorsBehind({ mistake }: Mutant): number[] {
    if (mistake.kind !== 'cell') return [];
    const { gates, last } = this.#miter;
    const reached = new Set([mistake.site.cell.output]);
    const selectors = new Set<number>();
    for (const { kind, inputs, output } of this.#setup.netlist.cells.slice(mistake.site.index)) {
      if (!inputs.some((net) => reached.has(net))) continue;
      reached.add(output);
      const node = last.nets[inputs[0]!]![0]!;
      if (kind === 'mux' && node !== gates.zero && node !== gates.one) selectors.add(node);
    }
    return [...selectors].slice(-SELECTORS).reverse();
  }

  /** Conditions under which what a mutant leaves in registers is right: none, or registers of one bit. */
  #reasonsToLoosen({ mistake }: Mutant): readonly number[][] {
    if (mistake.kind !== 'enable') return this.#options.depth === 0 ? [] : [[]];
    const { nets, registers } = this.#setup.netlist;
    const flags = registers.flatMap(({ output }, r) => (nets[output]!.width === 1 ? [r] : []));
    const ofStage = (stage: string) => flags.filter((r) => registers[r]!.stage === stage);
    const stages = [...new Set(flags.map((r) => registers[r]!.stage))].map(ofStage);
    return [[], ...flags.map((r) => [r]), ...stages.filter((group) => group.length > 1)];
  }

  /** Registers (−1: an output) that may come to differ; empty if nothing can. */
  #unequal(mutant: Mutant, loose?: Loose): ReadonlySet<number> {
    for (const start of startsOf(loose)) {
      const open = this.#unequalFrom(start, mutant, { loose });
      if (open.size > 0) return open;
    }
    return this.#unequalAfterReset(mutant, loose);
  }

  /** `only`: a node; what happens while it is 0 is left out. */
  #unequalFrom(
    start: Start,
    mutant: Mutant,
    { loose, only = this.#miter.gates.one, assumptions = this.#assumptions }: Question,
  ): ReadonlySet<number> {
    const { trials = false } = this.#options;
    const [inside, sink] = this.#options.conflicts;
    const miter = this.#miter;
    const solver = new CircuitSolver(miter.gates, assumptions);
    const when = miter.gates.and(caseOf(miter, start, loose), only);
    solver.assume(when);
    let patience = PATIENCE;
    const merge = (right: number, wrong: number) => {
      if (patience === 0 || this.#patterns.differ(right, wrong, when)) return wrong;
      const answer = solver.canDiffer(right, wrong, inside);
      if (answer === 'unknown') {
        if (!trials) patience--;
        else if (areEqualByTrial(miter.gates, right, wrong)) return right;
      }
      if (answer === 'satisfiable') this.#patterns.add((node) => solver.valueOf(node));
      return answer === 'unsatisfiable' ? right : wrong;
    };
    const left = miter.differences(mutant, merge, loose, start);
    const seen = left.filter(({ right, wrong }) => this.#patterns.differ(right, wrong, when));
    if (seen.length > 0) return registersOf(seen);
    const open = new Set<number>();
    for (const { register, right, wrong } of left) {
      if (!open.has(register) && solver.canDiffer(right, wrong, sink) !== 'unsatisfiable') open.add(register);
    }
    return open;
  }

  /** The first edges after reset, whose state does not follow from an earlier one. */
  #unequalAfterReset(mutant: Mutant, loose?: Loose): ReadonlySet<number> {
    const [, conflicts] = this.#options.conflicts;
    for (const miter of this.#fromReset) {
      for (const start of startsOf(loose)) {
        const solver = new CircuitSolver(miter.gates);
        solver.assume(caseOf(miter, start, loose));
        const left = miter.differences(mutant, undefined, loose, start);
        const open = left.filter(
          ({ right, wrong }) => solver.canDiffer(right, wrong, conflicts) !== 'unsatisfiable',
        );
        if (open.length > 0) return registersOf(open);
      }
    }
    return new Set();
  }
}

/** Registers that are the same at times are looked at in two cases: while they are, and while they are not. */
function startsOf(loose: Loose | undefined): readonly Start[] {
  return loose === undefined || loose.sameWhile.length === 0 ? ['anything'] : ['same', 'anything'];
}

/** The node that is 1 in a case. */
function caseOf(miter: MutantMiter, start: Start, loose: Loose | undefined): number {
  if (loose === undefined || loose.sameWhile.length === 0) return miter.gates.one;
  const same = miter.anyBefore(loose.sameWhile);
  return start === 'same' ? same : miter.gates.not(same);
}

function registersOf(pairs: readonly SinkPair[]): ReadonlySet<number> {
  return new Set(pairs.map(({ register }) => register));
}
