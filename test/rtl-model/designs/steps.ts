/** Runs designs that take a whole dot product at an edge (`each`): many independent steps, 128 at once. */
import { type Edge, fieldsOf, type MacDesign, type Slice } from '../../../rtl-model/designs/index.js';
import { bitBlast } from '../../../rtl-model/hdl/index.js';
import { CompiledSimulation, LANES } from '../../../rtl-model/simulation/index.js';

export interface Step {
  readonly slice: Slice;
  readonly addend: number;
}

export class StepRunner {
  readonly design: MacDesign;
  readonly #engine: CompiledSimulation;

  constructor(design: MacDesign) {
    this.design = design;
    this.#engine = new CompiledSimulation(bitBlast(design.netlist));
  }

  /** The result bits of each step. Steps enter back to back, one an edge and lane. */
  run(steps: readonly Step[]): Uint32Array {
    const engine = this.#engine;
    const { latencyCycles, protocol } = this.design;
    const fields = fieldsOf(this.design).map((field) => ({ field, word: engine.input(field.port) }));
    const output = engine.output(protocol.results[0].port);
    const results = new Uint32Array(steps.length);
    const idle: Edge = { slice: undefined, first: false, last: false, addend: 0 };
    const edges = Math.ceil(steps.length / LANES);
    const values = new Uint32Array(LANES);
    for (let edge = 0; edge < edges + latencyCycles; edge++) {
      const from = (edge - latencyCycles) * LANES;
      if (from >= 0) {
        engine.settle();
        output.read(0, 32, values);
        results.set(values.subarray(0, Math.min(LANES, steps.length - from)), from);
      }
      const lanes = Array.from({ length: LANES }, (_, lane): Edge => {
        const step = steps[edge * LANES + lane];
        return step === undefined
          ? idle
          : { slice: step.slice, first: true, last: true, addend: step.addend };
      });
      for (const { field, word } of fields) {
        for (let lane = 0; lane < LANES; lane++) values[lane] = field.valueAt(lanes[lane]!);
        word.write(values, field.low, field.width);
      }
      engine.clock();
    }
    return results;
  }
}
