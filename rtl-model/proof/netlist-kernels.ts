/**
 * Netlists behind the kernels' interface: every output is a dot product on the gates of the design that implements its
 * semantic, 128 at a time in the compiled simulator. Slow; a cross-check of kernels and designs by each other.
 */
import { type DotSemantic, hasBlockScales, type OperandFormat } from '../../src/dot/index.js';
import {
  type AccumulatorTile,
  checkAddends,
  checkOperand,
  checkShapes,
  type Kernels,
  type PreparedTile,
  type TileOperand,
} from '../../src/kernels/index.js';
import { ConfigurationError } from '../../src/numerics/index.js';
import {
  createDesign,
  type Edge,
  edgesOf,
  fieldsOf,
  type MacDesign,
  type OperandSlice,
  type Segment,
} from '../designs/index.js';
import { bitBlast } from '../hdl/index.js';
import { CompiledSimulation, LANES } from '../simulation/index.js';

/** Configurations whose result is the bits of their semantic, on operands as they are. */
const CONFIGURATIONS: readonly Parameters<typeof createDesign>[] = [
  ['nvfp4-lanes'],
  ['if4-lanes'],
  ['nvfp4-exact', { readout: 'fp32' }],
  ['if4-exact49', { readout: 'fp32' }],
  ['mxfp4-exact', { readout: 'fp32' }],
  ['nvint4-exact', { readout: 'fp32' }],
  ['if4-three-acc'],
  ['nvfp4-fp32'],
  ['if4-fp32-correct'],
  ['nvfp4-fused35'],
  ['mxfp4-fused35'],
  ['fp8-fused13'],
  ['bf16-fused25'],
  ['int8-exact'],
];

/** A design with its compiled gates. */
interface Unit {
  readonly design: MacDesign;
  readonly engine: CompiledSimulation;
}

const units = new Map<string, Unit>();

/** The netlist for a pair of formats; undefined if no design implements the semantic for them. */
function unitFor(semantic: DotSemantic, a: OperandFormat, b: OperandFormat): Unit | undefined {
  for (const configuration of CONFIGURATIONS) {
    const key = configuration[0];
    const design = units.get(key)?.design ?? createDesign(...configuration);
    if (design.kind !== 'mac' || design.semantic.name !== semantic.name) continue;
    if (design.a.name !== a.name || design.w.name !== b.name) continue;
    const unit = units.get(key) ?? { design, engine: new CompiledSimulation(bitBlast(design.netlist)) };
    units.set(key, unit);
    return unit;
  }
  return undefined;
}

/** Whether a design implements the semantic for these formats. */
export function hasNetlist(semantic: DotSemantic, a: OperandFormat, b: OperandFormat): boolean {
  return unitFor(semantic, a, b) !== undefined;
}

class NetlistOperand implements PreparedTile {
  readonly rows: number;
  readonly depth: number;

  constructor(readonly operand: TileOperand) {
    [this.rows, this.depth] = [operand.rows, operand.depth];
  }

  /** What a port takes at element k of a row. */
  slice(row: number, k: number, lanes: number): OperandSlice {
    const { format, codes, scales } = this.operand;
    const from = row * this.depth + k;
    const taken = codes.subarray(from, from + lanes);
    if (!hasBlockScales(format)) return { codes: taken, scales: [] };
    const block = Math.floor(from / format.blockSize);
    return { codes: taken, scales: scales.subarray(block, block + Math.max(1, lanes / format.blockSize)) };
  }

  release(): void {}
}

/** Everything added since the start, which goes through the gates when results are asked for. */
class NetlistTile implements AccumulatorTile {
  addends: Uint32Array;
  pairs: [NetlistOperand, NetlistOperand][] = [];

  constructor(
    readonly unit: Unit,
    readonly semantic: DotSemantic,
    readonly rows: number,
    readonly cols: number,
  ) {
    this.addends = new Uint32Array(rows * cols);
  }

  read(): Uint32Array {
    const { protocol, lanes } = this.unit.design;
    const steps = this.pairs.flatMap(([a, b]) =>
      Array.from({ length: a.depth / lanes }, (_, i) => (output: number) => ({
        a: a.slice(Math.floor(output / this.cols), i * lanes, lanes),
        w: b.slice(output % this.cols, i * lanes, lanes),
      })),
    );
    if (steps.length === 0) return this.addends.slice();
    // A unit that takes a whole dot product at an edge gets its result back as the addend of the next one.
    const segments = protocol.segmentEnd === 'each' ? steps.map((step) => [step]) : [steps];
    return segments.reduce((addends, segment) => {
      const of = (addend: number, output: number): Segment => ({
        slices: segment.map((step) => step(output)),
        ...(protocol.addend === undefined ? {} : { addend }),
      });
      return this.#run(Array.from(addends, of));
    }, this.addends);
  }

  /** Results of segments, in order. */
  #run(segments: readonly Segment[]): Uint32Array {
    const found = new Uint32Array(segments.length);
    for (let first = 0; first < segments.length; first += LANES) {
      found.set(this.#parallel(segments.slice(first, first + LANES)), first);
    }
    return found;
  }

  /** Up to 128 segments, one a lane. */
  #parallel(segments: readonly Segment[]): Uint32Array {
    const { design, engine } = this.unit;
    const { done, results, nan } = design.protocol;
    const fields = fieldsOf(design).map((field) => ({ field, word: engine.input(field.port) }));
    const streams = segments.map((segment) => [...edgesOf(design, [segment])]);
    const found = new Uint32Array(segments.length);
    const values = new Uint32Array(LANES);
    engine.reset();
    for (let cycle = 0; cycle < streams[0]!.length; cycle++) {
      for (const { field, word } of fields) {
        streams.forEach((edges: readonly Edge[], lane) => {
          values[lane] = field.valueAt(edges[cycle]!);
        });
        word.write(values, field.low, field.width);
      }
      engine.settle();
      if (engine.output(done).read()[0] === 1) {
        const isNan = nan === undefined ? undefined : engine.output(nan).read();
        const bits = engine.output(results[0].port).read();
        for (let lane = 0; lane < found.length; lane++) {
          found[lane] = isNan?.[lane] === 1 ? this.#nanBits() : bits[lane]!;
        }
      }
      engine.clock();
    }
    return found;
  }

  #nanBits(): number {
    const { result } = this.semantic;
    return result.kind === 'float' ? result.nanBits : 0;
  }
}

function own<T>(thing: unknown, type: abstract new (...args: never[]) => T): T {
  if (thing instanceof type) return thing;
  throw new ConfigurationError('a tile was prepared by another engine than the netlists');
}

/** Throws `ConfigurationError` where no design implements a semantic, and for addends that a design has no port for. */
export const netlistKernels: Kernels = {
  name: 'netlist',
  prepare: (operand, side) => {
    checkOperand(operand, side);
    return new NetlistOperand(operand);
  },
  accumulator: (semantic, a, b, rows, cols) => {
    const unit = unitFor(semantic, a, b);
    if (unit === undefined) {
      throw new ConfigurationError(`no design implements "${semantic.name}" for ${a.name} × ${b.name}`);
    }
    return new NetlistTile(unit, semantic, rows, cols);
  },
  accumulate: (acc, a, b, fresh) => {
    const [tile, left, right] = [own(acc, NetlistTile), own(a, NetlistOperand), own(b, NetlistOperand)];
    checkShapes(tile, left, right, tile.unit.design.lanes);
    if (fresh) [tile.addends, tile.pairs] = [new Uint32Array(tile.rows * tile.cols), []];
    tile.pairs.push([left, right]);
  },
  read: (acc) => own(acc, NetlistTile).read(),
  load: (acc, bits) => {
    checkAddends(acc, bits);
    const tile = own(acc, NetlistTile);
    const { design } = tile.unit;
    if (design.protocol.addend === undefined && bits.some((c) => c !== 0)) {
      throw new ConfigurationError(`${design.name} has no port for an addend C`);
    }
    [tile.addends, tile.pairs] = [bits.slice(), []];
  },
};
