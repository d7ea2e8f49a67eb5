/** How an attempt to issue ends in the timestamp engine: the stream goes on at a cycle, or waits. */
import type { CoreRunner } from './runner.js';
import { Outcome } from './state.js';

/** Tries an instruction of a stream in a cycle; returns a code of `Outcome`. */
export type Long = (runner: CoreRunner, w: number, at: number, cycle: number) => number;

/** The instruction is issued: counts it, and says when its stream goes on: after so many whole cycles, at least 1. */
export function issue(
  runner: CoreRunner,
  w: number,
  at: number,
  cycle: number,
  cost: number,
  next: number,
): number {
  const { state, observation, shared } = runner;
  if (cycle > state.since[w]!) runner.count(w, cycle);
  state.reason[w] = Outcome.pipeline;
  state.since[w] = cycle + 1;
  state.issued[w]!++;
  state.tryAt[w] = cycle + cost;
  state.counter[w] = next;
  state.lastIssueAt = cycle;
  if (shared.watcher !== undefined) shared.watcher.issued(runner, w, at);
  if (next <= at && w === runner.anchorStream && shared.anchors[at] === 1) runner.anchor = next;
  if (observation !== undefined) shared.device.listener.onIssued?.(runner.id(w), at, cycle);
  return Outcome.issued;
}

/** The instruction is issued and its stream goes on with the next. */
export function plain(runner: CoreRunner, w: number, at: number, cycle: number): number {
  return issue(runner, w, at, cycle, runner.shared.code.cost[at]!, at + 1);
}

/** The stream waits; it is tried again at that cycle, or when somebody wakes it. */
export function blocked({ state }: CoreRunner, w: number, outcome: number, until: number): number {
  state.tryAt[w] = until;
  return outcome;
}
