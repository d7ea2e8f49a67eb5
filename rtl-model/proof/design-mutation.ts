/** The mutation run of a design: its level-1 vectors dealt to 128 streams, and the ports that its protocol reads. */

import { Random } from '../../src/numerics/index.js';
import {
  type Design,
  edgesOf,
  fieldsOf,
  type LevelOneSegment,
  levelOneSegments,
  type MacDesign,
} from '../designs/index.js';
import {
  type CompiledSimulation,
  LANES,
  LaneWord,
  type MutationSetup,
  type Observation,
  randomize,
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
  const random = new Random(7);
  const drive = (engine: CompiledSimulation, cycle: number) => {
    const stream = random.split(`cycle ${cycle}`);
    for (const { name } of netlist.inputs) randomize(engine.input(name), stream);
  };
  return { netlist, cycles: 256, drive, observations };
}

function macObservations({ protocol }: MacDesign): Observation[] {
  const { done, nan, results } = protocol;
  const nans = nan === undefined ? [] : [{ port: nan, when: done }];
  return [{ port: done }, ...nans, ...results.map(({ port }) => ({ port, when: done }))];
}

/** Level 1 as bit-sliced words: each stream gets the next segment when it is the shortest. Odd ones have bubbles. */
function recordMac(design: MacDesign, slices?: number): Pick<MutationSetup, 'cycles' | 'drive'> {
  const streams = dealt(levelOneSegments(design, slices)).map((segments, lane) => {
    const random = new Random(lane);
    return edgesOf(design, segments, () => lane % 2 === 1 && random.below(4) === 0);
  });
  const fields = fieldsOf(design);
  const ports = design.netlist.inputs.map(({ name, width }) => ({ name, width }));
  const recorded: Uint32Array[] = [];
  const values = fields.map(() => new Uint32Array(LANES));
  const idle = { slice: undefined, first: false, last: false, addend: 0 };
  for (let running = true; running; ) {
    running = false;
    streams.forEach((stream, lane) => {
      const { value, done } = stream.next();
      if (done !== true) running = true;
      const edge = done === true ? { ...idle, noise: recorded.length } : value;
      fields.forEach((field, f) => {
        values[f]![lane] = field.valueAt(edge);
      });
    });
    const words = new Map(ports.map(({ name, width }) => [name, LaneWord.detached(width)]));
    fields.forEach(({ port, low, width }, f) => {
      words.get(port)!.write(values[f]!, low, width);
    });
    recorded.push(joined([...words.values()].map(({ vectors }) => vectors)));
  }
  const drive = (engine: CompiledSimulation, cycle: number) => {
    let at = 0;
    for (const { name } of ports) {
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
