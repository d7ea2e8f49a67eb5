/** Bulk copies of the timestamp engine, granule by granule. The rule is that of `CopyChannel`. */

import { NEVER } from '../time.js';
import { GRANULE_BYTES } from '../units/copy-channel.js';
import { blockRead, copyDone, storeDone, storeRead } from './copy-ends.js';
import type { Channel } from './queues.js';
import type { CoreRunner } from './runner.js';
import { Outcome, Total } from './state.js';

/** Hands a copy to a channel, each of whose bytes costs so much of L2's bandwidth; its place in the ring. */
export function enqueueCopy(
  channel: Channel,
  local: number,
  barrier: number,
  stream: number,
  bytes: number,
  weight: number,
  requestedAt: number,
  cycle: number,
): number {
  const place = (channel.head + channel.count) % channel.depth;
  channel.local[place] = local;
  channel.barrier[place] = barrier;
  channel.stream[place] = stream;
  channel.bytes[place] = bytes;
  channel.weight[place] = weight;
  channel.hitAt[place] = requestedAt + channel.latencyCycles;
  channel.count++;
  if (channel.count === 1) schedule(channel, cycle + 1);
  return place;
}

/** When the first copy's next step is due, no earlier than `from`. */
function schedule(channel: Channel, from: number): void {
  const { head, moved, granules, portFreeAt } = channel;
  if (channel.count === 0) {
    channel.dueAt = NEVER;
  } else if (moved >= channel.bytes[head]!) {
    channel.dueAt = Math.max(from, Math.ceil(portFreeAt) - 1);
  } else {
    const late = granules === 0 ? 0 : channel.delay[head * granules + moved / GRANULE_BYTES]!;
    channel.dueAt = Math.max(from, Math.floor(Math.max(channel.hitAt[head]! + late, portFreeAt)));
  }
}

/** Everything of a channel that is due. */
export function advanceChannel(runner: CoreRunner, channel: Channel, cycle: number): void {
  channel.lastAt = cycle;
  while (channel.dueAt <= cycle) {
    if (channel.moved < channel.bytes[channel.head]!) moveBytes(runner, channel, cycle);
    else finish(runner, channel, cycle);
    schedule(channel, 0);
  }
  channel.dueAt = Math.max(channel.dueAt, cycle + 1);
}

function finish(runner: CoreRunner, channel: Channel, cycle: number): void {
  const { state, observation, contents } = runner;
  const place = channel.head;
  const local = channel.local[place]!;
  const barrier = channel.barrier[place]!;
  const bytes = channel.bytes[place]!;
  channel.head = (place + 1) % channel.depth;
  channel.count--;
  channel.moved = 0;
  if (channel === state.load) {
    state.loading[local] = 0;
    state.loaded[local] = 1;
    state.pendingBytes[barrier]! -= bytes;
    runner.completeIfDone(barrier, cycle);
    copyDone(runner, observation?.loads[place], cycle);
  } else {
    const landing = contents?.landings[place];
    if (local < 0) blockRead(runner, ~local, landing);
    else storeRead(runner, local, landing, cycle);
    runner.additions.landed(place, cycle);
    storeDone(runner, channel.stream[place]!, barrier, observation?.stores[place], cycle);
  }
  runner.wake(Outcome.copyQueue, cycle);
}

/** The move of one granule of the first copy. */
function moveBytes(runner: CoreRunner, channel: Channel, cycle: number): void {
  const { state, observation, shared } = runner;
  const { l2 } = shared.device;
  const { head, moved, bytesPerCycle, granules } = channel;
  const total = channel.bytes[head]!;
  const bytes = Math.min(GRANULE_BYTES, total - moved);
  const granule = head * granules + moved / GRANULE_BYTES;
  const late = granules === 0 ? 0 : channel.delay[granule]!;
  const cost = granules === 0 ? channel.weight[head]! : channel.cost[granule]!;
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
