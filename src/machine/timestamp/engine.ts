/**
 * The timestamp engine. Every core runs ahead on its own until it wants something that cores share: bandwidth of L2, a
 * line of it, a tile that is handed out on demand. It then waits until no other core can want something earlier; equal
 * cycles are ordered as the tick engine visits cores. An observed run lets no core run ahead, so that events come in order.
 */

import { describePhase } from '../barrier.js';
import type { Device } from '../core.js';
import type { Waiting, WaitingStream } from '../deadlock.js';
import { asTrap, deadlockTrap, maxCyclesTrap, spanAt } from '../device.js';
import type { EngineOptions, EngineResult } from '../engine.js';
import { TileSource } from '../tile-scheduler.js';
import { NEVER } from '../time.js';
import { decode } from './decode.js';
import { CoreRunner, type Shared } from './runner.js';
import { Outcome, REASONS } from './state.js';
import { statisticsOf } from './statistics.js';

const PROGRESS_INTERVAL_TURNS = 1 << 14;

/** Runs the device's program to its end. Throws `Trap`. */
export function runTimestamps(device: Device, options: EngineOptions): EngineResult {
  const run = new TimestampRun(device, options);
  run.start();
  run.toEnd();
  return run.finish();
}

/** Halves of a cycle. */
const UNITS = 0;
const STREAMS = 1;

export class TimestampRun {
  readonly runners: readonly CoreRunner[];
  readonly shared: Shared;
  /** What each core waits for: a cycle, a half of it, and its turn among the cores there. */
  readonly #cycle: Float64Array;
  readonly #half: Uint8Array;
  #trap:
    | { readonly error: unknown; readonly core: number; readonly cycle: number; readonly half: number }
    | undefined;
  /** No core goes beyond this cycle. */
  #limit: number;
  #overLimit = false;
  #turns = 0;
  /** A core that is alone up to this cycle need not wait for the others. */
  #othersAt = 0;
  readonly #alone: boolean;

  constructor(
    readonly device: Device,
    readonly options: EngineOptions,
  ) {
    const { cores, program, model } = device;
    this.#alone = cores === 1;
    const adds = program.instructions.some(({ spec }) => spec.mnemonic === 'st.add');
    this.shared = {
      device,
      code: decode(device),
      tiles: new TileSource(program.grid, cores),
      sharedLookups: model.memory !== undefined && cores > 1,
      observed: options.observed,
      addsUp: adds,
      inOrder: options.observed || (cores > 1 && adds),
      onTurn: (core, cycle, landed) => this.#turn(core, cycle, landed),
      watcher: undefined,
      anchors: new Uint8Array(program.instructions.length),
    };
    this.runners = Array.from({ length: cores }, (_, index) => new CoreRunner(index, this.shared));
    this.#cycle = new Float64Array(cores);
    this.#half = new Uint8Array(cores);
    this.#limit = options.maxCycles;
  }

  /** What a core waits for. */
  wish(core: number): { readonly cycle: number; readonly half: number } {
    return { cycle: this.#cycle[core]!, half: this.#half[core]! };
  }

  /** Moves what every core waits for by so many cycles. */
  shift(cycles: number): void {
    for (let core = 0; core < this.#cycle.length; core++) this.#cycle[core]! += cycles;
  }

  /** Brings every core to the first thing it needs others for. */
  start(): void {
    const { cores } = this.device;
    for (let i = 0; i < cores; i++) {
      this.#run(this.options.reverse === true ? cores - 1 - i : i, false);
    }
  }

  toEnd(): void {
    while (this.step()) {}
  }

  /** Lets the core go on whose turn it is; false when none has anything left to do. */
  step(): boolean {
    const core = this.#earliest();
    if (core < 0) return false;
    if (this.#turns++ % PROGRESS_INTERVAL_TURNS === 0) this.options.onProgress?.(this.#cycle[core]!);
    this.#run(core, true);
    return true;
  }

  /** The core whose wish comes first, or −1. Notes the cycle of the first wish of another. */
  #earliest(): number {
    const cycles = this.#cycle;
    const halves = this.#half;
    const { length } = cycles;
    const reverse = this.options.reverse === true;
    let best = -1;
    let first = NEVER;
    let second = NEVER;
    for (let i = 0; i < length; i++) {
      const core = reverse ? length - 1 - i : i;
      const cycle = cycles[core]!;
      if (
        cycle < first ||
        (best >= 0 && cycle === first && this.#before(core, cycle, halves[core]!, best, first, halves[best]!))
      ) {
        best = core;
        second = first;
        first = cycle;
      } else if (cycle < second) second = cycle;
    }
    this.#othersAt = second;
    const trap = this.#trap;
    if (best < 0 || trap === undefined) return best;
    const { core, cycle, half } = trap;
    return this.#before(best, first, halves[best]!, core, cycle, half) ? best : -1;
  }

  /** Whether a moment of one core comes before one of another. */
  #before(
    core: number,
    cycle: number,
    half: number,
    other: number,
    otherCycle: number,
    otherHalf: number,
  ): boolean {
    if (cycle !== otherCycle) return cycle < otherCycle;
    if (half !== otherHalf) return half < otherHalf;
    return core < other;
  }

  /** Runs a core up to its next wish; `granted` if it is its turn for the one it waits with. */
  #run(index: number, granted: boolean): void {
    const runner = this.runners[index]!;
    const limit = this.#limit;
    const bursts = !this.shared.inOrder && this.shared.watcher === undefined;
    let half = this.#half[index]!;
    let cycle = granted ? this.#cycle[index]! : runner.nextAt();
    let free = granted;
    try {
      for (;;) {
        if (cycle >= limit) {
          this.#overLimit ||= cycle < NEVER;
          cycle = NEVER;
          break;
        }
        if (half === UNITS && runner.unitsAt <= cycle) {
          if (!free && cycle >= this.#othersAt && this.#meetsInUnits(runner, cycle)) break;
          runner.visitUnits(cycle);
          free = false;
          const next = runner.nextAt();
          if (next > cycle) {
            cycle = next;
            continue;
          }
        }
        if (half === UNITS) {
          half = STREAMS;
          free = false;
        }
        if (bursts && !free && runner.alone >= 0 && runner.aloneUntil > cycle) {
          const due = runner.runAlone(cycle, limit);
          if (due > cycle || runner.anchor >= 0) {
            half = UNITS;
            cycle = due;
            if (runner.anchor >= 0) break;
            continue;
          }
        }
        if (!free && cycle >= this.#othersAt && this.#meetsInStreams(runner, cycle)) break;
        runner.visitStreams(cycle);
        half = UNITS;
        free = false;
        const next = runner.nextAt();
        cycle = next > cycle ? next : cycle + 1;
        if (runner.anchor >= 0) break;
      }
    } catch (error) {
      this.#fail(index, half === STREAMS ? runner.state.now : cycle, half, error);
      return;
    }
    this.#cycle[index] = cycle;
    this.#half[index] = half;
  }

  #meetsInUnits(runner: CoreRunner, cycle: number): boolean {
    if (this.shared.inOrder) return true;
    return !this.#alone && runner.memoryAt <= cycle;
  }

  #meetsInStreams(runner: CoreRunner, cycle: number): boolean {
    if (this.shared.inOrder) return true;
    return runner.meetsOthers && runner.meetsOthersAt(cycle);
  }

  /**
   * The turn of streams of other cores that wait to be added up may have come: they ask again. No core is ahead of them.
   */
  #turn(by: number, cycle: number, landed: boolean): void {
    for (const [core, runner] of this.runners.entries()) {
      if (core === by || core === this.#trap?.core) continue;
      const { state } = runner;
      const at = landed || core > by ? cycle : cycle + 1;
      for (let w = 0; w < state.streams; w++) {
        if (state.reason[w] !== Outcome.turn || state.halted[w] === 1 || state.tryAt[w]! <= at) continue;
        state.tryAt[w] = at;
        this.#othersAt = Math.min(this.#othersAt, at);
        if (this.#cycle[core]! <= at) continue;
        this.#cycle[core] = at;
        this.#half[core] = STREAMS;
      }
      runner.nextAt();
    }
  }

  /** A core trapped: others may still trap before it, and need not go further. */
  #fail(core: number, cycle: number, half: number, error: unknown): void {
    this.#cycle[core] = NEVER;
    const { counter, trying } = this.runners[core]!.state;
    const place =
      half === UNITS
        ? undefined
        : {
            core,
            stream: this.runners[core]!.id(trying).name,
            span: spanAt(this.device, counter[trying]!),
          };
    const before = this.#trap;
    if (before !== undefined && !this.#before(core, cycle, half, before.core, before.cycle, before.half))
      return;
    this.#trap = { error: asTrap(error, cycle, place), core, cycle, half };
    this.#limit = Math.min(this.#limit, cycle + 1);
  }

  /** The result, or the trap that ended the run. */
  finish(): EngineResult {
    if (this.#trap !== undefined) throw this.#trap.error;
    const waiting = this.runners.map((runner) => this.#waiting(runner));
    if (this.#overLimit) throw maxCyclesTrap(this.device, waiting, this.options.maxCycles);
    const last = Math.max(...this.runners.map((runner) => runner.lastAt));
    if (this.runners.some(({ state }) => state.running > 0)) {
      const quiet = Math.max(...this.runners.map((runner) => runner.quietAt));
      if (quiet >= this.options.maxCycles) throw maxCyclesTrap(this.device, waiting, this.options.maxCycles);
      throw deadlockTrap(this.device, waiting, quiet);
    }
    if (last >= this.options.maxCycles) throw maxCyclesTrap(this.device, waiting, this.options.maxCycles);
    return { cycles: last + 1, statistics: statisticsOf(this.runners), items: this.shared.tiles.counts() };
  }

  /** A core as the traps describe it. */
  #waiting(runner: CoreRunner): Waiting {
    const { state } = runner;
    const { code } = this.shared;
    const barrier = ({ id, index }: { id: number; index: number }): { describe(): string } => {
      const at = this.device.program.barriers.slice(0, id).reduce((sum, { count }) => sum + count, index);
      const phase = {
        arrivals: code.arrivals[at]!,
        pendingArrivals: state.pendingArrivals[at]!,
        pendingBytes: state.pendingBytes[at]!,
        completed: state.completed[at]!,
      };
      return { describe: () => describePhase(code.barrierNames[at]!, phase) };
    };
    const streams = Array.from({ length: state.streams }, (_, w) => this.#waitingStream(runner, w));
    return { core: { index: state.index, barrier }, streams };
  }

  #waitingStream(runner: CoreRunner, w: number): WaitingStream {
    const { state } = runner;
    const reason = REASONS[state.reason[w]!]!;
    const since = state.since[w]!;
    return {
      id: runner.id(w),
      halted: state.halted[w] === 1,
      counter: state.counter[w]!,
      stalled: since >= this.options.maxCycles ? undefined : { reason, since },
      place: ({ id, index }) => ({
        id,
        index:
          index.kind === 'immediate'
            ? index.value
            : state.registers[w * this.shared.code.slots + index.register]!,
      }),
    };
  }
}
