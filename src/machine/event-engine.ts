/**
 * The event engine: the tick engine without the cycles in which nothing can happen.
 *
 * After a cycle each core says when anything of it can change next: a unit moves, a completed phase is seen, a stream
 * is ready again; after an issue that is the next cycle. Until then every stream stalls for the reason it stalled for.
 * Cores meet only at L2, which is asked in the order of cycles and, within one, of the tick engine's cores, so that
 * all results, counters and events are those of the tick engine.
 */
import type { Device } from './core.js';
import {
  advanceUnits,
  buildLanes,
  deadlockTrap,
  isDone,
  issue,
  type Lane,
  maxCyclesTrap,
  nextEvent,
} from './device.js';
import type { EngineOptions } from './tick-engine.js';

const PROGRESS_INTERVAL_VISITS = 1 << 14;

/** Runs the device's program to its end and returns the number of cycles. Throws `Trap`. */
export function runEvents(device: Device, options: EngineOptions): number {
  const lanes = buildLanes(device);
  /** Cycle of each core's next event. */
  const next = new Float64Array(lanes.length);
  const due: number[] = [];
  let last = 0;
  for (let visits = 0; ; visits++) {
    const cycle = earliest(next);
    if (cycle === Number.POSITIVE_INFINITY) return finish(device, lanes, last);
    if (cycle >= options.maxCycles) throw maxCyclesTrap(device, lanes, options.maxCycles);
    if (visits % PROGRESS_INTERVAL_VISITS === 0) options.onProgress?.(cycle);
    collectDue(next, cycle, due);
    for (const index of due) advanceUnits(lanes[index]!, cycle);
    due.sort((a, b) => a - b);
    for (const index of due) next[index] = visit(device, lanes[index]!, cycle);
    last = cycle;
  }
}

/** Lets a core issue; returns the cycle of its next event. */
function visit(device: Device, lane: Lane, cycle: number): number {
  const issued = issue(device, lane, cycle);
  if (isDone(lane)) return Number.POSITIVE_INFINITY;
  return issued > 0 ? cycle + 1 : nextEvent(lane, cycle);
}

function earliest(next: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < next.length; i++) if (next[i]! < least) least = next[i]!;
  return least;
}

/** The cores with an event in this cycle, in the order in which the tick engine moves their units. */
function collectDue(next: Float64Array, cycle: number, due: number[]): void {
  due.length = 0;
  for (let i = 0; i < next.length; i++) {
    const index = (cycle + i) % next.length;
    if (next[index] === cycle) due.push(index);
  }
}

/** Nothing will happen any more: either all is done, or the rest waits for ever. */
function finish(device: Device, lanes: readonly Lane[], last: number): number {
  if (lanes.every(isDone)) return last + 1;
  throw deadlockTrap(device, lanes, last);
}
