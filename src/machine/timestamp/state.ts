/**
 * Everything that changes of one core in the timestamp engine, as numbers. A time says when something has happened or
 * will have; one that lies in the past means "already", whatever it is.
 */
import type { StallReason } from '../../../isa/index.js';
import type { Device } from '../core.js';
import { GRANULE_BYTES } from '../units/copy-channel.js';
import { type Code, Slots } from './code.js';
import { Arrivals, Channel, Groups, Pipeline } from './queues.js';

/** Reasons for which a stream does not issue, in the order of their codes. */
export const REASONS = [
  'pipeline',
  'issue-slot',
  'barrier',
  'copy-queue',
  'mma-queue',
  'vector-queue',
  'quantize-queue',
  'mma-wait',
  'accumulator',
  'store-wait',
  'turn',
] as const satisfies readonly (StallReason | 'issue-slot')[];

/** Codes of `REASONS`, and what an attempt to issue gives besides. */
export const Outcome = {
  pipeline: 0,
  issueSlot: 1,
  barrier: 2,
  copyQueue: 3,
  mmaQueue: 4,
  vectorQueue: 5,
  quantizeQueue: 6,
  mmaWait: 7,
  accumulator: 8,
  storeWait: 9,
  turn: 10,
  issued: 11,
} as const;

/** Places of the counters of a core's units. */
export const Total = {
  macs: 0,
  mmaBusy: 1,
  vectorBusy: 2,
  loadBusy: 3,
  storeBusy: 4,
  loadedBytes: 5,
  storedBytes: 6,
  quantizeBusy: 7,
  bankConflicts: 8,
} as const;

/** State of one core. Streams, stages, accumulators and barriers are numbered as in `Code`. */
export class CoreState {
  readonly streams: number;
  // Streams.
  readonly counter: Int32Array;
  readonly registers: Int32Array;
  /** Cycle in which a stream is tried next; never while only somebody else can wake it. */
  readonly tryAt: Float64Array;
  /** Why it does not issue, and from which cycle on that has not been counted. */
  readonly reason: Uint8Array;
  readonly since: Float64Array;
  readonly waitingOn: Int32Array;
  readonly spinningWarps: Int32Array;
  /** Steps of the current MMA that were handed over. */
  readonly mmaStep: Int32Array;
  readonly storesInFlight: Int32Array;
  /** Tiles it has taken. */
  readonly tilesTaken: Int32Array;
  /** When the MMAs since the last commit are done. */
  readonly openDoneAt: Float64Array;
  /** Number of the last MMA job before the last commit, and since then. */
  readonly groupJob: Int32Array;
  readonly openJob: Int32Array;
  readonly groups: readonly Groups[];
  readonly halted: Uint8Array;
  running: number;
  /** Stream that is tried first in the next cycle. */
  first = 0;
  // Counters: by stream and reason, and by stream.
  readonly stalls: Float64Array;
  readonly issued: Float64Array;
  readonly haltedAt: Float64Array;
  // Stages of buffers.
  readonly readOpen: Int32Array;
  readonly readUntil: Float64Array;
  readonly loading: Uint8Array;
  readonly loaded: Uint8Array;
  /** Until when conversions read and write them. */
  readonly sourceUntil: Float64Array;
  readonly targetUntil: Float64Array;
  /** Where their contents were loaded from; 0 if by no load. */
  readonly originRow: Int32Array;
  readonly originCol: Int32Array;
  // Accumulators.
  readonly mmaOpen: Int32Array;
  readonly mmaUntil: Float64Array;
  readonly vectorUntil: Float64Array;
  readonly storing: Int32Array;
  /** Until when conversions read them. */
  readonly convertUntil: Float64Array;
  readonly started: Uint8Array;
  // Barriers.
  readonly pendingArrivals: Int32Array;
  readonly pendingBytes: Float64Array;
  readonly completed: Float64Array;
  readonly visibleAt: Float64Array;
  // Units.
  readonly mma: Pipeline;
  readonly vector: Pipeline;
  readonly quantize: Pipeline;
  readonly load: Channel;
  readonly store: Channel;
  stagingFreeAt = 0;
  readonly arrivals = new Arrivals();
  /** The same by conversions. */
  readonly conversions = new Arrivals();
  /** Counters of units, by `Total`. */
  readonly totals = new Float64Array(Object.keys(Total).length);
  /** Stream that is being tried. */
  trying = 0;
  /** Cycle of the last attempt to issue that succeeded, and of the last visit. */
  lastIssueAt = -1;
  now = 0;

  constructor(
    readonly index: number,
    code: Code,
    { program, model, cores, l2 }: Device,
  ) {
    const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
    const streams = total(program.streams.map(({ count }) => count));
    const stages = total(program.buffers.map((buffer) => buffer.stages));
    const accumulators = total(program.accumulators.map((accumulator) => accumulator.stages));
    const barriers = total(program.barriers.map(({ count }) => count));
    this.streams = streams;
    this.running = streams;
    this.counter = new Int32Array(streams);
    this.registers = new Int32Array(streams * code.slots);
    this.tryAt = new Float64Array(streams);
    this.reason = new Uint8Array(streams);
    this.since = new Float64Array(streams);
    this.waitingOn = new Int32Array(streams);
    this.spinningWarps = new Int32Array(streams);
    this.mmaStep = new Int32Array(streams);
    this.storesInFlight = new Int32Array(streams);
    this.tilesTaken = new Int32Array(streams);
    this.openDoneAt = new Float64Array(streams);
    this.groupJob = new Int32Array(streams);
    this.openJob = new Int32Array(streams);
    this.groups = Array.from({ length: streams }, () => new Groups());
    this.halted = new Uint8Array(streams);
    this.stalls = new Float64Array(streams * REASONS.length);
    this.issued = new Float64Array(streams);
    this.haltedAt = new Float64Array(streams);
    this.readOpen = new Int32Array(stages);
    this.readUntil = new Float64Array(stages);
    this.loading = new Uint8Array(stages);
    this.loaded = new Uint8Array(stages);
    this.sourceUntil = new Float64Array(stages);
    this.targetUntil = new Float64Array(stages);
    this.originRow = new Int32Array(stages);
    this.originCol = new Int32Array(stages);
    this.mmaOpen = new Int32Array(accumulators);
    this.mmaUntil = new Float64Array(accumulators);
    this.vectorUntil = new Float64Array(accumulators);
    this.storing = new Int32Array(accumulators);
    this.convertUntil = new Float64Array(accumulators);
    this.started = new Uint8Array(accumulators);
    this.pendingArrivals = code.arrivals.slice();
    this.pendingBytes = new Float64Array(barriers);
    this.completed = new Float64Array(barriers);
    this.visibleAt = new Float64Array(barriers);
    this.mma = new Pipeline(model.mma.queueDepth.value);
    this.vector = new Pipeline(model.vector.queueDepth.value);
    this.quantize = new Pipeline(model.quantize?.queueDepth.value ?? 1);
    const { copy } = model;
    const depth = copy.queueDepth.value;
    const granules = l2.indifferent && (model.memory === undefined || cores === 1) ? 0 : mostGranules(code);
    this.load = new Channel(
      depth,
      granules,
      copy.loadLatencyCycles.value,
      copy.loadOverheadCycles.value,
      copy.loadBytesPerCycle.value,
    );
    this.store = new Channel(depth, 0, copy.storeLatencyCycles.value, 0, copy.storeBytesPerCycle.value);
    this.#fillRegisters(code, cores);
  }

  /** Whether a stage holds something that nobody is writing. */
  isReadable(stage: number, cycle: number): boolean {
    return this.loading[stage] === 0 && this.loaded[stage] === 1 && this.targetUntil[stage]! <= cycle;
  }

  /** Whether MMAs are in flight on an accumulator. */
  isInFlight(accumulator: number, cycle: number): boolean {
    return this.mmaOpen[accumulator]! > 0 || this.mmaUntil[accumulator]! > cycle;
  }

  /** Whether an accumulator holds something that no MMA is changing. */
  isSettled(accumulator: number, cycle: number): boolean {
    return this.started[accumulator] === 1 && !this.isInFlight(accumulator, cycle);
  }

  /** Whether stores or conversions still read an accumulator. */
  isBeingRead(accumulator: number, cycle: number): boolean {
    return this.storing[accumulator]! > 0 || this.convertUntil[accumulator]! > cycle;
  }

  #fillRegisters({ program, slots, constants }: Code, cores: number): void {
    let stream = 0;
    for (const { count, start } of program.streams) {
      for (let copy = 0; copy < count; copy++, stream++) {
        const at = stream * slots;
        this.counter[stream] = start;
        this.registers[at + Slots.core] = this.index;
        this.registers[at + Slots.cores] = cores;
        this.registers[at + Slots.stream] = copy;
        this.registers.set(constants, at + Slots.constants);
      }
    }
  }
}

function mostGranules({ loads }: Code): number {
  return loads.reduce((most, load) => Math.max(most, Math.ceil((load?.bytes ?? 0) / GRANULE_BYTES)), 0);
}
