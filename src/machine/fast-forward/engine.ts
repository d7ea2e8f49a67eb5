/**
 * The timestamp engine with exact fast-forward. At the backward jumps of one stream the state of all cores is compared
 * with an earlier one (`snapshot.ts`). When it has come back, one more period is run while every register is followed
 * (`shadow.ts`): that shows for how many further periods each instruction does the same. Times, counters and registers
 * are then moved on by that many periods at once.
 *
 * Not extrapolated: runs that somebody observes, and L2 whose hits depend on addresses.
 */
import type { Device } from '../core.js';
import type { EngineOptions, EngineResult } from '../engine.js';
import { KINDS, Slots } from '../timestamp/code.js';
import { TimestampRun } from '../timestamp/engine.js';
import { compute, isPlain, writeTile } from '../timestamp/plain.js';
import { NO_VALUES } from '../values.js';
import { anchorsOf, rigidSlots } from './loops.js';
import { CONSTANT, type Shadow, ShadowRegisters } from './shadow.js';
import { copyCounters, countOn, encode, shift, Vector } from './snapshot.js';

/** Runs the device's program to its end. Throws `Trap`. */
export function runFastForward(device: Device, options: EngineOptions): EngineResult {
  const run = new TimestampRun(device, options);
  const forward = new FastForward(run);
  run.start();
  forward.look();
  while (run.step()) forward.look();
  return { ...run.finish(), ...forward.report() };
}

/** Repeated attempts to follow one period, each with better starting points. */
const ATTEMPTS = 4;
/** A state is compared when so many instructions of the first core were issued since for each of its numbers. */
const ISSUES_PER_NUMBER = 0.25;

/** The search at the head of one loop: an earlier state, and how often the stream has jumped back to it since. */
interface Search {
  readonly state: Vector;
  registers: Int32Array[];
  saved: boolean;
  jumps: number;
  issuedAtLook: number;
  /** Jumps after which a later state is kept instead. */
  patience: number;
}

/** A period that is being followed, from one jump to the head of a loop to another. */
interface Trial {
  readonly at: number;
  readonly period: number;
  readonly attempt: number;
  readonly now: number;
  readonly start: Vector;
  readonly registers: readonly Int32Array[];
  readonly counters: readonly Float64Array[];
  /** Shadows of the registers at its start, by core and stream. */
  readonly guess: readonly (readonly Shadow[])[];
  readonly shadow: ShadowRegisters;
  jumps: number;
}

class FastForward {
  readonly #searches = new Map<number, Search>();
  readonly #rigid: readonly ReadonlySet<number>[];
  readonly #streams: number;
  readonly #state = new Vector();
  #trial: Trial | undefined;
  #cycles = 0;
  #jumps = 0;
  #refusal: string | undefined;

  constructor(private readonly run: TimestampRun) {
    const { device, shared, runners, options } = run;
    this.#streams = runners[0]!.state.streams;
    this.#rigid = rigidSlots(shared.code, device.program);
    if (options.observed || device.values !== NO_VALUES)
      this.#refusal = 'somebody observes the run, by values or by events';
    else if (shared.addsUp) this.#refusal = 'parts of tiles are added up in global memory';
    else if (shared.tiles.dynamic) this.#refusal = 'tiles are handed out on demand';
    else if (runners[0]!.state.load.granules > 0) {
      this.#refusal = 'what L2 holds depends on addresses: several cores, or one on a cold L2';
    } else {
      const { stream, anchors } = anchorsOf(shared.code, device.program);
      if (stream < 0) this.#refusal = 'the program has no loop that uses a unit';
      runners[0]!.anchorStream = stream;
      shared.anchors.set(anchors);
      if (stream >= 0) this.#refusal = 'no state came back for long enough';
    }
  }

  report(): Pick<EngineResult, 'extrapolated' | 'notExtrapolated'> {
    if (this.#jumps > 0) return { extrapolated: { cycles: this.#cycles, jumps: this.#jumps } };
    return this.#refusal === undefined ? {} : { notExtrapolated: this.#refusal };
  }

  /** After a turn of a core: has the first core made a jump that counts? */
  look(): void {
    const first = this.run.runners[0]!;
    const at = first.anchor;
    if (at < 0) return;
    first.anchor = -1;
    const trial = this.#trial;
    // A jump to an earlier place closes a loop around the one that is followed.
    if (trial !== undefined && at < trial.at) this.#stop();
    else if (trial !== undefined) {
      if (at === trial.at && ++trial.jumps === trial.period) this.#finish(trial);
      return;
    }
    this.#search(at);
  }

  #search(at: number): void {
    const { runners } = this.run;
    let search = this.#searches.get(at);
    if (search === undefined) {
      search = { state: new Vector(), registers: [], saved: false, jumps: 0, issuedAtLook: 0, patience: 1 };
      this.#searches.set(at, search);
    }
    search.jumps++;
    const issued = runners[0]!.state.issued.reduce((sum, n) => sum + n, 0);
    if (issued - search.issuedAtLook < ISSUES_PER_NUMBER * this.#state.length) return;
    search.issuedAtLook = issued;
    this.#encode(this.#state);
    if (search.saved && this.#state.equals(search.state) && this.#rigidEqual(search.registers)) {
      const guess = this.#guess(search.registers);
      const period = search.jumps;
      search.saved = false;
      this.#begin(at, period, 1, guess);
    } else if (!search.saved || search.jumps >= search.patience) {
      copyVector(this.#state, search.state);
      search.registers = this.#registers();
      search.saved = true;
      search.jumps = 0;
      search.patience *= 2;
    }
  }

  #encode(out: Vector): void {
    const { runners, device } = this.run;
    const wishes = runners.map((_, core) => this.run.wish(core));
    encode(out, runners, wishes, device.l2, wishes[0]!.cycle);
  }

  #registers(): Int32Array[] {
    return this.run.runners.map(({ state }) => state.registers.slice());
  }

  /** Whether the registers that name objects and parities are as they were. */
  #rigidEqual(before: readonly Int32Array[]): boolean {
    const { slots } = this.run.shared.code;
    return this.run.runners.every(({ state }, core) =>
      this.#rigid.every((rigid, w) =>
        [...rigid].every((slot) => state.registers[w * slots + slot] === before[core]![w * slots + slot]),
      ),
    );
  }

  /** Registers that differ are taken to grow by the difference. */
  #guess(before: readonly Int32Array[]): Shadow[][] {
    const { slots } = this.run.shared.code;
    return this.run.runners.flatMap(({ state }, core) =>
      Array.from({ length: this.#streams }, (_, w) =>
        Array.from({ length: slots }, (_slot, i): Shadow => {
          const delta = (state.registers[w * slots + i]! - before[core]![w * slots + i]!) | 0;
          return delta === 0 ? CONSTANT : { kind: 'affine', delta };
        }),
      ),
    );
  }

  /** Follows the period that begins now. */
  #begin(at: number, period: number, attempt: number, guess: readonly (readonly Shadow[])[]): void {
    const { runners, shared, device } = this.run;
    const start = new Vector();
    this.#encode(start);
    const registers = guess.map((shadows) => [...shadows]);
    const shadow = new ShadowRegisters(shared.code, device.program.grid, registers, this.#streams);
    shared.watcher = shadow;
    const now = this.run.wish(0).cycle;
    const counters = copyCounters(runners);
    const before = this.#registers();
    this.#trial = { at, period, attempt, now, start, registers: before, counters, guess, shadow, jumps: 0 };
  }

  #stop(): void {
    this.run.shared.watcher = undefined;
    this.#trial = undefined;
  }

  /** The period is over: moves on if it will repeat. */
  #finish(trial: Trial): void {
    this.#stop();
    this.#encode(this.#state);
    if (!this.#state.equals(trial.start)) return;
    const { settled, better } = this.#compare(trial);
    if (!settled) {
      if (trial.attempt < ATTEMPTS) this.#begin(trial.at, trial.period, trial.attempt + 1, better);
      else this.#refusal = 'a register changes without a rule';
      return;
    }
    if (trial.shadow.refusal !== undefined) {
      this.#refusal = trial.shadow.refusal;
      return;
    }
    const cycles = this.run.wish(0).cycle - trial.now;
    const times = this.#times(trial, cycles);
    if (times < 1) return;
    this.#move(trial, cycles, times);
    for (const search of this.#searches.values()) search.saved = false;
  }

  /** Whether every register did as it was taken to do; if not, what to take it for. */
  #compare({ guess, shadow, registers }: Trial): { settled: boolean; better: Shadow[][] } {
    const { slots } = this.run.shared.code;
    let settled = true;
    const better = guess.map((shadows, i) => {
      const [core, w] = [Math.floor(i / this.#streams), i % this.#streams];
      return shadows.map((before, slot) => {
        const after = shadow.registers[i]![slot]!;
        const at = w * slots + slot;
        const [from, to] = [registers[core]![at]!, this.run.runners[core]!.state.registers[at]!];
        if (slot === Slots.discard || holds(before, after, from, to)) return before;
        settled = false;
        return after.kind === 'interval' ? { ...after, fresh: false } : after;
      });
    });
    return { settled, better };
  }

  /** Further periods that are certain to be the same. */
  #times({ shadow, counters }: Trial, cycles: number): number {
    const { runners, shared, options } = this.run;
    let times = Math.min(
      shadow.limit,
      Math.floor((options.maxCycles - 1 - this.run.wish(0).cycle) / cycles) - 1,
    );
    const perCore = counters.length / runners.length;
    for (const [core, { state }] of runners.entries()) {
      const before = counters[core * perCore + TILES_TAKEN]!;
      for (let w = 0; w < state.streams; w++) {
        const taken = state.tilesTaken[w]! - before[w]!;
        if (taken > 0)
          times = Math.min(times, Math.floor(shared.tiles.left(core, state.tilesTaken[w]!) / taken));
      }
    }
    return times;
  }

  #move(trial: Trial, cycles: number, times: number): void {
    const { runners, device } = this.run;
    const all = runners.map(({ state }) => ({
      end: state.registers.slice(),
      taken: state.tilesTaken.slice(),
    }));
    countOn(runners, trial.counters, times);
    for (const [core, runner] of runners.entries()) {
      shift(runner, cycles * times);
      this.#grow(trial, core, all[core]!.end, times - 1);
    }
    this.run.shift(cycles * times);
    device.l2.freeAt += cycles * times;
    this.#replay(trial, times);
    this.#cycles += cycles * times;
    this.#jumps++;
  }

  /** Registers that grow, as they are that many periods later. */
  #grow({ guess }: Trial, core: number, end: Int32Array, times: number): void {
    const { slots } = this.run.shared.code;
    const { registers } = this.run.runners[core]!.state;
    for (let w = 0; w < this.#streams; w++) {
      for (const [slot, shadow] of guess[core * this.#streams + w]!.entries()) {
        if (shadow.kind !== 'affine' || shadow.delta === 0) continue;
        const at = w * slots + slot;
        registers[at] = end[at]! + Math.imul(shadow.delta, times);
      }
    }
  }

  /** Runs what the last period does to registers, so that those that come from tiles are right as well. */
  #replay({ shadow, counters }: Trial, times: number): void {
    const { runners, shared } = this.run;
    const { code, tiles } = shared;
    const perCore = counters.length / runners.length;
    const taken = runners.map(({ state }, core) => {
      const before = counters[core * perCore + TILES_TAKEN]!;
      // Counted on already: a period took this many times less.
      return state.tilesTaken.map((after, w) => after - (after - before[w]!) / (times + 1));
    });
    const { trace } = shadow;
    for (let i = 0; i < trace.length; i += 3) {
      const [core, w, at] = [trace[i]!, trace[i + 1]!, trace[i + 2]!];
      const { registers } = runners[core]!.state;
      if (isPlain(code, at)) compute(code, at, registers, w * code.slots);
      else if (KINDS[code.kind[at]!] === 'tile.next') {
        const tile = tiles.take(core, taken[core]![w]!++)!;
        writeTile(code, at, registers, w * code.slots, tile);
      }
    }
  }
}

/** Place of `tilesTaken` among the counters of a core. */
const TILES_TAKEN = 3;

/** Whether a register that was `before` at the start of a period is so again at its end. */
function holds(before: Shadow, after: Shadow, from: number, to: number): boolean {
  switch (before.kind) {
    case 'affine':
      return after.kind === 'affine' && after.delta === before.delta && ((to - from) | 0) === before.delta;
    case 'interval': {
      if (after.kind !== 'interval' || !after.fresh) return false;
      const within = after.low >= before.low && after.high <= before.high;
      const aligned = after.step % before.step === 0 && (after.low - before.low) % before.step === 0;
      const member = from >= before.low && from <= before.high && (from - before.low) % before.step === 0;
      return within && member && (before.step === 0 ? after.low === before.low : aligned);
    }
    case 'unknown':
      return false;
  }
}

function copyVector(from: Vector, to: Vector): void {
  to.length = 0;
  to.pushAll(from.values.subarray(0, from.length));
}
