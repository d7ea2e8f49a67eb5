/** What happens to a core of the timestamp engine when a store has read its source, and when a copy is done. */
import type { CopyOperation } from '../../../isa/index.js';
import type { Landing } from './contents.js';
import type { Handed } from './observation.js';
import type { CoreRunner } from './runner.js';
import { Outcome } from './state.js';

/** A store has read its accumulator. */
export function storeRead(
  runner: CoreRunner,
  accumulator: number,
  landing: Landing | undefined,
  cycle: number,
): void {
  runner.state.storing[accumulator]!--;
  if (landing !== undefined) runner.contents!.land(landing);
  runner.wake(Outcome.accumulator, cycle);
}

/** The same of a stage. */
export function blockRead(
  { state, contents }: CoreRunner,
  stage: number,
  landing: Landing | undefined,
): void {
  state.readOpen[stage]!--;
  if (landing !== undefined) contents!.land(landing);
}

/** A store is acknowledged. */
export function storeDone(
  runner: CoreRunner,
  stream: number,
  barrier: number,
  handed: Handed<CopyOperation> | undefined,
  cycle: number,
): void {
  if (barrier >= 0) runner.arrive(barrier, 0, cycle);
  runner.state.storesInFlight[stream]!--;
  runner.wake(Outcome.storeWait, cycle);
  copyDone(runner, handed, cycle);
}

/** The listeners are told that a copy is done. */
export function copyDone(
  { shared, state }: CoreRunner,
  handed: Handed<CopyOperation> | undefined,
  cycle: number,
): void {
  if (handed === undefined) return;
  const { operation, origin } = handed;
  shared.device.listener.onDone?.(state.index, 'copy', operation, cycle, origin);
}
