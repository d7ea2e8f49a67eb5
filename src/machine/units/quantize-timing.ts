/**
 * When the quantise unit is done: pipelines that take a group of elements an interval, and the depth of their stages.
 *
 * Latency and interval are those of the netlist of the design that does the work, where there is one; else a figure of
 * the machine model, which is marked as an assumption. A transform before a quantiser is a pipeline in front of it.
 * Timing depends on shapes and suffixes only.
 */

import type { QuantizeAction } from '../../../isa/index.js';
import { createDesign } from '../../../rtl-model/designs/index.js';
import type { QuantizeFigures } from '../model.js';
import { hadamardOf, planQuantize } from '../quantize-policy.js';

/** One kind of pipeline, of which the unit has several. */
export interface QuantizePipeline {
  /** What it does, and where its figures come from. */
  readonly name: string;
  readonly source: string;
  /** Elements that it takes at once. */
  readonly lanes: number;
  /** Cycles between two groups of `lanes`. */
  readonly interval: number;
  readonly latencyCycles: number;
}

/** `quant-nvfp4: 16 elements every cycle, 5 cycles deep (netlist of quant-nvfp4)` */
export function describePipeline({ name, source, lanes, interval, latencyCycles }: QuantizePipeline): string {
  const every = interval === 1 ? 'cycle' : `${interval} cycles`;
  return `${name}: ${lanes} elements every ${every}, ${latencyCycles} cycles deep (${source})`;
}

/** How long an operation occupies the unit, and when its result is there. */
export interface QuantizeTiming {
  readonly busyCycles: number;
  readonly latencyCycles: number;
  readonly pipelines: readonly QuantizePipeline[];
}

/** Designs by format and rule; the formats of the others are assumed. */
const DESIGNS: ReadonlyMap<string, string> = new Map([
  ['nvfp4 static_6', 'quant-nvfp4'],
  ['nvfp4 mse', 'quant-four-over-six'],
  ['if4 mse', 'quant-if4'],
]);

/** Elements of a block of the designs: what their interval counts. */
const DESIGN_GROUP = 16;

const made = new Map<string, QuantizePipeline>();

/** The pipeline of a design, from its netlist. */
function designed(name: string): QuantizePipeline {
  let pipeline = made.get(name);
  if (pipeline === undefined) {
    const design = createDesign(name);
    // Only units have an interval of blocks.
    const interval = design.kind === 'mac' ? 1 : design.protocol.interval;
    const { latencyCycles } = design;
    pipeline = { name, source: `netlist of ${name}`, lanes: DESIGN_GROUP, interval, latencyCycles };
    made.set(name, pipeline);
  }
  return pipeline;
}

function assumedPipeline(name: string, { lanes, latencyCycles }: QuantizeFigures): QuantizePipeline {
  return {
    name,
    source: latencyCycles.source,
    lanes: lanes.value,
    interval: 1,
    latencyCycles: latencyCycles.value,
  };
}

/** The timing of an action on a tile of so many elements. */
export function timeConversion(
  figures: QuantizeFigures,
  action: QuantizeAction,
  elements: number,
): QuantizeTiming {
  const pipelines = pipelinesOf(figures, action);
  const rounds = ({ lanes, interval }: QuantizePipeline): number =>
    Math.ceil(elements / lanes / figures.pipelines.value) * interval;
  const busyCycles = Math.max(...pipelines.map(rounds));
  const turned = 'transposed' in action && action.transposed ? figures.transposeCycles.value : 0;
  const depth = pipelines.reduce((sum, { latencyCycles }) => sum + latencyCycles, turned);
  return { busyCycles, latencyCycles: busyCycles + depth, pipelines };
}

function pipelinesOf(figures: QuantizeFigures, action: QuantizeAction): QuantizePipeline[] {
  switch (action.kind) {
    case 'transform':
      return [transformer(figures, action.size)];
    case 'maximum':
      return [...transformers(figures, action.hadamard), assumedPipeline('amax', figures)];
    case 'dequantize':
      return [assumedPipeline('dequant', figures)];
    case 'outliers':
      return [
        ...transformers(figures, hadamardOf(planQuantize(action, 0))),
        assumedPipeline('outliers', figures),
      ];
    case 'quantize':
      return quantizers(figures, action);
  }
}

function quantizers(
  figures: QuantizeFigures,
  action: Extract<QuantizeAction, { kind: 'quantize' }>,
): QuantizePipeline[] {
  const plan = planQuantize(action, 0);
  if (plan.kind === 'elements') return [assumedPipeline(`quant.${action.format}`, figures)];
  const { format, policy } = plan;
  const design = DESIGNS.get(`${format.name} ${policy.rule}`);
  const name = `quant.${format.name} by ${policy.rule}`;
  const quantizer = design === undefined ? assumedPipeline(name, figures) : designed(design);
  return [...transformers(figures, hadamardOf(plan)), quantizer];
}

function transformers(figures: QuantizeFigures, size: number): QuantizePipeline[] {
  return size === 1 ? [] : [transformer(figures, size)];
}

function transformer(figures: QuantizeFigures, size: number): QuantizePipeline {
  return size === 16 ? designed('hadamard16') : assumedPipeline(`hadamard.${size}`, figures);
}
