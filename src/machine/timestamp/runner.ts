/**
 * One core of the timestamp engine: which cycle it has something to do in next, and what happens then. A visit has the two
 * halves of the tick engine's cycle: units first, then the arbiter with the streams in turn.
 */
import type { StallReason, UnitOperation } from '../../../isa/index.js';
import { arrivalFault } from '../barrier.js';
import type { Device } from '../core.js';
import type { StreamId } from '../events.js';
import type { TileSource } from '../tile-scheduler.js';
import { NEVER } from '../time.js';
import { NO_VALUES } from '../values.js';
import { Additions } from './additions.js';
import { advanceChannel } from './channel.js';
import { type Code, type ObjectSlot, Slots, SPECIAL_SLOTS } from './code.js';
import { Contents } from './contents.js';
import { execute } from './execute.js';
import { faultOf, noSuchObject } from './faults.js';
import { type Handed, Observation } from './observation.js';
import { compute, FIRST_LONG } from './plain.js';
import { Port } from './port.js';
import type { Arrivals } from './queues.js';
import { operationOf } from './slot-context.js';
import { CoreState, Outcome, REASONS } from './state.js';

/** What all cores of a run share, and whether anybody watches it. */
export interface Shared {
  readonly device: Device;
  readonly code: Code;
  readonly tiles: TileSource;
  /** Whether cores can meet at L2 when they look a granule up. */
  readonly sharedLookups: boolean;
  readonly observed: boolean;
  /** Whether parts of tiles are added up in global memory. */
  readonly addsUp: boolean;
  /** Whether no core may run ahead of another. */
  readonly inOrder: boolean;
  /** Called when a part of a tile begins to be added up, or has landed (in the units' half of a cycle). */
  readonly onTurn: (core: number, cycle: number, landed: boolean) => void;
  /** Hears of every instruction that is issued; of the timestamp engine's own, not a listener of events. */
  watcher: { issued(runner: CoreRunner, stream: number, at: number): void } | undefined;
  /** Backward jumps at which a core stops for a moment. */
  anchors: Uint8Array;
}

/** Outcomes of which operations of others can change the reason: a bit each. */
const DISTURBED =
  (1 << Outcome.copyQueue) |
  (1 << Outcome.mmaQueue) |
  (1 << Outcome.vectorQueue) |
  (1 << Outcome.quantizeQueue) |
  (1 << Outcome.turn) |
  (1 << Outcome.accumulator);

export class CoreRunner {
  readonly state: CoreState;
  readonly port: Port | undefined;
  readonly observation: Observation | undefined;
  readonly contents: Contents | undefined;
  readonly additions = new Additions(this);
  /**
   * First cycle from now on in which a unit moves, and one in which it may ask L2 for bandwidth or write to global
   * memory; set by `nextAt`.
   */
  unitsAt = 0;
  memoryAt = 0;
  /** Whether a unit or a stream has another time than `nextAt` saw last. */
  changed = true;
  /** The one stream that can do anything before `aloneUntil`; −1 if others can as soon. Set by `nextAt`. */
  alone = -1;
  aloneUntil = 0;
  /** Stream whose backward jumps count; where it has just jumped to, −1 if nowhere. */
  anchorStream = -1;
  anchor = -1;
  /** Whether streams can meet those of other cores. */
  readonly meetsOthers: boolean;
  readonly #ids: StreamId[] = [];
  readonly #issueWidth: number;
  readonly #latency: number;

  constructor(
    index: number,
    readonly shared: Shared,
  ) {
    const { device, code, observed } = shared;
    const { model, program } = device;
    this.state = new CoreState(index, code, device);
    this.port = model.store && new Port(model.store.direct);
    this.observation = observed ? new Observation(index, device) : undefined;
    this.contents = device.values === NO_VALUES ? undefined : new Contents(device);
    this.#issueWidth = model.issueWidth.value;
    this.meetsOthers = device.cores > 1 && (shared.sharedLookups || shared.tiles.dynamic);
    this.#latency = model.barrierLatencyCycles.value;
    for (const { name, count } of program.streams) {
      for (let copy = 0; copy < count; copy++) {
        const label = count === 1 ? name : `${name}.${copy}`;
        this.#ids.push({ core: index, index: this.#ids.length, name: label });
      }
    }
  }

  id(stream: number): StreamId {
    return this.#ids[stream]!;
  }

  /** First cycle from now on in which anything of this core happens. */
  nextAt(): number {
    if (this.changed) this.#lookAtUnits();
    const { tryAt, streams } = this.state;
    let next = NEVER;
    let later = this.unitsAt;
    let stream = -1;
    for (let w = 0; w < streams; w++) {
      const at = tryAt[w]!;
      if (at < next) {
        if (next < later) later = next;
        next = at;
        stream = w;
      } else if (at < later) later = at;
    }
    this.alone = next < later ? stream : -1;
    this.aloneUntil = later;
    return Math.min(next, later);
  }

  #lookAtUnits(): void {
    this.changed = false;
    const { port, contents, observation } = this;
    const { load, store, arrivals, conversions } = this.state;
    // A store that lands meets those of other cores, in runs with values.
    let memoryAt = Math.min(load.memoryAt(), contents === undefined ? store.memoryAt() : store.dueAt);
    if (port !== undefined) memoryAt = Math.min(memoryAt, port.dueAt());
    this.memoryAt = memoryAt;
    let unitsAt = Math.min(arrivals.nextAt, conversions.nextAt, load.dueAt, store.dueAt, memoryAt);
    if (contents !== undefined) unitsAt = Math.min(unitsAt, contents.failsAt);
    if (observation !== undefined) unitsAt = Math.min(unitsAt, observation.dueAt());
    this.unitsAt = unitsAt;
  }

  /**
   * Lets the stream that is alone issue from a cycle on, until something else can happen before its next instruction, or
   * it may meet other cores. Returns the next cycle in which anything happens; `from` if it could not issue at all.
   */
  runAlone(from: number, limit: number): number {
    const { state, shared, alone: w } = this;
    const { kind } = shared.code;
    const { counter, tryAt } = state;
    let cycle = from;
    while (this.alone === w && cycle < limit) {
      if (kind[counter[w]!]! < FIRST_LONG) {
        this.#runPlain(w, cycle, Math.min(this.aloneUntil, limit));
      } else {
        if (this.meetsOthers && this.meetsOthersAt(cycle)) return cycle;
        state.now = cycle;
        this.#try(w, cycle);
      }
      cycle = tryAt[w]!;
      if (this.changed || cycle >= this.aloneUntil) cycle = this.nextAt();
      if (this.anchor >= 0) return this.nextAt();
    }
    return cycle;
  }

  /** Issues plain instructions of a stream that is alone, the first one in any case, up to a cycle. */
  #runPlain(w: number, from: number, until: number): void {
    const { state, shared } = this;
    const { code, anchors } = shared;
    const base = w * code.slots;
    let at = state.counter[w]!;
    let [cycle, last, issued, idle] = [from, from, 0, 0];
    this.count(w, from);
    do {
      if (code.readsClock[at] === 1) state.registers[base + Slots.clock] = cycle | 0;
      const next = compute(code, at, state.registers, base);
      idle += cycle - last;
      last = cycle + 1;
      cycle += code.cost[at]!;
      issued++;
      if (next <= at && w === this.anchorStream && anchors[at] === 1) this.anchor = next;
      at = next;
    } while (cycle < until && this.anchor < 0 && code.kind[at]! < FIRST_LONG);
    state.stalls[w * REASONS.length + Outcome.pipeline]! += idle;
    state.issued[w]! += issued;
    state.counter[w] = at;
    state.reason[w] = Outcome.pipeline;
    state.since[w] = last;
    state.tryAt[w] = cycle;
    state.lastIssueAt = last - 1;
    state.first = w + 1 === state.streams ? 0 : w + 1;
    state.now = last - 1;
  }

  /** Whether a stream that may issue in this cycle would look up L2 or take a shared tile. */
  meetsOthersAt(cycle: number): boolean {
    const { tryAt, streams, counter } = this.state;
    const { code, sharedLookups, tiles } = this.shared;
    for (let w = 0; w < streams; w++) {
      if (tryAt[w]! > cycle) continue;
      const at = counter[w]!;
      if (sharedLookups && code.loads[at] !== undefined) return true;
      if (tiles.dynamic && code.takesTile[at] === 1) return true;
    }
    return false;
  }

  /** First half of a cycle: the units, in the order of the tick engine. */
  visitUnits(cycle: number): void {
    const { state, port, observation, contents } = this;
    this.changed = true;
    if (state.load.dueAt <= cycle) advanceChannel(this, state.load, cycle);
    if (state.store.dueAt <= cycle) advanceChannel(this, state.store, cycle);
    if (observation === undefined) {
      this.#arriveBy(state.arrivals, cycle);
      if (contents !== undefined) contents.started(cycle);
    } else {
      observation.advance('mma', cycle, (job) => this.#arriveOf(state.arrivals, job, cycle));
      observation.advance('vector', cycle, () => {}, contents);
    }
    if (port !== undefined && port.dueAt() <= cycle) port.advance(this, cycle);
    if (observation === undefined) this.#arriveBy(state.conversions, cycle);
    else
      observation.advance(
        'quantize',
        cycle,
        (job) => this.#arriveOf(state.conversions, job, cycle),
        contents,
      );
  }

  /** Arrivals that are due. */
  #arriveBy(arrivals: Arrivals, cycle: number): void {
    while (arrivals.nextAt <= cycle) this.arrive(arrivals.take(), 0, cycle);
  }

  /** Arrivals that a job causes. */
  #arriveOf(arrivals: Arrivals, job: number, cycle: number): void {
    while (arrivals.nextJob <= job) this.arrive(arrivals.take(), 0, cycle);
  }

  /** Second half: the streams in turn, at most `issueWidth` instructions. */
  visitStreams(cycle: number): void {
    const { state } = this;
    const { tryAt, streams, first } = state;
    state.now = cycle;
    let issued = 0;
    for (let i = 0; i < streams; i++) {
      const w = first + i < streams ? first + i : first + i - streams;
      if (tryAt[w]! > cycle) continue;
      if (issued >= this.#issueWidth) {
        if (state.reason[w] === Outcome.pipeline) this.#stall(w, Outcome.issueSlot, cycle);
        tryAt[w] = cycle + 1;
        continue;
      }
      if (this.#try(w, cycle)) issued++;
    }
  }

  /** Tries the next instruction of a stream; whether it was issued. */
  #try(w: number, cycle: number): boolean {
    const { state } = this;
    state.trying = w;
    const outcome = execute(this, w, cycle);
    if (outcome === Outcome.issued) {
      state.first = w + 1 === state.streams ? 0 : w + 1;
      return true;
    }
    if (state.reason[w] !== outcome) this.#stall(w, outcome, cycle);
    return false;
  }

  /** Counts the cycles since the last count for the reason that held, and notes a new one. */
  #stall(stream: number, reason: number, cycle: number): void {
    this.count(stream, cycle);
    this.state.reason[stream] = reason;
    this.state.since[stream] = cycle;
  }

  /** Counts what a stream has stalled up to this cycle. */
  count(stream: number, cycle: number): void {
    const { reason, since, stalls } = this.state;
    const cycles = cycle - since[stream]!;
    if (cycles <= 0) return;
    const why = reason[stream]!;
    stalls[stream * REASONS.length + why]! += cycles;
    if (this.observation !== undefined) {
      const name: StallReason | 'issue-slot' = REASONS[why]!;
      this.shared.device.listener.onStall?.(this.id(stream), name, since[stream]!, cycles);
    }
  }

  /** The number of an object that exists; a fault if it does not. */
  object(table: 'buffers' | 'accumulators' | 'barriers', slot: ObjectSlot, stream: number): number {
    const index = this.state.registers[stream * this.shared.code.slots + slot.index]!;
    if (index < 0 || index >= slot.count) throw noSuchObject(this.shared.device, table, slot, index);
    return slot.base + index;
  }

  /** What the instruction hands to a unit, with its numbers as they are now. */
  operation(stream: number): UnitOperation {
    const { code } = this.shared;
    const { registers, counter } = this.state;
    const at = stream * code.slots;
    return operationOf(code.program.instructions[counter[stream]!]!, (source) => {
      if (source.kind === 'immediate') return source.value | 0;
      if (source.kind === 'register') return registers[at + source.register]!;
      return registers[at + SPECIAL_SLOTS[source.special]]!;
    })!;
  }

  /** The operation with its origin; `whole` unless further steps of it follow. */
  hand<O extends UnitOperation>(stream: number, whole = true): Handed<O> {
    const instruction = this.state.counter[stream]!;
    const origin = this.observation!.origin(this.id(stream), instruction, whole);
    // The instruction at hand is of that unit.
    return { operation: this.operation(stream) as O, origin };
  }

  refuse(stream: number, cycle: number): never {
    throw faultOf(this.shared.device, this.state, this.operation(stream), cycle);
  }

  arrive(barrier: number, bytes: number, cycle: number): void {
    const { pendingArrivals, pendingBytes } = this.state;
    if (bytes < 0 || pendingArrivals[barrier] === 0) {
      const { barrierNames, arrivals } = this.shared.code;
      throw arrivalFault(barrierNames[barrier]!, arrivals[barrier]!, bytes);
    }
    pendingArrivals[barrier]!--;
    pendingBytes[barrier]! += bytes;
    this.completeIfDone(barrier, cycle);
  }

  /** Ends the phase of a barrier if nothing is missing any more. */
  completeIfDone(barrier: number, cycle: number): void {
    const { pendingArrivals, pendingBytes, completed, visibleAt, tryAt, reason, waitingOn, streams } =
      this.state;
    if (pendingArrivals[barrier]! > 0 || pendingBytes[barrier] !== 0) return;
    // A completion that nobody can have seen yet is visible at once when the next one comes.
    const seenAt = visibleAt[barrier]! > cycle ? cycle : cycle + this.#latency;
    if (this.observation !== undefined) {
      const [id, index] = this.shared.code.barrierPlaces[barrier]!;
      this.shared.device.listener.onPhase?.(this.state.index, id, index, completed[barrier]!, cycle);
    }
    completed[barrier]!++;
    visibleAt[barrier] = cycle + this.#latency;
    pendingArrivals[barrier] = this.shared.code.arrivals[barrier]!;
    for (let w = 0; w < streams; w++) {
      if (reason[w] === Outcome.barrier && waitingOn[w] === barrier && tryAt[w]! > seenAt) {
        tryAt[w] = seenAt;
        this.changed = true;
      }
    }
  }

  /** Streams that wait for something without a known time are tried again. */
  wake(outcome: number, cycle: number): void {
    const { reason, tryAt, streams } = this.state;
    for (let w = 0; w < streams; w++) {
      if (reason[w] === outcome && tryAt[w]! > cycle) {
        tryAt[w] = cycle;
        this.changed = true;
      }
    }
  }

  /** An operation was handed over: streams that wait for a unit look again whether theirs is still allowed. */
  disturb(by: number, cycle: number): void {
    const { reason, tryAt, streams } = this.state;
    for (let w = 0; w < streams; w++) {
      if (w !== by && tryAt[w]! > cycle && ((DISTURBED >> reason[w]!) & 1) === 1) {
        tryAt[w] = cycle;
        this.changed = true;
      }
    }
  }

  /** Last cycle in which anything of this core happened. */
  get lastAt(): number {
    const { lastIssueAt, load, store, mma, vector, quantize } = this.state;
    const units = Math.max(
      load.lastAt,
      store.lastAt,
      mma.lastSeenAt,
      vector.lastSeenAt,
      quantize.lastSeenAt,
      this.port?.lastAt ?? 0,
    );
    return Math.max(lastIssueAt, units);
  }

  /** First cycle in which the tick engine finds that nothing will happen any more. */
  get quietAt(): number {
    const { lastIssueAt, now, visibleAt } = this.state;
    return Math.max(this.lastAt, lastIssueAt + 1, now, ...visibleAt);
  }
}
