/** MMAs of the timestamp engine, their groups, and who waits for them. */
import type { MmaOperation } from '../../../isa/index.js';
import { checkSemantic } from '../core.js';
import { operandFormatOf } from '../global-memory.js';
import { BufferStage } from '../local-memory.js';
import { NEVER } from '../time.js';
import type { MmaRecord } from './code.js';
import { blocked, plain } from './issue.js';
import type { CoreRunner, Shared } from './runner.js';
import { Outcome, Total } from './state.js';

export function mma(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared } = runner;
  const record = shared.code.mmas[at]!;
  const accumulator = runner.object('accumulators', record.accumulator, w);
  const a = runner.object('buffers', record.a, w);
  const b = runner.object('buffers', record.b, w);
  const vectorUntil = state.vectorUntil[accumulator]!;
  if (vectorUntil > cycle) return blocked(runner, w, Outcome.accumulator, vectorUntil);
  const interlock = shared.device.model.store !== undefined;
  if (interlock && state.storing[accumulator]! > 0) return blocked(runner, w, Outcome.accumulator, NEVER);
  const convertUntil = state.convertUntil[accumulator]!;
  if (interlock && convertUntil > cycle) return blocked(runner, w, Outcome.accumulator, convertUntil);
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
    state.totals[Total.bankConflicts]! += record.plan.conflictCycles;
    runner.disturb(w, cycle);
    if (runner.contents !== undefined) {
      const slice = state.registers[base + record.slice]!;
      runner.contents.multiply(record, { accumulator, a, b }, { slice, fresh });
    }
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
    runner.changed = true;
    const handed = runner.hand<MmaOperation>(w, last);
    const times = { startAt: state.mma.lastStartAt, doneAt, busyCycles, number: state.mma.count - 1 };
    const { conflictCycles } = record.plan;
    runner.observation.enqueued({ ...handed, ...times, conflictCycles, first: step === 0, last });
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
  const allowed =
    slice >= 0 &&
    slice < record.slices &&
    state.isReadable(a, cycle) &&
    state.isReadable(b, cycle) &&
    !state.isBeingRead(accumulator, cycle) &&
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

export function commit(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared } = runner;
  const slot = shared.code.commits[at];
  const barrier = slot === undefined ? -1 : runner.object('barriers', slot, w);
  const groups = state.groups[w]!;
  const retireAt = Math.max(state.openDoneAt[w]!, groups.at(0));
  groups.push(retireAt, cycle);
  state.openDoneAt[w] = 0;
  state.groupJob[w] = Math.max(state.groupJob[w]!, state.openJob[w]!);
  if (barrier >= 0) {
    if (retireAt > cycle) {
      state.arrivals.insert(barrier, state.groupJob[w]!, retireAt);
      runner.changed = true;
    } else runner.arrive(barrier, 0, cycle);
  }
  return plain(runner, w, at, cycle);
}

export function mmaWait(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const retireAt = runner.state.groups[w]!.at(runner.shared.code.x[3 * at]!);
  if (retireAt > cycle) return blocked(runner, w, Outcome.mmaWait, retireAt);
  return plain(runner, w, at, cycle);
}
