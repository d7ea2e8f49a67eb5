/** Loads and stores of the timestamp engine: what is handed to the copy engine and the store port. */
import type { CopyOperation } from '../../../isa/index.js';
import { duration, NEVER } from '../time.js';
import { GRANULE_BYTES } from '../units/copy-channel.js';
import { granuleKey } from '../units/l2.js';
import { enqueueCopy } from './channel.js';
import { blocked, plain } from './issue.js';
import type { CoreRunner } from './runner.js';
import { Outcome } from './state.js';

export function load(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared, observation } = runner;
  const record = shared.code.loads[at]!;
  const stage = runner.object('buffers', record.stage, w);
  const base = w * shared.code.slots;
  const row = state.registers[base + record.row]!;
  const col = state.registers[base + record.col]!;
  const free =
    state.loading[stage] === 0 &&
    state.readOpen[stage] === 0 &&
    state.readUntil[stage]! <= cycle &&
    state.sourceUntil[stage]! <= cycle &&
    state.targetUntil[stage]! <= cycle;
  if (!record.fits || !free || !inside(record, row, col) || col % record.blockSize !== 0) {
    runner.refuse(w, cycle);
  }
  const barrier = runner.object('barriers', record.barrier, w);
  const channel = state.load;
  if (channel.count >= channel.depth) return blocked(runner, w, Outcome.copyQueue, NEVER);
  state.loading[stage] = 1;
  state.originRow[stage] = row;
  state.originCol[stage] = col;
  runner.contents?.load(stage, { tensor: record.tensor, row, col });
  runner.disturb(w, cycle);
  runner.changed = true;
  const place = enqueueCopy(channel, stage, barrier, w, record.bytes, 1, cycle, cycle);
  if (channel.granules > 0) {
    const { cols } = shared.device.tensors[record.tensor]!.declaration;
    lookUp(runner, place, record.tensor, row * cols + col, cycle);
  }
  if (observation !== undefined) observation.loads[place] = runner.hand(w);
  return plain(runner, w, at, cycle);
}

/** Asks L2 for each granule of a copy. */
function lookUp(
  { state, shared }: CoreRunner,
  place: number,
  tensor: number,
  offset: number,
  cycle: number,
): void {
  const { load } = state;
  const bytes = load.bytes[place]!;
  for (let from = 0, i = place * load.granules; from < bytes; from += GRANULE_BYTES, i++) {
    const size = Math.min(GRANULE_BYTES, bytes - from);
    const key = granuleKey(tensor, offset, from / bytes);
    const access = shared.device.l2.access(key, size, state.index, cycle);
    load.delay[i] = access.delayCycles;
    load.cost[i] = access.cost;
  }
  if (load.count === 1) {
    load.dueAt = Math.max(
      cycle + 1,
      Math.floor(Math.max(load.hitAt[place]! + load.delay[place * load.granules]!, load.portFreeAt)),
    );
  }
}

function inside(limits: { lastRow: number; lastCol: number }, row: number, col: number): boolean {
  return row >= 0 && col >= 0 && row <= limits.lastRow && col <= limits.lastCol;
}

export function store(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared, port } = runner;
  const record = shared.code.stores[at]!;
  const buffer = record.memory === 'buffer';
  const source = runner.object(buffer ? 'buffers' : 'accumulators', record.source, w);
  const base = w * shared.code.slots;
  const row = state.registers[base + record.row]!;
  const col = state.registers[base + record.col]!;
  const readable = buffer ? state.isReadable(source, cycle) : state.isSettled(source, cycle);
  if (!record.fits || !readable || !inside(record, row, col)) runner.refuse(w, cycle);
  const barrier = record.barrier === undefined ? -1 : runner.object('barriers', record.barrier, w);
  const vectorUntil = buffer ? 0 : state.vectorUntil[source]!;
  if (vectorUntil > cycle) return blocked(runner, w, Outcome.accumulator, vectorUntil);
  if (record.part !== undefined && !runner.additions.isTurn(record, w, row, col)) {
    return blocked(runner, w, Outcome.turn, NEVER);
  }
  const channel = state.store;
  if (channel.count >= channel.depth) return blocked(runner, w, Outcome.copyQueue, NEVER);
  if (buffer) state.readOpen[source]!++;
  else state.storing[source]!++;
  runner.disturb(w, cycle);
  state.storesInFlight[w]!++;
  const how = record.part === undefined ? (record.maximum ? 'larger' : 'written') : runner.additions.how();
  runner.changed = true;
  const landing = runner.contents?.landing(record.memory, source, { tensor: record.tensor, row, col }, how);
  const handed = runner.observation === undefined ? undefined : runner.hand<CopyOperation>(w);
  if (port !== undefined && record.path === 'direct') {
    const { bytes, elementBytes } = record;
    port.accept(
      runner,
      { stream: w, accumulator: source, barrier, bytes, elementBytes, handed, landing },
      cycle,
    );
    plain(runner, w, at, cycle);
    state.tryAt[w] = NEVER;
    return Outcome.issued;
  }
  plain(runner, w, at, cycle);
  const requestedAt = buffer ? cycle : stage(runner, w, record.bytes, cycle);
  const local = buffer ? ~source : source;
  const place = enqueueCopy(channel, local, barrier, w, record.bytes, record.weight, requestedAt, cycle);
  if (record.part !== undefined) runner.additions.begin(place, cycle);
  if (handed !== undefined) runner.observation!.stores[place] = handed;
  if (landing !== undefined) runner.contents!.landings[place] = landing;
  return Outcome.issued;
}

/** An accumulator passes through shared memory, if the model says so, and its stream with it; when the copy can begin. */
function stage({ state, shared }: CoreRunner, w: number, bytes: number, cycle: number): number {
  const paths = shared.device.model.store;
  if (paths === undefined) return cycle;
  const { latencyCycles, stagingBytesPerCycle } = paths.bulk;
  const staging = duration(bytes / stagingBytesPerCycle.value);
  state.stagingFreeAt = Math.max(state.stagingFreeAt, cycle) + staging;
  const requestedAt = Math.ceil(state.stagingFreeAt + latencyCycles.value);
  state.tryAt[w] = Math.max(state.tryAt[w]!, requestedAt);
  return requestedAt;
}

export function storeWait(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const pending = runner.shared.code.x[3 * at]!;
  if (runner.state.storesInFlight[w]! > pending) return blocked(runner, w, Outcome.storeWait, NEVER);
  return plain(runner, w, at, cycle);
}
