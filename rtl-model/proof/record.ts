/**
 * Recording what a design does: stimulus for every lane and cycle, and the value of every output and register by the
 * compiled simulator (all lanes) or by the interpreter (some lanes, slowly).
 */
import { bitBlast, flatten, type GateNetlist, type Module } from '../hdl/index.js';
import { CompiledSimulation, Interpreter, LANES, type LaneWord } from '../simulation/index.js';
import {
  type ProbeField,
  type ProbeLayout,
  probeLayout,
  type Vectors,
  wordsOfField,
} from '../systemverilog/index.js';

/** The 32-bit words of the inputs of one lane in one cycle, written into `into` from index 0 up. */
export type Stimulus = (lane: number, cycle: number, layout: ProbeLayout, into: Uint32Array) => void;

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

/** Runs `cycles` cycles in each of `lanes` lanes (at most 128) by the compiled simulator. */
export function recordCompiled(module: Module, stimulus: Stimulus, lanes: number, cycles: number): Vectors {
  const netlist = flatten(module);
  const gates = bitBlast(netlist);
  const layout = probeLayout(netlist);
  const vectors: Vectors = {
    layout,
    lanes,
    cycles,
    stimulus: makeStimulus(layout, stimulus, lanes, cycles),
    expected: new Uint32Array(lanes * cycles * layout.stateWords),
    checked: checkedBits(layout, gates),
  };
  const engine = new CompiledSimulation(gates);
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

/** Words of the recording in which the interpreter differs, for the first `lanes` lanes and `cycles` cycles. */
export function interpreterMismatches(
  module: Module,
  vectors: Vectors,
  lanes: number,
  cycles: number,
): { lane: number; cycle: number; field: string; expected: string; found: string }[] {
  const { layout } = vectors;
  const engine = new Interpreter(flatten(module));
  const mismatches = [];
  for (let lane = 0; lane < Math.min(lanes, vectors.lanes); lane++) {
    engine.reset();
    for (let cycle = 0; cycle < Math.min(cycles, vectors.cycles); cycle++) {
      const at = lane * vectors.cycles + cycle;
      for (const field of layout.inputs) {
        engine.set(field.name, fieldValue(vectors.stimulus, at * layout.inputWords, field));
      }
      engine.settle();
      for (const field of layout.state) {
        const mask = fieldValue(vectors.checked, 0, field);
        const expected = engine.get(field.name) & mask;
        const found = fieldValue(vectors.expected, at * layout.stateWords, field) & mask;
        if (expected === found) continue;
        const texts = { expected: expected.toString(16), found: found.toString(16) };
        mismatches.push({ lane, cycle, field: field.name, ...texts });
      }
      engine.clock();
    }
  }
  return mismatches;
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

/** Register bits that the gate level dropped because nothing reads them are not compared; all others are. */
function checkedBits(layout: ProbeLayout, gates: GateNetlist): Uint32Array {
  const checked = new Uint32Array(layout.stateWords);
  const registers = new Map(gates.registers.map(({ name, output }) => [name, output]));
  for (const { name, width, word, kind } of layout.state) {
    for (let bit = 0; bit < width; bit++) {
      const read = kind === 'output' || registers.get(name)![bit]! >= 0;
      if (read) checked[word + (bit >> 5)]! |= 1 << (bit & 31);
    }
  }
  return checked;
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
