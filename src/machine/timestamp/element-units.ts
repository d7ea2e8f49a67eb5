/** Operations of the vector unit and of the quantise unit in the timestamp engine. */
import type { QuantizeOperation, UnitOperation, VectorOperation } from '../../../isa/index.js';
import type { ConvertRecord } from './code.js';
import { blocked, plain } from './issue.js';
import type { Pipeline } from './queues.js';
import type { CoreRunner } from './runner.js';
import { type CoreState, Outcome, Total } from './state.js';

export function vector(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared, contents } = runner;
  const { accumulator: slot, other: second, sameShape, busyCycles, latencyCycles } = shared.code.vectors[at]!;
  const accumulator = runner.object('accumulators', slot, w);
  const other = second === undefined ? accumulator : runner.object('accumulators', second, w);
  const inFlight = state.isInFlight(accumulator, cycle) || state.isInFlight(other, cycle);
  if (!sameShape || inFlight || state.isBeingRead(accumulator, cycle)) runner.refuse(w, cycle);
  const unit = state.vector;
  if (unit.roomAt() > cycle) return blocked(runner, w, Outcome.vectorQueue, unit.roomAt());
  const doneAt = unit.accept(cycle, busyCycles, latencyCycles, 0);
  state.vectorUntil[accumulator] = doneAt;
  state.vectorUntil[other] = doneAt;
  state.totals[Total.vectorBusy]! += busyCycles;
  if (contents !== undefined) {
    const { action } = runner.operation(w) as VectorOperation;
    contents.apply(accumulator, second === undefined ? undefined : other, action, unit.lastStartAt);
  }
  return accepted(runner, w, at, cycle, unit, { doneAt, busyCycles });
}

export function convert(runner: CoreRunner, w: number, at: number, cycle: number): number {
  const { state, shared, contents } = runner;
  const record = shared.code.converts[at]!;
  const buffer = record.memory === 'buffer';
  const destination = runner.object('buffers', record.destination, w);
  const source = runner.object(buffer ? 'buffers' : 'accumulators', record.source, w);
  const barrier = record.barrier === undefined ? -1 : runner.object('barriers', record.barrier, w);
  if (!allows(state, record, destination, source, cycle)) runner.refuse(w, cycle);
  const vectorUntil = buffer ? 0 : state.vectorUntil[source]!;
  if (vectorUntil > cycle) return blocked(runner, w, Outcome.accumulator, vectorUntil);
  const unit = state.quantize;
  if (unit.roomAt() > cycle) return blocked(runner, w, Outcome.quantizeQueue, unit.roomAt());
  const { busyCycles, latencyCycles, pipelines } = record.timing;
  for (const pipeline of pipelines) shared.device.pipelines.set(pipeline.name, pipeline);
  const doneAt = unit.accept(cycle, busyCycles, latencyCycles, 0);
  state.targetUntil[destination] = doneAt;
  (buffer ? state.sourceUntil : state.convertUntil)[source] = doneAt;
  state.loaded[destination] = 1;
  state.originRow[destination] = 0;
  state.originCol[destination] = 0;
  if (barrier >= 0) state.conversions.insert(barrier, unit.count - 1, doneAt);
  state.totals[Total.quantizeBusy]! += busyCycles;
  if (contents !== undefined) {
    const from = (buffer ? contents.stages : contents.accumulators)[source]!;
    const { action } = runner.operation(w) as QuantizeOperation;
    contents.convert(destination, from, action, unit.lastStartAt);
  }
  return accepted(runner, w, at, cycle, unit, { doneAt, busyCycles });
}

/** Whether a conversion may begin: the short way to `checkConversion`. */
function allows(
  state: CoreState,
  { fits, memory, alignment }: ConvertRecord,
  destination: number,
  source: number,
  cycle: number,
): boolean {
  const free =
    state.readOpen[destination] === 0 &&
    state.readUntil[destination]! <= cycle &&
    state.loading[destination] === 0;
  if (!fits || !free) return false;
  if (memory === 'accumulator') return state.isSettled(source, cycle);
  const aligned =
    state.originRow[source]! % alignment.row === 0 && state.originCol[source]! % alignment.col === 0;
  return aligned && state.loading[source] === 0 && state.loaded[source] === 1;
}

/** A unit took the operation. */
function accepted(
  runner: CoreRunner,
  w: number,
  at: number,
  cycle: number,
  unit: Pipeline,
  times: { readonly doneAt: number; readonly busyCycles: number },
): number {
  runner.disturb(w, cycle);
  runner.changed = true;
  if (runner.observation !== undefined) {
    const handed = runner.hand<Exclude<UnitOperation, { unit: 'copy' }>>(w);
    const job = { ...handed, ...times, startAt: unit.lastStartAt, number: unit.count - 1 };
    runner.observation.enqueued({ ...job, conflictCycles: 0, first: true, last: true });
  }
  return plain(runner, w, at, cycle);
}
