/**
 * Recording what a design does: stimulus for every lane and cycle, and the value of every output and register by the
 * compiled simulator, compared with the interpreter (some lanes, slowly) and the word simulator (all).
 */
import { bitBlast, flatten, type Module, type Netlist } from '../hdl/index.js';
import {
  CompiledSimulation,
  Interpreter,
  LANES,
  type LaneWord,
  WordSimulation,
} from '../simulation/index.js';
import {
  type CheckResult,
  type Mismatch,
  type ProbeField,
  type ProbeLayout,
  probeLayout,
  type Vectors,
  wordsOfField,
} from '../systemverilog/index.js';

/** The 32-bit words of the inputs of one lane in one cycle, written into `into` from index 0 up. */
export type Stimulus = (lane: number, cycle: number, layout: ProbeLayout, into: Uint32Array) => void;

/** Mismatches that are told one by one. */
const SHOWN = 20;

/** A source of random words. */
interface RandomWords {
  uint32(): number;
}

/** Every input uniform in every cycle; one field in eight is all zeros or all ones instead. */
export function uniformStimulus(random: RandomWords): Stimulus {
  return (_lane, _cycle, { inputs }, into) => {
    for (const field of inputs) {
      const choice = random.uint32() & 15;
      const fill = choice === 0 ? 0 : 0xffffffff;
      for (let w = 0; w < wordsOfField(field); w++) {
        const bits = Math.min(32, field.width - 32 * w);
        const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
        into[field.word + w] = (choice < 2 ? fill : random.uint32()) & mask;
      }
    }
  };
}

/** Records a module in the compiled simulator, which is compiled once. Every bit of every register is simulated. */
export class Recorder {
  readonly netlist: Netlist;
  readonly layout: ProbeLayout;
  readonly #engine: CompiledSimulation;

  constructor(module: Module) {
    this.netlist = flatten(module);
    this.layout = probeLayout(this.netlist);
    this.#engine = new CompiledSimulation(bitBlast(this.netlist, { keepUnread: true }));
  }

  /** `cycles` cycles from reset in each of `lanes` lanes (at most 128). */
  record(stimulus: Stimulus, lanes: number, cycles: number): Vectors {
    const layout = this.layout;
    const engine = this.#engine;
    const vectors: Vectors = {
      layout,
      lanes,
      cycles,
      stimulus: makeStimulus(layout, stimulus, lanes, cycles),
      expected: new Uint32Array(lanes * cycles * layout.stateWords),
    };
    engine.reset();
    const views = layout.state.map((field) => ({
      field,
      word: field.kind === 'output' ? engine.output(field.name) : engine.register(field.name),
    }));
    for (let cycle = 0; cycle < cycles; cycle++) {
      for (const field of layout.inputs) writeLanes(vectors, cycle, field, engine.input(field.name));
      engine.settle();
      for (const { field, word } of views) readLanes(vectors, cycle, field, word);
      engine.clock();
    }
    return vectors;
  }
}

/** One recording of a module. */
export function recordCompiled(module: Module, stimulus: Stimulus, lanes: number, cycles: number): Vectors {
  return new Recorder(module).record(stimulus, lanes, cycles);
}

/** Words of the recording in which the interpreter differs, for the first `lanes` lanes and `cycles` cycles. */
export function interpreterMismatches(
  module: Module,
  vectors: Vectors,
  lanes: number,
  cycles: number,
): Mismatch[] {
  const { layout } = vectors;
  const engine = new Interpreter(flatten(module));
  const mismatches: Mismatch[] = [];
  for (let lane = 0; lane < Math.min(lanes, vectors.lanes); lane++) {
    engine.reset();
    for (let cycle = 0; cycle < Math.min(cycles, vectors.cycles); cycle++) {
      const at = lane * vectors.cycles + cycle;
      for (const field of layout.inputs) {
        engine.set(field.name, fieldValue(vectors.stimulus, at * layout.inputWords, field));
      }
      engine.settle();
      for (const field of layout.state) {
        const expected = fieldValue(vectors.expected, at * layout.stateWords, field);
        const found = engine.get(field.name);
        if (expected === found) continue;
        const texts = { expected: expected.toString(16), found: found.toString(16) };
        mismatches.push({ lane, cycle, field: field.name, ...texts });
      }
      engine.clock();
    }
  }
  return mismatches;
}

/** Words in which the interpreter differs, over whole recordings; the first 20 are told. */
export function checkWithInterpreter(
  module: Module,
  recordings: Iterable<Vectors>,
): Pick<CheckResult, 'mismatches' | 'first' | 'cycles'> {
  const total = { mismatches: 0, cycles: 0, first: [] as Mismatch[] };
  for (const vectors of recordings) {
    const found = interpreterMismatches(module, vectors, vectors.lanes, vectors.cycles);
    total.mismatches += found.length;
    total.first.push(...found.slice(0, SHOWN - total.first.length));
    total.cycles += vectors.lanes * vectors.cycles;
  }
  return total;
}

/** Words in which the word simulator differs, over whole recordings; the first 20 are told. */
export function checkWithWords(
  netlist: Netlist,
  recordings: Iterable<Vectors>,
): Pick<CheckResult, 'mismatches' | 'first' | 'cycles'> {
  const engine = new WordSimulation(netlist);
  const total = { mismatches: 0, cycles: 0, first: [] as Mismatch[] };
  for (const vectors of recordings) {
    const inputs = vectors.layout.inputs.flatMap((field) => wordPairs(engine, field));
    const state = vectors.layout.state.flatMap((field) => wordPairs(engine, field));
    for (let lane = 0; lane < vectors.lanes; lane++) playLane(engine, vectors, lane, inputs, state, total);
    total.cycles += vectors.lanes * vectors.cycles;
  }
  return total;
}

/** A word of a recording and where the simulator keeps it. */
interface WordPair {
  readonly recorded: number;
  readonly simulated: number;
  readonly field: string;
}

function wordPairs(engine: WordSimulation, field: ProbeField): WordPair[] {
  const { at } = engine.placeOf(field.name);
  return Array.from({ length: wordsOfField(field) }, (_, w) => {
    return { recorded: field.word + w, simulated: at + w, field: field.name };
  });
}

function playLane(
  engine: WordSimulation,
  { layout, cycles, stimulus, expected }: Vectors,
  lane: number,
  inputs: readonly WordPair[],
  state: readonly WordPair[],
  total: { mismatches: number; first: Mismatch[] },
): void {
  const { words } = engine;
  engine.reset();
  for (let cycle = 0; cycle < cycles; cycle++) {
    const from = (lane * cycles + cycle) * layout.inputWords;
    const to = (lane * cycles + cycle) * layout.stateWords;
    for (const { recorded, simulated } of inputs) words[simulated] = stimulus[from + recorded]!;
    engine.settle();
    for (const { recorded, simulated, field } of state) {
      const [wanted, found] = [expected[to + recorded]!, words[simulated]! >>> 0];
      if (wanted === found) continue;
      if (++total.mismatches > SHOWN) continue;
      total.first.push({ lane, cycle, field, expected: wanted.toString(16), found: found.toString(16) });
    }
    engine.load();
  }
}

function makeStimulus(layout: ProbeLayout, stimulus: Stimulus, lanes: number, cycles: number): Uint32Array {
  const words = new Uint32Array(lanes * cycles * layout.inputWords);
  for (let lane = 0; lane < lanes; lane++) {
    for (let cycle = 0; cycle < cycles; cycle++) {
      const at = (lane * cycles + cycle) * layout.inputWords;
      stimulus(lane, cycle, layout, words.subarray(at, at + layout.inputWords));
    }
  }
  return words;
}

const block = new Uint32Array(LANES);

function writeLanes(
  { layout, lanes, cycles, stimulus }: Vectors,
  cycle: number,
  field: ProbeField,
  to: LaneWord,
) {
  for (let w = 0; w < wordsOfField(field); w++) {
    for (let lane = 0; lane < LANES; lane++) {
      const from = Math.min(lane, lanes - 1) * cycles + cycle;
      block[lane] = stimulus[from * layout.inputWords + field.word + w]!;
    }
    to.write(block, 32 * w);
  }
}

function readLanes(
  { layout, lanes, cycles, expected }: Vectors,
  cycle: number,
  field: ProbeField,
  from: LaneWord,
) {
  for (let w = 0; w < wordsOfField(field); w++) {
    from.read(32 * w, Math.min(32, field.width - 32 * w), block);
    for (let lane = 0; lane < lanes; lane++) {
      expected[(lane * cycles + cycle) * layout.stateWords + field.word + w] = block[lane]!;
    }
  }
}

function fieldValue(words: Uint32Array, base: number, field: ProbeField): bigint {
  let value = 0n;
  for (let w = wordsOfField(field) - 1; w >= 0; w--)
    value = (value << 32n) | BigInt(words[base + field.word + w]!);
  return value;
}
