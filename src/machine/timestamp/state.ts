/**
 * Everything that changes of one core in the timestamp engine, as numbers. A time says when something has happened or
 * will have; one that lies in the past means "already", whatever it is.
 */
import type { StallReason } from '../../../isa/index.js';
import type { Device } from '../core.js';
import { Rate } from '../time.js';
import { GRANULE_BYTES } from '../units/copy-channel.js';
import { type Code, Slots } from './code.js';

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
  issued: 10,
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

export const NEVER = Number.POSITIVE_INFINITY;

/** Committed MMA groups of a stream: when each is done, in the order of the commits. A ring. */
export class Groups {
  retireAt = new Float64Array(8);
  count = 0;

  /** Cycle at which the group that came `back` commits ago is done; the past if there was none. */
  at(back: number): number {
    if (back >= this.count || back >= this.retireAt.length) return 0;
    return this.retireAt[(this.count - 1 - back) & (this.retireAt.length - 1)]!;
  }

  push(retireAt: number, now: number): void {
    if (this.at(this.retireAt.length - 1) > now) this.#grow();
    this.retireAt[this.count & (this.retireAt.length - 1)] = retireAt;
    this.count++;
  }

  #grow(): void {
    const size = this.retireAt.length;
    const grown = new Float64Array(2 * size);
    for (let i = Math.max(0, this.count - size); i < this.count; i++) {
      grown[i & (2 * size - 1)] = this.retireAt[i & (size - 1)]!;
    }
    this.retireAt = grown;
  }
}

/**
 * An in-order pipelined unit as a recurrence: when a job is handed over, its start and its end are known.
 * The rule is that of `PipelinedUnit`, which moves jobs cycle by cycle.
 */
export class Pipeline {
  /** Starts of the last jobs, as many as the queue holds; a ring. */
  readonly startAt: Float64Array;
  count = 0;
  freeAt = 0;
  lastStartAt = -1;
  lastDoneAt = 0;
  /** Cycle in which the last result is handed on: never in that of its start. */
  lastSeenAt = 0;

  constructor(queueDepth: number) {
    this.startAt = new Float64Array(queueDepth).fill(-1);
  }

  /** Cycle from which the queue has room. */
  roomAt(): number {
    return this.startAt[this.count % this.startAt.length]!;
  }

  /** Takes a job at the end of a cycle; returns the cycle in which its result is visible. */
  accept(cycle: number, busyCycles: number, latencyCycles: number, restartCycles: number): number {
    const startAt = Math.max(cycle + 1, Math.floor(this.freeAt), this.lastStartAt + 1);
    const idle = this.lastSeenAt <= startAt;
    const start = Math.max(startAt, this.freeAt) + (idle ? restartCycles : 0);
    this.startAt[this.count % this.startAt.length] = startAt;
    this.count++;
    this.lastStartAt = startAt;
    this.freeAt = start + busyCycles;
    this.lastDoneAt = Math.max(this.lastDoneAt, Math.ceil(start + latencyCycles));
    this.lastSeenAt = Math.max(this.lastDoneAt, startAt + 1);
    return this.lastSeenAt;
  }
}

/** One direction of the bulk-copy engine: copies in order, each with its granules. A ring of `depth` copies. */
export class Channel {
  readonly rate: Rate;
  head = 0;
  count = 0;
  /** Bytes of the first copy that have moved. */
  moved = 0;
  portFreeAt = 0;
  /** When the first copy's next granule, or its last byte, is due. */
  dueAt: number = NEVER;
  /** Cycle in which the channel last did something. */
  lastAt = 0;
  /** Stage that is filled, or accumulator that is stored. */
  readonly local: Int32Array;
  /** Barrier, −1 if none. */
  readonly barrier: Int32Array;
  readonly stream: Int32Array;
  readonly bytes: Float64Array;
  readonly hitAt: Float64Array;
  /** Delay and cost of each granule, `granules` for each copy; empty where every access hits. */
  readonly delay: Float64Array;
  readonly cost: Float64Array;

  constructor(
    readonly depth: number,
    readonly granules: number,
    readonly latencyCycles: number,
    readonly overheadCycles: number,
    readonly bytesPerCycle: number,
  ) {
    this.rate = new Rate(bytesPerCycle);
    this.local = new Int32Array(depth);
    this.barrier = new Int32Array(depth);
    this.stream = new Int32Array(depth);
    this.bytes = new Float64Array(depth);
    this.hitAt = new Float64Array(depth);
    this.delay = new Float64Array(depth * granules);
    this.cost = new Float64Array(depth * granules).fill(1);
  }
}

/** Arrivals by commits that are still to come, in the order of the MMA jobs that cause them. */
export class Arrivals {
  count = 0;
  at = new Float64Array(8);
  barrier = new Int32Array(8);
  job = new Float64Array(8);
  /** Cycle and job of the first. */
  nextAt: number = NEVER;
  nextJob: number = NEVER;

  insert(barrier: number, job: number, at: number): void {
    if (this.count === this.at.length) this.#grow();
    let place = this.count++;
    for (; place > 0 && this.job[place - 1]! > job; place--) this.#move(place - 1, place);
    this.barrier[place] = barrier;
    this.job[place] = job;
    this.at[place] = at;
    this.#first();
  }

  /** Removes the first; its barrier. */
  take(): number {
    const barrier = this.barrier[0]!;
    this.count--;
    for (let i = 0; i < this.count; i++) this.#move(i + 1, i);
    this.#first();
    return barrier;
  }

  #move(from: number, to: number): void {
    this.barrier[to] = this.barrier[from]!;
    this.job[to] = this.job[from]!;
    this.at[to] = this.at[from]!;
  }

  #first(): void {
    this.nextAt = this.count === 0 ? NEVER : this.at[0]!;
    this.nextJob = this.count === 0 ? NEVER : this.job[0]!;
  }

  #grow(): void {
    const [at, barrier, job] = [this.at, this.barrier, this.job];
    this.at = new Float64Array(2 * at.length);
    this.barrier = new Int32Array(2 * at.length);
    this.job = new Float64Array(2 * at.length);
    this.at.set(at);
    this.barrier.set(barrier);
    this.job.set(job);
  }
}

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
  lastIssueAt = 0;
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
