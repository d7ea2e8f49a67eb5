/** What the poll of a barrier costs its stream. */
import type { MachineModel } from './model.js';

/** Warps that so many threads fill. */
export function warpsOf({ warpThreads }: MachineModel['poll'], threads: number): number {
  return Math.ceil(threads / warpThreads.value);
}

/**
 * Cycles of a poll that succeeds.
 * @param waited whether an earlier poll of the same wait failed.
 * @param spinningWarps warps of the core that polled in vain at the last wait of their stream.
 */
export function pollCycles(
  poll: MachineModel['poll'],
  threads: number,
  waited: boolean,
  spinningWarps: number,
): number {
  if (threads < poll.warpThreads.value) return (waited ? poll.laneWakeCycles : poll.laneCycles).value;
  if (waited) return poll.wakeCycles.value;
  const others = poll.furtherWarpCycles.value * (warpsOf(poll, threads) - 1);
  return poll.warpCycles.value + others + poll.contentionCycles.value * spinningWarps;
}
