/** Units without a memory of their own: the same inputs always give the same outputs. Computed 128 at a time. */
import { bitBlast, type Netlist } from '../../../rtl-model/hdl/index.js';
import { CompiledSimulation, LANES, type LaneWord } from '../../../rtl-model/simulation/index.js';
import type { Columns, Layout } from '../layout.js';

/** Computes the result fields of lines 0 … count − 1 from the others. */
export class FunctionEngine {
  readonly #simulation: CompiledSimulation;
  readonly #inputs: readonly ColumnPort[];
  readonly #outputs: readonly ColumnPort[];
  readonly #latencyCycles: number;
  readonly #enable: LaneWord | undefined;

  /**
   * @param latencyCycles edges until the outputs are there, with the inputs held
   * @param enable input that is 1 at the edge which takes the inputs, and 0 until the outputs are there
   */
  constructor(netlist: Netlist, layout: Layout, latencyCycles: number, enable?: string) {
    this.#simulation = new CompiledSimulation(bitBlast(netlist));
    this.#latencyCycles = latencyCycles;
    this.#enable = enable === undefined ? undefined : this.#simulation.input(enable);
    const ports = (role: 'operand' | 'result') =>
      layout.fields
        .filter((field) => field.role === role)
        .flatMap(({ name, column, columns, width }) => {
          const word = role === 'operand' ? this.#simulation.input(name) : this.#simulation.output(name);
          return Array.from({ length: columns }, (_, limb) => ({
            word,
            column: column + limb,
            low: 32 * limb,
            width: Math.min(32, width - 32 * limb),
          }));
        });
    this.#inputs = ports('operand');
    this.#outputs = ports('result');
  }

  compute(columns: Columns, count: number): void {
    const values = new Uint32Array(LANES);
    for (let base = 0; base < count; base += LANES) {
      const here = Math.min(LANES, count - base);
      for (const { word, column, low, width } of this.#inputs) {
        values.fill(0);
        values.set(columns[column]!.subarray(base, base + here));
        word.write(values, low, width);
      }
      this.#run();
      for (const { word, column, low, width } of this.#outputs) {
        columns[column]!.set(word.read(low, width, values).subarray(0, here), base);
      }
    }
  }

  #run(): void {
    if (this.#latencyCycles > 0) {
      this.#enable?.fill(1);
      this.#simulation.clock();
      this.#enable?.fill(0);
      this.#simulation.run(this.#latencyCycles - 1);
    }
    this.#simulation.settle();
  }
}

interface ColumnPort {
  readonly word: LaneWord;
  readonly column: number;
  readonly low: number;
  readonly width: number;
}
