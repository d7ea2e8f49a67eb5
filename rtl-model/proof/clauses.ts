/**
 * The clauses of a solver in one array of numbers, and the lists of those that watch each literal.
 *
 * A clause is a place in the array: its size there, the decision levels of a learnt one (0 for others) behind it, then
 * its literals. The first two are the watched ones.
 */

const SIZE = 0;
const LEVELS = 1;
const HEAD = 2;
/** In place of a clause's new place. */
const DROPPED = -1;

export class Clauses {
  /** Where the literals of clause c are: c + 2 on, as many as the number at c says. */
  data = new Int32Array(2 ** 14);
  /** By literal, pairs of a clause and another literal of it; only the first `watchCounts` numbers of a list count. */
  readonly watches: number[][] = [];
  watchCounts = new Int32Array(1024);
  #end = 0;

  /** Room for the watches of two more literals. */
  addVariable(): void {
    if (this.watches.push([], []) > this.watchCounts.length) {
      const counts = new Int32Array(2 * this.watchCounts.length);
      counts.set(this.watchCounts);
      this.watchCounts = counts;
    }
  }

  /** A new clause of two literals or more. */
  add(literals: readonly number[], levels: number): number {
    const clause = this.#end;
    this.#end += HEAD + literals.length;
    if (this.#end > this.data.length) {
      const data = new Int32Array(2 * this.#end);
      data.set(this.data);
      this.data = data;
    }
    this.data[clause + SIZE] = literals.length;
    this.data[clause + LEVELS] = levels;
    this.data.set(literals, clause + HEAD);
    this.watch(literals[0]!, clause, literals[1]!);
    this.watch(literals[1]!, clause, literals[0]!);
    return clause;
  }

  watch(literal: number, clause: number, other: number): void {
    const count = this.watchCounts[literal]!;
    const list = this.watches[literal]!;
    [list[count], list[count + 1]] = [clause, other];
    this.watchCounts[literal] = count + 2;
  }

  /** Decision levels of a learnt clause when it was learnt. */
  levels(clause: number): number {
    return this.data[clause + LEVELS]!;
  }

  /** Drops clauses; gives the new place of every other one. What is before the first of them stays where it is. */
  remove(dropped: ReadonlySet<number>): (clause: number) => number {
    let first = this.#end;
    for (const clause of dropped) first = Math.min(first, clause);
    const moved = new Int32Array(this.#end - first).fill(DROPPED);
    const placeOf = (clause: number) => (clause < first ? clause : moved[clause - first]!);
    const { data } = this;
    let end = first;
    for (let clause = first; clause < this.#end; ) {
      const next = clause + HEAD + data[clause + SIZE]!;
      if (!dropped.has(clause)) {
        moved[clause - first] = end;
        data.copyWithin(end, clause, next);
        end += next - clause;
      }
      clause = next;
    }
    this.#end = end;
    this.watches.forEach((list, literal) => {
      const count = this.watchCounts[literal]!;
      let kept = 0;
      for (let i = 0; i < count; i += 2) {
        const place = placeOf(list[i]!);
        if (place === DROPPED) continue;
        list[kept++] = place;
        list[kept++] = list[i + 1]!;
      }
      this.watchCounts[literal] = kept;
    });
    return placeOf;
  }
}
