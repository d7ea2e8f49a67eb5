/** Stimulus for whole designs: MACs by their protocol (random segments with bubbles between slices), others uniform. */

import { Random } from '../../src/numerics/index.js';
import { type Design, edgesOf, fieldsOf, type MacDesign, randomSegments } from '../designs/index.js';
import { LANES } from '../simulation/index.js';
import type { ProbeLayout, Vectors } from '../systemverilog/index.js';
import { Recorder, type Stimulus, uniformStimulus } from './record.js';

/** Slices drawn at a time. */
const SLICES_AT_ONCE = 64;

/**
 * What drives a design. Every lane is an independent stream of segments: lanes with an even number back to back, odd
 * ones with a bubble before about every third slice. Lanes are to be asked cycle after cycle from 0.
 */
export function designStimulus(design: Design, seed: number): Stimulus {
  const random = new Random(seed);
  if (design.kind !== 'mac') return uniformStimulus(random);
  let lane = -1;
  let next: () => Uint32Array = () => new Uint32Array(0);
  return (wanted, _cycle, layout, into) => {
    if (wanted !== lane) {
      lane = wanted;
      next = macInputs(design, layout, random.split(`lane ${lane}`), lane % 2 === 1);
    }
    into.set(next());
  };
}

/** The input words of a MAC, edge after edge, without end. */
function macInputs(
  design: MacDesign,
  layout: ProbeLayout,
  random: Random,
  bubbles: boolean,
): () => Uint32Array {
  const fields = fieldsOf(design).map((field) => {
    const port = layout.inputs.find(({ name }) => name === field.port)!;
    return { field, bit: 32 * port.word + field.low };
  });
  const words = new Uint32Array(layout.inputWords);
  let edges = edgesOf(design, []);
  return () => {
    let step = edges.next();
    while (step.done) {
      const segments = randomSegments(design, random, { slices: SLICES_AT_ONCE });
      edges = edgesOf(design, segments, () => bubbles && random.below(4) === 0);
      step = edges.next();
    }
    words.fill(0);
    for (const { field, bit } of fields) put(words, bit, field.valueAt(step.value));
    return words;
  };
}

/** Or-s a value of up to 32 bits in at a bit position. */
function put(words: Uint32Array, bit: number, value: number): void {
  const [word, shift] = [bit >>> 5, bit & 31];
  words[word]! |= value << shift;
  if (shift > 0 && word + 1 < words.length) words[word + 1]! |= value >>> (32 - shift);
}

/** Cycles of each lane in the recordings of a long run; with 128 lanes 102,400 cycles in all, 12,800 in the first. */
const LONG_RUN = [100, 100, 200, 200, 200] as const;

/** A design in 128 lanes for 102,400 cycles, in several recordings, each from reset with stimulus of its own. */
export function recordLongRun(design: Design, seed: number): Vectors[] {
  const recorder = new Recorder(design.module);
  return LONG_RUN.map((cycles, i) => recorder.record(designStimulus(design, 100 * seed + i), LANES, cycles));
}
