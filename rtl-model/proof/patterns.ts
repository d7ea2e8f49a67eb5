/** Values of all nodes of a gate builder under many patterns at once: 32 patterns a word, nodes evaluated as they come. */
import { Random } from '../../src/numerics/index.js';
import { bitBlast, evaluateGate, GATES, type GateBuilder } from '../hdl/index.js';
import { CompiledSimulation, type MutationSetup, WORDS_PER_VECTOR } from '../simulation/index.js';
import type { MutantMiter } from './mutant-miter.js';

const PATTERNS_PER_WORD = 32;

/** 32 patterns: the values of all nodes evaluated so far. */
interface PatternWord {
  values: Int32Array;
  evaluated: number;
}

export class Patterns {
  readonly #gates: GateBuilder;
  readonly #words: PatternWord[];
  readonly #first: number;
  readonly #random = new Random(0);
  /** Counterexamples in the last word; none yet if it is full. */
  #found = PATTERNS_PER_WORD;

  /** @param sources values of the source nodes, by node, for each word of 32 patterns */
  constructor(gates: GateBuilder, sources: readonly ReadonlyMap<number, number>[]) {
    this.#gates = gates;
    this.#first = gates.count;
    this.#words = sources.map((values) => this.#word(values));
  }

  /** Whether two nodes differ under any pattern in which a third one is 1. */
  differ(one: number, other: number, when: number): boolean {
    return this.#words.some((word) => {
      const values = this.#evaluate(word);
      return ((values[one]! ^ values[other]!) & values[when]!) !== 0;
    });
  }

  /** One more pattern: what a solver found. Sources that it did not need are 0. */
  add(isOne: (source: number) => boolean | undefined): void {
    if (this.#found === PATTERNS_PER_WORD) {
      this.#words.push(this.#word(new Map()));
      this.#found = 0;
    }
    const word = this.#words.at(-1)!;
    const { kinds, count } = this.#gates;
    const values = this.#evaluate(word);
    for (let node = 2; node < count; node++) {
      if (kinds[node]! >= GATES.not.code) continue;
      const bit = 1 << this.#found;
      values[node] = isOne(node) === true ? values[node]! | bit : values[node]! & ~bit;
    }
    this.#found++;
    word.evaluated = 0;
    this.#keepSources = count;
  }

  /** Sources before this node have their values already. */
  #keepSources = 0;

  #word(sources: ReadonlyMap<number, number>): PatternWord {
    const values = new Int32Array(2 * this.#gates.count);
    for (const [node, value] of sources) values[node] = value;
    values[this.#gates.one] = -1;
    return { values, evaluated: 0 };
  }

  /** Sources that are made later have random values. */
  #evaluate(word: PatternWord): Int32Array {
    const { count, kinds, a, b, c } = this.#gates;
    if (word.values.length < count) {
      const wider = new Int32Array(2 * count);
      wider.set(word.values);
      word.values = wider;
    }
    const { values } = word;
    const fresh = Math.max(this.#first, word.evaluated === 0 ? this.#keepSources : 0);
    for (let node = Math.max(2, word.evaluated); node < count; node++) {
      const kind = kinds[node]!;
      if (kind >= GATES.not.code)
        values[node] = evaluateGate(kind, values[a[node]!]!, values[b[node]!]!, values[c[node]!]!);
      else if (node >= fresh) values[node] = this.#random.uint32();
    }
    word.evaluated = count;
    return values;
  }
}

/** Patterns of a miter from the run of a design: states that occur, with the inputs at the edges after them. */
export function recordedPatterns(
  miter: MutantMiter,
  setup: MutationSetup,
  windows: number,
): ReadonlyMap<number, number>[] {
  const engine = new CompiledSimulation(bitBlast(setup.netlist));
  const depth = miter.frames.length;
  const last = setup.cycles - depth;
  const starts = new Set(Array.from({ length: windows }, (_, i) => Math.floor((last * (i + 0.5)) / windows)));
  const open: { start: number; words: Map<number, number>[] }[] = [];
  const done: Map<number, number>[] = [];
  for (let cycle = 0; cycle < setup.cycles; cycle++) {
    setup.drive(engine, cycle);
    if (starts.has(cycle)) {
      const words = Array.from({ length: WORDS_PER_VECTOR }, () => new Map<number, number>());
      setup.netlist.registers.forEach(({ name }, r) => {
        put(words, miter.frames[0]!.state[r]!, engine.register(name).vectors);
      });
      open.push({ start: cycle, words });
    }
    for (const { start, words } of open) {
      const frame = miter.frames[cycle - start];
      setup.netlist.inputs.forEach(({ name }, p) => {
        if (frame !== undefined) put(words, frame.inputs[p]!, engine.input(name).vectors);
      });
      if (cycle - start === depth - 1) done.push(...words);
    }
    engine.clock();
  }
  return done;
}

function put(words: readonly Map<number, number>[], nodes: readonly number[], vectors: Uint32Array): void {
  nodes.forEach((node, i) => {
    if (node <= 1) return;
    words.forEach((values, w) => {
      values.set(node, vectors[i * WORDS_PER_VECTOR + w]! | 0);
    });
  });
}
