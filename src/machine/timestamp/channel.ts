/** The move of one granule of a bulk copy. The rule is that of `CopyChannel`. */
import { GRANULE_BYTES } from '../units/copy-channel.js';
import type { CoreRunner } from './runner.js';
import { type Channel, Total } from './state.js';

export function moveBytes(runner: CoreRunner, channel: Channel, cycle: number): void {
  const { state, observation, shared } = runner;
  const { l2 } = shared.device;
  const { head, moved, bytesPerCycle, granules } = channel;
  const total = channel.bytes[head]!;
  const bytes = Math.min(GRANULE_BYTES, total - moved);
  const granule = head * granules + moved / GRANULE_BYTES;
  const late = granules === 0 ? 0 : channel.delay[granule]!;
  const cost = granules === 0 ? 1 : channel.cost[granule]!;
  const start = Math.max(channel.hitAt[head]! + late, channel.portFreeAt);
  const overhead = moved === 0 ? channel.overheadCycles : 0;
  const own = start + overhead + channel.rate.cyclesFor(bytes);
  const end = Math.max(l2.reserve(start, bytes * cost), own);
  const busyCycles = Math.ceil(end) - Math.ceil(start);
  channel.portFreeAt = end;
  channel.moved += bytes;
  const load = channel === state.load;
  if (load) {
    state.totals[Total.loadBusy]! += busyCycles;
    state.totals[Total.loadedBytes]! += bytes;
  } else {
    state.totals[Total.storeBusy]! += busyCycles;
    state.totals[Total.storedBytes]! += bytes;
  }
  if (observation === undefined) return;
  const { listener } = shared.device;
  const { operation, origin } = (load ? observation.loads : observation.stores)[head]!;
  if (moved === 0) {
    const busy = Math.ceil(total / bytesPerCycle);
    listener.onStarted?.(state.index, 'copy', operation, cycle, busy, origin);
  }
  listener.onTransfer?.(state.index, load ? 'load' : 'store', bytes, cycle, busyCycles);
}
