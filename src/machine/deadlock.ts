/**
 * Why nothing moves: for each stream that waits at a barrier, what the barrier lacks and which streams could still
 * give it.
 */
import type { Instruction, Place, Slot, StallReason } from '../../isa/index.js';
import type { Program } from '../assembler/index.js';
import type { Device } from './core.js';
import type { StreamId } from './events.js';

/** A stream that does not go on, as either engine keeps it. */
export interface WaitingStream {
  readonly id: StreamId;
  readonly halted: boolean;
  /** Index of its next instruction. */
  readonly counter: number;
  /** Why it could not issue last, and since when; undefined if it just issued. */
  readonly stalled: { readonly reason: StallReason | 'issue-slot'; readonly since: number } | undefined;
  place(slot: Slot): Place;
}

/** A core with its streams. */
export interface Waiting {
  readonly core: { readonly index: number; barrier(place: Place): { describe(): string } };
  readonly streams: readonly WaitingStream[];
}

/** Lines of state and a hint, for the trap. At most the first core that is stuck is described in full. */
export function describeDeadlock(
  device: Device,
  lanes: readonly Waiting[],
): { readonly state: string[]; readonly hint: string } {
  const stuck = lanes.filter(({ streams }) => streams.some((stream) => !stream.halted));
  const state = stuck.slice(0, 1).flatMap((lane) => describeCore(device, lane));
  if (stuck.length > 1) state.push(`… and ${stuck.length - 1} more cores likewise`);
  return {
    state,
    hint: 'follow the chain above: a barrier that is never completed lacks an arrival, a bar.expect or its bytes',
  };
}

function describeCore({ program }: Device, { core, streams }: Waiting): string[] {
  return streams
    .filter((stream) => !stream.halted)
    .map((stream) => {
      const { line } = program.spans[stream.counter]!;
      const instruction = program.instructions[stream.counter]!;
      const since = stream.stalled?.since ?? 0;
      const head = `core ${core.index}, ${stream.id.name}: ${instruction.spec.mnemonic} at line ${line}, since cycle ${since}`;
      const slot = stream.stalled?.reason === 'barrier' ? barrierOf(instruction) : undefined;
      if (slot === undefined) return `${head}, waits for ${stream.stalled?.reason ?? 'nothing'}`;
      const barrier = core.barrier(stream.place(slot));
      return `${head}: ${barrier.describe()}; it is given by ${givers(program, slot.id, streams)}`;
    });
}

/** The barrier a `bar.wait` names. */
function barrierOf({ spec, operands }: Instruction): Slot | undefined {
  const name = Object.keys(spec.operands).find((operand) => spec.operands[operand]!.kind === 'barrier');
  return name === undefined ? undefined : (operands[name] as Slot | undefined);
}

/** Which streams hold an instruction that arrives on the barrier, and what those streams do now. */
function givers(program: Program, barrier: number, streams: readonly WaitingStream[]): string {
  const found = program.streams.flatMap(({ name, start, length }) => {
    const lines: number[] = [];
    for (let i = start; i < start + length; i++) {
      const instruction = program.instructions[i]!;
      if (instruction.spec.mnemonic !== 'bar.wait' && barrierOf(instruction)?.id === barrier) {
        lines.push(program.spans[i]!.line);
      }
    }
    if (lines.length === 0) return [];
    const halted = streams.some((stream) => stream.id.name.startsWith(name) && stream.halted);
    return [`${name} (line ${lines.join(', ')}${halted ? '; halted' : ''})`];
  });
  return found.length === 0 ? 'no instruction of the program' : found.join(' and ');
}
