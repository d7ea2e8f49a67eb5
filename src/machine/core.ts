/**
 * One tensor core: its memories, barriers and units, and how operations reach them.
 *
 * Values are computed when an operation starts or lands; races between operations trap instead of giving a value
 * that depends on timing.
 */
import type {
  CopyOperation,
  MmaOperation,
  Place,
  QuantizeOperation,
  StallReason,
  VectorOperation,
} from '../../isa/index.js';
import type { Program } from '../assembler/index.js';
import { Barrier } from './barrier.js';
import { checkBufferStore, checkLoad, checkMma, checkPart, checkStore } from './checks.js';
import { fitSemantic, type SemanticFit } from './datapath.js';
import type { Listener, Origin } from './events.js';
import { elementBits, type GlobalTensor, operandFormatOf, tileBytes } from './global-memory.js';
import { Accumulator, BufferStage, otherOf } from './local-memory.js';
import { type MmaPlan, planMma } from './mma-timing.js';
import type { MachineModel } from './model.js';
import type { Reductions } from './reductions.js';
import { Fault } from './trap.js';
import { CopyChannel } from './units/copy-channel.js';
import { granuleKey, type L2 } from './units/l2.js';
import { PipelinedUnit } from './units/pipelined-unit.js';
import type { QuantizePipeline } from './units/quantize-timing.js';
import { QuantizeUnit } from './units/quantize-unit.js';
import { type Issuer, StoreUnit } from './units/store-unit.js';
import { VectorUnit } from './units/vector-unit.js';
import type { Values } from './values.js';

/** What the cores of a device share. */
export interface Device {
  readonly program: Program;
  readonly model: MachineModel;
  /** Cores in use. */
  readonly cores: number;
  readonly tensors: readonly GlobalTensor[];
  readonly values: Values;
  readonly l2: L2;
  readonly listener: Listener;
  /** Semantics that were found to take a pair of formats, by their names. */
  readonly fits: Map<string, SemanticFit>;
  /** Pipelines of the quantise unit that were used, by their names. */
  readonly pipelines: Map<string, QuantizePipeline>;
  /** Turns of the parts that are added up in output tensors. */
  readonly reductions: Reductions;
}

export class Core {
  readonly buffers: readonly (readonly BufferStage[])[];
  readonly accumulators: readonly (readonly Accumulator[])[];
  readonly barriers: readonly (readonly Barrier[])[];
  readonly #mma: PipelinedUnit<MmaOperation>;
  readonly #vector: VectorUnit;
  readonly #quantize: QuantizeUnit | undefined;
  readonly #load: CopyChannel;
  readonly #store: StoreUnit;
  readonly #units: readonly {
    advance(cycle: number): void;
    nextEvent(cycle: number): number;
    readonly idle: boolean;
  }[];
  /** Cycles at which a waiting stream can see a completed phase, in rising order. */
  readonly #completions: number[] = [];
  readonly #plans = new Map<string, MmaPlan>();

  constructor(
    readonly index: number,
    private readonly device: Device,
  ) {
    const { program, model, listener, l2 } = device;
    this.buffers = program.buffers.map((declaration) =>
      stages(declaration.stages, () => new BufferStage(declaration, operandFormatOf(declaration.format)!)),
    );
    this.accumulators = program.accumulators.map((declaration) =>
      stages(declaration.stages, () => new Accumulator(declaration)),
    );
    this.barriers = program.barriers.map((declaration, id) =>
      stages(declaration.count, (i) => {
        const name = declaration.count === 1 ? declaration.name : `${declaration.name}[${i}]`;
        const onComplete = (visibleAt: number, phase: number, cycle: number): void => {
          this.#completions.push(visibleAt);
          listener.onPhase?.(index, id, i, phase, cycle);
        };
        return new Barrier(name, declaration, model.barrierLatencyCycles.value, onComplete);
      }),
    );
    this.#mma = new PipelinedUnit({
      core: index,
      unit: 'mma',
      queueDepth: model.mma.queueDepth.value,
      fullReason: 'mma-queue',
      listener,
    });
    const { vector, quantize } = model;
    const { values, pipelines } = device;
    this.#vector = new VectorUnit({ core: index, figures: vector, values, listener });
    this.#quantize =
      quantize && new QuantizeUnit({ core: index, figures: quantize, values, pipelines, listener });
    const { copy, store } = model;
    this.#load = new CopyChannel({
      core: index,
      queueDepth: copy.queueDepth.value,
      l2,
      listener,
      direction: 'load',
      latencyCycles: copy.loadLatencyCycles.value,
      overheadCycles: copy.loadOverheadCycles.value,
      bytesPerCycle: copy.loadBytesPerCycle.value,
    });
    this.#store = new StoreUnit({ core: index, copy, paths: store, l2, listener });
    const { channel: stores, port } = this.#store;
    const units = [this.#load, stores, this.#mma, this.#vector.unit, port, this.#quantize?.unit];
    this.#units = units.filter((unit) => unit !== undefined);
  }

  /** One cycle of every unit. */
  advance(cycle: number): void {
    for (const unit of this.#units) unit.advance(cycle);
  }

  /** First cycle after this one in which a unit moves or a completed phase is seen. */
  nextEvent(cycle: number): number {
    while (this.#completions.length > 0 && this.#completions[0]! <= cycle) this.#completions.shift();
    let next = this.#completions[0] ?? Number.POSITIVE_INFINITY;
    for (const unit of this.#units) {
      const event = unit.nextEvent(cycle);
      if (event < next) next = event;
    }
    return next;
  }

  get idle(): boolean {
    return this.#units.every(({ idle }) => idle);
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

  enqueueLoad(operation: CopyOperation, cycle: number, origin: Origin): StallReason | null {
    const stage = this.buffer(operation.local);
    const tensor = checkLoad(operation, this.device.tensors[operation.tensor]!, stage);
    const barrier = this.barrier(operation.barrier!);
    const wait = this.#load.canAccept();
    if (wait !== null) return wait;
    stage.pendingWrites++;
    const { rows, cols } = stage.declaration;
    const bytes = tileBytes(stage.format, rows, cols);
    const { tensor: id, row, col } = operation;
    const element = row * tensor.declaration.cols + col;
    this.#load.accept({
      operation,
      origin,
      bytes,
      requestedAt: cycle,
      access: (offset, size) =>
        this.device.l2.access(granuleKey(id, element, offset / bytes), size, this.index, cycle),
      onDone: (now) => {
        stage.pendingWrites--;
        stage.written = true;
        stage.origin = { tensor: id, row, col };
        this.device.values.load(stage, operation, tensor);
        barrier.receive(bytes, now);
      },
    });
    return null;
  }

  enqueueStore(operation: CopyOperation, cycle: number, issuer: Issuer): StallReason | null {
    return operation.local.memory === 'buffer'
      ? this.#enqueueBufferStore(operation, cycle, issuer)
      : this.#enqueueAccumulatorStore(operation, cycle, issuer);
  }

  #enqueueBufferStore(operation: CopyOperation, cycle: number, issuer: Issuer): StallReason | null {
    const stage = this.buffer(operation.local);
    const tensor = checkBufferStore(operation, this.device.tensors[operation.tensor]!, stage);
    const barrier = operation.barrier && this.barrier(operation.barrier);
    const wait = this.#store.canAccept();
    if (wait !== null) return wait;
    stage.pendingReads++;
    const { rows, cols } = stage.declaration;
    const bytes = (rows * cols * tensor.codec.width) / 8;
    this.#store.copy(operation, bytes, cycle, issuer, {
      onRead: () => {
        stage.pendingReads--;
        if (operation.maximum) this.device.values.keepLarger(stage, operation, tensor);
        else this.device.values.store(stage, operation, tensor);
      },
      onDone: (now) => {
        barrier?.arrive(0, now);
        issuer.onDone(now);
      },
    });
    return null;
  }

  #enqueueAccumulatorStore(operation: CopyOperation, cycle: number, issuer: Issuer): StallReason | null {
    const accumulator = this.accumulator(operation.local);
    const tensor = checkStore(operation, this.device.tensors[operation.tensor]!, accumulator);
    const barrier = operation.barrier && this.barrier(operation.barrier);
    if (accumulator.pendingVector > 0) return 'accumulator';
    const { part } = operation;
    const { reductions, values } = this.device;
    const { rows, cols } = accumulator.declaration;
    const shape = `${rows}x${cols}`;
    const place = `${tensor.declaration.name}[${operation.row}, ${operation.col}]`;
    if (part !== undefined && !reductions.isTurn(place, checkPart(part, tensor), shape)) return 'turn';
    const wait = this.#store.canAccept();
    if (wait !== null) return wait;
    if (part !== undefined) reductions.begin(place, part, shape);
    accumulator.pendingStores++;
    const elementBytes = tensor.codec.width / 8;
    this.#store.start(operation, rows * cols * elementBytes, elementBytes, cycle, issuer, {
      onRead: () => {
        accumulator.pendingStores--;
        if (part === undefined) values.store(accumulator, operation, tensor);
        else values.add(accumulator, operation, tensor, reductions.isFirst(part));
      },
      onDone: (now) => {
        if (part !== undefined) reductions.land(place);
        barrier?.arrive(0, now);
        issuer.onDone(now);
      },
    });
    return null;
  }

  /** The steps that an MMA is issued as. */
  planOf({ a, b, accumulator, source }: MmaOperation): MmaPlan {
    const key = `${accumulator.id} ${a.id} ${b.id} ${source}`;
    let plan = this.#plans.get(key);
    if (plan === undefined) {
      const { rows, cols } = this.accumulator(accumulator).declaration;
      const stage = this.buffer(a);
      const [k, bits] = [stage.declaration.cols, elementBits(stage.format)];
      const { mma, banks } = this.device.model;
      plan = planMma(mma.rate, { m: rows, n: cols, k, bits, source }, banks);
      this.#plans.set(key, plan);
    }
    return plan;
  }

  /** Queues one step of an MMA; the first checks everything, the last ends the operation. */
  enqueueMma(operation: MmaOperation, step: number, issuer: Issuer): StallReason | null {
    const accumulator = this.accumulator(operation.accumulator);
    const [a, b] = [this.buffer(operation.a), this.buffer(operation.b)];
    if (this.#interlocked(accumulator)) return 'accumulator';
    if (step === 0) this.#checkMma(operation, accumulator, a, b);
    const wait = this.#mma.canAccept();
    if (wait !== null) return wait;
    if (step === 0) {
      accumulator.started = true;
      accumulator.pendingMma++;
      a.pendingReads++;
      b.pendingReads++;
    }
    const plan = this.planOf(operation);
    const start = (cycle: number): void => this.#multiply(operation, accumulator, a, b, cycle);
    const done = (cycle: number): void => {
      accumulator.pendingMma--;
      a.pendingReads--;
      b.pendingReads--;
      issuer.onDone(cycle);
    };
    this.#mma.accept({
      operation,
      origin: issuer.origin,
      busyCycles: plan.busyCycles,
      latencyCycles: plan.latencyCycles,
      restartCycles: operation.fresh || step > 0 ? 0 : plan.restartCycles,
      ...(step === 0 ? { onStart: start } : {}),
      ...(step === plan.steps - 1 ? { onDone: done } : {}),
    });
    return null;
  }

  /** Whether an MMA waits for the registers of its accumulator. Without registers, overwriting a store is an error. */
  #interlocked({ pendingVector, pendingStores }: Accumulator): boolean {
    return pendingVector > 0 || (pendingStores > 0 && this.device.model.store !== undefined);
  }

  #checkMma(operation: MmaOperation, accumulator: Accumulator, a: BufferStage, b: BufferStage): void {
    const { slice, fresh } = operation;
    checkMma(accumulator, a, b, { slice, fresh, places: [operation.a, operation.b] });
    checkSemantic(this.device, operation.semantic, a, b);
  }

  #multiply(
    operation: MmaOperation,
    accumulator: Accumulator,
    a: BufferStage,
    b: BufferStage,
    cycle: number,
  ): void {
    const { slice } = operation;
    const semantic = operation.semantic ?? this.device.model.defaultSemantic;
    this.device.values.multiply(accumulator, { a, slice, b }, semantic, operation.fresh);
    const { rows, cols } = accumulator.declaration;
    const { conflictCycles } = this.planOf(operation);
    this.device.listener.onMacs?.(this.index, rows * cols * a.declaration.cols, cycle, conflictCycles);
  }

  enqueueVector(operation: VectorOperation, origin: Origin): StallReason | null {
    const accumulator = this.accumulator(operation.accumulator);
    const otherPlace = otherOf(operation.action);
    const other = otherPlace && this.accumulator(otherPlace);
    return this.#vector.enqueue(operation, accumulator, other, origin);
  }

  enqueueConversion(operation: QuantizeOperation, origin: Origin): StallReason | null {
    const { destination, source, barrier } = operation;
    const places = {
      destination: this.buffer(destination),
      source: source.memory === 'buffer' ? this.buffer(source) : this.accumulator(source),
      barrier: barrier && this.barrier(barrier),
    };
    // A program that uses the unit is refused where there is none.
    return this.#quantize!.enqueue(operation, places, origin);
  }
}

/** Whether a semantic takes its operands; looked up once for each combination of a run. Throws `Fault` if it does not. */
export function checkSemantic(
  { fits, model }: Device,
  named: string | undefined,
  a: BufferStage,
  b: BufferStage,
): void {
  const semantic = named ?? model.defaultSemantic;
  const key = `${semantic} ${a.format.name} ${b.format.name}`;
  const fit = fits.get(key) ?? fitSemantic(semantic, a.operand, b.operand);
  fits.set(key, fit);
  if (a.declaration.cols % fit.stepK === 0) return;
  throw new Fault(
    'shape-mismatch',
    `K = ${a.declaration.cols} of ${a.declaration.name} is not a multiple of ${fit.stepK}, the step of ${semantic}`,
  );
}

function pick<T>(
  table: readonly (readonly T[])[],
  { id, index }: Place,
  names: readonly { readonly name: string }[],
): T {
  const row = table[id]!;
  const item = row[index];
  if (item === undefined) throw indexFault(names[id]!.name, index, row.length);
  return item;
}

/** There is no object with this index. */
export function indexFault(name: string, index: number, count: number): Fault {
  return new Fault(
    'index-out-of-range',
    `${name}[${index}] does not exist`,
    `there are ${count}: 0 … ${count - 1}`,
  );
}

function stages<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
