/**
 * Satisfiability of clauses: conflict-driven clause learning with two watched literals, activities, phase saving,
 * Luby restarts and deletion of learnt clauses by their number of decision levels. Incremental: clauses can be added
 * between calls, and each call has assumptions of its own.
 *
 * A literal is 2 · variable + (1 if negated). Source: N. Eén and N. Sörensson, "An Extensible SAT-solver", SAT 2003.
 *
 * Not modelled: preprocessing, proof logs. `test/rtl-model/sat.test.ts` compares it with exhaustion, and verdicts on
 * circuits are confirmed by Yosys (MiniSat).
 */

import { ActivityHeap } from './activity-heap.js';

export type Satisfiability = 'satisfiable' | 'unsatisfiable' | 'unknown';

interface Clause {
  readonly literals: number[];
  readonly learnt: boolean;
  /** Decision levels in it when it was learnt. */
  levels: number;
  deleted: boolean;
}

const UNASSIGNED = 2;
const DECAY = 1 / 0.95;
const RESCALE_AT = 1e100;
const RESTART_UNIT = 100;
const FIRST_REDUCTION = 2000;

export class Solver {
  /** 0 true, 1 false, 2 unassigned, of each literal. */
  #value = new Uint8Array(1024).fill(UNASSIGNED);
  #level = new Int32Array(512);
  #reason: (Clause | undefined)[] = [];
  #phase = new Uint8Array(512).fill(1);
  #seen = new Uint8Array(512);
  #activity = new Float64Array(512);
  #increment = 1;
  #watches: Clause[][] = [];
  #learnt: Clause[] = [];
  #nextReduction = FIRST_REDUCTION;
  readonly #trail: number[] = [];
  readonly #limits: number[] = [];
  #head = 0;
  #consistent = true;
  /** 1 for the variables that may be decided; undefined for all. */
  #decided: Uint8Array | undefined;
  readonly #heap = new ActivityHeap((variable) => this.#activity[variable]!);

  get variables(): number {
    return this.#reason.length;
  }

  newVariable(): number {
    const variable = this.#reason.push(undefined) - 1;
    this.#watches.push([], []);
    if (2 * variable + 1 >= this.#value.length) this.#grow();
    this.#heap.insert(variable);
    return variable;
  }

  /** At least one of the literals is true. */
  addClause(literals: readonly number[]): void {
    if (!this.#consistent) return;
    this.#backTo(0);
    const distinct = [...new Set(literals)];
    if (distinct.some((p) => distinct.includes(p ^ 1) || this.#value[p] === 0)) return;
    const open = distinct.filter((p) => this.#value[p] === UNASSIGNED);
    if (open.length === 0) this.#consistent = false;
    else if (open.length === 1) {
      this.#assign(open[0]!, undefined);
      this.#consistent = this.#propagate() === undefined;
    } else this.#attach({ literals: open, learnt: false, levels: 0, deleted: false });
  }

  /**
   * Whether all clauses and assumptions can be true; `unknown` after so many conflicts.
   *
   * With `among`, only these variables are decided: right where every assignment of them that violates no clause can be
   * completed, as when they are the cones of the assumptions in a circuit. The others may then stay open.
   */
  solve(
    assumptions: readonly number[] = [],
    conflictLimit = Number.POSITIVE_INFINITY,
    among?: readonly number[],
  ): Satisfiability {
    let conflicts = 0;
    this.#backTo(0);
    this.#decideAmong(among);
    for (let restart = 0; this.#consistent; restart++) {
      const share = Math.min(conflictLimit - conflicts, RESTART_UNIT * luby(restart));
      if (share <= 0) return this.#finish('unknown');
      const result = this.#search(assumptions, share);
      if (result !== 'unknown') return result === 'satisfiable' ? result : this.#finish(result);
      conflicts += share;
      this.#backTo(0);
    }
    return 'unsatisfiable';
  }

  /** The value of a variable after `satisfiable`. */
  isTrue(variable: number): boolean {
    return this.#value[2 * variable] === 0;
  }

  #decideAmong(among: readonly number[] | undefined): void {
    if (among === undefined && this.#decided === undefined) return;
    this.#heap.clear();
    this.#decided = among && new Uint8Array(this.variables);
    if (among === undefined) for (let v = 0; v < this.variables; v++) this.#heap.insert(v);
    for (const variable of among ?? []) {
      this.#decided![variable] = 1;
      this.#heap.insert(variable);
    }
  }

  #finish(result: Satisfiability): Satisfiability {
    this.#backTo(0);
    return result;
  }

  #search(assumptions: readonly number[], conflictLimit: number): Satisfiability {
    let conflicts = 0;
    for (;;) {
      const conflict = this.#propagate();
      if (conflict !== undefined) {
        if (this.#limits.length === 0) {
          this.#consistent = false;
          return 'unsatisfiable';
        }
        this.#learn(conflict);
        if (++conflicts >= conflictLimit) return 'unknown';
        continue;
      }
      if (this.#learnt.length > this.#nextReduction) this.#reduce();
      const decision = this.#decide(assumptions);
      if (typeof decision === 'string') return decision;
      this.#limits.push(this.#trail.length);
      if (decision >= 0) this.#assign(decision, undefined);
    }
  }

  /** The next literal to assume; −1 for an assumption that already holds. */
  #decide(assumptions: readonly number[]): number | Satisfiability {
    const depth = this.#limits.length;
    if (depth < assumptions.length) {
      const p = assumptions[depth]!;
      if (this.#value[p] === 1) return 'unsatisfiable';
      return this.#value[p] === 0 ? -1 : p;
    }
    for (;;) {
      const variable = this.#heap.pop();
      if (variable < 0) return 'satisfiable';
      if (this.#value[2 * variable] === UNASSIGNED) return 2 * variable + this.#phase[variable]!;
    }
  }

  #propagate(): Clause | undefined {
    const value = this.#value;
    while (this.#head < this.#trail.length) {
      const falsified = this.#trail[this.#head++]! ^ 1;
      const watching = this.#watches[falsified]!;
      let kept = 0;
      for (let i = 0; i < watching.length; i++) {
        const clause = watching[i]!;
        if (clause.deleted) continue;
        const { literals } = clause;
        if (literals[0] === falsified) {
          literals[0] = literals[1]!;
          literals[1] = falsified;
        }
        if (value[literals[0]!] === 0) {
          watching[kept++] = clause;
          continue;
        }
        let k = 2;
        while (k < literals.length && value[literals[k]!] === 1) k++;
        if (k < literals.length) {
          literals[1] = literals[k]!;
          literals[k] = falsified;
          this.#watches[literals[1]]!.push(clause);
          continue;
        }
        watching[kept++] = clause;
        if (value[literals[0]!] === 1) {
          for (i++; i < watching.length; i++) watching[kept++] = watching[i]!;
          watching.length = kept;
          this.#head = this.#trail.length;
          return clause;
        }
        this.#assign(literals[0]!, clause);
      }
      watching.length = kept;
    }
    return undefined;
  }

  /** Learns the clause of the first unique implication point, goes back, and asserts its literal. */
  #learn(conflict: Clause): void {
    const learnt: number[] = [0];
    let open = 0;
    let at = this.#trail.length - 1;
    let p = -1;
    let reason: Clause | undefined = conflict;
    do {
      for (const q of reason!.literals) {
        const variable = q >> 1;
        if (q === p || this.#seen[variable] === 1 || this.#level[variable] === 0) continue;
        this.#seen[variable] = 1;
        this.#bump(variable);
        if (this.#level[variable] === this.#limits.length) open++;
        else learnt.push(q);
      }
      while (this.#seen[this.#trail[at]! >> 1] === 0) at--;
      p = this.#trail[at--]!;
      reason = this.#reason[p >> 1];
      this.#seen[p >> 1] = 0;
      open--;
    } while (open > 0);
    learnt[0] = p ^ 1;
    const marked = learnt.slice(1);
    const needed = marked.filter((q) => !this.#isImplied(q));
    for (const q of marked) this.#seen[q >> 1] = 0;
    this.#increment *= DECAY;
    this.#assert([learnt[0], ...needed]);
  }

  /** A literal whose reason consists of other literals of the clause adds nothing to it. */
  #isImplied(q: number): boolean {
    const reason = this.#reason[q >> 1];
    if (reason === undefined) return false;
    return reason.literals.every(
      (r) => r >> 1 === q >> 1 || this.#seen[r >> 1] === 1 || this.#level[r >> 1] === 0,
    );
  }

  #assert(literals: number[]): void {
    if (literals.length === 1) {
      this.#backTo(0);
      this.#assign(literals[0]!, undefined);
      return;
    }
    let highest = 1;
    for (let i = 2; i < literals.length; i++) {
      if (this.#level[literals[i]! >> 1]! > this.#level[literals[highest]! >> 1]!) highest = i;
    }
    [literals[1], literals[highest]] = [literals[highest]!, literals[1]!];
    const levels = new Set(literals.map((q) => this.#level[q >> 1])).size;
    this.#backTo(this.#level[literals[1]! >> 1]!);
    const clause: Clause = { literals, learnt: true, levels, deleted: false };
    this.#attach(clause);
    this.#learnt.push(clause);
    this.#assign(literals[0]!, clause);
  }

  #attach(clause: Clause): void {
    this.#watches[clause.literals[0]!]!.push(clause);
    this.#watches[clause.literals[1]!]!.push(clause);
  }

  /** Deletes the worse half of the learnt clauses. */
  #reduce(): void {
    const sorted = [...this.#learnt].sort((a, b) => a.levels - b.levels);
    const half = sorted.length >> 1;
    sorted.forEach((clause, i) => {
      const inUse = this.#reason[clause.literals[0]! >> 1] === clause;
      clause.deleted = i >= half && clause.levels > 2 && !inUse;
    });
    this.#learnt = sorted.filter(({ deleted }) => !deleted);
    this.#nextReduction = this.#learnt.length + FIRST_REDUCTION;
  }

  #assign(p: number, reason: Clause | undefined): void {
    this.#value[p] = 0;
    this.#value[p ^ 1] = 1;
    this.#level[p >> 1] = this.#limits.length;
    this.#reason[p >> 1] = reason;
    this.#trail.push(p);
  }

  #backTo(level: number): void {
    if (this.#limits.length <= level) return;
    const limit = this.#limits[level]!;
    for (let i = this.#trail.length - 1; i >= limit; i--) {
      const p = this.#trail[i]!;
      this.#value[p] = UNASSIGNED;
      this.#value[p ^ 1] = UNASSIGNED;
      this.#phase[p >> 1] = p & 1;
      this.#reason[p >> 1] = undefined;
      if (this.#decided === undefined || this.#decided[p >> 1] === 1) this.#heap.insert(p >> 1);
    }
    this.#trail.length = limit;
    this.#limits.length = level;
    this.#head = limit;
  }

  #bump(variable: number): void {
    this.#activity[variable]! += this.#increment;
    if (this.#activity[variable]! > RESCALE_AT) {
      for (let v = 0; v < this.variables; v++) this.#activity[v]! /= RESCALE_AT;
      this.#increment /= RESCALE_AT;
    }
    this.#heap.raised(variable);
  }

  #grow(): void {
    const doubled = <T extends Uint8Array | Int32Array | Float64Array>(old: T, fresh: T): T => {
      fresh.set(old);
      return fresh;
    };
    const size = this.#value.length;
    this.#value = doubled(this.#value, new Uint8Array(2 * size).fill(UNASSIGNED));
    this.#level = doubled(this.#level, new Int32Array(size));
    this.#phase = doubled(this.#phase, new Uint8Array(size).fill(1));
    this.#seen = doubled(this.#seen, new Uint8Array(size));
    this.#activity = doubled(this.#activity, new Float64Array(size));
  }
}

/** 1, 1, 2, 1, 1, 2, 4, …: the restart intervals of Luby, Sinclair and Zuckerman. */
export function luby(index: number): number {
  let [size, level, rest] = [1, 0, index];
  while (size < rest + 1) [size, level] = [2 * size + 1, level + 1];
  while (size - 1 !== rest) {
    [size, level] = [(size - 1) >> 1, level - 1];
    rest %= size;
  }
  return 2 ** level;
}
