/** The SAT solver against exhaustion, and on problems that are known to be hard. */
import { describe, expect, it } from 'vitest';
import { luby, Solver } from '../../rtl-model/proof/index.js';
import { Random } from '../../src/numerics/index.js';

const holds = (literal: number, value: (variable: number) => boolean) =>
  value(literal >> 1) !== ((literal & 1) === 1);

/** Whether any assignment of `count` variables makes all clauses true. */
function exhaustively(count: number, clauses: readonly (readonly number[])[]): boolean {
  for (let bits = 0; bits < 2 ** count; bits++) {
    const value = (variable: number) => ((bits >> variable) & 1) === 1;
    if (clauses.every((clause) => clause.some((p) => holds(p, value)))) return true;
  }
  return false;
}

function solverWith(count: number, clauses: readonly (readonly number[])[]): Solver {
  const solver = new Solver();
  for (let i = 0; i < count; i++) solver.newVariable();
  for (const clause of clauses) solver.addClause(clause);
  return solver;
}

describe('the SAT solver', () => {
  it('agrees with exhaustion on random clauses, added in two parts, with and without an assumption', () => {
    const random = new Random(3);
    const seen = { satisfiable: 0, unsatisfiable: 0, unknown: 0 };
    for (let problem = 0; problem < 600; problem++) {
      const count = 4 + random.below(7);
      const literal = () => random.below(2 * count);
      const clauses = Array.from({ length: Math.floor(count * (2.5 + 3 * random.uniform())) }, () =>
        Array.from({ length: 1 + Math.min(2, random.below(8)) }, literal),
      );
      const half = clauses.length >> 1;
      const solver = solverWith(count, clauses.slice(0, half));
      solver.solve();
      for (const clause of clauses.slice(half)) solver.addClause(clause);
      for (const assumptions of [[literal()], []]) {
        const all = [...clauses, ...assumptions.map((p) => [p])];
        const result = solver.solve(assumptions);
        expect(result).toBe(exhaustively(count, all) ? 'satisfiable' : 'unsatisfiable');
        seen[result]++;
        if (result !== 'satisfiable') continue;
        expect(all.every((clause) => clause.some((p) => holds(p, (v) => solver.isTrue(v))))).toBe(true);
      }
    }
    expect(Math.min(seen.satisfiable, seen.unsatisfiable)).toBeGreaterThan(100);
  });

  it('agrees with exhaustion on random gates, some of them equated, and leaves open what does not matter', () => {
    const random = new Random(4);
    const seen = { satisfiable: 0, unsatisfiable: 0, unknown: 0, open: 0 };
    for (let circuit = 0; circuit < 60; circuit++) {
      const solver = new Solver();
      const inputs = 5;
      for (let i = 0; i < inputs; i++) solver.newVariable();
      const gates: [number, number][] = [];
      for (let gate = 0; gate < 25; gate++) {
        const operand = () => random.below(2 * solver.variables);
        gates.push([operand(), operand()]);
        solver.newAnd(...gates.at(-1)!);
      }
      /** Values of all variables as 32-bit words, pattern i giving the inputs the bits of i. */
      const values = Array.from(
        { length: inputs },
        (_, i) => [0xaaaaaaaa, 0xcccccccc, 0xf0f0f0f0, 0xff00ff00, 0xffff0000][i]! | 0,
      );
      const word = (p: number) => values[p >> 1]! ^ -(p & 1);
      for (const [p, q] of gates) values.push(word(p) & word(q));
      for (let question = 0; question < 20; question++) {
        const [p, q] = [random.below(2 * values.length), random.below(2 * values.length)];
        const patterns = word(p) & word(q);
        const result = solver.solveGates([p, q]);
        expect(result).toBe(patterns === 0 ? 'unsatisfiable' : 'satisfiable');
        seen[result]++;
        if (result === 'satisfiable') {
          const ones = values.slice(0, inputs).map((_, i) => solver.isTrue(i) || solver.isOpen(i));
          for (const open of [true, false]) {
            const pattern = ones.reduce(
              (sum, one, i) => sum + (one && (open || !solver.isOpen(i)) ? 2 ** i : 0),
              0,
            );
            expect((patterns >>> pattern) & 1).toBe(1);
          }
          seen.open += Number(solver.isOpen(0));
        }
        const same = values.findIndex((value, variable) => variable !== p >> 1 && value === word(p));
        if (same >= 0) solver.equate(p, 2 * same);
      }
    }
    expect(Math.min(seen.satisfiable, seen.unsatisfiable, seen.open)).toBeGreaterThan(100);
    expect(seen.unknown).toBe(0);
  });

  it('finds that seven pigeons do not fit six holes, and gives up when it may not try enough', () => {
    const at = (pigeon: number, hole: number) => 2 * (6 * pigeon + hole);
    const holes = Array.from({ length: 6 }, (_, hole) => hole);
    const pigeons = Array.from({ length: 7 }, (_, pigeon) => pigeon);
    const clauses = [
      ...pigeons.map((pigeon) => holes.map((hole) => at(pigeon, hole))),
      ...holes.flatMap((hole) =>
        pigeons.flatMap((p) => pigeons.slice(0, p).map((q) => [at(p, hole) ^ 1, at(q, hole) ^ 1])),
      ),
    ];
    expect(solverWith(42, clauses).solve([], 5)).toBe('unknown');
    expect(solverWith(42, clauses).solve()).toBe('unsatisfiable');
  });

  it('restarts in the intervals of Luby', () => {
    expect(Array.from({ length: 15 }, (_, i) => luby(i))).toEqual([
      1, 1, 2, 1, 1, 2, 4, 1, 1, 2, 1, 1, 2, 4, 8,
    ]);
  });
});
