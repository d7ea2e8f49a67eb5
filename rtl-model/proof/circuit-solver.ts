/** Questions about the nodes of a gate builder, answered by the SAT solver. Only the cones asked about are encoded. */
import { GATES, type GateBuilder } from '../hdl/index.js';
import { type Satisfiability, Solver } from './sat.js';

const NOT = GATES.not.code;
const { and: AND, or: OR, xor: XOR } = GATES;

/** A node that is 1 whenever the circuit is used, and the source nodes that it speaks of. */
export interface Assumption {
  readonly node: number;
  readonly sources: readonly number[];
}

export class CircuitSolver {
  readonly #gates: GateBuilder;
  readonly #solver = new Solver();
  readonly #literals = new Map<number, number>();
  #assumptions: readonly Assumption[];

  constructor(gates: GateBuilder, assumptions: readonly Assumption[] = []) {
    this.#gates = gates;
    this.#assumptions = assumptions;
    const zero = 2 * this.#solver.newVariable();
    this.#solver.addClause([zero ^ 1]);
    this.#literals.set(gates.zero, zero).set(gates.one, zero ^ 1);
  }

  /** From now on the node is 1. */
  assume(node: number): void {
    this.#solver.addClause([this.#literal(node)]);
  }

  /** Whether two nodes can differ. `unsatisfiable`: they are equal. */
  canDiffer(one: number, other: number, conflictLimit: number): Satisfiability {
    if (one === other) return 'unsatisfiable';
    const [p, q] = [this.#literal(one), this.#literal(other)];
    this.#addAssumptions();
    const below = this.#solver.solve([p, q ^ 1], conflictLimit);
    if (below !== 'unsatisfiable') return below;
    const above = this.#solver.solve([p ^ 1, q], conflictLimit);
    if (above !== 'unsatisfiable') return above;
    // What was found helps later questions.
    this.#solver.addClause([p ^ 1, q]);
    this.#solver.addClause([p, q ^ 1]);
    return 'unsatisfiable';
  }

  /** Whether a node can be 1. */
  canBeOne(node: number, conflictLimit: number): Satisfiability {
    const p = this.#literal(node);
    this.#addAssumptions();
    return this.#solver.solve([p], conflictLimit);
  }

  /** The value of a source node in the last satisfying assignment; undefined if it does not matter. */
  valueOf(node: number): boolean | undefined {
    const literal = this.#literals.get(node);
    return literal === undefined ? undefined : this.#solver.isTrue(literal >> 1) !== ((literal & 1) === 1);
  }

  /** Assumptions about sources that questions have reached, until no new ones are. */
  #addAssumptions(): void {
    for (;;) {
      const reached = this.#assumptions.filter(({ sources }) => sources.some((s) => this.#literals.has(s)));
      if (reached.length === 0) return;
      this.#assumptions = this.#assumptions.filter((assumption) => !reached.includes(assumption));
      for (const { node } of reached) this.#solver.addClause([this.#literal(node)]);
    }
  }

  #literal(root: number): number {
    const stack = [root];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      if (this.#literals.has(node)) {
        stack.pop();
        continue;
      }
      const open = this.#gates.operands(node).filter((operand) => !this.#literals.has(operand));
      if (open.length > 0) stack.push(...open);
      else this.#encode(node);
    }
    return this.#literals.get(root)!;
  }

  #encode(node: number): void {
    const [p, q, r] = this.#gates.operands(node).map((operand) => this.#literals.get(operand)!);
    const kind = this.#gates.kinds[node]!;
    if (kind === NOT) {
      this.#literals.set(node, p! ^ 1);
      return;
    }
    const out = 2 * this.#solver.newVariable();
    this.#literals.set(node, out);
    for (const clause of clausesOf(kind, out, p!, q!, r!)) this.#solver.addClause(clause);
  }
}

/** The clauses that make `out` the gate of its operands; none for a source. */
function clausesOf(kind: number, out: number, p: number, q: number, r: number): number[][] {
  const no = out ^ 1;
  if (kind === AND.code)
    return [
      [no, p],
      [no, q],
      [out, p ^ 1, q ^ 1],
    ];
  if (kind === OR.code)
    return [
      [out, p ^ 1],
      [out, q ^ 1],
      [no, p, q],
    ];
  if (kind === XOR.code)
    return [
      [no, p, q],
      [no, p ^ 1, q ^ 1],
      [out, p ^ 1, q],
      [out, p, q ^ 1],
    ];
  if (kind !== GATES.mux.code) return [];
  return [
    [no, p ^ 1, q],
    [out, p ^ 1, q ^ 1],
    [no, p, r],
    [out, p, r ^ 1],
    [no, q, r],
    [out, q ^ 1, r ^ 1],
  ];
}
