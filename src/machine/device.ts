/** The parts of a device as the engines drive them: cores with their streams, arbiters and what they wait for. */
import type { StallReason } from '../../isa/index.js';
import { describeUses, type Program, type Span } from '../assembler/index.js';
import { Core, type Device } from './core.js';
import { describeDeadlock, type Waiting, type WaitingStream } from './deadlock.js';
import type { MachineModel } from './model.js';
import { Stream, type StreamEnvironment } from './stream.js';
import type { TileSource } from './tile-scheduler.js';
import { Fault, Trap, type TrapPlace } from './trap.js';

/** A core with its streams and the arbiter's position. */
export interface Lane {
  readonly core: Core;
  readonly streams: readonly Stream[];
  /** Index of the stream that is tried first in the next cycle. */
  first: number;
}

export function buildLanes(device: Device, tiles: TileSource): Lane[] {
  const { program, model, cores } = device;
  const lanes: Lane[] = [];
  const environment: StreamEnvironment = {
    cores,
    costs: program.instructions.map(({ spec }) => issueCost(model, spec.mnemonic)),
    poll: model.poll,
    spinningWarps: (core) => lanes[core]!.streams.reduce((sum, { spinningWarps }) => sum + spinningWarps, 0),
  };
  for (let index = 0; index < cores; index++) {
    const core = new Core(index, device);
    const streams: Stream[] = [];
    for (const { name, count, start } of program.streams) {
      for (let copy = 0; copy < count; copy++) {
        const id = { core: index, index: streams.length, name: count === 1 ? name : `${name}.${copy}` };
        streams.push(new Stream(id, start, copy, core, environment, tiles));
      }
    }
    lanes.push({ core, streams, first: 0 });
  }
  return lanes;
}

/** Cycles from an instruction's issue to the next of its stream. */
export function issueCost({ issueCycles }: MachineModel, mnemonic: string): number {
  return (issueCycles[mnemonic] ?? issueCycles.default).value;
}

/** One cycle of a core's units. */
export function advanceUnits({ core }: Lane, cycle: number): void {
  try {
    core.advance(cycle);
  } catch (error) {
    throw asTrap(error, cycle, undefined);
  }
}

/** Tries the streams of a core in turn; returns the number of instructions issued, or of steps of one. */
export function issue(device: Device, lane: Lane, cycle: number): number {
  const { streams } = lane;
  const width = device.model.issueWidth.value;
  let issued = 0;
  const first = lane.first;
  for (let i = 0; i < streams.length; i++) {
    const index = (first + i) % streams.length;
    const stream = streams[index]!;
    if (stream.halted) continue;
    reportStall(device, stream, cycle);
    const reason = issued >= width ? withoutSlot(stream, cycle) : tryIssue(device, stream, cycle);
    if (reason === null) {
      issued++;
      lane.first = (index + 1) % streams.length;
    } else {
      if (stream.stalled?.reason !== reason) stream.stalled = { reason, since: cycle };
      stream.triedAt = cycle;
    }
  }
  return issued;
}

/** Why a stream does not issue that is not tried: what it waited for already, or else the slot. */
function withoutSlot({ readyAt, stalled }: Stream, cycle: number): StallReason | 'issue-slot' {
  if (cycle < readyAt) return 'pipeline';
  return stalled === undefined || stalled.reason === 'pipeline' ? 'issue-slot' : stalled.reason;
}

/** Tells of the stall since the stream was last tried: for that long its reason has been the same. */
function reportStall({ listener }: Device, stream: Stream, cycle: number): void {
  const { stalled, triedAt, id } = stream;
  if (stalled !== undefined) listener.onStall?.(id, stalled.reason, triedAt, cycle - triedAt);
}

function tryIssue(device: Device, stream: Stream, cycle: number): Reason {
  if (cycle < stream.readyAt) return 'pipeline';
  const at = stream.counter;
  const { spec, operands, modifiers } = device.program.instructions[at]!;
  stream.enter(cycle);
  let reason: Reason;
  try {
    reason = spec.execute(stream, operands, modifiers);
  } catch (error) {
    throw asTrap(error, cycle, { core: stream.id.core, stream: stream.id.name, span: spanAt(device, at) });
  }
  if (reason !== null) return reason;
  stream.stalled = undefined;
  stream.advance();
  device.listener.onIssued?.(stream.id, at, cycle);
  if (stream.halted) device.listener.onHalted?.(stream.id, cycle);
  return null;
}

type Reason = ReturnType<Device['program']['instructions'][number]['spec']['execute']>;

/** First cycle after this one in which anything of a core can change, given what happened in this one. */
export function nextEvent({ core, streams }: Lane, cycle: number): number {
  let next = core.nextEvent(cycle);
  for (const { halted, readyAt } of streams) {
    if (!halted && readyAt > cycle && readyAt < next) next = readyAt;
  }
  return next;
}

/** Whether a core has nothing left to do. */
export function isDone({ core, streams }: Lane): boolean {
  return streams.every(({ halted }) => halted) && core.idle;
}

export function deadlockTrap(device: Device, lanes: readonly Waiting[], cycle: number): Trap {
  const message = 'every stream waits and no unit has work';
  return new Trap('deadlock', message, { cycle }, describeDeadlock(device, lanes));
}

export function maxCyclesTrap(device: Device, lanes: readonly Waiting[], limit: number): Trap {
  const running = lanes.flatMap(({ streams }) => streams.filter(({ halted }) => !halted));
  return new Trap(
    'max-cycles',
    `the program is not done after ${limit} cycles`,
    { cycle: limit },
    {
      hint: 'raise --max-cycles, or look for a loop that never ends',
      state: running.map((stream) => whereIs(device, stream)),
    },
  );
}

export function asTrap(error: unknown, cycle: number, place: TrapPlace | undefined): unknown {
  if (!(error instanceof Fault)) return error;
  return new Trap(
    error.kind,
    error.message,
    { cycle, place },
    {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(place === undefined ? {} : { state: describeUses(place.span) }),
    },
  );
}

export function spanAt({ program }: { readonly program: Program }, instruction: number): Span {
  return program.spans[instruction]!;
}

/** `core 0, consumer: line 40, waits for barrier since cycle 412`. */
function whereIs(device: Device, stream: WaitingStream): string {
  const { line } = spanAt(device, stream.counter);
  const { mnemonic } = device.program.instructions[stream.counter]!.spec;
  const why =
    stream.stalled === undefined
      ? 'running'
      : `stalled (${stream.stalled.reason}) since cycle ${stream.stalled.since}`;
  return `core ${stream.id.core}, ${stream.id.name}: line ${line}, ${mnemonic}, ${why}`;
}
