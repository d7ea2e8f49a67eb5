/**
 * Sweeping: nodes that always have the same value, or always opposite ones, are merged, wherever in the graph they are.
 *
 * Simulation finds nodes that may be equal; the solver proves it or gives operands on which they differ, which tell
 * other nodes apart as well. Where it takes the solver long and sources are few, all their values are tried; other such
 * nodes stay as they are.
 * Source of the method: A. Mishchenko, S. Chatterjee, R. Jiang, R. Brayton, "FRAIGs: a unifying representation for
 * logic synthesis and verification", 2005.
 */
import { Random } from '../../src/numerics/index.js';
import { Solver } from '../proof/index.js';
import { type Aig, FALSE, type Literal } from './aig.js';
import { type Difference, Exhaustion } from './exhaustion.js';
import { type Logic, neededNodes, rebuild, usedAndCount } from './logic.js';
import { stimulusOf } from './sweep-stimulus.js';

/** Words of 32 random patterns to begin with. */
const FIRST_WORDS = 64;
const SEED = 1;
/** Larger graphs are left as they are: questions would take minutes. */
const MAX_ANDS = 200_000;
/** Counterexamples after which nodes are sorted by their signatures again. */
const RECENT_WORDS = 24;
/** Conflicts after which the solver gives a question up. */
const CONFLICT_LIMIT = 28;
/** Sources of which all values are tried then: as long as a few of the solver's questions. */
const MOST_TRIED_SOURCES = 16;

/** The same logic with equal nodes merged; unchanged beyond 200,000 ANDs. */
export function sweep(logic: Logic): Logic {
  if (usedAndCount(logic) > MAX_ANDS) return logic;
  return new Sweeper(logic).run();
}

class Sweeper {
  readonly #logic: Logic;
  readonly #needed: Uint8Array;
  readonly #signatures: Signatures;
  readonly #random = new Random(SEED);
  readonly #met: MetNodes;
  /** Literal of the new graph for each node of the old one. */
  readonly #made: Int32Array;
  #questions!: Questions;

  constructor(logic: Logic) {
    this.#logic = logic;
    this.#needed = neededNodes(logic);
    this.#made = new Int32Array(logic.aig.count).fill(-1);
    this.#made[0] = FALSE;
    this.#signatures = new Signatures(logic, this.#needed);
    for (const word of stimulusOf(logic, FIRST_WORDS, this.#random)) this.#signatures.add(word);
    this.#met = new MetNodes(this.#signatures, logic.aig.count);
  }

  run(): Logic {
    let sourcesMet = false;
    return rebuild(
      this.#logic,
      (target, node, literalOf) => {
        if (!sourcesMet) this.#start(target, literalOf);
        sourcesMet = true;
        const { left, right } = this.#logic.aig;
        this.#made[node] = this.#merged(target.and(literalOf(left[node]!), literalOf(right[node]!)), node);
        return this.#made[node]!;
      },
      this.#needed,
    );
  }

  #start(target: Aig, literalOf: (literal: Literal) => Literal): void {
    this.#questions = new Questions(target);
    for (const source of this.#logic.sources) {
      this.#made[source >> 1] = literalOf(source);
      this.#met.meet(source >> 1);
    }
  }

  /** The literal of an earlier node that always has the node's value; its own if there is none. */
  #merged(literal: Literal, node: number): Literal {
    for (;;) {
      const first = this.#met.meet(node);
      if (first === undefined) return literal;
      const inverse = this.#signatures.phase(first) ^ this.#signatures.phase(node);
      const candidate = this.#made[first]! ^ inverse;
      if (candidate === literal) return literal;
      const answer = this.#questions.areEqual(candidate, literal);
      if (answer === 'equal') return candidate;
      if (answer === 'unknown') return literal;
      this.#tellApart();
    }
  }

  /** Takes the counterexample in; it alone tells the two nodes apart, its neighbours perhaps others. */
  #tellApart(): void {
    const word = new Int32Array(this.#logic.sources.length);
    this.#logic.sources.forEach((source, i) => {
      const flips = this.#random.uint32() & this.#random.uint32() & this.#random.uint32() & ~1;
      const value = this.#questions.valueOf(this.#made[source >> 1]!);
      word[i] = value === undefined ? this.#random.uint32() : -value ^ flips;
    });
    this.#signatures.add(word);
    this.#met.signaturesGrew();
  }
}

/**
 * The first node that was met of each signature. Signatures grow with every counterexample; nodes are sorted by them
 * again only now and then, and by the patterns since then among those that were equal before.
 */
class MetNodes {
  readonly #signatures: Signatures;
  /** In the order in which they were met; each the first of its signature at that time. */
  readonly #nodes: number[] = [0];
  #byKey = new Map<number, number>();
  /** The next node with the same key, and the last one behind the first; 0 for none. */
  readonly #next: Int32Array;
  readonly #last: Int32Array;

  constructor(signatures: Signatures, nodes: number) {
    this.#signatures = signatures;
    this.#next = new Int32Array(nodes);
    this.#last = new Int32Array(nodes);
    this.#sort();
  }

  /** The first node met with the signature of this one; undefined if this one is, from now on. */
  meet(node: number): number | undefined {
    const found = this.#find(node);
    if (found === undefined) {
      this.#nodes.push(node);
      this.#append(node);
    }
    return found;
  }

  signaturesGrew(): void {
    if (this.#signatures.recentCount >= RECENT_WORDS) this.#sort();
  }

  #find(node: number): number | undefined {
    let at = this.#byKey.get(this.#signatures.key(node));
    while (at !== undefined && !this.#signatures.agreeRecently(at, node)) at = this.#next[at] || undefined;
    return at;
  }

  #append(node: number): void {
    const key = this.#signatures.key(node);
    const first = this.#byKey.get(key);
    if (first === undefined) this.#byKey.set(key, node);
    else this.#next[this.#last[first] || first] = node;
    this.#last[first ?? node] = node;
  }

  #sort(): void {
    this.#signatures.forgetRecent();
    this.#byKey = new Map();
    this.#next.fill(0);
    this.#last.fill(0);
    for (const node of this.#nodes) this.#append(node);
  }
}

/** What each node was on all patterns so far, as a number that equal and opposite nodes share. */
class Signatures {
  readonly #logic: Logic;
  readonly #nodes: Int32Array;
  readonly #values: Int32Array;
  readonly #low: Int32Array;
  readonly #high: Int32Array;
  /** By node, the hash of all patterns but the recent ones. */
  readonly #keys: Float64Array;
  /** By pattern word since then, the values of all nodes, phases taken off. */
  readonly #recent: Int32Array[] = [];
  /** −1 where the value on the first pattern of all is 1: signatures are of values that are 0 on it. */
  readonly #phases: Int32Array;
  #isFirst = true;

  constructor(logic: Logic, needed: Uint8Array) {
    const { aig } = logic;
    this.#logic = logic;
    this.#nodes = Int32Array.from([...needed.keys()].filter((node) => needed[node] === 1 && aig.isAnd(node)));
    this.#values = new Int32Array(aig.count);
    this.#low = new Int32Array(aig.count);
    this.#high = new Int32Array(aig.count);
    this.#keys = new Float64Array(aig.count);
    this.#phases = new Int32Array(aig.count);
  }

  phase(node: number): number {
    return -this.#phases[node]!;
  }

  /** Equal for nodes that were equal, or always opposite, on all patterns before the recent ones. */
  key(node: number): number {
    return this.#keys[node]!;
  }

  get recentCount(): number {
    return this.#recent.length;
  }

  agreeRecently(a: number, b: number): boolean {
    for (const values of this.#recent) if (values[a] !== values[b]) return false;
    return true;
  }

  /** Takes the recent patterns into the keys. */
  forgetRecent(): void {
    const [low, high] = [this.#low, this.#high];
    for (const values of this.#recent) {
      for (let node = 0; node < values.length; node++) {
        const value = values[node]!;
        low[node] = Math.imul(low[node]! ^ value, 0x9e3779b1) + (value >>> 15);
        high[node] = Math.imul(high[node]! + value, 0x85ebca77) ^ (high[node]! >>> 13);
      }
    }
    this.#recent.length = 0;
    for (let node = 0; node < low.length; node++) {
      this.#keys[node] = (low[node]! >>> 0) * 2 ** 21 + (high[node]! >>> 11);
    }
  }

  /** Takes in 32 patterns, given by one number a source. */
  add(word: Int32Array): void {
    const { sources, aig } = this.#logic;
    const { left, right } = aig;
    const values = this.#values;
    sources.forEach((source, i) => {
      values[source >> 1] = word[i]! ^ -(source & 1);
    });
    for (const node of this.#nodes) {
      const [a, b] = [left[node]!, right[node]!];
      values[node] = (values[a >> 1]! ^ -(a & 1)) & (values[b >> 1]! ^ -(b & 1));
    }
    const phases = this.#phases;
    if (this.#isFirst) for (let node = 0; node < phases.length; node++) phases[node] = -(values[node]! & 1);
    this.#isFirst = false;
    const plain = new Int32Array(values.length);
    for (let node = 0; node < plain.length; node++) plain[node] = values[node]! ^ phases[node]!;
    this.#recent.push(plain);
  }
}

/** Questions about literals of a graph, for the most part to the solver, which is told the cones that are asked about. */
class Questions {
  readonly #aig: Aig;
  readonly #solver = new Solver();
  readonly #exhaustion: Exhaustion;
  /** Variable of the solver, by node. */
  readonly #variables: number[] = [];
  /** The last difference, if it was found by trying. */
  #tried: Difference | undefined;

  constructor(aig: Aig) {
    this.#aig = aig;
    this.#exhaustion = new Exhaustion(aig, MOST_TRIED_SOURCES);
    this.#variables[0] = this.#solver.newVariable();
    this.#solver.addClause([1]);
  }

  areEqual(a: Literal, b: Literal): 'equal' | 'different' | 'unknown' {
    this.#tried = undefined;
    const [p, q] = [this.#literal(a), this.#literal(b)];
    const solved = this.#solve(p, q);
    const answer = solved === 'unknown' ? this.#try(a, b) : solved;
    if (answer === 'equal') this.#solver.equate(p, q);
    return answer;
  }

  #solve(p: number, q: number): 'equal' | 'different' | 'unknown' {
    for (const assumptions of [
      [p, q ^ 1],
      [p ^ 1, q],
    ]) {
      const answer = this.#solver.solveGates(assumptions, CONFLICT_LIMIT);
      if (answer !== 'unsatisfiable') return answer === 'satisfiable' ? 'different' : 'unknown';
    }
    return 'equal';
  }

  #try(a: Literal, b: Literal): 'equal' | 'different' | 'unknown' {
    const answer = this.#exhaustion.compare(a, b);
    if (answer === undefined || answer === 'equal') return answer ?? 'unknown';
    this.#tried = answer;
    return 'different';
  }

  /** The value of a source on which the last two literals differ; undefined if it does not matter. */
  valueOf(source: Literal): number | undefined {
    if (this.#tried !== undefined) {
      const value = this.#tried.get(source >> 1);
      return value === undefined ? undefined : value ^ (source & 1);
    }
    const variable = this.#variables[source >> 1];
    if (variable === undefined || this.#solver.isOpen(variable)) return undefined;
    return Number(this.#solver.isTrue(variable)) ^ (source & 1);
  }

  /** The solver's literal, with the cone below it made known. */
  #literal(root: Literal): number {
    const stack = [root >> 1];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      const [a, b] = [this.#aig.left[node]!, this.#aig.right[node]!];
      const known = (literal: Literal) => this.#variables[literal >> 1] !== undefined;
      if (known(2 * node)) stack.pop();
      else if (!this.#aig.isAnd(node)) this.#variables[node] = this.#solver.newVariable();
      else if (known(a) && known(b)) this.#encode(node, a, b);
      else stack.push(...[a, b].filter((literal) => !known(literal)).map((literal) => literal >> 1));
    }
    return 2 * this.#variables[root >> 1]! + (root & 1);
  }

  #encode(node: number, a: Literal, b: Literal): void {
    const [p, q] = [a, b].map((literal) => 2 * this.#variables[literal >> 1]! + (literal & 1));
    this.#variables[node] = this.#solver.newAnd(p!, q!);
  }
}
