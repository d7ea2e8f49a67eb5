/** The vector unit of a core: element-wise work on accumulators, in order, which later readers wait for. */
import type { StallReason, VectorOperation } from '../../../isa/index.js';
import { checkVector } from '../checks.js';
import type { Listener, Origin } from '../events.js';
import type { Accumulator } from '../local-memory.js';
import type { MachineModel } from '../model.js';
import type { Values } from '../values.js';
import { PipelinedUnit } from './pipelined-unit.js';

export interface VectorUnitOptions {
  readonly core: number;
  readonly figures: MachineModel['vector'];
  readonly values: Values;
  readonly listener: Listener;
}

export class VectorUnit {
  /** What moves its operations. */
  readonly unit: PipelinedUnit<VectorOperation>;

  constructor(private readonly options: VectorUnitOptions) {
    const { core, figures, listener } = options;
    this.unit = new PipelinedUnit({
      core,
      unit: 'vector',
      queueDepth: figures.queueDepth.value,
      fullReason: 'vector-queue',
      listener,
    });
  }

  /** Queues an operation on an accumulator, and for an addition a second one; or says why it cannot be queued now. */
  enqueue(
    operation: VectorOperation,
    accumulator: Accumulator,
    other: Accumulator | undefined,
    origin: Origin,
  ): StallReason | null {
    const involved = other === undefined ? [accumulator] : [accumulator, other];
    checkVector(involved);
    const wait = this.unit.canAccept();
    if (wait !== null) return wait;
    for (const each of involved) each.pendingVector++;
    const { figures, values } = this.options;
    const { rows, cols } = accumulator.declaration;
    this.unit.accept({
      operation,
      origin,
      ...timeVector(figures, rows * cols),
      restartCycles: 0,
      onStart: () => values.apply(accumulator, other, operation.action),
      onDone: () => {
        for (const each of involved) each.pendingVector--;
      },
    });
    return null;
  }
}

/** How long an operation on so many elements occupies the unit, and when its result is there. */
export function timeVector(
  { lanes, latencyCycles }: MachineModel['vector'],
  elements: number,
): { readonly busyCycles: number; readonly latencyCycles: number } {
  const busyCycles = Math.ceil(elements / lanes.value);
  return { busyCycles, latencyCycles: busyCycles + latencyCycles.value };
}
