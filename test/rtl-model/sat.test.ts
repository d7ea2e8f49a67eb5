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
