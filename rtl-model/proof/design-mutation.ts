/** The mutation run of a design: its own vectors, with and without bubbles, and the ports that its protocol reads. */

import { Random } from '../../src/numerics/index.js';
import {
  type Design,
  edgesOf,
  fieldsOf,
  type MacDesign,
  type PortField,
  randomSegments,
} from '../designs/index.js';
import {
  type CompiledSimulation,
  LANES,
  type LaneWord,
  type MutationSetup,
  type Observation,
  randomize,
} from '../simulation/index.js';
import { portValue } from './design-stimulus.js';

/** What a mutation run of a design needs. `cycles` edges in each of 128 lanes. */
export function mutationSetup(design: Design, cycles: number, seed: number): MutationSetup {
  const random = new Random(seed);
  const { netlist } = design;
  if (design.kind === 'mac') {
    const drive = playback(design, cycles, random);
    return { netlist, cycles, drive, observations: macObservations(design) };
  }
  const { done, outputs } = design.protocol;
  const observations = [{ port: done }, ...outputs.map(({ port }): Observation => ({ port, when: done }))];
  const drive = (engine: CompiledSimulation, cycle: number) => {
    const stream = random.split(`cycle ${cycle}`);
    for (const { name } of netlist.inputs) randomize(engine.input(name), stream);
  };
  return { netlist, cycles, drive, observations };
}

function macObservations({ protocol }: MacDesign): Observation[] {
  const { done, nan, results } = protocol;
  const nans = nan === undefined ? [] : [{ port: nan, when: done }];
  return [{ port: done }, ...nans, ...results.map(({ port }) => ({ port, when: done }))];
}

/** Draws a stream of segments for every lane once, and plays it into any engine. Even lanes have no bubbles. */
function playback(design: MacDesign, cycles: number, random: Random): MutationSetup['drive'] {
  const fields = fieldsOf(design);
  const values = fields.map(() => new Uint32Array(cycles * LANES));
  for (let lane = 0; lane < LANES; lane++) {
    recordLane(design, fields, values, lane, cycles, random.split(`lane ${lane}`));
  }
  return (engine, cycle) => {
    fields.forEach(({ port, low, width }, f) => {
      const word: LaneWord = engine.input(port);
      word.write(values[f]!.subarray(cycle * LANES, (cycle + 1) * LANES), low, width);
    });
  };
}

function recordLane(
  design: MacDesign,
  fields: readonly PortField[],
  values: readonly Uint32Array[],
  lane: number,
  cycles: number,
  random: Random,
): void {
  const bubbles = lane % 2 === 1;
  let cycle = 0;
  while (cycle < cycles) {
    const segments = randomSegments(design, random, { slices: cycles });
    for (const edge of edgesOf(design, segments, () => bubbles && random.below(4) === 0)) {
      if (cycle === cycles) return;
      fields.forEach((field, f) => {
        values[f]![cycle * LANES + lane] = portValue(design, field, edge, random);
      });
      cycle++;
    }
  }
}
