/** Runs a MAC design in the compiled simulator, 128 independent streams at once, and compares every result. */

import type { OperandFormat } from '../../src/dot/index.js';
import type { Random } from '../../src/numerics/index.js';
import {
  type Edge,
  type Expectation,
  edgesOf,
  expectationOf,
  fieldsOf,
  type MacDesign,
  type OperandSlice,
  operandValues,
  type ResultPort,
  randomSegments,
  resultValue,
  type Segment,
} from '../designs/index.js';
import { bitBlast } from '../hdl/index.js';
import { CompiledSimulation, LANES } from '../simulation/index.js';

const IDLE: Edge = { slice: undefined, first: false, last: false, addend: 0 };

export interface Mismatch {
  readonly lane: number;
  /** Number of the segment in its lane. */
  readonly index: number;
  readonly segment: Segment;
  readonly expected: readonly (bigint | null)[];
  readonly found: readonly (bigint | null)[] | undefined;
}

export interface RunReport {
  readonly segments: number;
  readonly slices: number;
  readonly cycles: number;
  readonly mismatches: readonly Mismatch[];
}

/** What one simulated stream is fed with. */
interface Stream {
  readonly edges: Iterator<Edge>;
  readonly expected: Iterator<{ segment: Segment; expected: readonly (bigint | null)[] }>;
  index: number;
}

/** One compiled engine, kept between runs. */
export class DesignBench {
  readonly design: MacDesign;
  readonly engine: CompiledSimulation;
  readonly expectation: Expectation;

  constructor(design: MacDesign) {
    this.design = design;
    this.engine = new CompiledSimulation(bitBlast(design.netlist));
    this.expectation = expectationOf(design);
  }

  /** Random segments in all lanes, about `slices` in total, with bubbles in every second lane. */
  random(random: Random, slices: number, classes?: readonly string[]): RunReport {
    const options = { slices: Math.ceil(slices / LANES), ...(classes === undefined ? {} : { classes }) };
    const segments = Array.from({ length: LANES }, (_, lane) => [
      ...randomSegments(this.design, random.split(`lane ${lane}`), options),
    ]);
    return this.run(segments, random.split('bubbles'));
  }

  /** The segments of each lane (up to 128) in order. Every odd lane gets random bubbles. */
  run(segments: readonly (readonly Segment[])[], bubbles: Random): RunReport {
    const { design, engine } = this;
    engine.reset();
    const streams = segments.map((list, lane): Stream => {
      const random = bubbles.split(`lane ${lane}`);
      const bubble = () => lane % 2 === 1 && random.below(3) === 0;
      return { edges: edgesOf(design, list, bubble), expected: this.#expected(list), index: 0 };
    });
    const fields = fieldsOf(design).map((field) => ({ field, word: engine.input(field.port) }));
    const done = engine.output(design.protocol.done);
    const mismatches: Mismatch[] = [];
    const current: Edge[] = new Array<Edge>(LANES).fill(IDLE);
    const values = new Uint32Array(LANES);
    let cycles = 0;
    for (let running = true; running; cycles++) {
      running = false;
      streams.forEach((stream, lane) => {
        const { value, done: ended } = stream.edges.next();
        current[lane] = ended === true ? IDLE : value;
        running ||= ended !== true;
      });
      for (const { field, word } of fields) {
        for (let lane = 0; lane < LANES; lane++) values[lane] = field.valueAt(current[lane]!);
        word.write(values, field.low, field.width);
      }
      engine.settle();
      const finished = done.read();
      if (finished.some((bit) => bit === 1)) this.#collect(streams, finished, mismatches);
      engine.clock();
    }
    streams.forEach((stream, lane) => {
      const left = stream.expected.next();
      if (left.done !== true) mismatches.push({ lane, index: stream.index, ...left.value, found: undefined });
    });
    const all = segments.flat();
    const slices = all.reduce((sum, segment) => sum + segment.slices.length, 0);
    return { segments: all.length, slices, cycles, mismatches };
  }

  *#expected(list: readonly Segment[]) {
    for (const segment of list) yield { segment, expected: this.expectation(segment) };
  }

  #collect(streams: readonly Stream[], finished: Uint32Array, mismatches: Mismatch[]): void {
    const read = this.#readers();
    streams.forEach((stream, lane) => {
      if (finished[lane] !== 1) return;
      const next = stream.expected.next();
      const found = read(lane);
      const index = stream.index++;
      if (next.done === true) {
        mismatches.push({ lane, index, segment: { slices: [] }, expected: [], found });
        return;
      }
      const { segment, expected } = next.value;
      if (expected.some((value, i) => value !== found[i])) {
        mismatches.push({ lane, index, segment, expected, found });
      }
    });
  }

  /** The results of all lanes, transposed once. */
  #readers(): (lane: number) => (bigint | null)[] {
    const { results, nan } = this.design.protocol;
    const isNan = nan === undefined ? undefined : this.engine.output(nan).read();
    const words = results.map(({ port, width, kind }) => {
      const output = this.engine.output(port);
      const parts: Uint32Array[] = [];
      for (let low = 0; low < width; low += 32) parts.push(output.read(low, Math.min(32, width - low)));
      return (lane: number) => {
        let value = 0n;
        for (let i = parts.length - 1; i >= 0; i--) value = (value << 32n) | BigInt(parts[i]![lane]!);
        return kind === 'bits' ? value : BigInt.asIntN(width, value);
      };
    });
    return (lane) => words.map((word) => (isNan !== undefined && isNan[lane] === 1 ? null : word(lane)));
  }
}

/** A mismatch as text: what is needed to reproduce it, and the numbers that the codes stand for. */
export function describeMismatch(
  design: MacDesign,
  { lane, index, segment, expected, found }: Mismatch,
): string {
  const { results } = design.protocol;
  const shown = (values: readonly (bigint | null)[] | undefined) =>
    values?.map((value, i) => resultText(design, results[i]!, value)).join(', ') ?? 'nothing';
  const addend = segment.addend === undefined ? [] : [`C = 0x${hex(segment.addend, 8)}`];
  const lines = [
    `lane ${lane}, segment ${index} of ${segment.slices.length} slices`,
    `expected ${shown(expected)}`,
    `found    ${shown(found)}`,
    ...addend,
    ...segment.slices.flatMap((slice, i) => [
      `slice ${i}  a ${operandText(design.a, slice.a)}`,
      `slice ${i}  w ${operandText(design.w, slice.w)}`,
    ]),
  ];
  return lines.join('\n  ');
}

/** Bits and number of one result. */
export function resultText(design: MacDesign, port: ResultPort, value: bigint | null): string {
  if (value === null) return 'NaN';
  return `0x${hex(BigInt.asUintN(port.width, value), port.width / 4)} (${resultValue(design, port, value)})`;
}

/** Codes and numbers of one operand: `2 f … × 38 = 1 -6 … × 1`. */
function operandText(format: OperandFormat, slice: OperandSlice): string {
  const { elements, scales } = operandValues(format, slice);
  const digits = format.kind === 'block' ? 1 : 2;
  const codes = Array.from(slice.codes, (code) => hex(code, digits)).join(' ');
  if (scales.length === 0) return `${codes} = ${elements.join(' ')}`;
  const scaleCodes = Array.from(slice.scales, (code) => hex(code, 2)).join(' ');
  return `${codes} × ${scaleCodes} = ${elements.join(' ')} × ${scales.join(' ')}`;
}

const hex = (value: number | bigint, digits: number) => value.toString(16).padStart(Math.ceil(digits), '0');
