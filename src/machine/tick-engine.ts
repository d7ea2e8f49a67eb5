/**
 * The tick engine: every unit and every stream of every core, one cycle after the other. Plain on purpose; faster
 * engines are checked against it.
 *
 * A cycle: the units of each core move, core by core; then each core's arbiter issues, round robin over its streams, at
 * most `issueWidth` instructions. What several cores ask of L2 in one cycle it serves in the order of the cores.
 */
import type { Device } from './core.js';
import { advanceUnits, buildLanes, deadlockTrap, isDone, issue, maxCyclesTrap, nextEvent } from './device.js';
import type { EngineOptions, EngineResult } from './engine.js';
import { fanOut } from './events.js';
import { StatisticsListener } from './statistics.js';
import { TileSource } from './tile-scheduler.js';

const PROGRESS_INTERVAL_CYCLES = 1 << 14;

/** Runs the device's program to its end. Throws `Trap`. */
export function runTicks(watched: Device, options: EngineOptions): EngineResult {
  const statistics = new StatisticsListener(watched.cores);
  const device: Device = { ...watched, listener: fanOut([statistics, watched.listener]) };
  const tiles = new TileSource(device.program.grid, device.cores);
  const cycles = ticksOf(device, tiles, options);
  return { cycles, statistics: statistics.result(), items: tiles.counts() };
}

function ticksOf(device: Device, tiles: TileSource, options: EngineOptions): number {
  const lanes = buildLanes(device, tiles);
  for (let cycle = 0; ; cycle++) {
    if (cycle >= options.maxCycles) throw maxCyclesTrap(device, lanes, options.maxCycles);
    if (cycle % PROGRESS_INTERVAL_CYCLES === 0) options.onProgress?.(cycle);
    for (const lane of lanes) advanceUnits(lane, cycle);
    let issued = 0;
    for (const lane of lanes) issued += issue(device, lane, cycle);
    if (lanes.every(isDone)) return cycle + 1;
    if (issued > 0) continue;
    if (lanes.every((lane) => nextEvent(lane, cycle) === Number.POSITIVE_INFINITY)) {
      throw deadlockTrap(device, lanes, cycle);
    }
  }
}
