/**
 * What each instruction does in the timestamp engine, and when its stream goes on. The meaning is that of the instruction
 * records; this is the short way to it, which the equality tests compare with the long one.
 */
import { pollCycles } from '../poll.js';
import { NEVER } from '../time.js';
import { KINDS, type Kind, Slots } from './code.js';
import { load, store, storeWait } from './copies.js';
import { convert, vector } from './element-units.js';
import { blocked, issue, type Long, plain } from './issue.js';
import { compute, FIRST_LONG, writeTile } from './plain.js';
import { commit, mma, mmaWait } from './products.js';
import type { CoreRunner } from './runner.js';
import { Outcome } from './state.js';

/** Tries the next instruction of a stream; returns a code of `Outcome`. */
export function execute(runner: CoreRunner, w: number, cycle: number): number {
  const { state, shared } = runner;
  const { code } = shared;
  const at = state.counter[w]!;
  if (code.readsClock[at] === 1) state.registers[w * code.slots + Slots.clock] = cycle | 0;
  const kind = code.kind[at]!;
  if (kind >= FIRST_LONG) return LONG[kind - FIRST_LONG]!(runner, w, at, cycle);
  return issue(runner, w, at, cycle, code.cost[at]!, compute(code, at, state.registers, w * code.slots));
}

function halt(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, observation, shared } = runner;
  plain(runner, w, at, cycle);
  state.tryAt[w] = NEVER;
  state.halted[w] = 1;
  state.haltedAt[w] = cycle;
  state.counter[w] = at;
  state.running--;
  if (observation !== undefined) shared.device.listener.onHalted?.(runner.id(w), cycle);
  return Outcome.issued;
}

function tileNext(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared } = runner;
  const { code } = shared;
  const tile = shared.tiles.take(state.index, state.tilesTaken[w]!);
  const done = code.x[3 * at + 2]!;
  if (tile === undefined) return issue(runner, w, at, cycle, code.cost[at]!, done);
  state.tilesTaken[w]!++;
  writeTile(code, at, state.registers, w * code.slots, tile);
  return plain(runner, w, at, cycle);
}

function arrive(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared } = runner;
  const { barrier: slot, source } = shared.code.barriers[at]!;
  const barrier = runner.object('barriers', slot, w);
  runner.arrive(barrier, state.registers[w * shared.code.slots + source]!, cycle);
  return plain(runner, w, at, cycle);
}

function barrierWait(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared } = runner;
  const record = shared.code.barriers[at]!;
  const barrier = runner.object('barriers', record.barrier, w);
  const parity = state.registers[w * shared.code.slots + record.source]! & 1;
  const visibleAt = state.visibleAt[barrier]!;
  const completed = state.completed[barrier]! - (cycle >= visibleAt ? 0 : 1);
  if (((completed + 1) & 1) !== parity) {
    state.spinningWarps[w] = record.warps;
    state.waitingOn[w] = barrier;
    return blocked(runner, w, Outcome.barrier, visibleAt > cycle ? visibleAt : NEVER);
  }
  const waited = state.reason[w] === Outcome.barrier;
  if (!waited) state.spinningWarps[w] = 0;
  let spinning = 0;
  if (!waited) for (let i = 0; i < state.streams; i++) spinning += state.spinningWarps[i]!;
  const { poll } = shared.device.model;
  const cost = record.issueCycles + pollCycles(poll, record.threads, waited, spinning) - 1;
  return issue(runner, w, at, cycle, Math.max(1, Math.round(cost)), at + 1);
}

/** The instructions that are more than a line, by kind, from the first of them on. */
const LONG_KINDS: Readonly<Partial<Record<Kind, Long>>> = {
  nop: plain,
  halt,
  'tile.next': tileNext,
  'ld.tile': load,
  store,
  'st.wait': storeWait,
  'bar.expect': arrive,
  'bar.arrive': arrive,
  'bar.wait': barrierWait,
  mma,
  'mma.commit': commit,
  'mma.wait': mmaWait,
  vector,
  convert,
};
const LONG: readonly Long[] = KINDS.slice(FIRST_LONG).map((kind) => LONG_KINDS[kind]!);
