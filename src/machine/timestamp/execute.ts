/**
 * What each instruction does in the timestamp engine, and when its stream goes on. The meaning is that of the instruction
 * records; this is the short way to it, which the equality tests compare with the long one.
 */
import type { CopyOperation, MmaOperation, VectorOperation } from '../../../isa/index.js';
import { checkSemantic } from '../core.js';
import { operandFormatOf } from '../global-memory.js';
import { BufferStage } from '../local-memory.js';
import { pollCycles } from '../poll.js';
import type { WorkItem } from '../tile-scheduler.js';
import { duration } from '../time.js';
import { GRANULE_BYTES } from '../units/copy-channel.js';
import { granuleKey } from '../units/l2.js';
import { type Code, KINDS, type Kind, type MmaRecord, Slots } from './code.js';
import type { CoreRunner, Shared } from './runner.js';
import { NEVER, Outcome, Total } from './state.js';

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

/** Whether an instruction only computes on registers and goes on somewhere. */
export function isPlain({ kind }: Code, at: number): boolean {
  return kind[at]! < FIRST_LONG;
}

/** What a plain instruction does to the registers that begin at `base`; returns where its stream goes on. */
export function compute(code: Code, at: number, r: Int32Array, base: number): number {
  const { x } = code;
  const p = x[3 * at]!;
  const q = x[3 * at + 1]!;
  const t = x[3 * at + 2]!;
  let next = at + 1;
  switch (code.kind[at]) {
    case 0: // mov
      r[base + p] = r[base + q]!;
      break;
    case 1: // add
      r[base + p] = r[base + q]! + r[base + t]!;
      break;
    case 2: // sub
      r[base + p] = r[base + q]! - r[base + t]!;
      break;
    case 3: // mul
      r[base + p] = Math.imul(r[base + q]!, r[base + t]!);
      break;
    case 4: // and
      r[base + p] = r[base + q]! & r[base + t]!;
      break;
    case 5: // or
      r[base + p] = r[base + q]! | r[base + t]!;
      break;
    case 6: // xor
      r[base + p] = r[base + q]! ^ r[base + t]!;
      break;
    case 7: // shl
      r[base + p] = r[base + q]! << r[base + t]!;
      break;
    case 8: // shr
      r[base + p] = r[base + q]! >>> r[base + t]!;
      break;
    case 9: // min
      r[base + p] = Math.min(r[base + q]!, r[base + t]!);
      break;
    case 10: // max
      r[base + p] = Math.max(r[base + q]!, r[base + t]!);
      break;
    case 11: // slt
      r[base + p] = Number(r[base + q]! < r[base + t]!);
      break;
    case 12: // sltu
      r[base + p] = Number(r[base + q]! >>> 0 < r[base + t]! >>> 0);
      break;
    case 13: // b
      next = t;
      break;
    case 14: // beq
      if (r[base + p] === r[base + q]) next = t;
      break;
    case 15: // bne
      if (r[base + p] !== r[base + q]) next = t;
      break;
    case 16: // blt
      if (r[base + p]! < r[base + q]!) next = t;
      break;
    case 17: // bge
      if (r[base + p]! >= r[base + q]!) next = t;
      break;
    case 18: {
      // loop
      const left = (r[base + p]! - 1) | 0;
      r[base + q] = left;
      if (left !== 0) next = t;
      break;
    }
  }
  return next;
}

/** The instruction is issued: counts it, and says when its stream goes on. */
function issue(runner: CoreRunner, w: number, at: number, cycle: number, cost: number, next: number): number {
  const { state, observation, shared } = runner;
  if (cycle > state.since[w]!) runner.count(w, cycle);
  state.reason[w] = Outcome.pipeline;
  state.since[w] = cycle + 1;
  state.issued[w]!++;
  state.tryAt[w] = cycle + (cost > 1 ? Math.round(cost) : 1);
  state.counter[w] = next;
  state.lastIssueAt = cycle;
  if (shared.watcher !== undefined) shared.watcher.issued(runner, w, at);
  if (next <= at && w === runner.anchorStream && shared.anchors[at] === 1) runner.anchor = next;
  if (observation !== undefined) shared.device.listener.onIssued?.(runner.id(w), at, cycle);
  return Outcome.issued;
}

type Long = (runner: CoreRunner, w: number, at: number, cycle: number) => number;

function plain(runner: CoreRunner, w: number, at: number, cycle: number): number {
  return issue(runner, w, at, cycle, runner.shared.code.cost[at]!, at + 1);
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

/** Writes the coordinates of a tile to the registers of a `tile.next`. */
export function writeTile({ x }: Code, at: number, r: Int32Array, base: number, item: WorkItem): void {
  const { m, n } = item;
  r[base + x[3 * at]!] = m;
  r[base + x[3 * at + 1]!] = n;
  r[base + Slots.tileM] = m;
  r[base + Slots.tileN] = n;
  r[base + Slots.tileK0] = item.k0;
  r[base + Slots.tileK1] = item.k1;
  r[base + Slots.tilePart] = item.part;
  r[base + Slots.tileParts] = item.parts;
}

function load(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared, observation } = runner;
  const record = shared.code.loads[at]!;
  const stage = runner.object('buffers', record.stage, w);
  const base = w * shared.code.slots;
  const row = state.registers[base + record.row]!;
  const col = state.registers[base + record.col]!;
  const free = state.loading[stage] === 0 && state.readOpen[stage] === 0 && state.readUntil[stage]! <= cycle;
  if (!record.fits || !free || !inside(record, row, col) || col % record.blockSize !== 0) {
    runner.refuse(w, cycle);
  }
  const barrier = runner.object('barriers', record.barrier, w);
  const channel = state.load;
  if (channel.count >= channel.depth) return blocked(runner, w, Outcome.copyQueue, NEVER);
  state.loading[stage] = 1;
  runner.disturb(w, cycle);
  const place = runner.enqueueCopy(channel, stage, barrier, w, record.bytes, cycle, cycle);
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

function store(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared, observation, port } = runner;
  const record = shared.code.stores[at]!;
  const accumulator = runner.object('accumulators', record.accumulator, w);
  const base = w * shared.code.slots;
  const row = state.registers[base + record.row]!;
  const col = state.registers[base + record.col]!;
  const inFlight = state.mmaOpen[accumulator]! > 0 || state.mmaUntil[accumulator]! > cycle;
  if (!record.fits || inFlight || state.started[accumulator] === 0 || !inside(record, row, col)) {
    runner.refuse(w, cycle);
  }
  const barrier = record.barrier === undefined ? -1 : runner.object('barriers', record.barrier, w);
  const vectorUntil = state.vectorUntil[accumulator]!;
  if (vectorUntil > cycle) return blocked(runner, w, Outcome.accumulator, vectorUntil);
  const channel = state.store;
  if (channel.count >= channel.depth) return blocked(runner, w, Outcome.copyQueue, NEVER);
  state.storing[accumulator]!++;
  runner.disturb(w, cycle);
  state.storesInFlight[w]!++;
  const handed = observation === undefined ? undefined : runner.hand<CopyOperation>(w);
  const paths = shared.device.model.store;
  if (paths !== undefined && port !== undefined && record.path === 'direct') {
    const { bytes, elementBytes } = record;
    port.accept(runner, { stream: w, accumulator, barrier, bytes, elementBytes, handed }, cycle);
    plain(runner, w, at, cycle);
    state.tryAt[w] = NEVER;
    return Outcome.issued;
  }
  plain(runner, w, at, cycle);
  let requestedAt = cycle;
  if (paths !== undefined) {
    const { latencyCycles, stagingBytesPerCycle } = paths.bulk;
    const staging = duration(record.bytes / stagingBytesPerCycle.value);
    state.stagingFreeAt = Math.max(state.stagingFreeAt, cycle) + staging;
    requestedAt = Math.ceil(state.stagingFreeAt + latencyCycles.value);
    state.tryAt[w] = Math.max(state.tryAt[w]!, requestedAt);
  }
  const place = runner.enqueueCopy(channel, accumulator, barrier, w, record.bytes, requestedAt, cycle);
  if (handed !== undefined) observation!.stores[place] = handed;
  return Outcome.issued;
}

function storeWait(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const pending = runner.shared.code.x[3 * at]!;
  if (runner.state.storesInFlight[w]! > pending) return blocked(runner, w, Outcome.storeWait, NEVER);
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
  for (let i = 0; i < state.streams; i++) spinning += state.spinningWarps[i]!;
  const { poll } = shared.device.model;
  const cost = shared.code.cost[at]! + pollCycles(poll, record.threads, waited, spinning) - 1;
  return issue(runner, w, at, cycle, cost, at + 1);
}

function mma(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared } = runner;
  const record = shared.code.mmas[at]!;
  const accumulator = runner.object('accumulators', record.accumulator, w);
  const a = runner.object('buffers', record.a, w);
  const b = runner.object('buffers', record.b, w);
  const vectorUntil = state.vectorUntil[accumulator]!;
  if (vectorUntil > cycle) return blocked(runner, w, Outcome.accumulator, vectorUntil);
  const interlock = shared.device.model.store !== undefined;
  if (interlock && state.storing[accumulator]! > 0) return blocked(runner, w, Outcome.accumulator, NEVER);
  const step = state.mmaStep[w]!;
  const base = w * shared.code.slots;
  const fresh =
    record.start === 'init' ||
    (record.start === 'register' && state.registers[base + record.startSlot] === 0);
  if (step === 0) checkMma(runner, record, { accumulator, a, b, fresh, w, at, cycle });
  if (state.mma.roomAt() > cycle) return blocked(runner, w, Outcome.mmaQueue, state.mma.roomAt());
  const { steps, busyCycles, latencyCycles, restartCycles } = record.plan;
  const last = step === steps - 1;
  if (step === 0) {
    state.started[accumulator] = 1;
    state.mmaOpen[accumulator]!++;
    state.readOpen[a]!++;
    state.readOpen[b]!++;
    state.totals[Total.macs]! += record.macs;
    runner.disturb(w, cycle);
  }
  const restart = fresh || step > 0 ? 0 : restartCycles;
  const doneAt = state.mma.accept(cycle, busyCycles, latencyCycles, restart);
  state.totals[Total.mmaBusy]! += busyCycles;
  if (last) {
    state.mmaOpen[accumulator]!--;
    state.readOpen[a]!--;
    state.readOpen[b]!--;
    state.mmaUntil[accumulator] = doneAt;
    state.readUntil[a] = doneAt;
    state.readUntil[b] = doneAt;
    state.openDoneAt[w] = doneAt;
    state.openJob[w] = state.mma.count - 1;
  }
  if (runner.observation !== undefined) {
    const handed = runner.hand<MmaOperation>(w, last);
    const times = { startAt: state.mma.lastStartAt, doneAt, busyCycles, number: state.mma.count - 1 };
    runner.observation.enqueued({ ...handed, ...times, first: step === 0, last });
  }
  state.mmaStep[w] = last ? 0 : step + 1;
  const readyAt = cycle + record.issueCycles;
  if (!last) {
    state.tryAt[w] = Math.max(readyAt, cycle + 1);
    return Outcome.pipeline;
  }
  plain(runner, w, at, cycle);
  state.tryAt[w] = Math.max(state.tryAt[w]!, readyAt);
  return Outcome.issued;
}

interface MmaOperands {
  readonly accumulator: number;
  readonly a: number;
  readonly b: number;
  readonly fresh: boolean;
  readonly w: number;
  readonly at: number;
  readonly cycle: number;
}

function checkMma(runner: CoreRunner, record: MmaRecord, operands: MmaOperands): void {
  const { state, shared } = runner;
  const { accumulator, a, b, fresh, w, at, cycle } = operands;
  const slice = state.registers[w * shared.code.slots + record.slice]!;
  const readable = (stage: number): boolean => state.loading[stage] === 0 && state.loaded[stage] === 1;
  const allowed =
    slice >= 0 &&
    slice < record.slices &&
    readable(a) &&
    readable(b) &&
    state.storing[accumulator] === 0 &&
    (fresh || state.started[accumulator] === 1);
  if (!allowed) runner.refuse(w, cycle);
  if (record.fitted) return;
  checkFit(shared, record, at);
  record.fitted = true;
}

/** Whether the semantic takes the operands. */
function checkFit({ code, device }: Shared, { a, b }: MmaRecord, at: number): void {
  const [left, right] = [a, b].map(({ id }) => {
    const declaration = device.program.buffers[id]!;
    return new BufferStage(declaration, operandFormatOf(declaration.format)!);
  });
  checkSemantic(device, code.program.instructions[at]!.modifiers[0], left!, right!);
}

function commit(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared } = runner;
  const slot = shared.code.commits[at];
  const barrier = slot === undefined ? -1 : runner.object('barriers', slot, w);
  const groups = state.groups[w]!;
  const retireAt = Math.max(state.openDoneAt[w]!, groups.at(0));
  groups.push(retireAt, cycle);
  state.openDoneAt[w] = 0;
  state.groupJob[w] = Math.max(state.groupJob[w]!, state.openJob[w]!);
  if (barrier >= 0) {
    if (retireAt > cycle) state.arrivals.insert(barrier, state.groupJob[w]!, retireAt);
    else runner.arrive(barrier, 0, cycle);
  }
  return plain(runner, w, at, cycle);
}

function mmaWait(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const retireAt = runner.state.groups[w]!.at(runner.shared.code.x[3 * at]!);
  if (retireAt > cycle) return blocked(runner, w, Outcome.mmaWait, retireAt);
  return plain(runner, w, at, cycle);
}

function vector(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared } = runner;
  const { accumulator: slot, other: second, sameShape, busyCycles, latencyCycles } = shared.code.vectors[at]!;
  const accumulator = runner.object('accumulators', slot, w);
  const other = second === undefined ? accumulator : runner.object('accumulators', second, w);
  const inFlight = (each: number): boolean => state.mmaOpen[each]! > 0 || state.mmaUntil[each]! > cycle;
  if (!sameShape || inFlight(accumulator) || inFlight(other) || state.storing[accumulator]! > 0) {
    runner.refuse(w, cycle);
  }
  if (state.vector.roomAt() > cycle) return blocked(runner, w, Outcome.vectorQueue, state.vector.roomAt());
  const doneAt = state.vector.accept(cycle, busyCycles, latencyCycles, 0);
  state.vectorUntil[accumulator] = doneAt;
  state.vectorUntil[other] = doneAt;
  runner.disturb(w, cycle);
  state.totals[Total.vectorBusy]! += busyCycles;
  if (runner.observation !== undefined) {
    const handed = runner.hand<VectorOperation>(w);
    const times = { startAt: state.vector.lastStartAt, doneAt, busyCycles, number: state.vector.count - 1 };
    runner.observation.enqueued({ ...handed, ...times, first: true, last: true });
  }
  return plain(runner, w, at, cycle);
}

/** The stream waits; it is tried again at that cycle, or when somebody wakes it. */
function blocked({ state }: CoreRunner, w: number, outcome: number, until: number): number {
  state.tryAt[w] = until;
  return outcome;
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
};
/** Code of the first kind that is more than a line. */
export const FIRST_LONG = KINDS.indexOf('nop');
const LONG: readonly Long[] = KINDS.slice(FIRST_LONG).map((kind) => LONG_KINDS[kind]!);
