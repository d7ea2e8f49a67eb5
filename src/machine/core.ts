/**
 * One tensor core: its memories, barriers and units, and what each operation does to them.
 *
 * Values are computed when an operation starts or lands; races between operations trap instead of giving a value
 * that depends on timing.
 */
import type {
  CopyOperation,
  MmaOperation,
  Place,
  StallReason,
  UnitOperation,
  VectorOperation,
} from '../../isa/index.js';
import type { Program } from '../assembler/index.js';
import { BLOCK_FORMATS } from '../formats/index.js';
import type { Kernels } from '../kernels/index.js';
import { Barrier } from './barrier.js';
import { fitSemantic, multiplyAccumulate, type SemanticFit, valuesOf } from './datapath.js';
import { applyToBits, elementAction } from './epilogue.js';
import type { Listener } from './events.js';
import { type GlobalTensor, type OutputTensor, tileBytes } from './global-memory.js';
import type { HistoryStep, StoredTile } from './history.js';
import { Accumulator, BufferStage, otherOf } from './local-memory.js';
import type { MachineModel } from './model.js';
import { Fault } from './trap.js';
import { CopyChannel, type L2 } from './units/copy-channel.js';
import { PipelinedUnit } from './units/pipelined-unit.js';

/** What the cores of a device share. */
export interface Device {
  readonly program: Program;
  readonly model: MachineModel;
  readonly tensors: readonly GlobalTensor[];
  readonly kernels: Kernels;
  readonly l2: L2;
  readonly listener: Listener;
  /** Semantics that were found to take a pair of formats, by their names. */
  readonly fits: Map<string, SemanticFit>;
  /** Every store of the run, in the order in which they landed. */
  readonly stores: StoredTile[];
}

export class Core {
  readonly buffers: readonly (readonly BufferStage[])[];
  readonly accumulators: readonly (readonly Accumulator[])[];
  readonly barriers: readonly (readonly Barrier[])[];
  readonly #mma: PipelinedUnit<MmaOperation>;
  readonly #vector: PipelinedUnit<VectorOperation>;
  readonly #channels: { readonly load: CopyChannel; readonly store: CopyChannel };

  constructor(
    readonly index: number,
    private readonly device: Device,
  ) {
    const { program, model, listener, l2 } = device;
    this.buffers = program.buffers.map((declaration) =>
      stages(declaration.stages, () => new BufferStage(declaration, BLOCK_FORMATS.get(declaration.format)!)),
    );
    this.accumulators = program.accumulators.map((declaration) =>
      stages(declaration.stages, () => new Accumulator(declaration)),
    );
    this.barriers = program.barriers.map((declaration) =>
      stages(
        declaration.count,
        (i) =>
          new Barrier(
            declaration.count === 1 ? declaration.name : `${declaration.name}[${i}]`,
            declaration,
            model.barrierLatencyCycles.value,
          ),
      ),
    );
    this.#mma = new PipelinedUnit({
      core: index,
      unit: 'mma',
      queueDepth: model.mma.queueDepth.value,
      latencyCycles: model.mma.latencyCycles.value,
      busyCycles: (operation: MmaOperation) => mmaBusyCycles(model, this.#mmaShape(operation)),
      execute: (operation, cycle) => this.#executeMma(operation, cycle),
      fullReason: 'mma-queue',
      listener,
    });
    this.#vector = new PipelinedUnit({
      core: index,
      unit: 'vector',
      queueDepth: model.vector.queueDepth.value,
      latencyCycles: model.vector.latencyCycles.value,
      busyCycles: (operation: VectorOperation) => {
        const { rows, cols } = this.accumulator(operation.accumulator).declaration;
        return Math.ceil((rows * cols) / model.vector.lanes.value);
      },
      execute: (operation) => this.#executeVector(operation),
      fullReason: 'vector-queue',
      listener,
    });
    const channel = (
      direction: 'load' | 'store',
      latencyCycles: number,
      bytesPerCycle: number,
    ): CopyChannel =>
      new CopyChannel({
        core: index,
        direction,
        queueDepth: model.copy.queueDepth.value,
        latencyCycles,
        bytesPerCycle,
        l2,
        listener,
      });
    this.#channels = {
      load: channel('load', model.copy.loadLatencyCycles.value, model.copy.loadBytesPerCycle.value),
      store: channel('store', model.copy.storeLatencyCycles.value, model.copy.storeBytesPerCycle.value),
    };
  }

  /** One cycle of every unit. */
  advance(cycle: number): void {
    this.#channels.load.advance(cycle);
    this.#channels.store.advance(cycle);
    this.#mma.advance(cycle);
    this.#vector.advance(cycle);
  }

  get idle(): boolean {
    return this.#mma.idle && this.#vector.idle && this.#channels.load.idle && this.#channels.store.idle;
  }

  barrier(place: Place): Barrier {
    return pick(this.barriers, place, this.device.program.barriers);
  }

  accumulator(place: Place): Accumulator {
    return pick(this.accumulators, place, this.device.program.accumulators);
  }

  buffer(place: Place): BufferStage {
    return pick(this.buffers, place, this.device.program.buffers);
  }

  /**
   * Hands an operation to its unit, or says why that must wait.
   * @param onMmaDone called when an MMA's result is visible, for the group of its stream.
   */
  enqueue(operation: UnitOperation, cycle: number, onMmaDone: (cycle: number) => void): StallReason | null {
    switch (operation.unit) {
      case 'copy':
        return operation.direction === 'load'
          ? this.#enqueueLoad(operation, cycle)
          : this.#enqueueStore(operation, cycle);
      case 'mma':
        return this.#enqueueMma(operation, onMmaDone);
      case 'vector':
        return this.#enqueueVector(operation);
    }
  }

  #enqueueLoad(operation: CopyOperation, cycle: number): StallReason | null {
    const stage = this.buffer(operation.local);
    const tensor = this.device.tensors[operation.tensor]!;
    const { name, rows, cols, format } = stage.declaration;
    if (tensor.kind === 'output') {
      throw new Fault(
        'format-mismatch',
        `${tensor.declaration.name} is an output tensor and cannot be loaded`,
      );
    }
    if (tensor.declaration.format !== format) {
      throw new Fault(
        'format-mismatch',
        `${name} holds ${format}, but ${tensor.declaration.name} is ${tensor.declaration.format}`,
      );
    }
    checkTile(operation, tensor, rows, cols, stage.format.blockSize);
    const barrier = this.barrier(operation.barrier!);
    if (stage.pendingReads > 0 || stage.pendingWrites > 0) {
      throw new Fault(
        'buffer-in-use',
        `${name}[${operation.local.index}] is ${stage.pendingReads > 0 ? 'still being read by an mma' : 'already being loaded'}`,
        'wait on the barrier that says the stage is free before loading into it',
      );
    }
    const wait = this.#channels.load.canAccept();
    if (wait !== null) return wait;
    stage.pendingWrites++;
    const bytes = tileBytes(stage.format, rows, cols);
    this.#channels.load.accept(operation, bytes, cycle, (now) => {
      stage.pendingWrites--;
      stage.fill(tensor.quantized, { tensor: operation.tensor, row: operation.row, col: operation.col });
      barrier.receive(bytes, now);
    });
    return null;
  }

  #enqueueStore(operation: CopyOperation, cycle: number): StallReason | null {
    const accumulator = this.accumulator(operation.local);
    const tensor = this.device.tensors[operation.tensor]!;
    const { name, rows, cols } = accumulator.declaration;
    if (tensor.kind === 'input') {
      throw new Fault(
        'format-mismatch',
        `${tensor.declaration.name} is an input tensor and cannot be stored to`,
      );
    }
    checkTile(operation, tensor, rows, cols, 1);
    const barrier = operation.barrier && this.barrier(operation.barrier);
    refuseInFlight(accumulator, `${name} cannot be stored`);
    refuseEmpty(accumulator);
    if (accumulator.pendingVector > 0) return 'accumulator';
    const wait = this.#channels.store.canAccept();
    if (wait !== null) return wait;
    accumulator.pendingStores++;
    const bytes = (rows * cols * tensor.codec.width) / 8;
    this.#channels.store.accept(operation, bytes, cycle, (now) => {
      accumulator.pendingStores--;
      this.#landStore(operation, accumulator, tensor);
      barrier?.arrive(0, now);
    });
    return null;
  }

  #enqueueMma(operation: MmaOperation, onDone: (cycle: number) => void): StallReason | null {
    const accumulator = this.accumulator(operation.accumulator);
    const operands = [operation.a, operation.b].map((place) => this.buffer(place));
    this.#checkMma(operation, accumulator, operands);
    if (accumulator.pendingVector > 0) return 'accumulator';
    const wait = this.#mma.canAccept();
    if (wait !== null) return wait;
    accumulator.started = true;
    accumulator.pendingMma++;
    for (const stage of operands) stage.pendingReads++;
    this.#mma.accept(operation, (now) => {
      accumulator.pendingMma--;
      for (const stage of operands) stage.pendingReads--;
      onDone(now);
    });
    return null;
  }

  #checkMma(operation: MmaOperation, accumulator: Accumulator, operands: readonly BufferStage[]): void {
    const [a, b] = operands.map((stage) => stage.declaration) as [
      BufferStage['declaration'],
      BufferStage['declaration'],
    ];
    const { name, rows, cols } = accumulator.declaration;
    if (a.cols !== b.cols) {
      throw new Fault(
        'shape-mismatch',
        `mma of ${a.name} with K = ${a.cols} and ${b.name} with K = ${b.cols}`,
      );
    }
    if (rows !== a.rows || cols !== b.rows) {
      throw new Fault(
        'shape-mismatch',
        `mma of ${a.name} and ${b.name} gives ${a.rows}x${b.rows}, but ${name} is ${rows}x${cols}`,
      );
    }
    refuseUnreadable(operands[0]!, operation.a);
    refuseUnreadable(operands[1]!, operation.b);
    if (accumulator.pendingStores > 0) {
      throw new Fault(
        'accumulator-in-flight',
        `${name} is still being stored`,
        'give st.tile a barrier and wait on it',
      );
    }
    if (!operation.fresh) refuseEmpty(accumulator);
    const { stepK } = this.#fit(operation);
    if (a.cols % stepK !== 0) {
      throw new Fault(
        'shape-mismatch',
        `K = ${a.cols} of ${a.name} is not a multiple of ${stepK}, the step of ${this.#semanticOf(operation)}`,
      );
    }
  }

  #semanticOf({ semantic }: MmaOperation): string {
    return semantic ?? this.device.model.defaultSemantic;
  }

  /** Whether the operation's semantic takes its operands; looked up once for each combination of a run. */
  #fit(operation: MmaOperation): SemanticFit {
    const [a, b] = [this.buffer(operation.a).format, this.buffer(operation.b).format];
    const semantic = this.#semanticOf(operation);
    const key = `${semantic} ${a.name} ${b.name}`;
    let fit = this.device.fits.get(key);
    if (fit === undefined) {
      fit = fitSemantic(semantic, a, b);
      this.device.fits.set(key, fit);
    }
    return fit;
  }

  #enqueueVector(operation: VectorOperation): StallReason | null {
    const accumulator = this.accumulator(operation.accumulator);
    const other = otherOf(operation.action);
    const involved = other === undefined ? [accumulator] : [accumulator, this.accumulator(other)];
    for (const each of involved)
      refuseInFlight(each, `${each.declaration.name} cannot be used by the epilogue`);
    if (accumulator.pendingStores > 0) {
      throw new Fault('accumulator-in-flight', `${accumulator.declaration.name} is still being stored`);
    }
    const shapes = involved.map(({ declaration }) => `${declaration.rows}x${declaration.cols}`);
    if (new Set(shapes).size > 1) throw new Fault('shape-mismatch', `acc.add of ${shapes.join(' and ')}`);
    const wait = this.#vector.canAccept();
    if (wait !== null) return wait;
    for (const each of involved) each.pendingVector++;
    this.#vector.accept(operation, () => {
      for (const each of involved) each.pendingVector--;
    });
    return null;
  }

  #mmaShape({ a, b }: MmaOperation): { m: number; n: number; k: number } {
    const left = this.buffer(a).declaration;
    return { m: left.rows, n: this.buffer(b).declaration.rows, k: left.cols };
  }

  #executeMma(operation: MmaOperation, cycle: number): void {
    const accumulator = this.accumulator(operation.accumulator);
    const [a, b] = [this.buffer(operation.a), this.buffer(operation.b)];
    const semantic = this.#semanticOf(operation);
    const { m, n, k } = this.#mmaShape(operation);
    multiplyAccumulate(this.device.kernels, semantic, accumulator, a, b, operation.fresh);
    accumulator.record({
      kind: 'mma',
      semantic,
      a: a.origin!,
      b: b.origin!,
      depth: k,
      fresh: operation.fresh,
    });
    this.device.listener.onMacs?.(this.index, m * n * k, cycle);
  }

  #executeVector({ accumulator: place, action }: VectorOperation): void {
    const accumulator = this.accumulator(place);
    const bits = valuesOf(this.device.kernels, accumulator);
    const otherPlace = otherOf(action);
    const other = otherPlace && this.accumulator(otherPlace);
    const apply = elementAction(action, (tensor) => tensorScale(this.device.tensors[tensor]!));
    applyToBits(bits, apply, other && valuesOf(this.device.kernels, other));
    accumulator.content = { kind: 'values', bits };
    const step: HistoryStep = {
      kind: 'vector',
      action,
      ...(other === undefined ? {} : { other: other.history }),
    };
    accumulator.record(step);
  }

  #landStore({ tensor, row, col }: CopyOperation, accumulator: Accumulator, target: OutputTensor): void {
    const bits = valuesOf(this.device.kernels, accumulator);
    const { rows, cols } = accumulator.declaration;
    const values = new Float32Array(bits.buffer, bits.byteOffset, bits.length);
    const { codec, codes, written, declaration } = target;
    const exact = codec.format.name === 'fp32';
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        const at = (row + i) * declaration.cols + col + j;
        const from = i * cols + j;
        codes[at] = exact ? bits[from]! : codec.encode(values[from]!, { overflow: 'special' });
        written[at] = 1;
      }
    }
    this.device.stores.push({ tensor, row, col, rows, cols, history: accumulator.history });
  }
}

/** Cycles that an m × n × k instruction occupies the grid of MACs. */
function mmaBusyCycles({ mma }: MachineModel, { m, n, k }: { m: number; n: number; k: number }): number {
  return Math.ceil(m / mma.rows.value) * Math.ceil(n / mma.cols.value) * Math.ceil(k / mma.depth.value);
}

/** The second-level scale of a tensor; 1 for outputs. */
export function tensorScale(tensor: GlobalTensor): number {
  return tensor.kind === 'input' ? tensor.quantized.tensorScale : 1;
}

function refuseInFlight(accumulator: Accumulator, consequence: string): void {
  if (accumulator.pendingMma === 0) return;
  throw new Fault(
    'accumulator-in-flight',
    `${consequence}: ${accumulator.pendingMma} mma are still in flight on it`,
    'mma.commit and mma.wait 0 (or wait on the commit’s barrier) first',
  );
}

function refuseEmpty({ started, declaration }: Accumulator): void {
  if (started) return;
  throw new Fault(
    'never-written',
    `${declaration.name} holds nothing yet`,
    'start the first mma of a tile with init',
  );
}

function refuseUnreadable(stage: BufferStage, { index }: Place): void {
  const which = `${stage.declaration.name}[${index}]`;
  if (stage.pendingWrites > 0) {
    throw new Fault(
      'buffer-in-use',
      `${which} is still being loaded`,
      'wait on the barrier that the load completes',
    );
  }
  if (stage.origin === undefined) throw new Fault('never-written', `${which} was never loaded`);
}

function checkTile(
  { row, col }: CopyOperation,
  { declaration }: GlobalTensor,
  rows: number,
  cols: number,
  blockSize: number,
): void {
  const where = `tile ${rows}x${cols} at (${row}, ${col}) of ${declaration.name}`;
  if (row < 0 || col < 0 || row + rows > declaration.rows || col + cols > declaration.cols) {
    throw new Fault(
      'out-of-range',
      `${where} leaves the tensor, which is ${declaration.rows}x${declaration.cols}`,
    );
  }
  if (col % blockSize !== 0) {
    throw new Fault('misaligned-tile', `${where} does not begin at a multiple of the block of ${blockSize}`);
  }
}

function pick<T>(
  table: readonly (readonly T[])[],
  { id, index }: Place,
  names: readonly { readonly name: string }[],
): T {
  const row = table[id]!;
  const item = row[index];
  if (item === undefined) {
    throw new Fault(
      'index-out-of-range',
      `${names[id]!.name}[${index}] does not exist`,
      `there are ${row.length}: 0 … ${row.length - 1}`,
    );
  }
  return item;
}

function stages<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
