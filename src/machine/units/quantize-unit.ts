/**
 * The quantise unit of a core: a pipelined unit whose operations hold the stages that they read and write.
 * Among themselves they run in order, so that one may read what an earlier one writes.
 */
import type { QuantizeOperation, StallReason } from '../../../isa/index.js';
import type { Barrier } from '../barrier.js';
import type { Listener, Origin } from '../events.js';
import { Accumulator, type BufferStage } from '../local-memory.js';
import type { QuantizeFigures } from '../model.js';
import { checkConversion } from '../quantize-checks.js';
import type { Values } from '../values.js';
import { PipelinedUnit } from './pipelined-unit.js';
import { type QuantizePipeline, timeConversion } from './quantize-timing.js';

export interface QuantizeUnitOptions {
  readonly core: number;
  readonly figures: QuantizeFigures;
  readonly values: Values;
  /** Told of the pipelines that are used, by their names. */
  readonly pipelines: Map<string, QuantizePipeline>;
  readonly listener: Listener;
}

/** The stages and the barrier that an operation names. */
export interface ConversionPlaces {
  readonly destination: BufferStage;
  readonly source: BufferStage | Accumulator;
  readonly barrier: Barrier | undefined;
}

export class QuantizeUnit {
  /** What moves its operations. */
  readonly unit: PipelinedUnit<QuantizeOperation>;

  constructor(private readonly options: QuantizeUnitOptions) {
    const { core, figures, listener } = options;
    this.unit = new PipelinedUnit({
      core,
      unit: 'quantize',
      queueDepth: figures.queueDepth.value,
      fullReason: 'quantize-queue',
      listener,
    });
  }

  /** Queues an operation, or says why it cannot be queued now. */
  enqueue(operation: QuantizeOperation, places: ConversionPlaces, origin: Origin): StallReason | null {
    const { action } = operation;
    const { destination, source, barrier } = places;
    checkConversion(destination, source, action);
    if (source instanceof Accumulator && source.pendingVector > 0) return 'accumulator';
    const wait = this.unit.canAccept();
    if (wait !== null) return wait;
    hold(places, 1);
    destination.origin = undefined;
    this.unit.accept({
      operation,
      origin,
      ...this.#timing(operation, source),
      restartCycles: 0,
      onStart: () => this.options.values.convert(destination, source, action),
      onDone: (now) => {
        hold(places, -1);
        destination.written = true;
        barrier?.arrive(0, now);
      },
    });
    return null;
  }

  #timing({ action }: QuantizeOperation, { declaration }: ConversionPlaces['source']) {
    const { figures, pipelines } = this.options;
    const timing = timeConversion(figures, action, declaration.rows * declaration.cols);
    for (const pipeline of timing.pipelines) pipelines.set(pipeline.name, pipeline);
    return timing;
  }
}

/** Marks the stages of an operation as in use, or (−1) as free again. */
function hold({ destination, source }: ConversionPlaces, change: 1 | -1): void {
  destination.pendingConversions.writes += change;
  if (source instanceof Accumulator) source.pendingStores += change;
  else source.pendingConversions.reads += change;
}
