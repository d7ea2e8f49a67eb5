/**
 * The state of all cores as one vector in which only what the future depends on is left: times relative to now, those of
 * the past all alike; rings in the order of their entries. Two equal vectors evolve alike. Registers are kept apart.
 * Also its counterpart: moving every time, and counting on.
 */

import { NEVER } from '../time.js';
import type { Arrivals, Channel, Pipeline } from '../timestamp/queues.js';
import type { CoreRunner } from '../timestamp/runner.js';
import { type CoreState, Outcome } from '../timestamp/state.js';
import type { L2 } from '../units/l2.js';

/** A growing vector of numbers. */
export class Vector {
  values = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Float64Array(2 * this.length);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length++] = value;
  }

  pushAll(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.push(values[i]!);
  }

  equals(other: Vector): boolean {
    if (this.length !== other.length) return false;
    for (let i = 0; i < this.length; i++) if (this.values[i] !== other.values[i]) return false;
    return true;
  }
}

/** Where a core stands between two turns. */
export interface Wish {
  readonly cycle: number;
  readonly half: number;
}

/** Writes the state of all cores and of L2 as seen from a cycle. */
export function encode(
  out: Vector,
  runners: readonly CoreRunner[],
  wishes: readonly Wish[],
  l2: L2,
  now: number,
): void {
  out.length = 0;
  let earliest = NEVER;
  for (const [i, runner] of runners.entries()) {
    const { cycle, half } = wishes[i]!;
    new CoreEncoder(out, runner.state, now).encode(runner);
    out.push(cycle - now);
    out.push(half);
    if (runner.state.running > 0) earliest = Math.min(earliest, runner.state.now);
  }
  out.push(Math.max(l2.freeAt, earliest) - now);
}

class CoreEncoder {
  constructor(
    private readonly out: Vector,
    private readonly state: CoreState,
    private readonly now: number,
  ) {}

  encode({ port, shared }: CoreRunner): void {
    const { out, state } = this;
    const { alignments } = shared.code;
    out.push(state.now - this.now);
    this.#streams();
    out.pushAll(state.readOpen);
    this.#times(state.readUntil);
    out.pushAll(state.loading);
    out.pushAll(state.loaded);
    this.#times(state.sourceUntil);
    this.#times(state.targetUntil);
    for (const [stage, { row, col }] of alignments.entries()) {
      out.push(state.originRow[stage]! % row);
      out.push(state.originCol[stage]! % col);
    }
    out.pushAll(state.mmaOpen);
    this.#times(state.mmaUntil);
    this.#times(state.vectorUntil);
    out.pushAll(state.storing);
    this.#times(state.convertUntil);
    out.pushAll(state.started);
    out.pushAll(state.pendingArrivals);
    out.pushAll(state.pendingBytes);
    for (const completed of state.completed) out.push(completed % 2);
    this.#times(state.visibleAt);
    this.#pipeline(state.mma);
    this.#pipeline(state.vector);
    this.#pipeline(state.quantize);
    this.#channel(state.load);
    this.#channel(state.store);
    out.push(this.#past(state.stagingFreeAt));
    this.#arrivals(state.arrivals, state.mma);
    this.#arrivals(state.conversions, state.quantize);
    if (port !== undefined) this.#port(port);
  }

  #streams(): void {
    const { out, state } = this;
    out.push(state.first);
    out.push(state.running);
    out.pushAll(state.counter);
    out.pushAll(state.reason);
    out.pushAll(state.spinningWarps);
    out.pushAll(state.mmaStep);
    out.pushAll(state.storesInFlight);
    this.#times(state.tryAt);
    for (let w = 0; w < state.streams; w++) {
      out.push(state.halted[w] === 1 ? 0 : state.since[w]! - this.now);
      out.push(state.reason[w] === Outcome.barrier ? state.waitingOn[w]! : -1);
      this.#groups(w);
    }
  }

  /** Groups that are not done, the youngest first, and the MMAs since the last commit. */
  #groups(w: number): void {
    const { out, state } = this;
    const groups = state.groups[w]!;
    let pending = 0;
    while (groups.at(pending) > state.now) out.push(this.#past(groups.at(pending++)));
    out.push(pending);
    out.push(pending === 0 ? -1 : state.mma.count - state.groupJob[w]!);
    const open = state.openDoneAt[w]! > state.now;
    out.push(open ? this.#past(state.openDoneAt[w]!) : -1);
    out.push(open ? state.mma.count - state.openJob[w]! : -1);
  }

  #pipeline(unit: Pipeline): void {
    const { length } = unit.startAt;
    for (let i = 0; i < length; i++) this.out.push(this.#past(unit.startAt[(unit.count + i) % length]!));
    this.out.push(this.#past(unit.freeAt));
    this.out.push(this.#past(unit.lastStartAt));
    this.out.push(this.#past(unit.lastDoneAt));
    this.out.push(this.#past(unit.lastSeenAt));
  }

  #channel(channel: Channel): void {
    const { out } = this;
    out.push(channel.count);
    out.push(channel.moved);
    out.push(this.#past(channel.portFreeAt));
    out.push(this.#past(channel.dueAt));
    for (let i = 0; i < channel.count; i++) {
      const place = (channel.head + i) % channel.depth;
      out.push(channel.local[place]!);
      out.push(channel.barrier[place]!);
      out.push(channel.stream[place]!);
      out.push(channel.bytes[place]!);
      out.push(channel.weight[place]!);
      out.push(this.#past(channel.hitAt[place]!));
    }
  }

  #arrivals(arrivals: Arrivals, unit: Pipeline): void {
    this.out.push(arrivals.count);
    for (let i = 0; i < arrivals.count; i++) {
      this.out.push(this.#past(arrivals.at[i]!));
      this.out.push(arrivals.barrier[i]!);
      this.out.push(unit.count - arrivals.job[i]!);
    }
  }

  #port(port: NonNullable<CoreRunner['port']>): void {
    const { out } = this;
    out.push(port.batch.length);
    out.push(this.#past(port.freeAt));
    out.push(this.#past(port.from));
    for (const { job, left, issued, issuedFrom } of port.batch) {
      out.pushAll([
        job.stream,
        job.accumulator,
        job.barrier,
        job.bytes,
        job.elementBytes,
        left,
        Number(issued),
      ]);
      out.push(this.#past(issuedFrom));
    }
    for (const { at, moment, job } of port.due) {
      out.pushAll([job.stream, job.accumulator, job.barrier, moment.length]);
      out.push(this.#past(at));
    }
  }

  #times(values: Float64Array): void {
    for (const value of values) this.out.push(this.#past(value));
  }

  /** A time as seen from now; all that this core has passed are the same. */
  #past(time: number): number {
    return Math.max(time, this.state.now) - this.now;
  }
}

/** Moves every time of a core by so many cycles. */
export function shift({ state, port }: CoreRunner, cycles: number): void {
  const { tryAt, since, openDoneAt, visibleAt } = state;
  const { readUntil, sourceUntil, targetUntil, mmaUntil, vectorUntil, convertUntil } = state;
  const groups = state.groups.map(({ retireAt }) => retireAt);
  const { load, store, mma, vector, quantize, arrivals, conversions } = state;
  const places = [readUntil, sourceUntil, targetUntil, mmaUntil, vectorUntil, convertUntil];
  const streams = [tryAt, since, openDoneAt, visibleAt, ...groups];
  const queues = [load.hitAt, store.hitAt, arrivals.at, conversions.at];
  const units = [mma, vector, quantize];
  for (const times of [...places, ...streams, ...queues, ...units.map(({ startAt }) => startAt)]) {
    for (let i = 0; i < times.length; i++) times[i]! += cycles;
  }
  for (const unit of units) {
    unit.freeAt += cycles;
    unit.lastStartAt += cycles;
    unit.lastDoneAt += cycles;
    unit.lastSeenAt += cycles;
  }
  for (const channel of [load, store]) {
    channel.portFreeAt += cycles;
    channel.dueAt += cycles;
    channel.lastAt += cycles;
  }
  arrivals.nextAt += cycles;
  conversions.nextAt += cycles;
  state.stagingFreeAt += cycles;
  state.lastIssueAt += cycles;
  state.now += cycles;
  port?.shift(cycles);
}

/** Everything of a core that only counts up, as arrays. */
function countersOf({ state }: CoreRunner): (Float64Array | Int32Array)[] {
  return [state.stalls, state.issued, state.completed, state.tilesTaken, state.totals];
}

/** Counters of all cores at a moment. */
export function copyCounters(runners: readonly CoreRunner[]): Float64Array[] {
  return runners.flatMap((runner) => countersOf(runner).map((values) => Float64Array.from(values)));
}

/** Counts on as much again, `times` over, as since the copy was taken. */
export function countOn(runners: readonly CoreRunner[], from: readonly Float64Array[], times: number): void {
  const all = runners.flatMap(countersOf);
  for (const [i, values] of all.entries()) {
    const before = from[i]!;
    for (let j = 0; j < values.length; j++) values[j]! += times * (values[j]! - before[j]!);
  }
}
