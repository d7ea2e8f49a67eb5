/** The mutation run of a design: its level-1 vectors dealt to 128 streams, and the ports that its protocol reads. */

import { Random } from '../../src/numerics/index.js';
import {
  type Design,
  edgesOf,
  fieldsOf,
  type LevelOneSegment,
  levelOneBlocks,
  levelOneSegments,
  type MacDesign,
  type UnitDesign,
} from '../designs/index.js';
import type { Netlist } from '../hdl/index.js';
import {
  type CompiledSimulation,
  LANES,
  LaneWord,
  type MutationSetup,
  type Observation,
  randomize,
  WORDS_PER_VECTOR,
} from '../simulation/index.js';

/** What a mutation run of a design needs. `slices`: how much of level 1, all of it by default. */
export function mutationSetup(design: Design, slices?: number): MutationSetup {
  const { netlist } = design;
  if (design.kind === 'mac') {
    const recording = recordMac(design, slices);
    return { netlist, ...recording, observations: macObservations(design) };
  }
  const { done, outputs } = design.protocol;
  const observations = [{ port: done }, ...outputs.map(({ port }): Observation => ({ port, when: done }))];
  return { netlist, ...recordUnit(design, slices), observations };
}

function macObservations({ protocol }: MacDesign): Observation[] {
  const { done, nan, results } = protocol;
  const nans = nan === undefined ? [] : [{ port: nan, when: done }];
  return [{ port: done }, ...nans, ...results.map(({ port }) => ({ port, when: done }))];
}

/** Level 1 as bit-sliced words: each stream gets the next segment when it is the shortest. Odd ones have bubbles. */
function recordMac(design: MacDesign, slices?: number): Recording {
  const streams = dealt(levelOneSegments(design, slices)).map((segments, lane) => {
    const random = new Random(lane);
    return edgesOf(design, segments, () => lane % 2 === 1 && random.below(4) === 0);
  });
  const fields = fieldsOf(design);
  const values = fields.map(() => new Uint32Array(LANES));
  const idle = { slice: undefined, first: false, last: false, addend: 0 };
  let cycle = 0;
  return record(design.netlist, (words) => {
    let running = false;
    streams.forEach((stream, lane) => {
      const { value, done } = stream.next();
      if (done !== true) running = true;
      const edge = done === true ? { ...idle, noise: cycle } : value;
      fields.forEach((field, f) => {
        values[f]![lane] = field.valueAt(edge);
      });
    });
    fields.forEach(({ port, low, width }, f) => {
      words.get(port)!.write(values[f]!, low, width);
    });
    cycle++;
    return running;
  });
}

/** Blocks of level 1 as far apart as the protocol asks; odd streams have one more edge between them at times. */
function recordUnit(design: UnitDesign, blocks?: number): Recording {
  const { enable, interval } = design.protocol;
  const waiting = levelOneBlocks(design, blocks);
  const random = new Random(0);
  const next = new Int32Array(LANES);
  let [cycle, left] = [0, design.latencyCycles + 1];
  return record(design.netlist, (words) => {
    for (const word of words.values()) finiteNoise(word, random);
    words.get(enable)!.fill(0);
    let started = false;
    for (let lane = 0; lane < LANES; lane++) {
      if (next[lane]! > cycle || (lane % 2 === 1 && random.below(4) === 0)) continue;
      const { value, done } = waiting.next();
      if (done === true) break;
      started = true;
      next[lane] = cycle + interval;
      words.get(enable)!.set(lane, 1);
      for (const [port, word] of Object.entries(value.inputs)) words.get(port)!.set(lane, word);
    }
    cycle++;
    left = started ? interval + design.latencyCycles + 1 : left - 1;
    return left > 0;
  });
}

/** Noise that is finite and not negative, whether it is read as BF16 or FP32 numbers: units take no others. */
function finiteNoise(word: LaneWord, random: Random): void {
  randomize(word, random);
  for (let top = 15; top < word.width; top += 16) {
    word.vectors.fill(0, (top - 1) * WORDS_PER_VECTOR, (top + 1) * WORDS_PER_VECTOR);
  }
}

type Recording = Pick<MutationSetup, 'cycles' | 'drive'>;

/** Records inputs edge by edge until there are no more. */
function record({ inputs }: Netlist, edge: (words: ReadonlyMap<string, LaneWord>) => boolean): Recording {
  const recorded: Uint32Array[] = [];
  for (let running = true; running; ) {
    const words = new Map(inputs.map(({ name, width }) => [name, LaneWord.detached(width)]));
    running = edge(words);
    recorded.push(joined([...words.values()].map(({ vectors }) => vectors)));
  }
  const drive = (engine: CompiledSimulation, cycle: number) => {
    let at = 0;
    for (const { name } of inputs) {
      const { vectors } = engine.input(name);
      vectors.set(recorded[cycle]!.subarray(at, at + vectors.length));
      at += vectors.length;
    }
  };
  return { cycles: recorded.length, drive };
}

function dealt(segments: Iterable<LevelOneSegment>): LevelOneSegment[][] {
  const streams = Array.from({ length: LANES }, () => ({ slices: 0, segments: [] as LevelOneSegment[] }));
  for (const segment of segments) {
    const shortest = streams.reduce((least, stream) => (stream.slices < least.slices ? stream : least));
    shortest.slices += segment.slices.length;
    shortest.segments.push(segment);
  }
  return streams.map((stream) => stream.segments);
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const whole = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
