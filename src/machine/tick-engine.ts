/**
 * The tick engine: every unit and every stream of every core, one cycle after the other. Plain on purpose; faster
 * engines are checked against it.
 *
 * A cycle: L2 opens its budget; then the units of each core move (first core rotates with the cycle, so that none is
 * favoured at L2); then each core's arbiter issues, round robin over its streams, at most `issueWidth` instructions.
 */
import type { Instruction } from '../../isa/index.js';
import type { Span } from '../assembler/index.js';
import { Core, type Device } from './core.js';
import { describeDeadlock } from './deadlock.js';
import { Stream } from './stream.js';
import { tilesOfCore } from './tile-scheduler.js';
import { Fault, Trap, type TrapPlace } from './trap.js';

export interface TickOptions {
  /** The run traps when it gets here. */
  readonly maxCycles: number;
  /** Called now and then with the current cycle, for a progress line. */
  readonly onProgress?: ((cycle: number) => void) | undefined;
}

/** A core with its streams and the arbiter's position. */
interface Lane {
  readonly core: Core;
  readonly streams: readonly Stream[];
  /** Index of the stream that is tried first in the next cycle. */
  first: number;
}

const PROGRESS_INTERVAL_CYCLES = 1 << 14;

/** Runs the device's program to its end and returns the number of cycles. Throws `Trap`. */
export function runTicks(device: Device, options: TickOptions): number {
  const lanes = buildLanes(device);
  const streams = lanes.flatMap((lane) => lane.streams);
  let quietCycles = 0;
  for (let cycle = 0; ; cycle++) {
    if (cycle >= options.maxCycles) {
      throw new Trap(
        'max-cycles',
        `the program is not done after ${options.maxCycles} cycles`,
        { cycle },
        {
          hint: 'raise --max-cycles, or look for a loop that never ends',
          state: streams.filter((stream) => !stream.halted).map((stream) => whereIs(device, stream)),
        },
      );
    }
    if (cycle % PROGRESS_INTERVAL_CYCLES === 0) options.onProgress?.(cycle);
    advanceUnits(device, lanes, cycle);
    let issued = 0;
    for (const lane of lanes) issued += issue(device, lane, cycle);
    const idle = lanes.every(({ core }) => core.idle);
    const running = streams.some((stream) => !stream.halted);
    if (idle && !running) return cycle + 1;
    quietCycles = idle && issued === 0 ? quietCycles + 1 : 0;
    // A completed phase is seen a few cycles later: only a longer silence is a deadlock.
    if (quietCycles > device.model.barrierLatencyCycles.value) {
      throw new Trap(
        'deadlock',
        'every stream waits and no unit has work',
        { cycle },
        describeDeadlock(device, lanes),
      );
    }
  }
}

function buildLanes(device: Device): Lane[] {
  const { program, model } = device;
  const cores = model.cores.value;
  return Array.from({ length: cores }, (_, index) => {
    const core = new Core(index, device);
    const tiles = tilesOfCore(program.grid, index, cores);
    const streams: Stream[] = [];
    for (const { name, count, start } of program.streams) {
      for (let copy = 0; copy < count; copy++) {
        const id = { core: index, index: streams.length, name: count === 1 ? name : `${name}.${copy}` };
        streams.push(new Stream(id, start, copy, core, cores, tiles));
      }
    }
    return { core, streams, first: 0 };
  });
}

function advanceUnits(device: Device, lanes: readonly Lane[], cycle: number): void {
  device.l2.advance();
  for (let i = 0; i < lanes.length; i++) {
    const { core } = lanes[(cycle + i) % lanes.length]!;
    try {
      core.advance(cycle);
    } catch (error) {
      throw asTrap(error, cycle, undefined);
    }
  }
}

/** Tries the streams of a core in turn; returns the number of instructions issued. */
function issue(device: Device, lane: Lane, cycle: number): number {
  const { streams } = lane;
  const width = device.model.issueWidth.value;
  let issued = 0;
  const first = lane.first;
  for (let i = 0; i < streams.length; i++) {
    const index = (first + i) % streams.length;
    const stream = streams[index]!;
    if (stream.halted) continue;
    const reason = issued >= width ? 'issue-slot' : tryIssue(device, stream, cycle);
    if (reason === null) {
      issued++;
      lane.first = (index + 1) % streams.length;
    } else {
      if (stream.stalled?.reason !== reason) stream.stalled = { reason, since: cycle };
      device.listener.onStall?.(stream.id, reason, cycle);
    }
  }
  return issued;
}

function tryIssue(device: Device, stream: Stream, cycle: number): ReturnType<Instruction['spec']['execute']> {
  const at = stream.counter;
  const { spec, operands, modifiers } = device.program.instructions[at]!;
  stream.enter(cycle);
  let reason: ReturnType<typeof spec.execute>;
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

function asTrap(error: unknown, cycle: number, place: TrapPlace | undefined): unknown {
  if (!(error instanceof Fault)) return error;
  return new Trap(
    error.kind,
    error.message,
    { cycle, place },
    error.hint === undefined ? {} : { hint: error.hint },
  );
}

function spanAt(device: Device, instruction: number): Span {
  return device.program.spans[instruction]!;
}

/** `core 0, consumer: line 40, waits for barrier since cycle 412`. */
export function whereIs(device: Device, stream: Stream): string {
  const { line } = spanAt(device, stream.counter);
  const { mnemonic } = device.program.instructions[stream.counter]!.spec;
  const why =
    stream.stalled === undefined
      ? 'running'
      : `stalled (${stream.stalled.reason}) since cycle ${stream.stalled.since}`;
  return `core ${stream.id.core}, ${stream.id.name}: line ${line}, ${mnemonic}, ${why}`;
}
