/** Values of all nodes of a gate builder under many patterns at once: 32 patterns a word, nodes evaluated as they come. */
import { Random } from '../../src/numerics/index.js';
import { bitBlast, GATE_KINDS, GATES, type GateBuilder } from '../hdl/index.js';
import { CompiledSimulation, type MutationSetup, WORDS_PER_VECTOR } from '../simulation/index.js';
import type { MutantMiter } from './mutant-miter.js';

const EVALUATE = GATE_KINDS.map((kind) => GATES[kind].evaluate);

export class Patterns {
  readonly #gates: GateBuilder;
  /** Values of each node, one array a word of patterns. */
  readonly #words: Int32Array[];
  readonly #first: number;
  readonly #random = new Random(0);
  #evaluated = 0;

  /** @param sources values of the source nodes, by node, for each word of 32 patterns */
  constructor(gates: GateBuilder, sources: readonly ReadonlyMap<number, number>[]) {
    this.#gates = gates;
    this.#first = gates.count;
    this.#words = sources.map((values) => {
      const word = new Int32Array(2 * gates.count);
      for (const [node, value] of values) word[node] = value;
      word[gates.one] = -1;
      return word;
    });
  }

  /** Whether two nodes differ under any pattern. */
  differ(one: number, other: number): boolean {
    this.#evaluate();
    return this.#words.some((values) => values[one] !== values[other]);
  }

  /** Sources that are made later have random values. */
  #evaluate(): void {
    const { count, kinds, a, b, c } = this.#gates;
    if (this.#evaluated === count) return;
    this.#words.forEach((word, w) => {
      let values = word;
      if (values.length < count) {
        values = new Int32Array(2 * count);
        values.set(word);
        this.#words[w] = values;
      }
      for (let node = Math.max(2, this.#evaluated); node < count; node++) {
        const kind = kinds[node]!;
        if (kind >= GATES.not.code)
          values[node] = EVALUATE[kind]!(values[a[node]!]!, values[b[node]!]!, values[c[node]!]!);
        else if (node >= this.#first) values[node] = this.#random.uint32();
      }
    });
    this.#evaluated = count;
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
