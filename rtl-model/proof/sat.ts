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
import { Clauses } from './clauses.js';
import { luby } from './luby.js';

export { luby };

export type Satisfiability = 'satisfiable' | 'unsatisfiable' | 'unknown';

const UNASSIGNED = 2;
/** In place of a clause. */
const NONE = -1;
/** Where the literals of a clause begin. */
const FIRST = 2;
const DECAY = 1 / 0.95;
const RESCALE_AT = 1e100;
const RESTART_UNIT = 100;
const FIRST_REDUCTION = 2000;

export class Solver {
  /** 0 true, 1 false, 2 unassigned, of each literal. */
  #value = new Uint8Array(1024).fill(UNASSIGNED);
  #level = new Int32Array(512);
  /** The clause that implied each variable, or `NONE`. */
  #reason = new Int32Array(512);
  #phase = new Uint8Array(512).fill(1);
  #seen = new Uint8Array(512);
  #activity = new Float64Array(512);
  #increment = 1;
  readonly #clauses = new Clauses();
  #learnt: number[] = [];
  #nextReduction = FIRST_REDUCTION;
  #trail = new Int32Array(512);
  #assigned = 0;
  readonly #limits: number[] = [];
  #head = 0;
  #consistent = true;
  /** Operands of the variables that are gates, two literals each; −1 for the others. */
  readonly #operands: number[] = [];
  /** Whether only operands of gates are decided, and only variables with the present mark matter. */
  #justifies = false;
  #marks = new Int32Array(512);
  #mark = 0;
  /** Gates on the trail before this place are justified; and what it was when each decision was made. */
  #justified = 0;
  readonly #justifiedBefore: number[] = [];
  readonly #heap = new ActivityHeap((variable) => this.#activity[variable]!);

  variables = 0;

  newVariable(): number {
    const variable = this.variables++;
    this.#clauses.addVariable();
    this.#operands.push(-1, -1);
    if (2 * variable + 1 >= this.#value.length) this.#grow();
    this.#heap.insert(variable);
    return variable;
  }

  /** A new variable that is the AND of two literals. */
  newAnd(p: number, q: number): number {
    const variable = this.newVariable();
    const out = 2 * variable;
    this.addClause([out ^ 1, p]);
    this.addClause([out ^ 1, q]);
    this.addClause([out, p ^ 1, q ^ 1]);
    [this.#operands[out], this.#operands[out + 1]] = [p, q];
    return variable;
  }

  /** Adds that two literals are equal, as the gates imply: the earlier one becomes the operand of the later one. */
  equate(p: number, q: number): void {
    this.addClause([p ^ 1, q]);
    this.addClause([p, q ^ 1]);
    const [earlier, later] = p < q ? [p, q] : [q, p];
    this.#operands.fill(earlier ^ (later & 1), later & ~1, (later | 1) + 1);
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
      this.#assign(open[0]!, NONE);
      this.#consistent = this.#propagate() === NONE;
    } else this.#clauses.add(open, 0);
  }

  /** Whether all clauses and assumptions can be true; `unknown` after so many conflicts. */
  solve(assumptions: readonly number[] = [], conflictLimit = Number.POSITIVE_INFINITY): Satisfiability {
    this.#justifies = false;
    return this.#solve(assumptions, conflictLimit);
  }

  /**
   * The same where every clause follows from the gates that `newAnd` made: satisfiable as soon as each gate that is 0
   * has an operand that is. Variables that do not matter stay open.
   */
  solveGates(assumptions: readonly number[], conflictLimit = Number.POSITIVE_INFINITY): Satisfiability {
    this.#justifies = true;
    this.#markBelow(assumptions);
    return this.#solve(assumptions, conflictLimit);
  }

  /** Marks the variables that some literals depend on. */
  #markBelow(literals: readonly number[]): void {
    this.#mark++;
    const open = [...literals];
    for (let p = open.pop(); p !== undefined; p = open.pop()) {
      if (this.#marks[p >> 1] === this.#mark) continue;
      this.#marks[p >> 1] = this.#mark;
      const left = this.#operands[p & ~1]!;
      if (left >= 0) open.push(left, this.#operands[p | 1]!);
    }
  }

  #solve(assumptions: readonly number[], conflictLimit: number): Satisfiability {
    let conflicts = 0;
    this.#backTo(0);
    // What holds without assumptions needs no justification.
    this.#justified = this.#assigned;
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

  /** The value of a variable after `satisfiable`; false if it is open. */
  isTrue(variable: number): boolean {
    return this.#value[2 * variable] === 0;
  }

  /** Whether a variable has no value after `satisfiable`, so that either will do. */
  isOpen(variable: number): boolean {
    return this.#value[2 * variable] === UNASSIGNED;
  }

  #finish(result: Satisfiability): Satisfiability {
    this.#backTo(0);
    return result;
  }

  #search(assumptions: readonly number[], conflictLimit: number): Satisfiability {
    let conflicts = 0;
    for (;;) {
      const conflict = this.#propagate();
      if (conflict !== NONE) {
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
      this.#limits.push(this.#assigned);
      this.#justifiedBefore.push(this.#justified);
      if (decision >= 0) this.#assign(decision, NONE);
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
    if (this.#justifies) return this.#justification();
    for (;;) {
      const variable = this.#heap.pop();
      if (variable < 0) return 'satisfiable';
      if (this.#value[2 * variable] === UNASSIGNED) return 2 * variable + this.#phase[variable]!;
    }
  }

  /** Makes an operand 0 of the first gate on the trail that is 0 and has none yet: the one of more conflicts. */
  #justification(): number | Satisfiability {
    for (; this.#justified < this.#assigned; this.#justified++) {
      const p = this.#trail[this.#justified]!;
      const left = this.#operands[p & ~1]!;
      if ((p & 1) === 0 || left < 0) continue;
      const right = this.#operands[p]!;
      if (this.#value[left] === 1 || this.#value[right] === 1) continue;
      return (this.#activity[left >> 1]! < this.#activity[right >> 1]! ? right : left) ^ 1;
    }
    return 'satisfiable';
  }

  /** Assigns what follows from the assignments; the clause that they violate, or `NONE`. */
  #propagate(): number {
    const value = this.#value;
    const { data, watches, watchCounts } = this.#clauses;
    const [marks, mark] = [this.#marks, this.#mark];
    const isLimited = this.#justifies && this.#limits.length > 0;
    while (this.#head < this.#assigned) {
      const falsified = this.#trail[this.#head++]! ^ 1;
      const watching = watches[falsified]!;
      const count = watchCounts[falsified]!;
      let kept = 0;
      for (let i = 0; i < count; i += 2) {
        const clause = watching[i]!;
        const other = watching[i + 1]!;
        watching[kept++] = clause;
        watching[kept++] = other;
        if (value[other] === 0) continue;
        const from = clause + FIRST;
        let first = data[from]!;
        if (first === falsified) {
          first = data[from + 1]!;
          data[from] = first;
          data[from + 1] = falsified;
        }
        if (value[first] === 0) {
          watching[kept - 1] = first;
          continue;
        }
        const end = from + data[clause]!;
        let k = from + 2;
        while (k < end && value[data[k]!] === 1) k++;
        if (k < end) {
          const watched = data[k]!;
          data[from + 1] = watched;
          data[k] = falsified;
          this.#clauses.watch(watched, clause, first);
          kept -= 2;
          continue;
        }
        if (value[first] === 1) {
          for (i += 2; i < count; i++) watching[kept++] = watching[i]!;
          watchCounts[falsified] = kept;
          this.#head = this.#assigned;
          return clause;
        }
        if (!isLimited || marks[first >> 1] === mark) this.#assign(first, clause);
      }
      watchCounts[falsified] = kept;
    }
    return NONE;
  }

  /** Learns the clause of the first unique implication point, goes back, and asserts its literal. */
  #learn(conflict: number): void {
    const { data } = this.#clauses;
    const learnt: number[] = [0];
    let open = 0;
    let at = this.#assigned - 1;
    let p = -1;
    let reason = conflict;
    do {
      for (let i = 0; i < data[reason]!; i++) {
        const q = data[reason + FIRST + i]!;
        const variable = q >> 1;
        if (q === p || this.#seen[variable] === 1 || this.#level[variable] === 0) continue;
        this.#seen[variable] = 1;
        this.#bump(variable);
        if (this.#level[variable] === this.#limits.length) open++;
        else learnt.push(q);
      }
      while (this.#seen[this.#trail[at]! >> 1] === 0) at--;
      p = this.#trail[at--]!;
      reason = this.#reason[p >> 1]!;
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
    const reason = this.#reason[q >> 1]!;
    if (reason === NONE) return false;
    const { data } = this.#clauses;
    for (let i = 0; i < data[reason]!; i++) {
      const variable = data[reason + FIRST + i]! >> 1;
      if (variable !== q >> 1 && this.#seen[variable] === 0 && this.#level[variable]! > 0) return false;
    }
    return true;
  }

  #assert(literals: number[]): void {
    if (literals.length === 1) {
      this.#backTo(0);
      this.#assign(literals[0]!, NONE);
      return;
    }
    let highest = 1;
    for (let i = 2; i < literals.length; i++) {
      if (this.#level[literals[i]! >> 1]! > this.#level[literals[highest]! >> 1]!) highest = i;
    }
    [literals[1], literals[highest]] = [literals[highest]!, literals[1]!];
    const levels = new Set(literals.map((q) => this.#level[q >> 1])).size;
    this.#backTo(this.#level[literals[1]! >> 1]!);
    const clause = this.#clauses.add(literals, levels);
    this.#learnt.push(clause);
    this.#assign(literals[0]!, clause);
  }

  /** Deletes the worse half of the learnt clauses. */
  #reduce(): void {
    const levels = (clause: number) => this.#clauses.levels(clause);
    const sorted = [...this.#learnt].sort((a, b) => levels(a) - levels(b));
    const reasons = new Set(this.#trail.subarray(0, this.#assigned).map((p) => this.#reason[p >> 1]!));
    const half = sorted.length >> 1;
    const dropped = new Set(
      sorted.filter((clause, i) => i >= half && levels(clause) > 2 && !reasons.has(clause)),
    );
    const kept = sorted.filter((clause) => !dropped.has(clause));
    const placeOf = this.#clauses.remove(dropped);
    this.#learnt = kept.map(placeOf);
    for (const p of this.#trail.subarray(0, this.#assigned)) {
      const reason = this.#reason[p >> 1]!;
      if (reason !== NONE) this.#reason[p >> 1] = placeOf(reason);
    }
    this.#nextReduction = this.#learnt.length + FIRST_REDUCTION;
  }

  #assign(p: number, reason: number): void {
    this.#value[p] = 0;
    this.#value[p ^ 1] = 1;
    this.#level[p >> 1] = this.#limits.length;
    this.#reason[p >> 1] = reason;
    this.#trail[this.#assigned++] = p;
  }

  #backTo(level: number): void {
    if (this.#limits.length <= level) return;
    const limit = this.#limits[level]!;
    for (let i = this.#assigned - 1; i >= limit; i--) {
      const p = this.#trail[i]!;
      this.#value[p] = UNASSIGNED;
      this.#value[p ^ 1] = UNASSIGNED;
      this.#phase[p >> 1] = p & 1;
      this.#reason[p >> 1] = NONE;
      this.#heap.insert(p >> 1);
    }
    this.#justified = this.#justifiedBefore[level]!;
    this.#justifiedBefore.length = level;
    this.#assigned = limit;
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
    this.#reason = doubled(this.#reason, new Int32Array(size));
    this.#trail = doubled(this.#trail, new Int32Array(size));
    this.#marks = doubled(this.#marks, new Int32Array(size));
    this.#level = doubled(this.#level, new Int32Array(size));
    this.#phase = doubled(this.#phase, new Uint8Array(size).fill(1));
    this.#seen = doubled(this.#seen, new Uint8Array(size));
    this.#activity = doubled(this.#activity, new Float64Array(size));
  }
}
