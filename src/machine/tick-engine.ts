/**
 * The tick engine: every unit and every stream of every core, one cycle after the other. Plain on purpose; faster
 * engines are checked against it.
 *
 * A cycle: the units of each core move (the first core rotates with the cycle, so that none is favoured at L2); then
 * each core's arbiter issues, round robin over its streams, at most `issueWidth` instructions.
 */
import type { Device } from './core.js';
import { advanceUnits, buildLanes, deadlockTrap, isDone, issue, maxCyclesTrap, nextEvent } from './device.js';

export interface EngineOptions {
  /** The run traps when it gets here. */
  readonly maxCycles: number;
  /** Called now and then with the current cycle, for a progress line. */
  readonly onProgress?: ((cycle: number) => void) | undefined;
}

const PROGRESS_INTERVAL_CYCLES = 1 << 14;

/** Runs the device's program to its end and returns the number of cycles. Throws `Trap`. */
export function runTicks(device: Device, options: EngineOptions): number {
  const lanes = buildLanes(device);
  for (let cycle = 0; ; cycle++) {
    if (cycle >= options.maxCycles) throw maxCyclesTrap(device, lanes, options.maxCycles);
    if (cycle % PROGRESS_INTERVAL_CYCLES === 0) options.onProgress?.(cycle);
    for (let i = 0; i < lanes.length; i++) advanceUnits(lanes[(cycle + i) % lanes.length]!, cycle);
    let issued = 0;
    for (const lane of lanes) issued += issue(device, lane, cycle);
    if (lanes.every(isDone)) return cycle + 1;
    if (issued > 0) continue;
    if (lanes.every((lane) => nextEvent(lane, cycle) === Number.POSITIVE_INFINITY)) {
      throw deadlockTrap(device, lanes, cycle);
    }
  }
}
