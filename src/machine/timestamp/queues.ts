/** Queues of a core in the timestamp engine: units, copies, MMA groups and the arrivals they cause, as numbers. */
import { NEVER, Rate } from '../time.js';

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
  /** Share of L2's bandwidth that each byte of a copy costs. */
  readonly weight: Float64Array;
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
    this.weight = new Float64Array(depth);
    this.delay = new Float64Array(depth * granules);
    this.cost = new Float64Array(depth * granules).fill(1);
  }

  /** When a granule may move next, which asks L2 for bandwidth: not while the first copy's last byte is on its way. */
  memoryAt(): number {
    const { head, count, granules } = this;
    if (count === 0 || this.moved < this.bytes[head]!) return this.dueAt;
    if (count === 1) return NEVER;
    const next = head + 1 === this.depth ? 0 : head + 1;
    const late = granules === 0 ? 0 : this.delay[next * granules]!;
    return Math.max(this.dueAt, Math.floor(Math.max(this.hitAt[next]! + late, this.portFreeAt)));
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
