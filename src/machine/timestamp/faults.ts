/**
 * What the timestamp engine says when an operation is not allowed. It tells only that something is wrong; the checks that
 * both engines share say what.
 */
import type { UnitOperation } from '../../../isa/index.js';
import { checkBufferStore, checkLoad, checkMma, checkStore, checkVector } from '../checks.js';
import { type Device, indexFault } from '../core.js';
import { operandFormatOf } from '../global-memory.js';
import { Accumulator, BufferStage, otherOf } from '../local-memory.js';
import { checkConversion } from '../quantize-checks.js';
import type { ObjectSlot } from './code.js';
import type { CoreState } from './state.js';

type Table = 'buffers' | 'accumulators' | 'barriers';

/** An index beyond the objects of a declaration. */
export function noSuchObject(
  { program }: Device,
  table: Table,
  { id, count }: ObjectSlot,
  index: number,
): Error {
  return indexFault(program[table][id]!.name, index, count);
}

/** The fault of an operation that the quick checks refuse. */
export function faultOf(device: Device, core: CoreState, operation: UnitOperation, cycle: number): Error {
  try {
    CHECKS[operation.unit]?.(new Objects(device, core, cycle), operation as never);
  } catch (fault) {
    return fault as Error;
  }
  return new Error(`the timestamp engine refuses an operation that the checks allow: ${operation.unit}`);
}

const CHECKS: {
  readonly [U in UnitOperation['unit']]?: (
    objects: Objects,
    operation: Extract<UnitOperation, { unit: U }>,
  ) => void;
} = {
  copy(objects, operation) {
    const tensor = objects.device.tensors[operation.tensor]!;
    if (operation.direction === 'load') checkLoad(operation, tensor, objects.stage(operation.local));
    else if (operation.local.memory === 'buffer')
      checkBufferStore(operation, tensor, objects.stage(operation.local));
    else checkStore(operation, tensor, objects.accumulator(operation.local));
  },
  mma(objects, { accumulator, a, b, slice, fresh }) {
    const places = [a, b] as const;
    checkMma(objects.accumulator(accumulator), objects.stage(a), objects.stage(b), { slice, fresh, places });
  },
  vector(objects, { accumulator, action }) {
    const other = otherOf(action);
    const involved = other === undefined ? [accumulator] : [accumulator, other];
    checkVector(involved.map((place) => objects.accumulator(place)));
  },
  quantize(objects, { destination, source, action }) {
    const from = source.memory === 'buffer' ? objects.stage(source) : objects.accumulator(source);
    checkConversion(objects.stage(destination), from, action);
  },
};

/** Stages and accumulators as the checks see them. */
class Objects {
  constructor(
    readonly device: Device,
    private readonly core: CoreState,
    private readonly cycle: number,
  ) {}

  stage({ id, index }: { id: number; index: number }): BufferStage {
    const { buffers } = this.device.program;
    const declaration = buffers[id]!;
    const stage = new BufferStage(declaration, operandFormatOf(declaration.format)!);
    const at = buffers.slice(0, id).reduce((sum, { stages }) => sum + stages, index);
    const { core, cycle } = this;
    stage.pendingReads = core.readOpen[at]! > 0 || core.readUntil[at]! > cycle ? 1 : 0;
    stage.pendingWrites = core.loading[at]!;
    stage.pendingConversions.reads = Number(core.sourceUntil[at]! > cycle);
    stage.pendingConversions.writes = Number(core.targetUntil[at]! > cycle);
    stage.written = core.loaded[at] === 1;
    // Without an origin a tile counts as if it began at the first element.
    stage.origin = { tensor: 0, row: core.originRow[at]!, col: core.originCol[at]! };
    return stage;
  }

  accumulator({ id, index }: { id: number; index: number }): Accumulator {
    const { accumulators } = this.device.program;
    const accumulator = new Accumulator(accumulators[id]!);
    const at = accumulators.slice(0, id).reduce((sum, { stages }) => sum + stages, index);
    const { core, cycle } = this;
    accumulator.pendingMma = Number(core.isInFlight(at, cycle));
    accumulator.pendingStores = Number(core.isBeingRead(at, cycle));
    accumulator.started = core.started[at] === 1;
    return accumulator;
  }
}
